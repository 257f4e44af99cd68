"""Sums of counter increments over stretches of time: the quick way through many readings."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mes.core.case_model import Counter, CounterMode, Span
from mes.core.counters import step
from mes.core.exact import Number
from mes.core.flags import Flag
from mes.core.instants import US_PER_S

_NO_FLAGS: frozenset[Flag] = frozenset()
_SUSPECT = frozenset({Flag.COUNTER_SUSPECT})
_FOREVER = 2**63


def sums_between(
    counter: Counter, edges: Sequence[int], window: Span
) -> Iterator[tuple[int, Number | None, frozenset[Flag]]]:
    """The increments of a window, added up between the edges.

    Equal to `increments` of `mes.core.counters`, added up.

    Args:
        counter: its readings in order of time.
        edges: instants in order; the first lies at or before the start of the window.

    Yields:
        For each stretch with readings: an instant of it, what was counted (None: nothing but
        zeros), the flags raised.
    """
    readings = counter.readings
    begin = max(bisect_left(readings, window.start, key=_instant) - 1, 0)
    finish = bisect_left(readings, window.end, key=_instant)
    mode, modulus, max_per_s = counter.mode, counter.modulus, counter.max_per_s
    pulse = mode is CounterMode.PULSE
    bound = modulus if mode is CounterMode.ROLLOVER else None
    ends = iter([*edges[1:], _FOREVER])
    end = next(ends)
    first: int | None = None
    total: Number = 0
    counted = False
    flags = _NO_FLAGS
    for (old_at, old), (at, new) in pairwise(readings[begin:finish]):
        if at < window.start:
            continue
        if at >= end:
            if first is not None:
                yield first, total if counted else None, flags
            while at >= end:
                end = next(ends)
            first, total, counted, flags = None, 0, False, _NO_FLAGS
        if first is None:
            first = at
        amount = new - old
        if pulse or amount < 0 or (bound is not None and amount >= bound):
            amount, raised = step(mode, old, new, modulus)
            flags = flags.union(raised)
        if max_per_s is not None and amount * US_PER_S > max_per_s * (at - old_at):
            flags |= _SUSPECT
        elif amount:
            total += amount
            counted = True
    if first is not None:
        yield first, total if counted else None, flags


def _instant(reading: tuple[int, Number]) -> int:
    return reading[0]
