"""What was read of a file: rows of cells as texts, whichever program wrote them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CellKind(StrEnum):
    """What a cell holds; an empty cell is None instead of a cell."""

    TEXT = "t"
    NUMBER = "n"
    """Exact decimal text."""
    DATE = "d"
    """`YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS`, without a zone."""
    TIME = "h"
    """`HH:MM:SS`; hours may exceed 23."""
    YES_NO = "b"
    """`1` or `0`."""
    ERROR = "e"
    """A value such as `#N/A`."""
    FORMULA = "f"
    """A formula whose value the file does not hold."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty."""

    kind: CellKind
    text: str


Cells = tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row; `number` counts from 1 as a spreadsheet shows it."""

    number: int
    cells: Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A sheet, or a text file.

    Attributes:
        sheet: its name; empty for a text file.
        merged: ranges of merged cells such as `A1:B2`.
        hidden: numbers of the rows that are hidden.
    """

    sheet: str
    lines: Sequence[Line]
    merged: Sequence[str] = ()
    hidden: Sequence[int] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is kept; `from_json` reads it."""
        return {
            "sheet": self.sheet,
            "merged": list(self.merged),
            "hidden": list(self.hidden),
            "lines": [
                [line.number, [None if one is None else [one.kind, one.text] for one in line.cells]]
                for line in self.lines
            ],
        }


def from_json(kept: Mapping[str, Any]) -> Table:
    """A table as `to_json` wrote it."""
    return Table(
        sheet=kept["sheet"],
        merged=tuple(kept["merged"]),
        hidden=tuple(kept["hidden"]),
        lines=tuple(
            Line(number=number, cells=tuple(None if c is None else _cell(c) for c in cells))
            for number, cells in kept["lines"]
        ),
    )


def _cell(kept: Sequence[str]) -> Cell:
    return Cell(CellKind(kept[0]), kept[1])


def text_lines(rows: Iterable[Sequence[str]]) -> tuple[Line, ...]:
    """Rows of texts, empty ones left out but counted."""
    found = []
    for number, row in enumerate(rows, 1):
        cells = tuple(Cell(CellKind.TEXT, text) if text.strip() else None for text in row)
        if any(cells):
            found.append(Line(number=number, cells=cells))
    return tuple(found)


def letters(index: int) -> str:
    """The letters of a column as a spreadsheet shows them; 0 is `A`."""
    text = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that is wrong.

    Attributes:
        row: number of the row as a spreadsheet shows it; None: it is about the whole file.
        column: key of the column; None: it is about the whole row.
        value: what the cell holds, shortened.
        code: see `words.MISTAKES`; `details` are the values of its sentence.
    """

    row: int | None
    column: str | None
    value: str
    code: str
    details: Mapping[str, str] = field(default_factory=dict)
