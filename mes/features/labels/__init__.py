"""Labels of lots and containers: as PDF, as ZPL with Hangul as pictures, and sent to printers."""
