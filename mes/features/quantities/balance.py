"""What a work unit has made, to check entries against."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.amounts import exact
from mes.core.instants import US_PER_S
from mes.features.production.masters import WorkUnit
from mes.features.work_orders.documents import Made, made_by_job
from mes.models import QuantityRecord, SourceStream

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
