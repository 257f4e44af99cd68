"""Stretches in which a machine stands: what must be seen whole before time is summed for good.

Whether a stop is minor follows from its whole length, so sums are closed only up to an instant
behind which no later fact can change a class: not inside a stop that is still short.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from mes.core.derive.records import FOREVER, StateRecord
from mes.core.derive.signals import State

MINUTE_US = 60_000_000
SEAL_MARGIN_US = 10_000_000
"""Sums stay open for so long behind the last fact, because tags of one machine arrive in turns."""

_MOVING = frozenset({State.RUNNING, State.UNKNOWN})


def standing(record: StateRecord) -> bool:
    """Whether the machine stands in it for a known cause or none."""
    return record.state not in _MOVING


def index_at(records: Sequence[StateRecord], at: int) -> int:
    """Index of the record that holds the instant; -1: it lies before all of them."""
    return bisect_right(records, at, key=lambda record: record.start) - 1


def context_start(records: Sequence[StateRecord], at: int) -> int:
    """Index of the first record of the standstill that holds or touches `at` from the left."""
    index = max(index_at(records, at), 0)
    while index > 0 and standing(records[index - 1]) and _meets(records, index):
        index -= 1
    return index


def stop_start_index(records: Sequence[StateRecord], at: int) -> int:
    """As `context_start`, but not inside a stop that bridges unknown time."""
    index = context_start(records, at)
    while index > 0 and records[index].stop_start is not None:
        if records[index - 1].stop_start != records[index].stop_start:
            break
        index -= 1
    return index


def context(records: Sequence[StateRecord], start: int, end: int) -> list[StateRecord]:
    """The records that decide about the classes of [start, end): stops at both ends whole."""
    if not records:
        return []
    first = context_start(records, start)
    last = max(index_at(records, end - 1), first)
    while last + 1 < len(records) and (standing(records[last]) and standing(records[last + 1])):
        last += 1
    return list(records[first : last + 2])


def standstill_span(records: Sequence[StateRecord], start: int, end: int) -> tuple[int, int]:
    """[start, end) with the standstills at both its ends whole, as far as the records say."""
    held = context(records, start, max(end, start + 1))
    if not held:
        return start, end
    last = held[-1].end
    return min(start, held[0].start), end if last is None else max(end, last)


def reach_back(records: Sequence[StateRecord], at: int, limit_us: int) -> int:
    """The first instant whose class may change when the partition changes from `at` on.

    A record longer than the minor-stop limit keeps its class whatever follows it.

    Args:
        records: of the present derivation; those before `at` are unchanged.
        limit_us: minor-stop limit.
    """
    index = index_at(records, at - 1)
    while index >= 0 and standing(records[index]) and at - records[index].start <= limit_us:
        at = records[index].start
        index -= 1
    return at


def seal_point(
    records: Sequence[StateRecord], last_fact: int, covered: int | None, limit_us: int
) -> int:
    """Up to where sums may be closed: a whole minute, before `last_fact` and `covered`.

    Args:
        last_fact: event time of the latest fact.
        covered: up to where the state is known; None: it does not depend on a source.
    """
    at = last_fact - SEAL_MARGIN_US
    if covered is not None:
        at = min(at, covered)
    at -= at % MINUTE_US
    while True:
        index = index_at(records, at)
        if index < 0 or not standing(records[index]):
            return at
        record = records[index]
        end = min(FOREVER if record.end is None else record.end, max(last_fact, at))
        if end - record.start > limit_us:
            return at
        start = reach_back(records, record.start, limit_us)
        start -= start % MINUTE_US
        if start >= at:
            start = at - MINUTE_US
        at = start


def _meets(records: Sequence[StateRecord], index: int) -> bool:
    return records[index - 1].end == records[index].start
