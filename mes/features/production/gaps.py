"""Over which time the pieces of a gap are spread (rule R18). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mes.core.derive.counts import Stretch
from mes.core.derive.records import StateRecord
from mes.core.derive.signals import State
from mes.features.production.masters import WorkUnit


def productive_time(
    unit: WorkUnit, records: Iterable[StateRecord], start: int, end: int
) -> list[Stretch]:
    """When pieces may have been made inside a gap [start, end) in which the edge was down.

    Time known as running, and unknown time of the plan (inside a shift, outside breaks and planned
    stops); without either all unknown time; without that the whole gap, which the counter disproves
    standing in.

    Args:
        records: the state records that overlap the gap, in order.
    """
    running: list[Stretch] = []
    unknown: list[Stretch] = []
    at = start
    for record in records:
        first = max(record.start, at)
        last = end if record.end is None else min(record.end, end)
        if first > at:
            unknown.append((at, first))
        if first < last and record.state is State.RUNNING:
            running.append((first, last))
        elif first < last and record.state is State.UNKNOWN:
            unknown.append((first, last))
        at = max(at, last)
    if at < end:
        unknown.append((at, end))
    planned = [part for one in unknown for part in _planned(unit, *one)]
    likely = sorted([*running, *planned])
    return likely or unknown or [(start, end)]


def _planned(unit: WorkUnit, start: int, end: int) -> list[Stretch]:
    """The time of the plan inside a stretch: shifts without breaks and planned stops."""
    shifts = [
        (max(shift.start_us, start), min(shift.end_us, end))
        for shift in unit.plan.shifts(start, end)
    ]
    pauses = [(first, last) for first, last, _ in unit.plan.planned(start, end)]
    return _without(sorted(one for one in shifts if one[0] < one[1]), sorted(pauses))


def _without(stretches: Sequence[Stretch], pauses: Sequence[Stretch]) -> list[Stretch]:
    result: list[Stretch] = []
    for start, end in stretches:
        at = max(start, result[-1][1]) if result else start
        for first, last in pauses:
            if last <= at or first >= end:
                continue
            if at < first:
                result.append((at, first))
            at = max(at, last)
        if at < end:
            result.append((at, end))
    return result
