"""Which stops of its shift a live tile asks a reason for, and when the present one will. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mes.core.calendar import ShiftInstance
from mes.core.derive.records import StateRecord, StopFamily
from mes.core.derive.stops import stop_at
from mes.features.production.cases import limit_of
from mes.features.production.live_state import LiveState
from mes.features.production.masters import WorkUnit
from mes.features.production.unexplained import reason_due, unexplained_stops


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a tile asks for.

    Attributes:
        now: whether the present stop needs a reason.
        count: how many stops of the shift do.
        us: for how much of the shift, microseconds.
    """

    now: bool = False
    count: int = 0
    us: int = 0


def asked_in(
    unit: WorkUnit,
    live: LiveState | None,
    records: Sequence[StateRecord],
    period: ShiftInstance,
    as_of: int,
) -> Asked:
    """What is asked for in a shift or day so far.

    Args:
        live: closed stops are kept there, those of the tail are looked at again.
        records: of the tail as they are known, the last one at `as_of`.
    """
    if live is None:
        return Asked()
    start, end, present = period.start_us, period.end_us, records[-1]
    tail = {present.stop_start, live.records[-1].stop_start if live.records else None}
    found = [
        one
        for one in unexplained_stops(unit, records, live.runs, start, min(end, as_of), as_of=as_of)
        if one.stop.start in tail
    ]
    closed = [
        one
        for one in live.unexplained
        if one.end <= as_of and one.start < end and start < one.end and one.start not in tail
    ]
    asks = any(one.stop.start == present.stop_start for one in found)
    return Asked(
        now=asks and not present.said_by_person,
        count=len(closed) + len(found),
        us=sum(one.us for one in closed) + sum(one.us for one in found),
    )


def due_in(
    unit: WorkUnit,
    live: LiveState | None,
    records: Sequence[StateRecord],
    period: ShiftInstance,
    as_of: int,
) -> int:
    """When the present stop will ask for a reason; the end of the period: not before.

    Of a stop that is still minor as a whole nothing is foretold: it is looked at again at its
    limit.
    """
    stop = stop_at(records, records[-1].start)
    if stop is None or live is None or stop.family is not StopFamily.STOP:
        return period.end_us
    if as_of - stop.start <= limit_of(unit, stop.start):
        return period.end_us
    return reason_due(unit, stop, live.runs, as_of, period.end_us)
