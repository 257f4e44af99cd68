"""A table of a report: one description for the page, for CSV and for the spreadsheet. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from mes.core.instants import US_PER_S
from mes.features.explain.workbook import CellValue, Count, Minutes, Ratio, local_time
from mes.features.screens.report import charts, words

Value = str | int | float | Fraction | Decimal | None
US_PER_MIN = 60 * US_PER_S
COVERAGE = "coverage"
STATE = "standing"
"""Keys of the columns that say what the figures of a row are worth."""


class Kind(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    RATIO = "ratio"
    """Of 1; shown as percent."""
    MINUTES = "minutes"
    """Given in microseconds."""
    PIECES = "pieces"
    NUMBER = "number"
    TIME = "time"
    """Given as UTC microseconds, shown in the plant's zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column.

    Attributes:
        bar: its cells have a bar behind the number, of 1 or of the largest.
        gain: it says what was gained or lost: with a sign, and the look of better or worse.
    """

    key: str
    label: str
    kind: Kind = Kind.TEXT
    bar: bool = False
    gain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row; `links`: addresses by key of the column; `look`: `total`, `todo` or nothing."""

    values: Sequence[Value]
    links: Mapping[str, str] = field(default_factory=dict)
    look: str = ""


class ChartKind(StrEnum):
    """How a spreadsheet draws a grid."""

    COLUMN = "column"
    LINE = "line"
    STACKED = "stacked"
    """Columns that stand on each other."""
    TRACE = "trace"
    """Values over time: a chart for each run of rows of the same thing."""
    PARETO = "pareto"
    """Columns by the first value, a line on a second axis by the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The chart beside a grid in a spreadsheet, by keys of its columns.

    Attributes:
        by: of a trace: whose values they are.
    """

    kind: ChartKind
    category: str
    values: Sequence[str]
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table.

    Attributes:
        key: its name in addresses.
        note: what a reader must know; None: nothing.
    """

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    chart: Chart | None = None
    note: str | None = None

    def number(self, key: str) -> int:
        """Place of a column."""
        return next(n for n, column in enumerate(self.columns) if column.key == key)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """A cell on a page; `width`: of its bar in percent, None without one; `look`: of a gain."""

    text: str
    number: bool
    link: str | None
    width: str | None
    look: str


def shown_grid(grid: Grid, zone: str, rows_max: int = 500) -> dict[str, object]:
    """The grid as templates print it, with at most `rows_max` rows."""
    tops = {
        column.key: _top(column, [row.values[n] for row in grid.rows if row.look != "total"])
        for n, column in enumerate(grid.columns)
        if column.bar
    }
    return {
        "key": grid.key,
        "title": grid.title,
        "note": grid.note,
        "left_out": max(0, len(grid.rows) - rows_max),
        "columns": [(column.label, column.kind is not Kind.TEXT) for column in grid.columns],
        "rows": [
            {
                "look": row.look,
                "cells": [
                    ShownCell(
                        text=shown(value, column.kind, zone, sign=column.gain),
                        number=column.kind is not Kind.TEXT,
                        link=row.links.get(column.key),
                        width=None
                        if column.key not in tops or row.look == "total"
                        else _width(value, tops[column.key]),
                        look=_gain_look(value) if column.gain else "",
                    )
                    for column, value in zip(grid.columns, row.values, strict=True)
                ],
            }
            for row in grid.rows[:rows_max]
        ],
    }


def with_worth(grid: Grid, state: str, coverage: Value, labels: tuple[str, str]) -> Grid:
    """A grid for a file: each row says what its figure is worth, its own or that of the whole.

    Args:
        labels: heads of the columns of coverage and state.
    """
    keys = {column.key for column in grid.columns}
    more = [
        (Column(key=COVERAGE, label=labels[0], kind=Kind.RATIO), coverage),
        (Column(key=STATE, label=labels[1]), state),
    ]
    added = [(column, value) for column, value in more if column.key not in keys]
    return replace(
        grid,
        columns=[*grid.columns, *(column for column, _ in added)],
        rows=[
            replace(row, values=[*row.values, *(value for _, value in added)]) for row in grid.rows
        ],
    )


def shown(value: Value, kind: Kind, zone: str, *, sign: bool = False) -> str:
    """A value as it is printed; a missing one is an en dash, never 0."""
    if value is None:
        return words.NONE
    if isinstance(value, str):
        return value or words.NONE
    exact = Fraction(value)
    match kind:
        case Kind.RATIO:
            return words.percent(exact, sign=sign)
        case Kind.MINUTES:
            return words.minutes(exact)
        case Kind.PIECES:
            return words.pieces(exact)
        case Kind.TIME:
            return charts.day_and_clock(int(exact), zone)
        case _:
            return words.fixed(exact, 0 if exact.denominator == 1 else 2)


def exported(value: Value, kind: Kind, zone: ZoneInfo) -> CellValue:
    """A value as spreadsheets hold it: unrounded, minutes as minutes, times in the plant's zone."""
    if value is None or isinstance(value, str):
        return value or None
    exact = Fraction(value)
    match kind:
        case Kind.RATIO:
            return Ratio(exact)
        case Kind.MINUTES:
            return Minutes(exact / US_PER_MIN)
        case Kind.TIME:
            return local_time(int(exact), zone)
        case Kind.PIECES if exact.denominator == 1:
            return Count(exact)
        case _:
            return int(exact) if exact.denominator == 1 else float(exact)


def title_of(column: Column, *, as_percent: bool = False) -> str:
    """The head of a column in an export, with its unit.

    Args:
        as_percent: ratios are shown as percent and need no unit.
    """
    one = "" if as_percent else "1"
    units = {Kind.RATIO: one, Kind.MINUTES: words.minute_unit(), Kind.PIECES: words.piece_unit()}
    unit = units.get(column.kind, "")
    return f"{column.label} [{unit}]" if unit and unit != column.label else column.label


def _gain_look(value: Value) -> str:
    return "" if value is None or isinstance(value, str) else charts.direction(Fraction(value))


def _top(column: Column, values: Sequence[Value]) -> Fraction:
    numbers = [Fraction(v) for v in values if v is not None and not isinstance(v, str)]
    highest = max(numbers, default=Fraction(0))
    return max(highest, Fraction(1)) if column.kind is Kind.RATIO else highest


def _width(value: Value, top: Fraction) -> str:
    if value is None or isinstance(value, str) or not top:
        return "0"
    return charts.share(Fraction(value) / top)
