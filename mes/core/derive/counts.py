"""From counter readings and typed quantities to pieces: when, in which run, good or not.

Numbers are exact (`int` or `Fraction`). What a counter or a person says is turned into signed
`Pieces`; their sums over any stretch of time are GQ, SQ and RQ, and PQ is all three together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from mes.core.case_model import CounterMode, CounterRole
from mes.core.counters import good_and_scrap, is_used, plausible, step
from mes.core.derive.records import FOREVER
from mes.core.derive.replacing import replaced_ids
from mes.core.derive.runs import JobId, JobRun
from mes.core.exact import Number
from mes.core.flags import Flag
from mes.core.refusal import Refusal

MINUTE_US = 60_000_000
LONG_GAP_US = 31 * 24 * 60 * MINUTE_US
"""A gap beyond this length is spread by hours."""
Roles = frozenset[CounterRole]


COUNTS_MAX = 10**8
"""Most counts of one increment that are ever believed by themselves: years of any machine."""
Stretch = tuple[int, int]
"""[start, end) in UTC microseconds."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Counts that belong to one instant."""

    at: int
    count: Number
    estimated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Signed pieces; startup scrap is a share of scrap, never added to it."""

    good: Number = 0
    scrap: Number = 0
    rework: Number = 0
    startup_scrap: Number = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedQuantity:
    """Pieces that a person stated.

    Attributes:
        at: when they were made, UTC microseconds.
        pieces: what was typed, not yet set against counters.
        adjustment: corrects what was counted instead of saying what was made.
        job: None: the run loaded at `at`.
        voids: command_id of the statement that this one takes the place of.
    """

    command_id: str
    at: int
    pieces: Pieces
    adjustment: bool = False
    job: JobId | None = None
    voids: str | None = None


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


def portions(
    increment: Increment, cuts: Sequence[int] = (), productive: Sequence[Stretch] = ()
) -> list[Portion]:
    """The instants that the counts of an increment belong to.

    An increment over a gap is spread evenly over the productive time of [gap_from, at), in whole
    counts as far as the increment is whole, and marked estimated; any other belongs to the instant
    of its reading.

    Args:
        cuts: sorted instants that portions must not cross (ends of minutes, shifts and runs); each
            portion stands at the start of its slice.
        productive: when pieces may have been made, in order and without overlaps; none inside the
            gap: all of it.
    """
    if not increment.counted:
        return []
    start, end = increment.gap_from, increment.at
    if start is None:
        return [Portion(at=end, count=increment.counted, estimated=False)]
    inside = [(max(a, start), min(b, end)) for a, b in productive if a < end and b > start]
    stretches = inside or [(start, end)]
    total = sum(until - at for at, until in stretches)
    result = []
    passed = 0
    given: Number = 0
    for first, last in stretches:
        inner = cuts[bisect_right(cuts, first) : bisect_right(cuts, last - 1)]
        for at, until in pairwise([first, *inner, last]):
            passed += until - at
            reached = increment.counted * passed // total if passed < total else increment.counted
            if reached != given:
                result.append(Portion(at=at, count=reached - given, estimated=True))
            given = reached
    return result


def minute_cuts(start: int, end: int) -> list[int]:
    """The full UTC minutes inside (start, end); of a stretch beyond `LONG_GAP_US` full hours."""
    step = MINUTE_US if end - start <= LONG_GAP_US else 60 * MINUTE_US
    return list(range((start // step + 1) * step, end, step))


def credit(
    loaded: Sequence[JobRun], role: CounterRole, count: Number, pieces_per_count: Number = 1
) -> list[tuple[JobRun | None, Number]]:
    """The pieces that each run loaded at the instant gets from counts.

    No run: the pieces are unassigned. One: all are its. Several at once (family tools): a count of
    total or good is a cycle that credits to each its own pieces per cycle; counted scrap, of which
    nobody knows whose it is, goes to the first of them. Their runs carry the shared rates.

    Args:
        loaded: runs loaded at the instant, see `runs.runs_at`.
    """
    if len(loaded) < 2:
        return [(loaded[0] if loaded else None, count * pieces_per_count)]
    runs = shared(loaded)
    if role is CounterRole.SCRAP:
        return [(runs[0], count * pieces_per_count)]
    return [(run, count * (run.item.pieces_per_cycle if run.item else 1)) for run in runs]


def shared(loaded: Sequence[JobRun]) -> list[JobRun]:
    """Runs that are loaded together, each with its share of the ideal time of a cycle (R31).

    One cycle of the machine makes the pieces of all of them; it lasts as long as the slowest of
    their ideal cycles, and that time is shared in proportion to the ideal cycles, so that a family
    tool at its ideal speed has an effectiveness of 1. Shares have nine decimal places and sum to
    the cycle exactly. A run without a rate keeps none.
    """
    rates = [run.item.ideal_cycle_s if run.item else None for run in loaded]
    cycles = [Fraction(rate) for rate in rates if rate is not None]
    if len(loaded) < 2 or len(cycles) < 2:
        return list(loaded)
    cycle, together = max(cycles), sum(cycles)
    left = _places(cycle)
    result = []
    open_shares = len(cycles)
    for run, rate in zip(loaded, rates, strict=True):
        if run.item is None or rate is None:
            result.append(run)
            continue
        open_shares -= 1
        share = left if open_shares == 0 else _places(cycle * Fraction(rate) / together)
        left -= share
        result.append(replace(run, item=replace(run.item, ideal_cycle_s=share)))
    return result


def _places(seconds: Fraction) -> Decimal:
    """Seconds to nine decimal places, as a decimal that any case file can carry."""
    return (Decimal(round(seconds * 10**9)) / 10**9).normalize()


def counted(role: CounterRole, roles: Roles, pieces: Number) -> Pieces:
    """What counted pieces add, given which counters the work unit has.

    Total alone is all good; with scrap, good = total - scrap; with good, scrap = total - good; with
    both, the good counter is not used, as in the OEE case. Without total, good and scrap stand for
    themselves.
    """
    if not is_used(role, roles):
        return Pieces()
    good, scrap = good_and_scrap(role, pieces, roles)
    return Pieces(good=good, scrap=scrap)


def typed(quantity: TypedQuantity, roles: Roles) -> Pieces:
    """What typed pieces add, given which counters the work unit has.

    Scrap and rework typed beside a total counter are inside the total: they lessen the good. Beside
    total and good counters the difference of the two is scrap already, so that typed scrap only
    explains it and typed rework is taken from it. An adjustment adds what it says.

    Raises:
        Refusal: `good_is_counted`, see `check_typed`.
    """
    check_typed(quantity, roles)
    pieces = quantity.pieces
    if quantity.adjustment or CounterRole.TOTAL not in roles:
        return pieces
    if CounterRole.GOOD in roles and CounterRole.SCRAP not in roles:
        return Pieces(
            scrap=-pieces.rework, rework=pieces.rework, startup_scrap=pieces.startup_scrap
        )
    return Pieces(
        good=-pieces.scrap - pieces.rework,
        scrap=pieces.scrap,
        rework=pieces.rework,
        startup_scrap=pieces.startup_scrap,
    )


def check_typed(quantity: TypedQuantity, roles: Roles) -> None:
    """Raises: Refusal: `good_is_counted`: good typed where total or good is counted."""
    if quantity.adjustment or not quantity.pieces.good:
        return
    if roles & {CounterRole.TOTAL, CounterRole.GOOD}:
        raise Refusal(
            "good_is_counted",
            "The machine counts good pieces. Enter scrap, or correct the count as an adjustment.",
            field="good",
        )


def quantities_in_force(quantities: Iterable[TypedQuantity]) -> list[TypedQuantity]:
    """Those that no statement in force voids, in order of time; repeats of a command count once."""
    by_id = {quantity.command_id: quantity for quantity in quantities}
    voided = replaced_ids({key: quantity.voids for key, quantity in by_id.items()})
    held = [quantity for key, quantity in by_id.items() if key not in voided]
    return sorted(held, key=lambda quantity: (quantity.at, quantity.command_id))


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
