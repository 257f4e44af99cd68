"""Pieces booked at instants: from counters and from what people typed. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mes.core.case_model import CounterRole
from mes.core.derive.counts import (
    MINUTE_US,
    Pieces,
    Stretch,
    TypedQuantity,
    counted,
    credit,
    minute_cuts,
    portions,
    quantities_in_force,
    shared,
    typed,
)
from mes.core.derive.increments import (
    CountDecision,
    Decided,
    Increment,
    Reading,
    increments,
)
from mes.core.derive.runs import Item, JobRun
from mes.core.exact import Number
from mes.core.flags import Flag
from mes.core.refusal import Refusal
from mes.features.production.facts import FactRow
from mes.features.production.interpret import (
    COUNTER_ROLES,
    counter_rule,
    pieces_per_count,
    reading,
    readings_of,
    roles_at,
)
from mes.features.production.masters import Binding, Masters, WorkUnit

NO_JOB = 0


class Booking(NamedTuple):
    """Pieces that belong to one instant.

    Attributes:
        at: UTC microseconds.
        job: id of the job order, `NO_JOB`: none.
        item: what was made, with its rate; None: unassigned.
    """

    at: int
    job: int
    item: Item | None
    good: Number
    scrap: Number
    rework: Number
    startup_scrap: Number
    estimated: bool

    @property
    def material_id(self) -> int:
        """Id of the item; 0: none."""
        return int(self.item.material) if self.item else 0

    @property
    def empty(self) -> bool:
        """Whether it books nothing."""
        return not (self.good or self.scrap or self.rework or self.startup_scrap)


class Mark(NamedTuple):
    """A flag that a reading raises at an instant."""

    at: int
    flag: Flag


class RunIndex:
    """The runs loaded at an instant, found by bisection."""

    def __init__(self, runs: Iterable[JobRun]) -> None:
        self._runs = list(runs)
        edges = {run.start for run in self._runs}
        edges |= {run.end for run in self._runs if run.end is not None}
        self.cuts = sorted(edges)
        self._loaded: list[list[JobRun]] = [
            [r for r in self._runs if r.start <= at and (r.end is None or at < r.end)]
            for at in self.cuts
        ]

    def at(self, instant: int) -> list[JobRun]:
        """The runs loaded at the instant, in order of start."""
        index = bisect_right(self.cuts, instant) - 1
        return self._loaded[index] if index >= 0 else []

    def of_job(self, job: int, at: int) -> JobRun | None:
        """The run of a job that is loaded at an instant; None: it is not.

        Where others were loaded with it, it carries its shared rate, as counted pieces do.
        """
        return next((one for one in shared(self.at(at)) if one.job == job), None)


class Suspect(NamedTuple):
    """An increment that the rule of its counter does not believe.

    Attributes:
        at: instant of the later reading.
        since: instant of the earlier one.
        old: value of the earlier reading.
        new: value of the later one.
        amount: counts by the rule.
        decision: what a person decided; None: it waits.
    """

    tag_id: int
    role: str
    at: int
    since: int
    old: Number
    new: Number
    amount: Number
    decision: CountDecision | None


@dataclass(frozen=True, slots=True)
class Counted:
    """What the counters of a work unit say over a stretch of time."""

    bookings: list[Booking]
    marks: list[Mark]
    suspects: list[Suspect] = field(default_factory=list)


Productive = Callable[[int, int], Sequence[Stretch]]
"""When pieces may have been made inside [start, end), in order and without overlaps."""


def anytime(start: int, end: int) -> Sequence[Stretch]:
    """Nothing is known: the whole stretch."""
    return [(start, end)]


def counter_bookings(
    unit: WorkUnit,
    known: Masters,
    rows: Sequence[FactRow],
    before: Mapping[int, FactRow],
    runs: RunIndex,
    decisions: Mapping[tuple[int, int], Decided],
    productive: Productive = anytime,
) -> Counted:
    """Pieces from counter readings.

    Args:
        rows: readings of the counter tags, in order.
        before: by tag the last counter reading before them.
        productive: over which time pieces of a gap are spread.
    """
    result = Counted([], [])
    for binding in unit.bound(*COUNTER_ROLES):
        found = increments(
            readings_of(known, rows, binding),
            counter_rule(binding),
            _baseline(unit, known, binding, rows, before.get(binding.tag_id)),
            {at: decided for (tag, at), decided in decisions.items() if tag == binding.tag_id},
        )
        _book_increments(unit, binding, found, runs, productive, result)
    result.bookings.sort(key=lambda booking: booking.at)
    return result


def _baseline(
    unit: WorkUnit,
    known: Masters,
    binding: Binding,
    rows: Sequence[FactRow],
    prior: FactRow | None,
) -> Reading | None:
    """The last counter reading before those of a binding, as far as the tag counted without a hole.

    A changed rule (another modulus, other pieces per count) goes on from the last reading under
    the old rule, so that no piece is lost at the change.
    """
    start = counted_since(unit, binding)
    found = prior if prior is not None and prior.event_time >= start else None
    if binding.start > start:
        for row in rows:
            if row.event_time >= binding.start:
                break
            if row.tag_id == binding.tag_id and row.event_time >= start and row.countable:
                found = row
    return None if found is None else reading(known, found)


def counted_since(unit: WorkUnit, binding: Binding) -> int:
    """Since when the tag of a binding has counted for the work unit without interruption."""
    start = binding.start
    earlier = {
        other.end: other.start
        for other in unit.bound(*COUNTER_ROLES)
        if other.tag_id == binding.tag_id and other.end is not None
    }
    while start in earlier and earlier[start] < start:
        start = earlier[start]
    return start


def _book_increments(
    unit: WorkUnit,
    binding: Binding,
    found: Iterable[Increment],
    runs: RunIndex,
    productive: Productive,
    result: Counted,
) -> None:
    role = CounterRole(binding.role)
    factor = pieces_per_count(binding)
    always = all(b.end is None and b.start < 0 for b in unit.bound(*COUNTER_ROLES))
    roles = roles_at(unit, 0) if always else frozenset[CounterRole]()
    for increment in found:
        result.marks.extend(Mark(increment.at, flag) for flag in increment.flags)
        if increment.suspect:
            result.suspects.append(_suspect(binding, increment))
        if not increment.counted:
            continue
        cuts: list[int] = []
        stretches: Sequence[Stretch] = ()
        if increment.gap_from is not None:
            cuts = sorted({*minute_cuts(increment.gap_from, increment.at), *runs.cuts})
            stretches = productive(increment.gap_from, increment.at)
        for portion in portions(increment, cuts, stretches):
            present = roles if always else roles_at(unit, portion.at)
            for run, pieces in credit(runs.at(portion.at), role, portion.count, factor):
                booked = counted(role, present, pieces)
                result.bookings.append(_booking(portion.at, run, booked, portion.estimated))


def _suspect(binding: Binding, increment: Increment) -> Suspect:
    return Suspect(
        tag_id=binding.tag_id,
        role=binding.role,
        at=increment.at,
        since=increment.since,
        old=increment.old,
        new=increment.new,
        amount=increment.amount,
        decision=increment.decision,
    )


def typed_bookings(
    unit: WorkUnit,
    quantities: Iterable[TypedQuantity],
    runs: RunIndex,
    item_of_job: Callable[[int, int], Item | None],
) -> list[Booking]:
    """Pieces from what people typed.

    Args:
        item_of_job: item of a job for an instant at which it was not loaded.
    """
    result = []
    for quantity in quantities_in_force(quantities):
        roles = roles_at(unit, quantity.at)
        try:
            pieces = typed(quantity, roles)
        except Refusal:  # typed before the counter was bound: it stands as it was said
            pieces = quantity.pieces
        if quantity.job is None:
            loaded = shared(runs.at(quantity.at))
            result.append(_booking(quantity.at, loaded[0] if loaded else None, pieces, False))
            continue
        job = int(quantity.job)
        run = runs.of_job(job, quantity.at)
        item = run.item if run else item_of_job(job, quantity.at)
        result.append(
            _booking(quantity.at, JobRun(job=job, item=item, start=0, end=None), pieces, False)
        )
    return result


def merged(bookings: Iterable[Booking], cuts: Iterable[int]) -> list[Booking]:
    """Fewer bookings that mean the same: those of one minute between two cuts become one.

    It stands at the instant of the last of them, so that nothing crosses a cut.

    Args:
        cuts: every instant at which a class, run, shift or window begins or ends.
    """
    edges = sorted(set(cuts))
    sums: dict[tuple[int, int, int, Item | None, bool], Booking] = {}
    for one in bookings:
        key = (
            one.at // MINUTE_US,
            bisect_right(edges, one.at),
            one.job,
            one.item,
            one.estimated,
        )
        held = sums.get(key)
        sums[key] = one if held is None else added(held, one)
    return sorted(
        (one for one in sums.values() if not one.empty), key=lambda one: (one.at, one.job)
    )


def added(one: Booking, other: Booking) -> Booking:
    """Both as one booking at the later instant."""
    return Booking(
        max(one.at, other.at),
        one.job,
        one.item,
        one.good + other.good,
        one.scrap + other.scrap,
        one.rework + other.rework,
        one.startup_scrap + other.startup_scrap,
        one.estimated or other.estimated,
    )


def _booking(at: int, run: JobRun | None, pieces: Pieces, estimated: bool) -> Booking:
    return Booking(
        at,
        NO_JOB if run is None or run.job is None else int(run.job),
        None if run is None else run.item,
        pieces.good,
        pieces.scrap,
        pieces.rework,
        pieces.startup_scrap,
        estimated,
    )
