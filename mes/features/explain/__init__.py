"""Why a figure is what it is: from the figure to its facts, its case files, its spreadsheet."""
