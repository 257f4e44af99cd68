"""Checking a file: each mistake with its cell, and what the right rows would do. Writes nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from mes.features.imports.cells import CellMistake, plain_text
from mes.features.imports.columns import (
    Column,
    Layout,
    Needed,
    find_layout,
    is_key_row,
    missing_mistakes,
)
from mes.features.imports.kind import CLEARED, Kind, Plan, Row, RowState
from mes.features.imports.table import Cell, CellKind, Line, Mistake, Table

VALUE_MAX = 80
ROUNDS_MAX = 20
"""How often rows are planned anew without those that turned out to be wrong."""
CLEAR = "-"
_RANGE = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Worth a look, but no mistake: a key of `words.NOTES` with the values of its sentence."""

    code: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a file would do.

    Attributes:
        layout: where its columns stand; None: there are none.
        plan: of the rows that are right.
        wrong: numbers of the rows with a mistake.
        blocked: something is wrong with the file itself, so that no row can be imported.
    """

    kind: Kind
    sheet: str
    layout: Layout | None
    rows: int
    mistakes: Sequence[Mistake]
    notes: Sequence[Note]
    plan: Plan
    wrong: frozenset[int]
    blocked: bool

    def count(self, state: RowState) -> int:
        """How many rows do this."""
        return sum(1 for each in self.plan.states.values() if each is state)

    def letters(self, mistake: Mistake) -> str:
        """The letters of a mistake's column in the file; empty: it is about no column of it."""
        return "" if self.layout is None else self.layout.letter(mistake.column)

    @property
    def effective(self) -> int:
        """How many rows change something."""
        return self.count(RowState.NEW) + self.count(RowState.CHANGED)

    @property
    def fingerprint(self) -> str:
        """Of what it would do; another one means that something changed meanwhile."""
        states = sorted((row, state.value) for row, state in self.plan.states.items())
        wrong = [[m.row, m.column, m.code] for m in self.mistakes]
        text = json.dumps([states, wrong], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file as far as it can be understood without looking at what is there now.

    Attributes:
        rows: those whose cells all mean something.
        lines: how many rows there are.
        blocked: no row can be imported.
    """

    kind: Kind
    sheet: str
    layout: Layout | None
    rows: Sequence[Row]
    lines: int
    mistakes: Sequence[Mistake]
    notes: Sequence[Note]
    blocked: bool


def read_tables(kind: Kind, tables: Sequence[Table], others: Sequence[Kind]) -> ReadFile:
    """Read the sheets of a file; the one that has most columns of the kind counts. Pure.

    Args:
        others: the other kinds, to tell a file that is meant for one of them.
    """
    chosen = _choose(kind, tables)
    if chosen is None:
        return _blocked(kind, "", None, [_no_header(tables, kind, others)])
    table, layout = chosen
    stranger = _better_kind(table, layout, kind, others)
    if stranger is not None:
        wrong = _of_file("other_kind", kind=stranger.title)
        return _blocked(kind, table.sheet, layout, [wrong])
    missing = missing_mistakes(layout, kind.columns)
    if missing:
        return _blocked(kind, table.sheet, layout, missing)
    lines = [
        line for line in table.lines[layout.first :] if not is_key_row(line.cells, layout.places)
    ]
    lines = [line for line in lines if _filled(line, layout)]
    if not lines:
        return _blocked(kind, table.sheet, layout, [_of_file("no_rows")])
    if len(lines) > kind.rows_max:
        many = _of_file("too_many_rows", most=f"{kind.rows_max:,}")
        return _blocked(kind, table.sheet, layout, [many])
    rows, mistakes = _read_rows(kind, layout, lines)
    mistakes += _merged(table, layout, lines)
    rows, repeated = _without_repeats(kind, rows)
    return ReadFile(
        kind=kind,
        sheet=table.sheet,
        layout=layout,
        rows=rows,
        lines=len(lines),
        mistakes=[*mistakes, *repeated],
        notes=list(_notes(kind, layout, table, tables, lines)),
        blocked=False,
    )


def check_read(session: Session, now_us: int, read: ReadFile) -> Checked:
    """Compare a file with what is there now. Writes nothing.

    Args:
        now_us: plant time, UTC microseconds.
    """
    plan, mistakes = Plan(states={}), list(read.mistakes)
    if not read.blocked:
        plan, mistakes = _settled_plan(session, now_us, read.kind, read.rows, mistakes)
    return Checked(
        kind=read.kind,
        sheet=read.sheet,
        layout=read.layout,
        rows=read.lines,
        mistakes=_sorted(mistakes, read.layout),
        notes=read.notes,
        plan=plan,
        wrong=frozenset()
        if read.blocked
        else frozenset(one.row for one in mistakes if one.row is not None),
        blocked=read.blocked or any(one.row is None for one in mistakes),
    )


def _choose(kind: Kind, tables: Sequence[Table]) -> tuple[Table, Layout] | None:
    """The sheet with most columns of the kind, the first of equals."""
    found = [(table, find_layout(table, kind.columns)) for table in tables]
    fitting = [(table, layout) for table, layout in found if layout is not None]
    return max(fitting, key=lambda one: len(one[1].places), default=None)


def _no_header(tables: Sequence[Table], kind: Kind, others: Sequence[Kind]) -> Mistake:
    for other in others:
        chosen = _choose(other, tables)
        if chosen is not None and not missing_mistakes(chosen[1], other.columns):
            return _of_file("other_kind", kind=other.title)
    return _of_file("header_missing")


def _better_kind(table: Table, layout: Layout, kind: Kind, others: Sequence[Kind]) -> Kind | None:
    """Another kind that the sheet is plainly of; None: there is none."""
    if not missing_mistakes(layout, kind.columns):
        return None
    for other in others:
        found = find_layout(table, other.columns)
        if (
            found is not None
            and len(found.places) > len(layout.places)
            and not missing_mistakes(found, other.columns)
        ):
            return other
    return None


def _of_file(code: str, **details: str) -> Mistake:
    return Mistake(row=None, column=None, value="", code=code, details=details)


def _blocked(
    kind: Kind, sheet: str, layout: Layout | None, mistakes: Sequence[Mistake]
) -> ReadFile:
    return ReadFile(
        kind=kind,
        sheet=sheet,
        layout=layout,
        rows=(),
        lines=0,
        mistakes=mistakes,
        notes=(),
        blocked=True,
    )


def _filled(line: Line, layout: Layout) -> bool:
    """Whether a row has anything in a column that is read."""
    return any(
        place < len(line.cells) and line.cells[place] is not None
        for place in layout.places.values()
    )


def _read_rows(
    kind: Kind, layout: Layout, lines: Iterable[Line]
) -> tuple[list[Row], list[Mistake]]:
    rows: list[Row] = []
    mistakes: list[Mistake] = []
    columns = [column for column in kind.columns if column.key in layout.places]
    for line in lines:
        row, wrong = _read_row(columns, layout, line)
        mistakes += wrong
        if not wrong:
            rows.append(row)
    return rows, mistakes


def _read_row(columns: Sequence[Column], layout: Layout, line: Line) -> tuple[Row, list[Mistake]]:
    given: dict[str, object] = {}
    shown: dict[str, str] = {}
    wrong: list[Mistake] = []
    for column in columns:
        place = layout.places[column.key]
        cell = line.cells[place] if place < len(line.cells) else None
        if cell is not None:
            shown[column.key] = shown_value(cell.text)
        try:
            value = _value(column, cell)
        except CellMistake as mistake:
            details = dict(mistake.details)
            if mistake.code == "choice_unknown":
                details["choices"] = ", ".join(column.choices)
            wrong.append(
                Mistake(
                    row=line.number,
                    column=column.key,
                    value=shown.get(column.key, ""),
                    code=mistake.code,
                    details=details,
                )
            )
        else:
            if value is not None:
                given[column.key] = value
    return Row(number=line.number, given=given, shown=shown), wrong


def _value(column: Column, cell: Cell | None) -> object:
    """What a cell means; None: it is empty.

    Raises:
        CellMistake: it means nothing.
    """
    text = "" if cell is None else plain_text(cell).strip()
    if cell is None or not text:
        if column.needed is Needed.ALWAYS:
            raise CellMistake("value_missing")
        return None
    if cell.kind is CellKind.TEXT and text == CLEAR:
        if not column.clearable:
            raise CellMistake("cannot_be_cleared")
        return CLEARED
    return column.read(cell)


def shown_value(text: str) -> str:
    """What a cell holds, in one short line."""
    line = "".join(sign if sign.isprintable() else " " for sign in text).strip()
    return line if len(line) <= VALUE_MAX else line[: VALUE_MAX - 1] + "…"


def _without_repeats(kind: Kind, rows: Sequence[Row]) -> tuple[list[Row], list[Mistake]]:
    seen: dict[tuple[object, ...], int] = {}
    kept: list[Row] = []
    mistakes: list[Mistake] = []
    for row in rows:
        names = tuple(row.given.get(key) for key in kind.identity)
        if any(one is not None for one in names) and names in seen:
            first = CellMistake("duplicate_row", row=str(seen[names]))
            column = next(key for key in kind.identity if row.given.get(key) is not None)
            mistakes.append(row.mistake(first, column))
        else:
            seen[names] = row.number
            kept.append(row)
    return kept, mistakes


def _merged(table: Table, layout: Layout, lines: Sequence[Line]) -> list[Mistake]:
    """Rows in which a merged range hides the value of a column that is read."""
    numbers = {line.number for line in lines}
    found = []
    for ref in table.merged:
        match = _RANGE.fullmatch(ref)
        if match is None:
            continue
        left, right = _index(match[1]), _index(match[3])
        columns = [key for key, place in layout.places.items() if left <= place <= right]
        rows = [row for row in range(int(match[2]), int(match[4]) + 1) if row in numbers]
        if columns and rows:
            found += [
                Mistake(
                    row=row,
                    column=columns[0],
                    value="",
                    code="merged_cells",
                    details={"range": ref},
                )
                for row in rows
            ]
    return found


def _index(text: str) -> int:
    number = 0
    for sign in text:
        number = number * 26 + ord(sign) - ord("A") + 1
    return number - 1


def _settled_plan(
    session: Session, now_us: int, kind: Kind, rows: Sequence[Row], mistakes: list[Mistake]
) -> tuple[Plan, list[Mistake]]:
    """The plan of the rows that are right also beside each other."""
    bad = {one.row for one in mistakes}
    for _ in range(ROUNDS_MAX):
        right = [row for row in rows if row.number not in bad]
        plan = kind.plan(session, now_us, right) if right else Plan(states={})
        fresh = [one for one in plan.mistakes if one.row not in bad]
        mistakes = [*mistakes, *fresh]
        if not fresh or any(one.row is None for one in fresh):
            return plan, mistakes
        bad |= {one.row for one in fresh}
    return Plan(states={}), [*mistakes, _of_file("rows_contradict")]


def _sorted(mistakes: Iterable[Mistake], layout: Layout | None) -> list[Mistake]:
    """By row and column."""
    places = {} if layout is None else layout.places
    return sorted(
        mistakes, key=lambda one: (one.row or 0, places.get(one.column or "", -1), one.code)
    )


def _notes(
    kind: Kind, layout: Layout, table: Table, tables: Sequence[Table], lines: Sequence[Line]
) -> Iterator[Note]:
    if layout.unknown:
        yield Note(code="unknown_columns", details={"columns": ", ".join(layout.unknown)})
    left = [column.label for column in kind.columns if column.key not in layout.places]
    if left:
        yield Note(code="missing_columns", details={"columns": "\n".join(left)})
    read = {line.number for line in lines}
    hidden = [str(row) for row in table.hidden if row in read]
    if hidden:
        shown = ", ".join(hidden[:20]) + (" …" if len(hidden) > 20 else "")
        yield Note(code="hidden_rows", details={"rows": shown})
    others = [one.sheet for one in tables if one is not table and find_layout(one, kind.columns)]
    if others:
        yield Note(code="other_sheets", details={"sheet": table.sheet, "others": ", ".join(others)})
