"""What a derivation works on, and reads that both of its halves need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.derive.counts import Stretch
from mes.core.derive.runs import Item
from mes.core.derive.states import StateRules
from mes.features.production import facts
from mes.features.production.bookings import (
    Booking,
    Counted,
    RunIndex,
    counter_bookings,
    typed_bookings,
)
from mes.features.production.facts import FactRow
from mes.features.production.gaps import productive_time
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.moves import moved
from mes.features.production.rows import job_runs, runs_of_job, state_records
from mes.models import JobEvent, JobOrder, QuantityStatement, SignalFact, StopStatement

BRIDGE_US = 60_000_000
"""Unknown time of at most this length ends no stop (S1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a derivation works on.

    Attributes:
        covered: up to where the state is known; None: it does not depend on a source.
        until: facts from there on are left for the next derivation; None: all.
    """

    session: Session
    known: Masters
    unit: WorkUnit
    covered: int | None
    until: int | None = None

    @property
    def now_limit_us(self) -> int:
        """The minor-stop limit by the newest settings, for how far back a stop is kept open."""
        return self.unit.setting(2**62).minor_stop_limit_us

    @property
    def rules(self) -> StateRules:
        """The rules of states with the minor-stop limits as they were in force."""
        return StateRules(
            minor_limit_us=self.unit.setting(-(2**62)).minor_stop_limit_us,
            unknown_bridge_us=BRIDGE_US,
            dated_limits=tuple((s.valid_from, s.minor_stop_limit_us) for s in self.unit.settings),
        )


def booked_in(
    session: Session,
    known: Masters,
    unit: WorkUnit,
    rows: list[FactRow],
    priors: dict[int, FactRow],
    index: RunIndex,
    since: int,
    assumed: facts.Decisions | None = None,
) -> Counted:
    """All pieces from `since` on, in order of time, the flags of readings, and suspect counts.

    Args:
        rows: readings of the counter tags from `since` on.
        priors: by tag the last counter reading before.
        assumed: decisions on suspect counts as if they had been made, to show what they would do.
    """

    def productive(start: int, end: int) -> Sequence[Stretch]:
        return productive_time(unit, state_records(session, unit.id, start, end), start, end)

    counted = counter_bookings(unit, known, rows, priors, index, {}, productive)
    if counted.suspects:  # only what is suspect can have been decided about
        decisions = {**facts.count_decisions(session, unit.id), **(assumed or {})}
        if decisions:
            counted = counter_bookings(unit, known, rows, priors, index, decisions, productive)
    bookings = [booking for booking in counted.bookings if booking.at >= since]
    bookings += _typed(session, unit, since, index, facts.rate_finder(known, unit))
    bookings.sort(key=lambda booking: booking.at)
    bookings = moved(session, unit.id, bookings, index, since)
    return Counted(bookings, counted.marks, counted.suspects)


def _typed(
    session: Session, unit: WorkUnit, since: int, index: RunIndex, rate: facts.Rate
) -> list[Booking]:
    """Pieces that people typed for times from `since` on."""
    quantities = facts.typed_quantities(session, unit.id, since)
    if not quantities:
        return []

    def item_of_job(job: int, at: int) -> Item | None:
        return _nearest_item(session, unit.id, job, at, rate)

    booked = typed_bookings(unit, quantities, index, item_of_job)
    return [booking for booking in booked if booking.at >= since]


def _nearest_item(
    session: Session, unit_id: int, job: int, at: int, rate: facts.Rate
) -> Item | None:
    """What a job makes by its run that is nearest to an instant at which it was not loaded.

    Where others were loaded with it, with its shared rate; without a run by the rate then in force.
    """
    runs = runs_of_job(session, unit_id, job)
    if not runs:
        material = session.scalar(select(JobOrder.material_id).where(JobOrder.id == job))
        return None if material is None else rate(material, at)
    nearest = min(runs, key=lambda run: max(run.start - at, at - (run.end or at), 0))
    inside = max(nearest.start, at if nearest.end is None else min(at, nearest.end - 1))
    loaded = RunIndex(job_runs(session, unit_id, inside, inside + 1)).of_job(job, inside)
    return nearest.item if loaded is None else loaded.item


def last_fact_of(session: Session, unit: WorkUnit, until: int | None = None) -> int | None:
    """Event time of the latest fact of a work unit; None: there is none."""
    found = []
    for binding in unit.bindings:
        query = select(func.max(SignalFact.event_time)).where(
            SignalFact.tag_id == binding.tag_id, SignalFact.event_time >= binding.start
        )
        if binding.end is not None:
            query = query.where(SignalFact.event_time < binding.end)
        if until is not None:
            query = query.where(SignalFact.event_time < until)
        found.append(session.scalar(query))
    for model in (JobEvent, QuantityStatement):
        query = select(func.max(model.at)).where(model.work_unit_id == unit.id)
        if until is not None:
            query = query.where(model.at < until)
        found.append(session.scalar(query))
    return max((at for at in found if at is not None), default=None)


def first_fact_of(session: Session, unit: WorkUnit) -> int | None:
    """The first instant that a fact of a work unit speaks about; None: there is none."""
    found = []
    for binding in unit.bindings:
        query = select(func.min(SignalFact.event_time)).where(
            SignalFact.tag_id == binding.tag_id, SignalFact.event_time >= binding.start
        )
        found.append(session.scalar(query))
    for model in (JobEvent, QuantityStatement):
        found.append(
            session.scalar(select(func.min(model.at)).where(model.work_unit_id == unit.id))
        )
    declared = select(func.min(StopStatement.start)).where(
        StopStatement.work_unit_id == unit.id, StopStatement.kind == "declare"
    )
    found.append(session.scalar(declared))
    return min((at for at in found if at is not None), default=None)
