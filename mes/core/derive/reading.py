"""State records as they are known at a moment of reading: never stored."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mes.core.derive.records import FOREVER, ReasonSource, StateRecord
from mes.core.derive.signals import State


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPulse:
    """The last count of a work unit whose state comes from its counts.

    Attributes:
        at: event time of the last reading that counted, UTC microseconds.
        idle_after_us: how long it stands for running.
    """

    at: int
    idle_after_us: int


def known_records(
    records: Sequence[StateRecord],
    start: int,
    end: int,
    known_until: int | None,
    pulse: LastPulse | None = None,
) -> list[StateRecord]:
    """The partition of [start, end) as it is known now.

    Before the first record and from `known_until` on it is unknown: machines that fell silent and
    collectors that died are not assumed to go on as before. A state that a person declared holds
    there all the same.

    Args:
        records: those that overlap the window, in order.
        end: not after the moment of reading; every record of the answer has an end.
        known_until: `covered_until` of the source that tells the state; None: the state does not
            depend on a source (by hand), all of it is known.
        pulse: the last count, where the state comes from counts: until `idle_after_us` has passed
            since, the machine is running, not yet stopped.

    Returns:
        Records clipped to the window. `stop_start` may lie before it.
    """
    if end <= start:
        return []
    reach = end if known_until is None else min(end, known_until)
    first = max(0, bisect_right(records, start, key=lambda record: record.start) - 1)
    known = [
        replace(record, start=max(start, record.start), end=min(reach, _end(record.end)))
        for record in records[first:]
        if max(start, record.start) < min(reach, _end(record.end))
    ]
    if pulse is not None:
        known = _running_since(pulse, known, reach)
    lead = [] if not known or known[0].start == start else _unknown(start, known[0].start)
    said = [*lead, *known]
    for record in records[first:]:
        begin, until = max(reach, start, record.start), min(end, _end(record.end))
        if begin < until and record.reason_source is ReasonSource.DECLARATION:
            said += _unknown(_last_end(said, start), begin)
            said.append(replace(record, start=begin, end=until))
    said += _unknown(_last_end(said, start), end)
    return _joined(said)


def _running_since(pulse: LastPulse, known: list[StateRecord], reach: int) -> list[StateRecord]:
    """Running from the last count on while its time has not passed, but never over unknown."""
    if not known or reach - pulse.at > pulse.idle_after_us or pulse.at >= reach:
        return known
    result = []
    for record in known:
        if (record.end or 0) <= pulse.at or record.state is not State.STOPPED:
            result.append(record)
            continue
        if record.start < pulse.at:
            result.append(replace(record, end=pulse.at))
        result.append(
            StateRecord(start=max(record.start, pulse.at), end=record.end, state=State.RUNNING)
        )
    return result


def _joined(records: list[StateRecord]) -> list[StateRecord]:
    result: list[StateRecord] = []
    for record in records:
        if result and result[-1].says_the_same_as(record):
            result[-1] = replace(result[-1], end=record.end)
        else:
            result.append(record)
    return result


def _unknown(start: int, end: int) -> list[StateRecord]:
    return [StateRecord(start=start, end=end, state=State.UNKNOWN)] if start < end else []


def _last_end(said: list[StateRecord], start: int) -> int:
    return start if not said else _end(said[-1].end)


def _end(end: int | None) -> int:
    return FOREVER if end is None else end
