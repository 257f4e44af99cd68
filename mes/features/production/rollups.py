"""Roll-up rows: hours of a work unit, and the shifts that they add up to.

Both are written by the transaction that closes hours, and taken back by the one that opens them
again, so that a shift row is always the sum of its hour rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam, cast, delete, func, insert, select
from sqlalchemy.orm import Session

from mes.core.tally import EMPTY, Tally
from mes.features.production.parts import PartKey, Parts
from mes.features.production.plan import Cell
from mes.features.production.rollup_row import (
    SUM_COLUMNS,
    added_rows,
    row_of,
    tally_of_row,
    tally_of_sums,
)
from mes.features.production.statements import run, run_many, table
from mes.models import RollupHour, RollupShift

ShiftKey = tuple[str, str]
"""Production day and shift code."""
Names = Callable[[int], str | None]

_REACH_US = 3 * 86_400_000_000
"""A production day with its shifts is shorter."""
_HOURS = table(RollupHour)
_SHIFTS = table(RollupShift)
_OF_UNIT = _HOURS.c.work_unit_id == bindparam("unit")
_OPENED = (_HOURS.c.end > bindparam("since"),)
_REACH = select(func.min(_HOURS.c.start), func.max(_HOURS.c.end)).where(_OF_UNIT)
_DELETE_HOURS = delete(_HOURS).where(_OF_UNIT, *_OPENED)
_OPENED_SHIFTS = (
    select(_HOURS.c.production_day, _HOURS.c.shift).where(_OF_UNIT, *_OPENED).distinct()
)
_HOURS_OF_SHIFT = select(_HOURS).where(
    _OF_UNIT,
    _HOURS.c.production_day == bindparam("day"),
    _HOURS.c.shift == bindparam("code"),
    _HOURS.c.start >= bindparam("from"),
    _HOURS.c.start < bindparam("from") + 2 * _REACH_US,
)
_ROWS_OF_SHIFT = (
    _SHIFTS.c.work_unit_id == bindparam("unit"),
    _SHIFTS.c.production_day == bindparam("day"),
    _SHIFTS.c.shift == bindparam("code"),
)
_SHIFT = select(_SHIFTS).where(*_ROWS_OF_SHIFT)
_DELETE_SHIFT = delete(_SHIFTS).where(*_ROWS_OF_SHIFT)
_INSERT_HOURS = insert(_HOURS)
_INSERT_SHIFTS = insert(_SHIFTS)
_INSIDE = (_OF_UNIT, _HOURS.c.start >= bindparam("start"), _HOURS.c.end <= bindparam("end"))
_DELETE_INSIDE = delete(_HOURS).where(*_INSIDE)
_CHANGED_SHIFTS = select(_HOURS.c.production_day, _HOURS.c.shift).where(*_INSIDE).distinct()
_ADDED = (
    select(
        _HOURS.c.material_id,
        *(cast(func.sum(_HOURS.c[name]), BigInteger) for name in SUM_COLUMNS),
    )
    .where(*_INSIDE, _HOURS.c.exact.is_(None))
    .group_by(_HOURS.c.material_id)
)
_MARKS = (
    select(_HOURS.c.material_id, _HOURS.c.marks)
    .where(*_INSIDE, _HOURS.c.exact.is_(None), _HOURS.c.marks != 0)
    .distinct()
)
_EXACT = select(_HOURS.c.material_id, _HOURS.c.exact).where(*_INSIDE, _HOURS.c.exact.is_not(None))


def sum_between(session: Session, unit_id: int, start: int, end: int, names: Names) -> Tally:
    """The sum of the hours that lie inside [start, end).

    Args:
        names: what the pieces of an item are called in a tally.
    """
    given = {"unit": unit_id, "start": start, "end": end}
    marks: dict[int, int] = {}
    for material, bits in run(session, _MARKS, given):
        marks[material] = marks.get(material, 0) | bits
    total = EMPTY
    for material, *values in run(session, _ADDED, given):
        total += tally_of_sums(values, marks.get(material, 0), names(material))
    for material, data in run(session, _EXACT, given):
        total += tally_of_row({"exact": data}, names(material))
    return total


def stored_reach(session: Session, unit_id: int) -> tuple[int, int] | None:
    """First and last instant that the stored hours of a work unit speak of; None: there is none."""
    first, last = run(session, _REACH, {"unit": unit_id}).one()
    return None if first is None else (first, last)


def delete_rollups(session: Session, unit_id: int, since: int) -> None:
    """Take away the hours that end after an instant, out of their shifts too."""
    given = {"unit": unit_id, "since": since}
    opened = [(row.production_day, row.shift) for row in run(session, _OPENED_SHIFTS, given)]
    if not opened:
        return
    run(session, _DELETE_HOURS, given)
    for key in opened:
        of_shift = _of_shift(unit_id, key)
        run(session, _DELETE_SHIFT, of_shift)
        left = run(session, _HOURS_OF_SHIFT, {**of_shift, "from": since - _REACH_US}).mappings()
        run_many(session, _INSERT_SHIFTS, _shift_rows(unit_id, key, left))


def replace_rollups(
    session: Session, unit_id: int, start: int, end: int, closed: Sequence[tuple[Cell, Parts]]
) -> None:
    """Make the hours of [start, end), cell borders both, say what `closed` says."""
    given = {"unit": unit_id, "start": start, "end": end}
    keys = {(row.production_day, row.shift) for row in run(session, _CHANGED_SHIFTS, given)}
    keys |= {(cell.production_day.isoformat(), cell.shift) for cell, _ in closed}
    run(session, _DELETE_INSIDE, given)
    rows = [row for cell, parts in closed for row in _hour_rows(unit_id, cell, parts)]
    run_many(session, _INSERT_HOURS, rows)
    for key in sorted(keys):
        of_shift = _of_shift(unit_id, key)
        run(session, _DELETE_SHIFT, of_shift)
        hours = run(session, _HOURS_OF_SHIFT, {**of_shift, "from": start - _REACH_US}).mappings()
        run_many(session, _INSERT_SHIFTS, _shift_rows(unit_id, key, hours))


def insert_rollups(session: Session, unit_id: int, closed: Sequence[tuple[Cell, Parts]]) -> None:
    """Write closed hours and add them to their shifts."""
    if not closed:
        return
    rows = [row for cell, parts in closed for row in _hour_rows(unit_id, cell, parts)]
    run_many(session, _INSERT_HOURS, rows)
    shifts: dict[ShiftKey, list[Mapping[str, Any]]] = {}
    for row in rows:
        shifts.setdefault((row["production_day"], row["shift"]), []).append(row)
    for key, added in shifts.items():
        of_shift = _of_shift(unit_id, key)
        held = run(session, _SHIFT, of_shift).mappings().all()
        run(session, _DELETE_SHIFT, of_shift)
        run_many(session, _INSERT_SHIFTS, _shift_rows(unit_id, key, [*held, *added]))


def _of_shift(unit_id: int, key: ShiftKey) -> dict[str, Any]:
    return {"unit": unit_id, "day": key[0], "code": key[1]}


def _hour_rows(unit_id: int, cell: Cell, parts: Parts) -> list[dict[str, Any]]:
    return [
        {
            "work_unit_id": unit_id,
            "start": cell.start,
            "job_order_id": key.job,
            "material_id": key.material,
            "end": cell.end,
            "production_day": cell.production_day.isoformat(),
            "shift": cell.shift,
            "crew": cell.crew,
            **row_of(sums),
        }
        for key, sums in sorted(parts.items())
    ]


def _shift_rows(
    unit_id: int, key: ShiftKey, rows: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """One row for each job and item of the shift."""
    groups: dict[PartKey, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(PartKey(row["job_order_id"], row["material_id"]), []).append(row)
    return [
        {
            "work_unit_id": unit_id,
            "production_day": key[0],
            "shift": key[1],
            "job_order_id": part.job,
            "material_id": part.material,
            "crew": next((row["crew"] for row in group if row["crew"]), ""),
            "start": min(row["start"] for row in group),
            **added_rows(group),
        }
        for part, group in sorted(groups.items())
    ]
