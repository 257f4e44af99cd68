"""Lists of the plant as files: the rows of a page under the same filter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice

from flask import Response

from mes.features.reports.exports import csv_file, xlsx_answer
from mes.features.reports.grid import Column, Grid, Row, Value
from mes.features.screens.report.words import _

ROWS_MAX = 10_000
"""Most rows of one file; a file that reached it says so in its last row."""


def list_grid(
    key: str,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    rows_max: int = ROWS_MAX,
) -> Grid:
    """A list as a grid; where it has more than `rows_max` rows, a last row says so."""
    waiting = iter(rows)
    taken = [Row(values=values) for values in islice(waiting, rows_max)]
    if next(waiting, None) is not None:
        said = _("Only the first %(n)s rows are in this file: narrow the search.", n=rows_max)
        taken.append(Row(values=[said, *[None] * (len(columns) - 1)], look="todo"))
    return Grid(key=key, title=title, columns=columns, rows=taken)


def list_answer(kind: str, grid: Grid, zone: str, day: date) -> Response:
    """The file of a list.

    Args:
        kind: `csv` or `xlsx`.
        zone: IANA name of the plant's zone.
        day: stands in the name of the file.
    """
    name = f"{grid.key}-{day:%Y%m%d}"
    if kind == "xlsx":
        return xlsx_answer([grid], zone, name)
    return csv_file(grid, zone, name)
