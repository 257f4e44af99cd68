"""Which job pieces belong to, and whether its order still takes them."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.production.masters import WorkUnit
from mes.features.work_orders.states import FINISHED_ORDERS, LOADED, JobState
from mes.models import JobOrder, OrderEvent, WorkOrder


def started_job(session: Session, unit: WorkUnit, number: str, *, field: str) -> JobOrder:
    """The job of that number, which has made or may make pieces.

    Args:
        field: the input that names it, for the refusal.

    Raises:
        Refusal: `job_unknown` (404), `job_not_started` or `order_closed`.
    """
    job = session.scalar(select(JobOrder).where(JobOrder.number == number))
    if job is None or job.work_unit_id != unit.id:
        raise Refusal(
            "job_unknown", f"there is no job {number!r} on {unit.code}", status=404, field=field
        )
    if job.state not in (*LOADED, JobState.COMPLETED):
        raise Refusal(
            "job_not_started",
            f"{number} is {job.state}; start it before it has pieces",
            field=field,
            details={"job_order": number, "state": job.state},
        )
    check_order_open(session, job)
    return job


def loaded_job(session: Session, work_unit_id: int, at: int) -> JobOrder | None:
    """The first job loaded at the instant (several: a family tool, the first takes it)."""
    return session.scalar(
        select(JobOrder)
        .where(
            JobOrder.work_unit_id == work_unit_id,
            JobOrder.started_at <= at,
            (JobOrder.ended_at.is_(None)) | (JobOrder.ended_at > at),
        )
        .order_by(JobOrder.started_at, JobOrder.id)
        .limit(1)
    )


def check_order_open(session: Session, job: JobOrder, *, entered_at: int | None = None) -> None:
    """That the pieces of a job may still change.

    Args:
        entered_at: UTC microseconds at which the entry that changes was entered; what came after
            the order was finished (rejects found late) may be taken back. None: a new entry.

    Raises:
        Refusal: `order_closed`.
    """
    order = session.get_one(WorkOrder, job.order_id)
    if order.state in FINISHED_ORDERS and not _finished_before(session, order, entered_at):
        raise Refusal(
            "order_closed",
            f"{order.number} is {order.state}; its pieces cannot change any more",
            details={"order": order.number, "state": order.state},
        )


def _finished_before(session: Session, order: WorkOrder, at: int | None) -> bool:
    """Whether an order was closed or cancelled before the instant; None: never."""
    return (
        at is not None
        and session.scalar(
            select(
                exists().where(
                    OrderEvent.order_id == order.id,
                    OrderEvent.kind.in_(FINISHED_ORDERS),
                    OrderEvent.at < at,
                )
            )
        )
        is True
    )
