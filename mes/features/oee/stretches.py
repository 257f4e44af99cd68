"""What roll-up rows do not hold: time before the first row, and the open end up to the present.

The open end is made of the tail that `work_unit_live` keeps, by the same kernel; time of which
nothing is known is computed once for each calendar and day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from weakref import WeakKeyDictionary

from mes.core.case_model import Span
from mes.core.derive.reading import known_records
from mes.core.derive.records import StateRecord
from mes.core.derive.signals import State
from mes.core.tally import Tally
from mes.features.production.bookings import NO_JOB
from mes.features.production.coverage import known_until, present
from mes.features.production.live_state import LiveState
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.parts import (
    PartKey,
    Parts,
    Stretch,
    added_parts,
    length_us,
    parts_of,
    whole,
)
from mes.features.production.plan import Cell, Plan
from mes.features.production.tile import TileInput

_BLANKS_MAX = 5000
_blanks: WeakKeyDictionary[Plan, dict[tuple[int, int], Tally]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Sums of a stretch that lies in one cell, or in cells of one shift one after another."""

    unit: WorkUnit
    cell: Cell
    key: PartKey
    sums: Tally


def present_of_unit(given: TileInput) -> int:
    """The instant that figures of now speak of."""
    as_of = present(given.covered, given.now, given.fresh_limit_us)
    return as_of if given.live is None else max(as_of, given.live.sealed)


def rows_end(live: LiveState) -> int:
    """Where the stored rows of a work unit end."""
    return live.sealed - length_us(live.cell)


def open_end(known: Masters, given: TileInput, *, by_hour: bool) -> Iterator[Piece]:
    """The sums from the end of the rows to the present, cut at shifts (or hours)."""
    live = given.live
    if live is None:
        return
    as_of = present_of_unit(given)
    held: Parts = live.cell
    records = _records(given, live, as_of)
    quiet = _quiet_from(live, records)
    for cell in _stretches(given.unit.plan, rows_end(live), as_of, by_hour=by_hour):
        begin, end = max(cell.start, live.sealed), min(cell.end, as_of)
        parts = held if cell.start <= live.sealed else {}
        if begin < end:
            parts = added_parts(
                parts,
                _silence(known, given.unit, live, cell, begin, end)
                if quiet is not None and begin >= quiet
                else _parts(known, given.unit, live, records, begin, end, as_of),
            )
        yield from (
            Piece(unit=given.unit, cell=cell, key=key, sums=sums) for key, sums in parts.items()
        )


def unheard(
    known: Masters,
    unit: WorkUnit,
    first: date,
    last: date,
    until: int,
    *,
    by_hour: bool,
    loaded: bool,
) -> Iterator[Piece]:
    """Time of production days up to an instant of which nothing is known.

    Args:
        loaded: something is known of later, so that the default item counts as loaded before too.
    """
    for number in range((last - first).days + 1):
        for cell in stretches_of_day(unit.plan, first + timedelta(days=number), by_hour=by_hour):
            end = min(cell.end, until)
            if cell.start < end:
                sums = blank(known, unit, cell.start, end)
                item = _default_item(known, unit, cell.start) if loaded else 0
                yield Piece(unit=unit, cell=cell, key=PartKey(NO_JOB, item), sums=sums)


def _default_item(known: Masters, unit: WorkUnit, at: int) -> int:
    """Id of the default item at an instant; 0: none."""
    return known.material_ids.get(unit.setting(at).default_item or "", 0)


def stretches_of_day(plan: Plan, day: date, *, by_hour: bool = False) -> list[Cell]:
    """The cells reported under a production day; those of one shift joined unless by hour."""
    start, end = plan.day_reach(day)
    return [
        cell for cell in _stretches(plan, start, end, by_hour=by_hour) if cell.production_day == day
    ]


def blank(known: Masters, unit: WorkUnit, start: int, end: int) -> Tally:
    """The sums of a stretch of which nothing is known."""
    held = _blanks.setdefault(unit.plan, {})
    found = held.get((start, end))
    if found is None:
        stretch = Stretch(
            unit=unit,
            known=known,
            window=Span(start, end),
            as_of=end,
            records=(),
            runs=(),
            bookings=(),
            marks=(),
        )
        found = whole(parts_of(stretch))
        if len(held) >= _BLANKS_MAX:
            held.clear()
        held[start, end] = found
    return found


def _stretches(plan: Plan, start: int, end: int, *, by_hour: bool) -> Iterator[Cell]:
    """The cells that overlap [start, end), whole at both ends only by hour."""
    if by_hour:
        yield from plan.cells(start, end)
        return
    held: Cell | None = None
    for cell in plan.cells(start, end):
        if held is None:
            held = cell
        elif (held.production_day, held.shift) == (cell.production_day, cell.shift):
            held = replace(held, end=cell.end)
        else:
            yield held
            held = cell
    if held is not None:
        yield held


def _records(given: TileInput, live: LiveState, as_of: int) -> list[StateRecord]:
    start = min([live.sealed, as_of - 1, *(record.start for record in live.records[:1])])
    until = None if given.covered is None else known_until(given.covered)
    return known_records(live.records, start, as_of, until, live.pulse)


def _quiet_from(live: LiveState, records: list[StateRecord]) -> int | None:
    """From when on nothing at all is known up to the present; None: something is."""
    if not records or records[-1].state is not State.UNKNOWN:
        return None
    ends = [records[-1].start, live.last_fact + 1, *(b.at + 1 for b in live.bookings)]
    ends += [edge for run in live.runs for edge in (run.start, run.end or 0)]
    return max(ends)


def _silence(
    known: Masters, unit: WorkUnit, live: LiveState, cell: Cell, begin: int, end: int
) -> Parts:
    """Sums of a stretch without any fact, under what is loaded."""
    sums = blank(known, unit, begin, end)
    runs = [run for run in live.runs if run.end is None]
    if not runs:
        return {PartKey(NO_JOB, 0): sums}
    first = min(runs, key=lambda run: (run.job is None, run.start, str(run.job)))
    item = 0 if first.item is None else int(first.item.material)
    if first.job is None:
        return {PartKey(NO_JOB, item): sums}
    return {PartKey(int(first.job), item): replace(sums, loaded_us=end - begin)}


def _parts(
    known: Masters,
    unit: WorkUnit,
    live: LiveState,
    records: list[StateRecord],
    begin: int,
    end: int,
    as_of: int,
) -> Parts:
    return parts_of(
        Stretch(
            unit=unit,
            known=known,
            window=Span(begin, end),
            as_of=as_of,
            records=records,
            runs=live.runs,
            bookings=live.bookings,
            marks=live.marks,
        )
    )
