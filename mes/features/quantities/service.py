"""Stating pieces in one entry and voiding an entry; both are append-only facts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json, impossible, parse_amount
from mes.core.instants import format_instant
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import OLDEST_US, Context
from mes.features.commands.subjects import (
    SCRAP,
    check_reason,
    find_work_unit,
    lock_work_unit,
)
from mes.features.production.master_loading import masters
from mes.features.production.masters import WorkUnit
from mes.features.production.service import entries_changed
from mes.features.quantities.balance import check_kind
from mes.features.quantities.in_force import CHAIN_MAX, is_void, not_in_force
from mes.features.quantities.jobs import check_order_open, loaded_job, started_job
from mes.features.quantities.lots import lot_of_correction, lot_of_entry
from mes.models import JobOrder, QuantityStatement, Reason

AMOUNTS = ("good", "scrap", "rework", "startup_scrap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a person states; amounts are numbers or decimal text.

    Attributes:
        startup_scrap: a share of scrap, never added to it.
        reason: scrap reason, for scrap and rework together.
        adjustment: corrects what was counted instead of saying what was made; may be negative.
        job_order: number; None: the job loaded at that time, or none.
        lot: code, `lots.NEW` for a new one by the rule, or None.
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
    """State pieces of a work unit; more bad ones than were made are kept (`balance.excess_of`).

    Args:
        reason_needed: whether scrap needs a reason where the plant has reasons for it.

    Raises:
        Refusal: `unknown_work_unit`, `job_unknown` (404), `impossible_quantity`,
            `scrap_reason_required`, `reason_unknown`, `reason_of_other_domain`,
            `made_at_invalid`, `good_is_counted`, `job_not_started`, `order_closed`,
            `lot_invalid` (422), `lot_of_other_item`.
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
        lot=lot_of_entry(session, entry.lot, job, context.now),
        serial=entry.serial,
        note=entry.note,
        actor=dict(context.actor),
        recorded_at=context.now,
        **amounts,
    )
    check_kind(unit, statement)
    session.add(statement)
    session.flush()
    record(
        session,
        context.actor,
        "quantity.enter",
        unit.code,
        {
            "command_id": context.command_id,
            "note": entry.note,
            "old": None,
            "new": said(session, statement),
        },
    )
    entries_changed(session, unit.id, [at])
    return statement


def correct_entry(
    session: Session, context: Context, command_id: str, entry: Entry
) -> QuantityStatement:
    """Put a new entry in the place of one; the old one stays visible.

    What the new entry does not say (job, when it was made) is as it was. Taken back, the new entry
    gives way to the old one again.

    Args:
        command_id: that of the entry that was wrong.

    Raises:
        Refusal: `entry_unknown`, `job_unknown` (404), `entry_is_a_void`, `entry_already_voided`,
            `order_closed` (409), and what entering pieces refuses.
    """
    old = find_entry(session, command_id)
    lock_work_unit(session, old.work_unit_id)
    _check_voidable(session, old)
    unit = masters(session).work_units[old.work_unit_id]
    amounts = _amounts(entry)
    _check_reason(session, entry, amounts, True)
    at = old.at if entry.made_at is None else _made_at(context, entry)
    job = session.get(JobOrder, old.job_order_id) if old.job_order_id is not None else None
    if entry.job_order is not None:
        job = _job(session, unit, entry.job_order, at)
    statement = QuantityStatement(
        command_id=context.command_id,
        work_unit_id=unit.id,
        job_order_id=None if job is None else job.id,
        at=at,
        reason=entry.reason,
        adjustment=entry.adjustment,
        voids=old.command_id,
        lot=lot_of_correction(session, entry.lot, old, job, context.now),
        serial=old.serial if entry.serial is None else entry.serial,
        note=entry.note,
        actor=dict(context.actor),
        recorded_at=context.now,
        **amounts,
    )
    check_kind(unit, statement)
    session.add(statement)
    session.flush()
    record(
        session,
        context.actor,
        "quantity.correct",
        unit.code,
        {
            "command_id": context.command_id,
            "replaces": old.command_id,
            "note": entry.note,
            "old": said(session, old),
            "new": said(session, statement),
        },
    )
    entries_changed(session, unit.id, [old.at, at])
    return statement


def find_entry(session: Session, command_id: str) -> QuantityStatement:
    """An entry by the command that made it.

    Raises:
        Refusal: `entry_unknown` (404).
    """
    entry = session.scalar(
        select(QuantityStatement).where(QuantityStatement.command_id == command_id)
    )
    if entry is None:
        raise Refusal("entry_unknown", f"there is no entry {command_id!r}", status=404)
    return entry


def void_entry(
    session: Session, context: Context, command_id: str, *, note: str | None = None
) -> QuantityStatement:
    """Take an entry back by a new fact that names it; the entry stays visible.

    Args:
        command_id: that of the entry; of a correction: what it replaced holds again.
        note: why.

    Raises:
        Refusal: `entry_unknown` (404), `entry_is_a_void`, `entry_already_voided`, `order_closed`
            (409).
    """
    entry = find_entry(session, command_id)
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
        note=note,
        actor=dict(context.actor),
        recorded_at=context.now,
    )
    session.add(statement)
    session.flush()
    record(
        session,
        context.actor,
        "quantity.void",
        masters(session).work_units[entry.work_unit_id].code,
        {
            "command_id": context.command_id,
            "replaces": command_id,
            "note": note,
            "old": said(session, entry),
            "new": _held_again(session, entry),
        },
    )
    entries_changed(session, entry.work_unit_id, _instants(session, entry))
    return statement


def said(session: Session, entry: QuantityStatement) -> dict[str, Any]:
    """What an entry says, for the audit log."""
    amounts = {name: amount_json(getattr(entry, name)) for name in AMOUNTS if getattr(entry, name)}
    job = None
    if entry.job_order_id is not None:
        job = session.get_one(JobOrder, entry.job_order_id).number
    told = {"at": format_instant(entry.at), "job_order": job, "reason": entry.reason, **amounts}
    if entry.lot is not None:
        told["lot"] = entry.lot
    return {**told, "adjustment": True} if entry.adjustment else told


def _instants(session: Session, taken_back: QuantityStatement) -> list[int]:
    """When the pieces of an entry that is taken back, and of what it had replaced, were made."""
    found = [taken_back.at]
    while taken_back.voids is not None and len(found) < CHAIN_MAX:
        taken_back = find_entry(session, taken_back.voids)
        found.append(taken_back.at)
    return found


def _held_again(session: Session, taken_back: QuantityStatement) -> dict[str, Any] | None:
    """What a correction had replaced holds again when it is taken back."""
    if taken_back.voids is None:
        return None
    return said(session, find_entry(session, taken_back.voids))


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
    """The job that the pieces belong to: the one named, else the first loaded at that time."""
    if number is None:
        return loaded_job(session, unit.id, at)
    return started_job(session, unit, number, field="job_order")


def _check_voidable(session: Session, entry: QuantityStatement) -> None:
    if is_void(entry):
        raise Refusal("entry_is_a_void", "a void cannot be voided; enter the pieces again")
    if entry.command_id in not_in_force(session, QuantityStatement, [entry.command_id]):
        raise Refusal("entry_already_voided", "this entry is voided already")
    if entry.job_order_id is not None:
        job = session.get_one(JobOrder, entry.job_order_id)
        check_order_open(session, job, entered_at=entry.recorded_at)
