"""What a work unit has made, to set entries against: more bad pieces than were made are flagged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json, exact
from mes.core.case_model import CounterRole
from mes.core.derive.counts import Pieces, Roles, TypedQuantity, check_typed
from mes.core.derive.records import FOREVER
from mes.core.exact import parse_number
from mes.core.instants import US_PER_S
from mes.features.production.masters import WorkUnit
from mes.features.work_orders.documents import Made, made_by_job
from mes.models import QuantityRecord, QuantityStatement, SourceStream

UNASSIGNED_US = 24 * 3600 * US_PER_S
"""How far back pieces without a job are looked for."""
LATE_US = 5 * US_PER_S
"""Counts reach the centre within this time while source and edge are alive."""


def made_so_far(session: Session, work_unit_id: int, job_id: int | None, at: int) -> Made:
    """Pieces made for a job, or without a job during the day before an instant."""
    if job_id is not None:
        return made_by_job(session, [job_id]).get(job_id, Made())
    return _unassigned(session, work_unit_id, at - UNASSIGNED_US, FOREVER)


def _unassigned(session: Session, work_unit_id: int, start: int, end: int) -> Made:
    """Pieces without a job, made in [start, end) by the minute."""
    good, scrap, rework = session.execute(
        select(
            func.coalesce(func.sum(QuantityRecord.good), 0),
            func.coalesce(func.sum(QuantityRecord.scrap), 0),
            func.coalesce(func.sum(QuantityRecord.rework), 0),
        ).where(
            QuantityRecord.work_unit_id == work_unit_id,
            QuantityRecord.job_order_id == 0,
            QuantityRecord.minute >= start,
            QuantityRecord.minute < end,
        )
    ).one()
    return Made(
        good=exact(int(good * 1_000_000)),
        scrap=exact(int(scrap * 1_000_000)),
        rework=exact(int(rework * 1_000_000)),
    )


def counts_are_known(session: Session, unit: WorkUnit, at: int) -> bool:
    """Whether the machine's counts up to an instant have arrived.

    While a collector is down its counts come later; an entry is then not measured against them.
    """
    sources = {
        binding.source_id for binding in unit.bound("total", "good", "scrap") if binding.holds(at)
    }
    covered = dict(
        session.execute(
            select(SourceStream.source_id, func.max(SourceStream.covered_until))
            .where(SourceStream.source_id.in_(sources), SourceStream.stream == "event")
            .group_by(SourceStream.source_id)
        ).all()
    )
    return all((covered.get(source) or 0) >= at - LATE_US for source in sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """More was said to be bad, or taken back, than was made: kept, flagged, never clamped.

    Attributes:
        work_unit_id: id of the work unit.
        job_order_id: id of the job; None: pieces of no job, in the shift.
        made: what there is now; at least one amount is below 0.
    """

    work_unit_id: int
    job_order_id: int | None
    made: Made

    def to_json(self) -> dict[str, Any]:
        """The amounts as the API gives them."""
        return {name: amount_json(getattr(self.made, name)) for name in ("good", "scrap", "rework")}


def check_kind(unit: WorkUnit, statement: QuantityStatement) -> None:
    """That good pieces are typed where nothing counts them.

    Raises:
        Refusal: `good_is_counted`.
    """
    check_typed(_typed(statement), _roles(unit, statement.at))


def excess_of(session: Session, unit: WorkUnit, statement: QuantityStatement) -> Excess | None:
    """What is below 0 where the pieces of a kept statement belong; None: nothing.

    While counts of the machine are on their way nothing is said.
    """
    if _roles(unit, statement.at) and not counts_are_known(session, unit, statement.at):
        return None
    if statement.job_order_id is None:
        shift = unit.plan.period_at(statement.at)
        made = _unassigned(session, unit.id, shift.start_us, shift.end_us)
    else:
        made = made_so_far(session, unit.id, statement.job_order_id, statement.at)
    if not below_zero(made):
        return None
    return Excess(work_unit_id=unit.id, job_order_id=statement.job_order_id, made=made)


def below_zero(made: Made) -> bool:
    """Whether more was said to be bad, or taken back, than was made."""
    return min(made.good, made.scrap, made.rework) < 0


def _roles(unit: WorkUnit, at: int) -> Roles:
    return frozenset(
        CounterRole(binding.role)
        for binding in unit.bound("total", "good", "scrap")
        if binding.holds(at)
    )


def _typed(statement: QuantityStatement) -> TypedQuantity:
    return TypedQuantity(
        command_id=statement.command_id,
        at=statement.at,
        pieces=Pieces(
            good=parse_number(statement.good),
            scrap=parse_number(statement.scrap),
            rework=parse_number(statement.rework),
            startup_scrap=parse_number(statement.startup_scrap),
        ),
        adjustment=statement.adjustment,
    )
