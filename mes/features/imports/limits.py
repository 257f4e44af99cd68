"""Limits of files that people import."""

from __future__ import annotations

BYTES_MAX = 20 * 1024 * 1024
"""Of a file as it was sent; a request over HTTP has a limit of its own besides."""
UNZIPPED_MAX = 100 * 1024 * 1024
"""Of all parts of a spreadsheet together."""
RATIO_MAX = 100
"""How many times larger a part of a spreadsheet is than it lies in the file; larger is a trap."""
PARTS_MAX = 200
"""Parts of a spreadsheet."""
SHEETS_MAX = 50
LINES_MAX = 20_000
"""Rows of a sheet that are looked at, empty ones among them."""
COLUMNS_MAX = 50
CHARACTERS_MAX = 100_000
"""Of one cell."""
READ_S_MAX = 60
"""Seconds of processor in which a spreadsheet is read."""
MEMORY_MAX = 512 * 1024 * 1024
"""Of the process that reads a spreadsheet."""
MISTAKES_SHOWN = 500
"""Mistakes of one check that are told one by one; the others are only counted."""
