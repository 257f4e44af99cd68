"""Counter increments: what the difference of two readings means in each mode (rule R17)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mes.core.case_model import Counter, CounterMode, CounterRole
from mes.core.exact import Number
from mes.core.flags import Flag
from mes.core.instants import US_PER_S

Increment = tuple[int, Number, tuple[Flag, ...]]
"""Instant of the later reading, pieces counted, flags it raises."""


def step(
    mode: CounterMode, old: Number, new: Number, modulus: Number | None
) -> tuple[Number, tuple[Flag, ...]]:
    """Pieces between two successive readings, before any plausibility check.

    Args:
        mode: how the counter behaves.
        old: earlier reading.
        new: later reading.
        modulus: number of distinct values, needed in mode rollover only.
    """
    if mode is CounterMode.ROLLOVER:
        assert modulus is not None, "a rollover counter has a modulus"
        return (new - old) % modulus, ()
    if mode is CounterMode.PULSE:
        return int(old == 0 and new != 0), ()
    if new >= old:
        return new - old, ()
    if mode is CounterMode.RESETTABLE:
        return new, (Flag.COUNTER_RESET,)
    return 0, (Flag.COUNTER_SUSPECT,)


def plausible(amount: Number, elapsed_us: int, max_per_s: Number | None) -> bool:
    """Whether `amount` counts can fall into `elapsed_us`; exactly the maximum can."""
    return max_per_s is None or amount * US_PER_S <= max_per_s * elapsed_us


def increments(counter: Counter) -> Iterator[Increment]:
    """Every increment of a counter whose readings stand in order of time.

    The first reading is the baseline and each reading is the baseline of the next, also after a
    drop or an increment that is not believed; such an increment counts 0.
    """
    for (old_at, old), (new_at, new) in pairwise(counter.readings):
        amount, flags = step(counter.mode, old, new, counter.modulus)
        if not plausible(amount, new_at - old_at, counter.max_per_s):
            amount, flags = 0, (*flags, Flag.COUNTER_SUSPECT)
        yield new_at, amount, flags


def is_used(role: CounterRole, present: frozenset[CounterRole]) -> bool:
    """Whether a counter of `role` counts: good does not, where total and scrap are counted."""
    return role is not CounterRole.GOOD or not {CounterRole.TOTAL, CounterRole.SCRAP} <= present


def good_and_scrap(
    role: CounterRole, amount: Number, present: frozenset[CounterRole]
) -> tuple[Number, Number]:
    """What an increment of a used counter adds to good and to scrap.

    With total and scrap, good = total - scrap; with total and good, scrap = total - good; total
    alone is all good; without total, good and scrap stand for themselves.

    Args:
        role: what the counter counts.
        amount: its increment.
        present: the roles that are counted at all.
    """
    if CounterRole.TOTAL not in present:
        return (0, amount) if role is CounterRole.SCRAP else (amount, 0)
    if role is CounterRole.SCRAP:
        return -amount, amount
    if role is CounterRole.GOOD:
        return amount, -amount
    only_good = CounterRole.GOOD in present and CounterRole.SCRAP not in present
    return (0, amount) if only_good else (amount, 0)
