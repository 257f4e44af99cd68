"""From counter readings and typed quantities to pieces: when, in which run, good or not.

Numbers are exact (`int` or `Fraction`). What a counter or a person says is turned into signed
`Pieces`; their sums over any stretch of time are GQ, SQ and RQ, and PQ is all three together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from mes.core.case_model import CounterRole
from mes.core.counters import good_and_scrap, is_used
from mes.core.derive.increments import Increment
from mes.core.derive.replacing import replaced_ids
from mes.core.derive.runs import JobId, JobRun
from mes.core.exact import Number
from mes.core.refusal import Refusal

MINUTE_US = 60_000_000
LONG_GAP_US = 31 * 24 * 60 * MINUTE_US
"""A gap beyond this length is spread by hours."""
Roles = frozenset[CounterRole]


Stretch = tuple[int, int]
"""[start, end) in UTC microseconds."""


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

    @property
    def corrects(self) -> bool:
        """Whether it says other pieces in the place of a statement, not only that it was wrong."""
        said = self.pieces.good or self.pieces.scrap or self.pieces.rework
        return self.voids is not None and bool(said)


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
    voided = replaced_ids(
        {key: quantity.voids for key, quantity in by_id.items()},
        {key for key, quantity in by_id.items() if quantity.corrects},
    )
    held = [quantity for key, quantity in by_id.items() if key not in voided]
    return sorted(held, key=lambda quantity: (quantity.at, quantity.command_id))
