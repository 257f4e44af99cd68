"""Stating pieces in one entry and voiding an entry; both are append-only facts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json, impossible, parse_amount
from mes.core.case_model import CounterRole
from mes.core.derive.counts import Pieces, TypedQuantity, check_typed, typed
from mes.core.exact import parse_number
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import OLDEST_US, Context
from mes.features.commands.subjects import (
    SCRAP,
    check_reason,
    find_work_unit,
    lock_work_unit,
)
from mes.features.production.masters import WorkUnit
from mes.features.production.service import facts_changed
from mes.features.quantities.balance import counts_are_known, made_so_far
from mes.features.work_orders.states import FINISHED_ORDERS, LOADED, JobState
from mes.models import JobOrder, QuantityStatement, Reason, WorkOrder

AMOUNTS = ("good", "scrap", "rework", "startup_scrap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a person states; amounts are numbers or decimal text.

    Attributes:
        startup_scrap: a share of scrap, never added to it.
        reason: scrap reason, for scrap and rework together.
        adjustment: corrects what was counted instead of saying what was made; may be negative.
        job_order: number; None: the job loaded at that time, or none.
        made_at: when the pieces were made, UTC microseconds; None: when it is entered.
    """

    good: object = 0
    scrap: object = 0
    rework: object = 0
    startup_scrap: object = 0
    reason: str | None = None
    adjustment: bool = False
    job_order: str | None = None
    note: str | None = None
    lot: str | None = None
    serial: str | None = None
    made_at: int | None = None


def enter_quantities(
    session: Session,
    context: Context,
    work_unit: str,
    entry: Entry,
    *,
    reason_needed: bool = True,
) -> QuantityStatement:
    """State pieces of a work unit.

    Args:
        reason_needed: whether scrap needs a reason where the plant has reasons for it.

    Raises:
        Refusal: `unknown_work_unit`, `job_unknown` (404), `impossible_quantity`,
            `scrap_reason_required`, `reason_unknown`, `reason_of_other_domain`,
            `made_at_invalid`, `good_is_counted`, `scrap_exceeds_total`, `job_not_started`,
            `order_closed`.
    """
    unit = find_work_unit(session, work_unit)
    lock_work_unit(session, unit.id)
    amounts = _amounts(entry)
    _check_reason(session, entry, amounts, reason_needed)
    at = _made_at(context, entry)
    job = _job(session, unit, entry.job_order, at)
    statement = QuantityStatement(
        command_id=context.command_id,
        work_unit_id=unit.id,
        job_order_id=None if job is None else job.id,
        at=at,
        reason=entry.reason,
        adjustment=entry.adjustment,
        voids=None,
        lot=entry.lot,
        serial=entry.serial,
        note=entry.note,
        actor=dict(context.actor),
        recorded_at=context.now,
        **amounts,
    )
    _check_balance(session, unit, statement)
    session.add(statement)
    session.flush()
    said = {name: amount_json(amount) for name, amount in amounts.items() if amount}
    record(
        session,
        context.actor,
        "quantity.enter",
        unit.code,
        {"command_id": context.command_id, "reason": entry.reason, **said},
    )
    facts_changed(session, unit.id, at)
    return statement


def void_entry(session: Session, context: Context, command_id: str) -> QuantityStatement:
    """Take an entry back by a new fact that names it; the entry stays visible.

    Args:
        command_id: that of the entry.

    Raises:
        Refusal: `entry_unknown` (404), `entry_is_a_void`, `entry_already_voided`, `order_closed`
            (409).
    """
    entry = session.scalar(
        select(QuantityStatement).where(QuantityStatement.command_id == command_id)
    )
    if entry is None:
        raise Refusal("entry_unknown", f"there is no entry {command_id!r}", status=404)
    lock_work_unit(session, entry.work_unit_id)
    _check_voidable(session, entry)
    zero = Decimal(0)
    statement = QuantityStatement(
        command_id=context.command_id,
        work_unit_id=entry.work_unit_id,
        job_order_id=entry.job_order_id,
        at=entry.at,
        good=zero,
        scrap=zero,
        rework=zero,
        startup_scrap=zero,
        reason=None,
        adjustment=entry.adjustment,
        voids=entry.command_id,
        lot=None,
        serial=None,
        note=None,
        actor=dict(context.actor),
        recorded_at=context.now,
    )
    session.add(statement)
    session.flush()
    record(session, context.actor, "quantity.void", command_id, {"work_unit": entry.work_unit_id})
    facts_changed(session, entry.work_unit_id, entry.at)
    return statement


def _amounts(entry: Entry) -> dict[str, Decimal]:
    amounts = {
        name: parse_amount(getattr(entry, name), name, allow_negative=entry.adjustment)
        for name in AMOUNTS
    }
    if not any(amounts.values()):
        raise impossible("good", "and the other amounts are all zero; enter at least one")
    if abs(amounts["startup_scrap"]) > abs(amounts["scrap"]):
        raise impossible("startup_scrap", "is a share of scrap and cannot be more than it")
    return amounts


def _check_reason(
    session: Session, entry: Entry, amounts: dict[str, Decimal], needed: bool
) -> None:
    check_reason(session, entry.reason, (SCRAP,))
    bad = amounts["scrap"] or amounts["rework"]
    if not bad or not needed or entry.reason is not None or entry.adjustment:
        return
    if session.scalar(select(exists().where(Reason.domain == SCRAP, Reason.retired_at.is_(None)))):
        raise Refusal(
            "scrap_reason_required", "choose a reason for the scrap", status=422, field="reason"
        )


def _made_at(context: Context, entry: Entry) -> int:
    if entry.made_at is None:
        return context.at
    if not context.now - OLDEST_US <= entry.made_at <= context.now:
        raise Refusal(
            "made_at_invalid",
            "made_at must lie within the last 7 days and not in the future",
            status=422,
            field="made_at",
        )
    return entry.made_at


def _job(session: Session, unit: WorkUnit, number: str | None, at: int) -> JobOrder | None:
    """The job that the pieces belong to: the one named, else the only one loaded at that time."""
    if number is None:
        return _loaded_job(session, unit.id, at)
    job = session.scalar(select(JobOrder).where(JobOrder.number == number))
    if job is None or job.work_unit_id != unit.id:
        raise Refusal(
            "job_unknown",
            f"there is no job {number!r} on {unit.code}",
            status=404,
            field="job_order",
        )
    if job.state not in (*LOADED, JobState.COMPLETED):
        raise Refusal(
            "job_not_started",
            f"{number} is {job.state}; start it before entering pieces",
            field="job_order",
            details={"job_order": number, "state": job.state},
        )
    _check_order_open(session, job.order_id)
    return job


def _loaded_job(session: Session, work_unit_id: int, at: int) -> JobOrder | None:
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


def _check_order_open(session: Session, order_id: int) -> None:
    order = session.get_one(WorkOrder, order_id)
    if order.state in FINISHED_ORDERS:
        raise Refusal(
            "order_closed",
            f"{order.number} is {order.state}; its pieces cannot change any more",
            details={"order": order.number, "state": order.state},
        )


def _check_voidable(session: Session, entry: QuantityStatement) -> None:
    if entry.voids is not None:
        raise Refusal("entry_is_a_void", "a void cannot be voided; enter the pieces again")
    if session.scalar(select(exists().where(QuantityStatement.voids == entry.command_id))):
        raise Refusal("entry_already_voided", "this entry is voided already")
    if entry.job_order_id is not None:
        job = session.get_one(JobOrder, entry.job_order_id)
        _check_order_open(session, job.order_id)


def _check_balance(session: Session, unit: WorkUnit, statement: QuantityStatement) -> None:
    """That no piece is typed as bad, or taken back, that was never made."""
    roles = frozenset(
        CounterRole(binding.role)
        for binding in unit.bound("total", "good", "scrap")
        if binding.holds(statement.at)
    )
    quantity = TypedQuantity(
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
    check_typed(quantity, roles)
    change = typed(quantity, roles)
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
