"""Loading, locking and noting what happens to orders and jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.amounts import exact
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import Context
from mes.features.work_orders.states import OrderState
from mes.models import JobOrder, OrderEvent, QuantityRecord, WorkOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Pieces made for a job or an order."""

    good: Decimal = Decimal(0)
    scrap: Decimal = Decimal(0)
    rework: Decimal = Decimal(0)

    def __add__(self, other: Made) -> Made:
        """The sums."""
        return Made(
            good=self.good + other.good,
            scrap=self.scrap + other.scrap,
            rework=self.rework + other.rework,
        )


def lock_order(session: Session, number: str) -> WorkOrder:
    """The order of that number, kept for this transaction.

    Raises:
        Refusal: `order_unknown` (404).
    """
    order = session.scalar(
        select(WorkOrder)
        .where(WorkOrder.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if order is None:
        raise order_unknown(number)
    return order


def order_unknown(number: str) -> Refusal:
    """There is no such order."""
    return Refusal("order_unknown", f"there is no work order {number!r}", status=404)


def check_seen(order: WorkOrder, seen_version: int | None) -> None:
    """That nobody has changed the order since it was shown; None does not ask.

    Raises:
        Refusal: `order_changed` (409) with the present version.
    """
    if seen_version is not None and seen_version != order.version:
        raise Refusal(
            "order_changed",
            "the order was changed since you saw it; look at it again",
            field="seen_version",
            details={"version": order.version, "state": order.state},
        )


def check_state(order: WorkOrder, allowed: Collection[OrderState], code: str, wish: str) -> None:
    """That the order is in one of the states.

    Raises:
        Refusal: `code` (409) with the present state.
    """
    if order.state not in allowed:
        raise Refusal(
            code,
            f"{order.number} is {order.state} and cannot be {wish}",
            details={"order": order.number, "state": order.state},
        )


def note(
    session: Session,
    context: Context,
    order: WorkOrder,
    kind: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Count a change of an order up and write its event and its audit row."""
    order.version += 1
    session.flush()
    session.add(
        OrderEvent(
            order_id=order.id,
            command_id=context.command_id,
            kind=kind,
            at=context.at,
            actor=dict(context.actor),
            details=dict(details or {}),
        )
    )
    record(session, context.actor, f"work_order.{kind}", order.number, details)


def made_by_job(session: Session, job_ids: Collection[int]) -> dict[int, Made]:
    """Pieces made for each job, as far as the machine and people have told."""
    if not job_ids:
        return {}
    rows = session.execute(
        select(
            QuantityRecord.job_order_id,
            func.sum(QuantityRecord.good),
            func.sum(QuantityRecord.scrap),
            func.sum(QuantityRecord.rework),
        )
        .where(QuantityRecord.job_order_id.in_(list(job_ids)))
        .group_by(QuantityRecord.job_order_id)
    )
    return {
        job_id: Made(good=_exact(good), scrap=_exact(scrap), rework=_exact(rework))
        for job_id, good, scrap, rework in rows
    }


def yielded(jobs: Collection[JobOrder], made: Mapping[int, Made], last: int) -> Made:
    """What an order yields: the good of its last segment, scrap and rework of all.

    Args:
        made: by job id, see `made_by_job`.
        last: number of the last operation of the order.
    """
    total = Made()
    for job in jobs:
        one = made.get(job.id, Made())
        good = one.good if job.segment == last else Decimal(0)
        total += Made(good=good, scrap=one.scrap, rework=one.rework)
    return total


def jobs_of(session: Session, order_id: int) -> list[JobOrder]:
    """All jobs of an order by segment and split."""
    return list(
        session.scalars(
            select(JobOrder)
            .where(JobOrder.order_id == order_id)
            .order_by(JobOrder.segment, JobOrder.split)
        )
    )


def _exact(value: Decimal | int) -> Decimal:
    """A sum as a plain decimal, whichever type the database gave it."""
    return exact(int(Decimal(value) * 1_000_000))
