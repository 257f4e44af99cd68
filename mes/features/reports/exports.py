"""Grids as files: CSV that Korean Excel opens, and a spreadsheet with native charts."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Response, send_file

from mes.core.refusal import Refusal
from mes.features.explain.workbook import CellValue, Drawing, Trace, Workbook, safe_text
from mes.features.reports.grid import ChartKind, Grid, exported, title_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BYTE_ORDER_MARK = "\ufeff"
"""Without it Korean Excel reads a CSV file as CP949."""
SHEET_NAME_MAX = 31
TRACE_ROWS = 13
"""Rows of a sheet that a chart of values over time covers."""


def csv_text(grid: Grid, zone: str) -> str:
    """A grid as CSV (RFC 4180) with a byte order mark; texts are kept from being formulas."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    writer.writerow([safe_text(title_of(column)) for column in grid.columns])
    local = ZoneInfo(zone)
    for row in grid.rows:
        pairs = zip(grid.columns, row.values, strict=True)
        writer.writerow([_cell(exported(value, one.kind, local)) for one, value in pairs])
    return out.getvalue()


def csv_answer(grids: Sequence[Grid], table: str, zone: str, name: str) -> Response:
    """One of several grids as a CSV file.

    Args:
        table: key of the grid; empty: the first.

    Raises:
        Refusal: `table_unknown` (404).
    """
    found = next((grid for grid in grids if table in ("", grid.key)), None)
    if found is None:
        known = ", ".join(grid.key for grid in grids)
        raise Refusal(
            "table_unknown", f"no table {table[:80]!r}; known: {known}", status=404, field="table"
        )
    return csv_file(found, zone, f"{name}-{found.key}")


def csv_file(grid: Grid, zone: str, name: str) -> Response:
    """A grid as a CSV file of that name without its ending."""
    answer = Response(csv_text(grid, zone), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
    return answer


def xlsx_answer(grids: Sequence[Grid], zone: str, name: str) -> Response:
    """All grids as one spreadsheet, a sheet each, charts beside their rows.

    Raises:
        Refusal: `too_many_rows` (422).
    """
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        write_xlsx(Path(file.name), grids, zone)
        # the name may go while it is being sent: the open file stays
        return send_file(
            Path(file.name).open("rb"),
            mimetype=XLSX,
            as_attachment=True,
            download_name=f"{name}.xlsx",
        )


def write_xlsx(path: Path, grids: Sequence[Grid], zone: str) -> None:
    """Write the spreadsheet of grids.

    Raises:
        Refusal: `too_many_rows` (422).
    """
    local = ZoneInfo(zone)
    sheets = {sheet_name(grid.title): grid for grid in grids}
    titles = {
        name: [title_of(column, as_percent=True) for column in grid.columns]
        for name, grid in sheets.items()
    }
    with Workbook(path, titles) as book:
        for name, grid in sheets.items():
            for row in grid.rows:
                pairs = zip(grid.columns, row.values, strict=True)
                book.add(name, [exported(value, one.kind, local) for one, value in pairs])
        for name, grid in sheets.items():
            drawing = _drawing(name, grid)
            if drawing is not None:
                book.draw(drawing)
            for trace in _traces(name, grid):
                book.trace(trace)


def sheet_name(title: str) -> str:
    """A title as the name of a sheet."""
    return "".join(" " if sign in "[]:*?/\\'" else sign for sign in title)[:SHEET_NAME_MAX]


def _drawing(name: str, grid: Grid) -> Drawing | None:
    count = sum(1 for row in grid.rows if row.look != "total")
    if grid.chart is None or grid.chart.kind is ChartKind.TRACE or not count:
        return None
    values = [grid.number(key) for key in grid.chart.values]
    pareto = grid.chart.kind is ChartKind.PARETO
    return Drawing(
        sheet=name,
        title=grid.title,
        rows=count,
        category=grid.number(grid.chart.category),
        columns=[] if grid.chart.kind is ChartKind.LINE else values[: 1 if pareto else None],
        lines=values if grid.chart.kind is ChartKind.LINE else [],
        share=values[-1] if pareto else None,
        stacked=grid.chart.kind is ChartKind.STACKED,
        beside=len(grid.columns) + 1,
    )


def _traces(name: str, grid: Grid) -> Iterator[Trace]:
    """A chart for each run of rows of the same thing, one below the other."""
    if grid.chart is None or grid.chart.kind is not ChartKind.TRACE:
        return
    by, time = grid.number(grid.chart.by), grid.number(grid.chart.category)
    runs = groupby(enumerate(grid.rows, 1), lambda pair: pair[1].values[by])
    for place, (whose, rows) in enumerate(runs):
        numbers = [number for number, _row in rows]
        yield Trace(
            sheet=name,
            title=str(whose),
            first=numbers[0],
            last=numbers[-1],
            time=time,
            value=grid.number(grid.chart.values[0]),
            beside=len(grid.columns) + 1,
            below=1 + place * TRACE_ROWS,
        )


def _cell(value: CellValue) -> object:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return repr(float(value)) if isinstance(value, float) else value
