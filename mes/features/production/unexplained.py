"""Which stops still need a reason from a person: in scheduled time, with an order loaded. Pure.

The one rule for flags, counts and lists of all surfaces: a stop asks for a reason when its
unplanned time adds up to more than the minor-stop limit of the shift in which it began.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mes.core.derive.records import FOREVER, StateRecord
from mes.core.derive.runs import JobRun
from mes.core.derive.stops import Stop, StopFamily, stops_in, unexplained
from mes.core.intervals import union
from mes.features.production.cases import limit_of
from mes.features.production.masters import WorkUnit

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnexplainedStop:
    """A stop that needs a reason, and the parts of it that do, as far as they were looked at."""

    stop: Stop
    parts: tuple[Interval, ...]

    @property
    def us(self) -> int:
        """How much of it needs a reason, microseconds."""
        return sum(end - start for start, end in self.parts)


def unexplained_stops(
    unit: WorkUnit,
    records: Sequence[StateRecord],
    runs: Sequence[JobRun],
    start: int,
    end: int,
    *,
    as_of: int,
) -> list[UnexplainedStop]:
    """The stops of which a part in [start, end) needs a reason, with those parts.

    Args:
        records: all that overlap the window, the stops at its ends whole.
        runs: all that overlap these records.
        as_of: an open stop ends here.
    """
    found = []
    for stop in stops_in(records, start, min(end, max(as_of, start))):
        parts = tuple(
            (max(first, start), min(last, end))
            for first, last in unexplained_parts(unit, stop, runs, as_of)
            if first < end and start < last
        )
        if parts:
            found.append(UnexplainedStop(stop=stop, parts=parts))
    return found


def unexplained_parts(
    unit: WorkUnit, stop: Stop, runs: Iterable[JobRun], as_of: int
) -> list[Interval]:
    """The parts of a whole stop that need a reason; arguments as for `unexplained_stops`."""
    until = as_of if stop.end is None else min(stop.end, as_of)
    limit = limit_of(unit, stop.start)
    if stop.family is not StopFamily.STOP or until - stop.start <= limit:
        return []
    return unexplained(stop, limit, as_of, unplanned_time(unit, runs, stop.start, until))


def reason_due(unit: WorkUnit, stop: Stop, runs: Sequence[JobRun], as_of: int, end: int) -> int:
    """The first instant after `as_of` at which an open stop asks for a reason; `end`: not before.

    One that asks already answers `end`.
    """
    left = limit_of(unit, stop.start)
    for first, last in unplanned_time(unit, runs, stop.start, end):
        if last - first > left:
            due = first + left + 1
            return due if as_of < due < end else end
        left -= last - first
    return end


def unplanned_time(unit: WorkUnit, runs: Iterable[JobRun], start: int, end: int) -> list[Interval]:
    """When standing is unplanned in [start, end): scheduled, no break, an order loaded."""
    loaded = union(
        (max(run.start, start), min(FOREVER if run.end is None else run.end, end))
        for run in runs
        if run.job is not None
    )
    if not loaded:
        return []
    shifts = union(
        (max(s.start_us, start), min(s.end_us, end)) for s in unit.plan.shifts(start, end)
    )
    planned = union((begin, finish) for begin, finish, _ in unit.plan.planned(start, end))
    return _without(_both(loaded, shifts), planned)


def _both(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """The time that lies in both; each is disjoint and in order."""
    found: list[Interval] = []
    left = right = 0
    while left < len(one) and right < len(other):
        start = max(one[left][0], other[right][0])
        end = min(one[left][1], other[right][1])
        if start < end:
            found.append((start, end))
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1
    return found


def _without(spans: Sequence[Interval], holes: Sequence[Interval]) -> list[Interval]:
    """The time of spans that lies in no hole; each is disjoint and in order."""
    found: list[Interval] = []
    index = 0
    for start, end in spans:
        at = start
        while index < len(holes) and holes[index][1] <= at:
            index += 1
        following = index
        while following < len(holes) and holes[following][0] < end:
            begin, finish = holes[following]
            if at < begin:
                found.append((at, begin))
            at = max(at, finish)
            following += 1
        if at < end:
            found.append((at, end))
    return found
