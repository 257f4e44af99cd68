"""What counters counted between their readings, and which of it a person has to decide about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mes.core.case_model import CounterMode
from mes.core.counters import plausible, step
from mes.core.derive.records import FOREVER
from mes.core.exact import Number
from mes.core.flags import Flag

COUNTS_MAX = 10**8
"""Most counts of one increment that are ever believed by themselves: years of any machine."""


class CountDecision(StrEnum):
    """What a person decided about a suspect increment: all of it, nothing, or another amount."""

    ACCEPT = "accept"
    DROP = "drop"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision in force.

    Attributes:
        counts: what is believed instead, `AMOUNT` only.
        since: instant of the earlier reading that the person saw; when late data has put another
            one in between, the increment is a new one and waits again. None: whichever it is.
    """

    choice: CountDecision
    counts: Number | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRule:
    """How a counter behaves.

    Attributes:
        modulus: number of distinct values, rollover only.
        max_per_s: most counts a second that are believed; None: no limit.
    """

    mode: CounterMode
    modulus: Number | None = None
    max_per_s: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A reading of a counter.

    Attributes:
        event_time: UTC microseconds.
        value: None: bad, which says nothing and is no baseline.
        gap_from: the edge was down since then, UTC microseconds; None: it was not.
    """

    event_time: int
    source: str
    epoch: str
    seq: int
    value: Number | None
    gap_from: int | None = None

    @property
    def key(self) -> tuple[int, str, str, int]:
        """Its place in the order of all readings."""
        return (self.event_time, self.source, self.epoch, self.seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class Increment:
    """What a counter counted between two readings.

    Attributes:
        at: instant of the later reading, to which the increment belongs.
        since: instant of the earlier one.
        amount: counts by the rule of the counter.
        counted: counts that enter the figures: 0 while a suspect amount is not accepted.
        gap_from: the increment is estimated and belongs to [gap_from, at); None: to `at`.
        flags: counter_reset, counter_suspect; the latter only while nobody has decided.
        old: value of the earlier reading.
        new: value of the later reading.
        suspect: the rule alone does not believe it, whatever was decided.
        decision: what a person decided about it; None: nothing that holds.
    """

    at: int
    since: int
    amount: Number
    counted: Number
    gap_from: int | None
    flags: tuple[Flag, ...]
    old: Number
    new: Number
    suspect: bool = False
    decision: CountDecision | None = None


def increments(
    readings: Iterable[Reading],
    rule: CounterRule,
    before: Reading | None = None,
    decisions: Mapping[int, Decided] | None = None,
) -> list[Increment]:
    """The increments of a counter, one for each good reading but the first.

    The first reading is the baseline and each is the baseline of the next, also after a drop or a
    suspect increment; baselines never age.

    Args:
        readings: in any order; equal repeats count once.
        before: the last good reading before these; None: the first of these is the baseline.
        decisions: by instant of the later reading, what people decided about suspect increments.
    """
    decided = decisions or {}
    ordered = sorted({reading.key: reading for reading in readings}.items())
    baseline = before
    watched = None if before is None else before.event_time
    result = []
    for _, reading in ordered:
        if reading.value is None:
            continue
        if baseline is not None and baseline.value is not None:
            if baseline.event_time < reading.event_time:
                watched = baseline.event_time
            decision = decided.get(reading.event_time)
            result.append(_increment(rule, baseline, reading, watched, decision))
        baseline = reading
    return result


def _increment(
    rule: CounterRule, old: Reading, new: Reading, watched: int | None, decision: Decided | None
) -> Increment:
    """What lies between two readings.

    Args:
        watched: instant of the last reading at an earlier instant; None: there is none.
    """
    old_value, value = old.value or 0, new.value or 0
    amount, flags = step(rule.mode, old_value, value, rule.modulus)
    gap_from = None if new.gap_from is None else max(new.gap_from, old.event_time)
    since = max(at for at in (watched, gap_from, -FOREVER) if at is not None)
    suspect = (
        Flag.COUNTER_SUSPECT in flags
        or not 0 <= amount <= COUNTS_MAX
        or not _in_range(rule, old_value, value)
        or not plausible(amount, new.event_time - since, rule.max_per_s)
    )
    if suspect and Flag.COUNTER_SUSPECT not in flags:
        flags = (*flags, Flag.COUNTER_SUSPECT)
    holds = suspect and decision is not None and decision.since in (None, old.event_time)
    counted: Number = 0 if suspect else amount
    if holds and decision is not None:
        counted = _believed(decision, amount)
        flags = tuple(flag for flag in flags if flag is not Flag.COUNTER_SUSPECT)
    return Increment(
        at=new.event_time,
        since=old.event_time,
        amount=amount,
        counted=counted,
        gap_from=gap_from if gap_from is not None and gap_from < new.event_time else None,
        flags=flags,
        old=old_value,
        new=value,
        suspect=suspect,
        decision=decision.choice if holds and decision is not None else None,
    )


def _in_range(rule: CounterRule, *values: Number) -> bool:
    """Whether a rollover counter can show these values at all."""
    return rule.mode is not CounterMode.ROLLOVER or all(
        0 <= value < (rule.modulus or 0) for value in values
    )


def _believed(decision: Decided, amount: Number) -> Number:
    if decision.choice is CountDecision.ACCEPT:
        return amount if 0 <= amount <= COUNTS_MAX else 0
    return (decision.counts or 0) if decision.choice is CountDecision.AMOUNT else 0
