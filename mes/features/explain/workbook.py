"""A spreadsheet written row by row: memory stays the same however many rows there are."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal

ROWS_MAX = 100_000
"""Most rows of one spreadsheet."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

CellValue = float | str | datetime | None


class ExactFloat(float):
    """A number whose cell holds all of its digits.

    The writer prints numbers with 16 digits, which a double may need 17 of.
    """

    def __format__(self, spec: str) -> str:
        """The shortest text that reads back as the same number, whatever the format asks."""
        return float.__repr__(self)


class Ratio(ExactFloat):
    """A share of 1 that a spreadsheet shows as percent."""


class Minutes(ExactFloat):
    """Minutes, or another length that is read with one decimal."""


class Count(int):
    """A whole number of pieces or times, shown with thousands separators."""


_PATTERNS: Mapping[type, str] = {Ratio: "0.0%", Minutes: "#,##0.0", Count: "#,##0"}
"""How cells show numbers; they hold every digit."""
FIT_COLUMNS_MAX = 16
"""Sheets with more columns are not shrunk to the width of a page: nobody could read them."""
_A4 = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A native chart beside the rows of a sheet; columns are counted from 0.

    Attributes:
        rows: how many rows below the titles it is of.
        category: column of the names.
        columns: drawn as columns; `lines` as lines.
        share: drawn as a line on an axis of its own from 0 to 100 %; None: there is none.
        beside: column at which it stands; `below` the row.
        first: the first of its rows, counted from 1 below the titles.
        named: it has a legend, which names its columns.
        stacked: its columns stand on each other.
    """

    sheet: str
    title: str
    rows: int
    category: int
    columns: Sequence[int]
    lines: Sequence[int] = ()
    share: int | None = None
    beside: int
    below: int = 1
    first: int = 1
    named: bool = True
    stacked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A native chart of values over time; rows and columns are counted from 0.

    Attributes:
        first: the first of its rows, `last` the last.
        time: column of the times, `value` of the values.
        beside: column at which it stands; `below` the row.
    """

    sheet: str
    title: str
    first: int
    last: int
    time: int
    value: int
    beside: int
    below: int


def safe_text(text: str) -> str:
    """The text, kept from being read as a formula by a program that it is copied or saved to."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def local_time(at: int, zone: ZoneInfo) -> datetime:
    """An instant as wall time of the plant, without zone as spreadsheets want it."""
    seconds, rest = divmod(at, US_PER_S)
    moment = datetime.fromtimestamp(seconds, zone).replace(microsecond=rest)
    return moment.replace(tzinfo=None)


class Workbook:
    """Sheets that grow by rows, in the file `path`; closing it writes the file."""

    def __init__(self, path: Path, sheets: Mapping[str, Sequence[str]]) -> None:
        """Args: sheets: titles of the columns, by name of the sheet."""
        self._book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": tempfile.gettempdir(),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        self._shown = {
            kind: self._book.add_format({"num_format": pattern})
            for kind, pattern in _PATTERNS.items()
        }
        head = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._sheets = {}
        self._rows = dict.fromkeys(sheets, 0)
        self._titles = sheets
        for name, titles in sheets.items():
            sheet = self._book.add_worksheet(name)
            sheet.freeze_panes(1, 1)
            sheet.set_column(0, 2, 22)
            sheet.set_column(3, len(titles), 16)
            sheet.set_paper(_A4)
            sheet.set_landscape()
            sheet.repeat_rows(0)
            if len(titles) <= FIT_COLUMNS_MAX:
                sheet.fit_to_pages(1, 0)
            for column, title in enumerate(titles):
                sheet.write_string(0, column, title, head)
            self._sheets[name] = sheet

    def __enter__(self) -> Workbook:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name, sheet in self._sheets.items():
            if self._rows[name]:
                sheet.autofilter(0, 0, self._rows[name], len(self._titles[name]) - 1)
        self._book.close()

    def add(self, name: str, row: Sequence[CellValue]) -> None:
        """One more row of a sheet; None leaves a cell empty.

        Raises:
            Refusal: `too_many_rows` (422).
        """
        if sum(self._rows.values()) >= ROWS_MAX:
            raise Refusal(
                "too_many_rows",
                f"the spreadsheet would have more than {ROWS_MAX} rows: choose a machine, or a"
                " shorter period",
                status=422,
                field="period",
            )
        self._rows[name] += 1
        number, sheet = self._rows[name], self._sheets[name]
        for column, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, str):
                sheet.write_string(number, column, safe_text(value))
            elif isinstance(value, datetime):
                sheet.write_datetime(number, column, value, self._time)
            else:
                exact = ExactFloat(value) if type(value) is float else value
                sheet.write_number(number, column, exact, self._shown.get(type(value)))

    def draw(self, drawing: Drawing) -> None:
        """Put a chart of rows that were added beside them."""
        kind = {"type": "column", **({"subtype": "stacked"} if drawing.stacked else {})}
        columns = self._series(kind, drawing, drawing.columns)
        lines = self._series({"type": "line"}, drawing, drawing.lines)
        chart = columns or lines
        if chart is None:
            return
        if columns is not None and lines is not None:
            columns.combine(lines)
        if drawing.share is not None:
            share = self._series({"type": "line"}, drawing, [drawing.share], second_axis=True)
            share.set_y2_axis({"min": 0, "max": 1, "num_format": "0%"})
            chart.combine(share)
        chart.set_title({"name": drawing.title})
        chart.set_legend({"position": "bottom", "none": not drawing.named})
        chart.set_size({"width": 720, "height": 380})
        self._sheets[drawing.sheet].insert_chart(drawing.below, drawing.beside, chart)

    def trace(self, trace: Trace) -> None:
        """Put a chart of values over time beside them."""
        sheet, first, last = trace.sheet, trace.first, trace.last
        chart = self._book.add_chart({"type": "scatter", "subtype": "straight"})
        chart.add_series(
            {
                "name": trace.title,
                "categories": [sheet, first, trace.time, last, trace.time],
                "values": [sheet, first, trace.value, last, trace.value],
            }
        )
        chart.set_title({"name": trace.title})
        chart.set_legend({"none": True})
        chart.set_x_axis({"date_axis": True, "num_format": "mm-dd hh:mm"})
        chart.set_size({"width": 720, "height": 240})
        self._sheets[sheet].insert_chart(trace.below, trace.beside, chart)

    def _series(
        self,
        kind: Mapping[str, str],
        drawing: Drawing,
        columns: Sequence[int],
        *,
        second_axis: bool = False,
    ) -> Any:
        """A chart with a series for each column; None: there is no column."""
        if not columns:
            return None
        chart = self._book.add_chart(kind)
        sheet, first = drawing.sheet, drawing.first
        last = first + drawing.rows - 1
        for column in columns:
            chart.add_series(
                {
                    "name": [sheet, 0, column],
                    "categories": [sheet, first, drawing.category, last, drawing.category],
                    "values": [sheet, first, column, last, column],
                    "y2_axis": second_axis,
                }
            )
        return chart
