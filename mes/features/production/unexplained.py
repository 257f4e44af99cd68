"""Which stops still need a reason from a person: in scheduled time, with an order loaded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mes.core.derive.records import FOREVER, StateRecord
from mes.core.derive.runs import JobRun
from mes.core.derive.stops import Stop, stops_in, unexplained
from mes.features.production.masters import WorkUnit

Interval = tuple[int, int]


def asked_for(unit: WorkUnit, runs: Iterable[JobRun], start: int, end: int) -> list[Interval]:
    """When a reason is asked for in [start, end): scheduled, no break, an order loaded."""
    loaded = _joined(
        (max(run.start, start), min(FOREVER if run.end is None else run.end, end))
        for run in runs
        if run.job is not None
    )
    shifts = _joined(
        (max(s.start_us, start), min(s.end_us, end)) for s in unit.plan.shifts(start, end)
    )
    planned = _joined((begin, finish) for begin, finish, _ in unit.plan.planned(start, end))
    return _without(_both(loaded, shifts), planned)


def unexplained_stops(
    unit: WorkUnit,
    records: Sequence[StateRecord],
    runs: Iterable[JobRun],
    start: int,
    end: int,
    *,
    as_of: int,
    limit_us: int,
) -> list[tuple[Stop, int]]:
    """The stops that overlap [start, end) and need a reason, with how much of them (us) does.

    Args:
        records: all that overlap the window, the stops at its ends whole.
        as_of: an open stop ends here.
    """
    within = asked_for(unit, runs, start, min(end, max(as_of, start)))
    found = []
    for stop in stops_in(records, start, end):
        open_parts = unexplained(stop, limit_us, as_of, within)
        if open_parts:
            found.append((stop, sum(last - first for first, last in open_parts)))
    return found


def _joined(spans: Iterable[Interval]) -> list[Interval]:
    result: list[Interval] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def _both(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    return [(max(a, c), min(b, d)) for a, b in one for c, d in other if max(a, c) < min(b, d)]


def _without(spans: Sequence[Interval], holes: Sequence[Interval]) -> list[Interval]:
    result: list[Interval] = []
    for start, end in spans:
        at = start
        for begin, finish in holes:
            if finish <= at or begin >= end:
                continue
            if at < begin:
                result.append((at, begin))
            at = max(at, finish)
        if at < end:
            result.append((at, end))
    return result
