"""Dispatching an order to work units as job orders, split where it must be."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json, parse_positive
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.commands.subjects import find_work_unit, lock_work_unit
from mes.features.work_orders import documents
from mes.features.work_orders.closing import deviation_of
from mes.features.work_orders.routing import segments_of
from mes.features.work_orders.states import IN_WORK, LOADED, OPEN, JobState, OrderState
from mes.live.announce import announce
from mes.models import JobOrder, WorkOrder

SPLITS_MAX = 200


def dispatch_order(
    session: Session,
    context: Context,
    number: str,
    *,
    work_unit: str,
    quantity: object = None,
    segment: int | None = None,
    seen_version: int | None = None,
) -> JobOrder:
    """A job order for one operation of an order on a work unit.

    Args:
        quantity: pieces of the job; None: all that is not dispatched yet.
        segment: number of the operation; None: the first one of which anything is left.

    Raises:
        Refusal: `order_unknown`, `unknown_work_unit` (404), `work_unit_retired`, `order_changed`,
            `order_not_dispatchable`, `quantity_exceeds_order`, `nothing_to_dispatch`,
            `too_many_splits` (409), `segment_unknown`, `impossible_quantity` (422).
    """
    unit = find_work_unit(session, work_unit)
    if unit.retired:
        raise Refusal("work_unit_retired", f"{work_unit} is retired; choose another work unit")
    lock_work_unit(session, unit.id)
    order = documents.lock_order(session, number)
    documents.check_seen(order, seen_version)
    documents.check_state(order, IN_WORK, "order_not_dispatchable", "dispatched")
    jobs = documents.jobs_of(session, order.id)
    segment = _segment(session, order, segment, jobs)
    remaining = remaining_quantity(session, order, segment, jobs)
    amount = _amount(order, quantity, remaining)
    job = _new_job(session, context, order, unit.id, segment, amount, jobs)
    if order.state == OrderState.COMPLETED:
        order.state = OrderState.RUNNING
    documents.note(
        session,
        context,
        order,
        "dispatched",
        {"job_order": job.number, "work_unit": work_unit, "quantity": amount_json(amount)},
    )
    announce(session, unit.id)
    return job


def remaining_quantity(
    session: Session, order: WorkOrder, segment: int, jobs: list[JobOrder]
) -> Decimal:
    """What of an operation is neither made nor in the hands of an open job.

    A job that was completed early leaves what it did not make.
    """
    own = [job for job in jobs if job.segment == segment]
    done = [job.id for job in own if job.state == JobState.COMPLETED]
    made = documents.made_by_job(session, done)
    taken = sum((job.quantity for job in own if job.state in OPEN), Decimal(0))
    return order.quantity - taken - sum((one.good for one in made.values()), Decimal(0))


def follow_jobs(session: Session, context: Context, order: WorkOrder) -> None:
    """Let the state of an order follow its jobs: running from the first start, then completed.

    It is completed when no job is open and what the last operation made reaches the quantity less
    the tolerance; with less the rest stays to be dispatched.
    """
    jobs = documents.jobs_of(session, order.id)
    before = order.state
    if order.state == OrderState.RELEASED and any(job.started_at is not None for job in jobs):
        order.state = OrderState.RUNNING
    if order.state == OrderState.RUNNING and not any(job.state in OPEN for job in jobs):
        made = documents.made_by_job(session, [job.id for job in jobs])
        last = segments_of(session, order)[-1]
        good = documents.yielded(jobs, made, last).good
        deviation = deviation_of(order, order.quantity, good)
        if deviation is None or deviation["code"] == "over_tolerance":
            order.state = OrderState.COMPLETED
    elif order.state == OrderState.COMPLETED and any(job.state in LOADED for job in jobs):
        order.state = OrderState.RUNNING
    if order.state != before:
        documents.note(session, context, order, order.state)


def _segment(session: Session, order: WorkOrder, segment: int | None, jobs: list[JobOrder]) -> int:
    known = segments_of(session, order)
    if segment is None:
        left = (one for one in known if remaining_quantity(session, order, one, jobs) > 0)
        return next(left, known[0])
    if segment not in known:
        listed = ", ".join(str(number) for number in known)
        raise Refusal(
            "segment_unknown",
            f"the item has no operation {segment}; it has: {listed}",
            status=422,
            field="segment",
        )
    return segment


def _amount(order: WorkOrder, quantity: object, remaining: Decimal) -> Decimal:
    if quantity is None:
        if remaining <= 0:
            raise Refusal(
                "nothing_to_dispatch",
                f"all of {order.number} is made or dispatched; give a quantity to make more",
                details={"remaining": amount_json(remaining)},
            )
        return remaining
    amount = parse_positive(quantity, "quantity")
    most = remaining + order.tolerance_over
    if amount > most:
        raise Refusal(
            "quantity_exceeds_order",
            f"only {amount_json(max(most, Decimal(0)))} of {order.number} can still be dispatched",
            field="quantity",
            details={"remaining": amount_json(remaining), "most": amount_json(most)},
        )
    return amount


def _new_job(
    session: Session,
    context: Context,
    order: WorkOrder,
    work_unit_id: int,
    segment: int,
    amount: Decimal,
    jobs: list[JobOrder],
) -> JobOrder:
    split = max((job.split for job in jobs if job.segment == segment), default=0) + 1
    if split > SPLITS_MAX:
        raise Refusal("too_many_splits", f"{order.number} has {SPLITS_MAX} jobs for operation")
    last = select(func.max(JobOrder.position)).where(JobOrder.work_unit_id == work_unit_id)
    job = JobOrder(
        number=f"{order.number}-{segment}" + (f"-{split}" if split > 1 else ""),
        order_id=order.id,
        work_unit_id=work_unit_id,
        material_id=order.material_id,
        segment=segment,
        split=split,
        quantity=amount,
        position=(session.scalar(last) or 0) + 1,
        state=JobState.DISPATCHED,
        version=1,
        ideal_cycle_s=None,
        pieces_per_cycle=None,
        dispatched_at=context.at,
        started_at=None,
        ended_at=None,
    )
    session.add(job)
    session.flush()
    return job
