"""What stands before the end of an order: loaded jobs, tolerance, jobs not started."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mes.core.amounts import amount_json
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.work_orders import documents
from mes.features.work_orders.documents import Made
from mes.features.work_orders.routing import segments_of
from mes.features.work_orders.states import LOADED, JobState
from mes.live.announce import announce
from mes.models import JobEvent, JobOrder, WorkOrder


def check_no_job_loaded(session: Session, order: WorkOrder) -> None:
    """Raises: Refusal: `jobs_open` (409): a job of the order is running or paused."""
    loaded = [job.number for job in documents.jobs_of(session, order.id) if job.state in LOADED]
    if loaded:
        raise Refusal(
            "jobs_open",
            f"complete {', '.join(loaded)} first",
            details={"order": order.number, "job_orders": loaded},
        )


def check_tolerance(session: Session, order: WorkOrder, accept_deviation: bool) -> Made:
    """What was made for the order, if it is within its tolerance or the deviation is accepted.

    Raises:
        Refusal: `outside_tolerance` (409).
    """
    jobs = documents.jobs_of(session, order.id)
    by_job = documents.made_by_job(session, [job.id for job in jobs])
    made = documents.yielded(jobs, by_job, segments_of(session, order)[-1])
    deviation = deviation_of(order, order.quantity, made.good)
    if deviation is not None and not accept_deviation:
        raise outside_tolerance(order.number, deviation)
    return made


def deviation_of(order: WorkOrder, ordered: Decimal, good: Decimal) -> dict[str, Any] | None:
    """By how much an amount misses the tolerance of its order; None: it does not.

    Returns:
        `code` is `under_tolerance` or `over_tolerance`, with the amounts.
    """
    low, high = ordered - order.tolerance_under, ordered + order.tolerance_over
    if low <= good <= high:
        return None
    return {
        "code": "under_tolerance" if good < low else "over_tolerance",
        "ordered": amount_json(ordered),
        "good": amount_json(good),
        "least": amount_json(low),
        "most": amount_json(high),
    }


def outside_tolerance(number: str, deviation: dict[str, Any]) -> Refusal:
    """The refusal that asks whether the deviation is meant."""
    return Refusal(
        "outside_tolerance",
        f"{number} has {deviation['good']} good, allowed are {deviation['least']} to "
        f"{deviation['most']}; send accept_deviation true if that is meant",
        field="accept_deviation",
        details={"deviation": deviation},
    )


def cancel_jobs(session: Session, context: Context, order: WorkOrder) -> None:
    """Cancel the jobs of an order that were never started."""
    for job in documents.jobs_of(session, order.id):
        if job.state == JobState.DISPATCHED:
            cancel_dispatched(session, context, job)


def cancel_dispatched(session: Session, context: Context, job: JobOrder) -> None:
    """Cancel one job that was never started."""
    job.state = JobState.CANCELLED
    job.version += 1
    job.ended_at = context.at
    session.add(
        JobEvent(
            job_order_id=job.id,
            work_unit_id=job.work_unit_id,
            command_id=context.command_id,
            kind="cancel",
            at=context.at,
            reason=None,
            actor=dict(context.actor),
            recorded_at=context.now,
        )
    )
    announce(session, job.work_unit_id)
