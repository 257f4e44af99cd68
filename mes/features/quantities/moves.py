"""Moving pieces from one job to another, or from no job to one; nobody's totals change.

The usual case: at 13:00 somebody sees that since 11:00 another order was made than the one that
was loaded. The runs stay as they were, as the machine's history; the pieces go where they belong.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json, impossible, parse_amount
from mes.core.instants import format_instant
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import OLDEST_US, SKEW_US, Context
from mes.features.commands.subjects import find_work_unit, lock_work_unit
from mes.features.oee.service import known_unit, unit_bookings
from mes.features.production.bookings import NO_JOB
from mes.features.production.master_loading import masters
from mes.features.production.masters import WorkUnit
from mes.features.production.rows import job_runs
from mes.features.production.service import facts_changed
from mes.features.quantities.balance import made_so_far
from mes.features.quantities.in_force import not_in_force
from mes.features.quantities.jobs import check_order_open, started_job
from mes.features.work_orders.documents import Made, made_by_job
from mes.models import JobOrder, QuantityMove, QuantityRecord

AMOUNTS = ("good", "scrap", "rework")
MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveDraft:
    """What a person wants moved; either a stretch of time or amounts.

    Attributes:
        from_job: number; None: pieces that belong to no job.
        to_job: number.
        start: all pieces made from then on, UTC microseconds.
        end: until then; None: until now.
        good: so many, numbers or decimal text; likewise scrap and rework.
        made_at: amounts: when they were made; None: when the job made its last pieces.
        note: why.
    """

    from_job: str | None
    to_job: str
    start: int | None = None
    end: int | None = None
    good: object = 0
    scrap: object = 0
    rework: object = 0
    made_at: int | None = None
    note: str | None = None


def move_pieces(
    session: Session, context: Context, work_unit: str, draft: MoveDraft
) -> QuantityMove:
    """Let pieces of a work unit belong to another job.

    Raises:
        Refusal: `unknown_work_unit`, `job_unknown` (404), `move_invalid`, `impossible_quantity`
            (422), `job_not_started`, `order_closed`, `scrap_exceeds_total`, `nothing_to_move`
            (409).
    """
    unit = find_work_unit(session, work_unit)
    lock_work_unit(session, unit.id)
    source = (
        None
        if draft.from_job is None
        else started_job(session, unit, draft.from_job, field="from_job")
    )
    target = started_job(session, unit, draft.to_job, field="to_job")
    if source is target:
        raise invalid("to_job", "is the job that has the pieces already")
    amounts = _amounts(draft)
    start, end = _stretch(session, unit, context, draft, source, amounts)
    move = QuantityMove(
        command_id=context.command_id,
        work_unit_id=unit.id,
        from_job_id=None if source is None else source.id,
        to_job_id=target.id,
        start=start,
        end=end,
        voids=None,
        note=draft.note,
        stated_at=context.at,
        actor=dict(context.actor),
        recorded_at=context.now,
        **(dict.fromkeys(AMOUNTS) if amounts is None else amounts),
    )
    if amounts is not None:
        _check_enough(session, unit, move, amounts)
    before = _made(session, move)
    session.add(move)
    facts_changed(session, unit.id, start)
    after = _made(session, move)
    if before == after:
        raise Refusal(
            "nothing_to_move", "no pieces were made there; check the job and the time", field="from"
        )
    _audit(session, context, unit, "quantity.move", move, before, after)
    return move


def void_move(
    session: Session, context: Context, command_id: str, *, note: str | None = None
) -> QuantityMove:
    """Take a move back by a new fact; the pieces belong where they belonged before.

    Raises:
        Refusal: `entry_unknown` (404), `entry_is_a_void`, `entry_already_voided`, `order_closed`
            (409).
    """
    move = find_move(session, command_id)
    lock_work_unit(session, move.work_unit_id)
    if move.voids is not None:
        raise Refusal("entry_is_a_void", "a void cannot be voided; move the pieces again")
    if command_id in not_in_force(session, QuantityMove, [command_id]):
        raise Refusal("entry_already_voided", "this move is taken back already")
    for job_id in (move.from_job_id, move.to_job_id):
        if job_id is not None:
            check_order_open(session, session.get_one(JobOrder, job_id))
    taken_back = QuantityMove(
        command_id=context.command_id,
        work_unit_id=move.work_unit_id,
        from_job_id=move.from_job_id,
        to_job_id=move.to_job_id,
        start=move.start,
        end=move.end,
        good=None,
        scrap=None,
        rework=None,
        voids=command_id,
        note=note,
        stated_at=context.at,
        actor=dict(context.actor),
        recorded_at=context.now,
    )
    before = _made(session, move)
    session.add(taken_back)
    facts_changed(session, move.work_unit_id, move.start)
    unit = masters(session).work_units[move.work_unit_id]
    after = _made(session, move)
    _audit(session, context, unit, "quantity.move_void", taken_back, before, after)
    return taken_back


def find_move(session: Session, command_id: str) -> QuantityMove:
    """A move by the command that made it.

    Raises:
        Refusal: `entry_unknown` (404).
    """
    move = session.scalar(select(QuantityMove).where(QuantityMove.command_id == command_id))
    if move is None:
        raise Refusal("entry_unknown", f"there is no move {command_id!r}", status=404)
    return move


def _amounts(draft: MoveDraft) -> dict[str, Decimal] | None:
    """Amounts asked for; None: all of a stretch."""
    amounts = {name: parse_amount(getattr(draft, name), name) for name in AMOUNTS}
    if not any(amounts.values()):
        if draft.start is None:
            raise invalid("from", "is needed, or an amount")
        if draft.made_at is not None:
            raise invalid("made_at", "belongs to an amount")
        return None
    if draft.start is not None or draft.end is not None:
        raise impossible("good", "cannot stand beside from and to; move all of a time, or so many")
    return amounts


def _stretch(
    session: Session,
    unit: WorkUnit,
    context: Context,
    draft: MoveDraft,
    source: JobOrder | None,
    amounts: dict[str, Decimal] | None,
) -> tuple[int, int]:
    if amounts is not None:
        at = draft.made_at
        if at is None:
            at = _last_made(session, unit, context.at, source)
        _check_time(context, at, "made_at")
        return at, at + 1
    assert draft.start is not None, "checked with the amounts"
    end = context.at if draft.end is None else draft.end
    _check_time(context, draft.start, "from")
    if end <= draft.start:
        raise invalid("to", "is not after from")
    if end > context.now + SKEW_US:
        raise invalid("to", "lies in the future")
    return draft.start, end


def _check_time(context: Context, at: int, field: str) -> None:
    if not context.now - OLDEST_US <= at <= context.now:
        raise invalid(field, "must lie within the last 7 days and not in the future")


def _last_made(session: Session, unit: WorkUnit, at: int, source: JobOrder | None) -> int:
    """When the last pieces of a job (None: of no job) were made."""
    job_id = NO_JOB if source is None else source.id
    minute = session.scalar(
        select(QuantityRecord.minute)
        .where(
            QuantityRecord.work_unit_id == unit.id,
            QuantityRecord.job_order_id == job_id,
            QuantityRecord.minute <= at,
        )
        .order_by(QuantityRecord.minute.desc())
        .limit(1)
    )
    if minute is not None:
        given = known_unit(session, masters(session), unit, at)
        end = minute + MINUTE_US
        runs = job_runs(session, unit.id, minute, end)
        bookings, _ = unit_bookings(session, given, minute, end, runs)
        found = [one.at for one in bookings if one.job == job_id]
        if found:
            return min(max(found), at)
    raise Refusal("nothing_to_move", "no pieces were made there; check the job", field="from_job")


def _check_enough(
    session: Session, unit: WorkUnit, move: QuantityMove, amounts: dict[str, Decimal]
) -> None:
    made = made_so_far(session, unit.id, move.from_job_id, move.start)
    for name, amount in amounts.items():
        there = getattr(made, name)
        if amount > there:
            raise Refusal(
                "scrap_exceeds_total",
                f"only {amount_json(there)} {name} pieces are there to take from",
                field=name,
                details={name: amount_json(there)},
            )


def _made(session: Session, move: QuantityMove) -> Made:
    """What the job has that the pieces are moved to."""
    return made_by_job(session, [move.to_job_id]).get(move.to_job_id, Made())


def _audit(
    session: Session,
    context: Context,
    unit: WorkUnit,
    action: str,
    move: QuantityMove,
    before: Made,
    after: Made,
) -> None:
    record(
        session,
        context.actor,
        action,
        unit.code,
        {
            "command_id": move.command_id,
            "replaces": move.voids,
            "note": move.note,
            "from_job": job_number(session, move.from_job_id),
            "to_job": job_number(session, move.to_job_id),
            "from": format_instant(move.start),
            "to": format_instant(move.end),
            "old": _told(before),
            "new": _told(after),
        },
    )


def job_number(session: Session, job_id: int | None) -> str | None:
    """Number of a job order; None stays None."""
    return None if job_id is None else session.get_one(JobOrder, job_id).number


def _told(made: Made) -> dict[str, Any]:
    """Pieces of the job that the pieces are moved to."""
    return {name: amount_json(getattr(made, name)) for name in AMOUNTS}


def invalid(field: str, message: str) -> Refusal:
    """The move cannot be as it is; `field` says where."""
    return Refusal("move_invalid", f"{field} {message}", status=422, field=field)
