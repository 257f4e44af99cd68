"""Lots: where each was made, by whom, how many pieces, and what the machine did meanwhile."""
