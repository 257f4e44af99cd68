"""The planned time of a line, with its days computed once: for batches and tiles that ask often."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TypeVar

from mes.core import calendar as core
from mes.core.calendar import Calendar, ShiftInstance
from mes.core.expected_end import working_time
from mes.core.intervals import Stretch

K = TypeVar("K")
V = TypeVar("V")
HOUR_US = 3_600_000_000
_DAY_US = 86_400_000_000
_DAYS_KEPT_MAX = 2000


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour of a production day, cut where shifts begin and end.

    Attributes:
        shift: code of the shift it lies in; empty: in none, or none is defined.
        crew: code of the crew of that shift; empty: none is known.
    """

    start: int
    end: int
    production_day: date
    shift: str
    crew: str = ""


class Plan:
    """Shifts, breaks and planned stops of one calendar, by UTC microseconds."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._days: dict[date, list[ShiftInstance]] = {}
        self._shifts: dict[int, list[ShiftInstance]] = {}
        self._planned: dict[int, list[tuple[int, int, str]]] = {}
        self._cells: dict[date, tuple[list[int], list[Cell]]] = {}
        self._reach: dict[date, tuple[int, int]] = {}
        self._bounds: dict[int, list[tuple[int, int, date]]] = {}
        self._working: dict[int, list[Stretch]] = {}

    def shifts(self, start: int, end: int) -> list[ShiftInstance]:
        """The whole shifts that overlap [start, end), in time order."""
        found: list[ShiftInstance] = []
        for number in range(start // _DAY_US, (max(end, start + 1) - 1) // _DAY_US + 1):
            held = self._shifts.get(number)
            if held is None:
                held = core.shifts_between(
                    self.calendar, number * _DAY_US, (number + 1) * _DAY_US, self.of_day
                )
                _keep(self._shifts, number, held)
            found += [
                one
                for one in held
                if one.start_us < end and start < one.end_us and one not in found[-4:]
            ]
        return found

    def planned(self, start: int, end: int) -> list[tuple[int, int, str]]:
        """Breaks and planned stops (start, end, reason), clipped to [start, end)."""
        joined: dict[tuple[int, str], int] = {}
        ending: dict[tuple[int, str], tuple[int, str]] = {}
        for number in range(start // _DAY_US, (max(end, start + 1) - 1) // _DAY_US + 1):
            held = self._planned.get(number)
            if held is None:
                held = core.planned_between(
                    self.calendar, number * _DAY_US, (number + 1) * _DAY_US, self.of_day
                )
                _keep(self._planned, number, held)
            for begin, finish, reason in held:
                first, last = max(begin, start), min(finish, end)
                if first < last:
                    whole = ending.pop((first, reason), (first, reason))
                    joined[whole] = max(last, joined.get(whole, last))
                    ending[last, reason] = whole
        return sorted((begin, finish, reason) for (begin, reason), finish in joined.items())

    def working(self, start: int, end: int) -> Iterator[Stretch]:
        """Planned time of [start, end) in order, without breaks and planned stops; day by day."""
        for number in range(start // _DAY_US, (max(end, start + 1) - 1) // _DAY_US + 1):
            held = self._working.get(number)
            if held is None:
                first, last = number * _DAY_US, (number + 1) * _DAY_US
                shifts = [(one.start_us, one.end_us) for one in self.shifts(first, last)]
                off = [(begin, finish) for begin, finish, _ in self.planned(first, last)]
                held = list(working_time(shifts, off, first, last))
                _keep(self._working, number, held)
            for begin, finish in held:
                if max(begin, start) < min(finish, end):
                    yield max(begin, start), min(finish, end)

    def of_day(self, day: date) -> list[ShiftInstance]:
        """The shifts of a production day in time order."""
        held = self._days.get(day)
        if held is None:
            held = core.shifts_of_day(self.calendar, day)
            _keep(self._days, day, held)
        return held

    def shift_at(self, at: int) -> ShiftInstance | None:
        """The shift that holds the instant; None: nothing is scheduled then."""
        return next(iter(self.shifts(at, at + 1)), None)

    def period_at(self, at: int) -> ShiftInstance:
        """The shift that live figures speak of: the present one, else the last that began.

        Without any it is the production day.
        """
        present = self.shift_at(at)
        if present is not None:
            return present
        begun = [s for s in self.shifts(at - 4 * _DAY_US, at) if s.start_us <= at]
        return max(begun) if begun else self._day_period(at)

    def production_day(self, at: int) -> date:
        """The production day of the instant: that of its shift, else by the day boundary."""
        shift = self.shift_at(at)
        return shift.production_day if shift else self._day_bounds(at)[2]

    def day_start(self, at: int) -> int:
        """First instant of the production day that holds the instant, by the day boundary."""
        return self._day_bounds(at)[0]

    def day_reach(self, day: date) -> tuple[int, int]:
        """A production day and every shift that is reported under it, first and last instant."""
        held = self._reach.get(day)
        if held is None:
            start, end = core.production_day_bounds(self.calendar, day)
            shifts = [
                one
                for one in self.shifts(start - _DAY_US, end + _DAY_US)
                if one.production_day == day
            ]
            held = (
                min([start, *(one.start_us for one in shifts)]),
                max([end, *(one.end_us for one in shifts)]),
            )
            _keep(self._reach, day, held)
        return held

    def cell_at(self, at: int) -> Cell:
        """The cell that holds the instant."""
        starts, cells = self._cells_of(at)
        return cells[bisect_right(starts, at) - 1]

    def cells(self, start: int, end: int) -> Iterator[Cell]:
        """The whole cells that overlap [start, end), in order."""
        at = start
        while at < end:
            cell = self.cell_at(at)
            yield cell
            at = cell.end

    def _day_period(self, at: int) -> ShiftInstance:
        start, end, day = self._day_bounds(at)
        return ShiftInstance(start_us=start, end_us=end, production_day=day, code=core.ALWAYS)

    def _day_bounds(self, at: int) -> tuple[int, int, date]:
        number = at // _DAY_US
        held = self._bounds.get(number)
        if held is None:
            first = core.production_day_of(self.calendar, number * _DAY_US)
            last = core.production_day_of(self.calendar, (number + 1) * _DAY_US - 1)
            held = [
                (*core.production_day_bounds(self.calendar, day), day)
                for day in sorted({first, last})
            ]
            _keep(self._bounds, number, held)
        return next(one for one in held if one[0] <= at < one[1])

    def _cells_of(self, at: int) -> tuple[list[int], list[Cell]]:
        start, end, day = self._day_bounds(at)
        held = self._cells.get(day)
        if held is None:
            shifts = self.shifts(start, end)
            cuts = {start, end, *range(start, end, HOUR_US)}
            for shift in shifts:
                cuts.update(c for c in (shift.start_us, shift.end_us) if start < c < end)
            cells = [self._cell(low, high, day, shifts) for low, high in pairwise(sorted(cuts))]
            held = ([cell.start for cell in cells], cells)
            _keep(self._cells, day, held)
        return held

    @staticmethod
    def _cell(start: int, end: int, day: date, shifts: list[ShiftInstance]) -> Cell:
        shift = next((s for s in shifts if s.start_us <= start < s.end_us), None)
        return Cell(
            start=start,
            end=end,
            production_day=shift.production_day if shift else day,
            shift=shift.code if shift else "",
            crew=shift.crew if shift else core.NO_CREW,
        )


def _keep(cache: dict[K, V], key: K, value: V) -> None:
    if len(cache) >= _DAYS_KEPT_MAX:
        cache.clear()
    cache[key] = value
