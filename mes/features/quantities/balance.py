"""What a work unit has made, to check entries against."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json, exact
from mes.core.case_model import CounterRole
from mes.core.derive.counts import Pieces, TypedQuantity, check_typed, typed
from mes.core.exact import parse_number
from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
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
    good, scrap, rework = session.execute(
        select(
            func.coalesce(func.sum(QuantityRecord.good), 0),
            func.coalesce(func.sum(QuantityRecord.scrap), 0),
            func.coalesce(func.sum(QuantityRecord.rework), 0),
        ).where(
            QuantityRecord.work_unit_id == work_unit_id,
            QuantityRecord.job_order_id == 0,
            QuantityRecord.minute > at - UNASSIGNED_US,
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


def check_balance(
    session: Session,
    unit: WorkUnit,
    statement: QuantityStatement,
    instead_of: QuantityStatement | None = None,
) -> None:
    """That no piece is typed as bad, or taken back, that was never made.

    Args:
        instead_of: the entry that it replaces, whose pieces are in the sums so far.

    Raises:
        Refusal: `good_is_counted`, `scrap_exceeds_total`.
    """
    roles = frozenset(
        CounterRole(binding.role)
        for binding in unit.bound("total", "good", "scrap")
        if binding.holds(statement.at)
    )
    check_typed(_typed(statement), roles)
    change = typed(_typed(statement), roles)
    if instead_of is not None and instead_of.job_order_id == statement.job_order_id:
        change = _without(change, typed(_typed(instead_of), roles))
    if change.good >= 0 and change.scrap >= 0 and change.rework >= 0:
        return
    if roles and not statement.adjustment and not counts_are_known(session, unit, statement.at):
        return
    made = made_so_far(session, unit.id, statement.job_order_id, statement.at)
    for name in ("good", "scrap", "rework"):
        before, changes = parse_number(getattr(made, name)), getattr(change, name)
        if changes < 0 and before + changes < 0:
            field = "scrap" if name == "good" and not statement.adjustment else name
            raise Refusal(
                "scrap_exceeds_total",
                f"only {amount_json(getattr(made, name))} {name} pieces are there to take from",
                field=field,
                details={name: amount_json(getattr(made, name))},
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


def _without(pieces: Pieces, other: Pieces) -> Pieces:
    return Pieces(
        good=pieces.good - other.good,
        scrap=pieces.scrap - other.scrap,
        rework=pieces.rework - other.rework,
    )
