"""Stating something about a stop under the lock rule (S3, S8); each statement is a new fact."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.derive import statements as core
from mes.core.derive.replacing import replaced_ids
from mes.core.derive.restart import statement_dirty_from
from mes.core.derive.signals import State
from mes.core.derive.statements import StatementKind
from mes.core.derive.stops import Stop, lock_differs
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import SKEW_US, Context
from mes.features.commands.subjects import (
    PAUSE,
    STOP,
    check_reason,
    find_work_unit,
    lock_work_unit,
)
from mes.features.downtime.queries import stop_view
from mes.features.downtime.stops import Board, SeenStop
from mes.features.production.facts import core_statements, stop_statements
from mes.features.production.interpret import Way, way_at
from mes.features.production.masters import WorkUnit
from mes.features.production.service import facts_changed
from mes.models import StopStatement

NOTE_LENGTH = 2000
CHAIN_MAX = 1000
"""Most statements that replace one another which are followed back."""
LATEST = 2**62
"""Asks for the settings in force last, as the derivation does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDraft:
    """What a person says about a stop, and what the person saw of it.

    Instants are UTC microseconds.

    Attributes:
        seen_start: start of the stop as it was shown; a declaration needs none.
        seen_end: its end as it was shown, None: it was open.
        seen_statement: command_id of the head statement as it was shown, None: there was none.
        start: part, declare: from when on.
        end: part, declare: until when; None: to the end of the stop (part), until now (declare).
        replaces: revert: command_id of the statement that is taken back; others may replace too.
    """

    kind: StatementKind
    seen_start: int | None = None
    seen_end: int | None = None
    seen_statement: str | None = None
    start: int | None = None
    end: int | None = None
    state: State | None = None
    reason: str | None = None
    note: str | None = None
    replaces: str | None = None


def state_stop(
    session: Session,
    context: Context,
    work_unit: str,
    draft: StatementDraft,
    *,
    may_override: bool = False,
) -> StopStatement:
    """Keep a statement about a stop and derive again what it changes.

    Args:
        may_override: whether the person may declare a state where a signal tells it (supervisor).

    Raises:
        Refusal: `unknown_work_unit`, `statement_unknown` (404), `declare_needs_supervisor` (403),
            `statement_invalid`, `reason_unknown`, `reason_of_other_domain` (422),
            `stop_changed`, `statement_not_in_force` (409).
    """
    unit = find_work_unit(session, work_unit)
    lock_work_unit(session, unit.id)
    _check_complete(draft, context)
    check_reason(session, draft.reason, (STOP, PAUSE))
    if draft.kind is StatementKind.DECLARE:
        _check_may_declare(unit, context, draft, may_override)
    statement = _core(context, draft)
    _check_replaced(session, unit, draft)
    _check_lock(session, unit, context, draft)
    row = StopStatement(
        command_id=statement.command_id,
        work_unit_id=unit.id,
        kind=statement.kind.value,
        seen_start=draft.seen_start,
        seen_end=draft.seen_end,
        start=draft.start,
        end=draft.end,
        state=None if draft.state is None else draft.state.value,
        reason=draft.reason,
        note=draft.note,
        replaces=draft.replaces,
        stated_at=context.at,
        actor=dict(context.actor),
        recorded_at=context.now,
    )
    session.add(row)
    session.flush()
    record(
        session,
        context.actor,
        f"stop.{draft.kind.value}",
        unit.code,
        {"command_id": row.command_id, "reason": draft.reason, "replaces": draft.replaces},
    )
    since = _changes_from(session, unit, statement)
    facts_changed(session, unit.id, context.now if since is None else min(since, context.now))
    return row


def _check_complete(draft: StatementDraft, context: Context) -> None:
    """That the kind has what it needs, and nothing lies in the future."""
    needed = {
        StatementKind.WHOLE: ("seen_start", "reason"),
        StatementKind.PART: ("seen_start", "start", "reason"),
        StatementKind.DECLARE: ("start", "state"),
        StatementKind.REVERT: ("replaces",),
    }[draft.kind]
    for name in needed:
        if getattr(draft, name) is None:
            raise _invalid(_field(name), f"is needed in a statement of kind {draft.kind}")
    if draft.state is State.UNKNOWN and draft.kind is StatementKind.DECLARE:
        raise _invalid("state", "cannot be declared unknown; revert the statement instead")
    for name in ("seen_start", "seen_end", "start", "end"):
        value = getattr(draft, name)
        if value is not None and value > context.now + SKEW_US:
            raise _invalid(_field(name), "lies in the future")
    for first, last in (("seen_start", "seen_end"), ("start", "end")):
        begin, end = getattr(draft, first), getattr(draft, last)
        if begin is not None and end is not None and end <= begin:
            raise _invalid(_field(last), f"is not after {_field(first)}")
    if draft.note is not None and len(draft.note) > NOTE_LENGTH:
        raise _invalid("note", f"is longer than {NOTE_LENGTH} characters")


def _check_may_declare(
    unit: WorkUnit, context: Context, draft: StatementDraft, may_override: bool
) -> None:
    at = context.at if draft.start is None else draft.start
    has_signal = way_at(unit, at).way is not Way.MANUAL and bool(
        unit.bound("state", "lamp", "total", "good")
    )
    if has_signal and not may_override:
        raise Refusal(
            "declare_needs_supervisor",
            f"{unit.code} tells its state itself; only a supervisor may declare another",
            status=403,
            field="kind",
        )


def _core(context: Context, draft: StatementDraft) -> core.StopStatement:
    try:
        return core.StopStatement(
            kind=draft.kind,
            command_id=context.command_id,
            stated_at=context.at,
            seen_start=draft.seen_start,
            seen_end=draft.seen_end,
            start=draft.start,
            end=draft.end,
            reason=draft.reason,
            state=draft.state,
            replaces=draft.replaces,
        )
    except ValueError as mistake:
        raise _invalid("kind", str(mistake)) from None


def _check_replaced(session: Session, unit: WorkUnit, draft: StatementDraft) -> None:
    """That what is replaced is there and still holds, so that two people never undo one twice."""
    if draft.replaces is None:
        return
    target = _statement(session, unit, draft.replaces)
    if target is None:
        raise Refusal(
            "statement_unknown",
            f"there is no statement {draft.replaces!r} about {unit.code}",
            status=404,
            field="replaces",
        )
    later = stop_statements(session, unit.id, target.stated_at - 1)
    if draft.replaces in replaced_ids({one.command_id: one.replaces for one in later}):
        raise Refusal(
            "statement_not_in_force",
            "this statement was replaced or taken back already; look at the stop again",
            field="replaces",
        )


def _changes_from(session: Session, unit: WorkUnit, new: core.StopStatement) -> int | None:
    """The first instant that a statement may change, through those it replaces; None: nothing."""
    chain: list[core.StopStatement] = []
    target = new.replaces
    while target is not None and len(chain) < CHAIN_MAX:
        found = _statement(session, unit, target)
        if found is None or found in chain:
            break
        chain.append(found)
        target = found.replaces
    return statement_dirty_from(new, chain, unit.setting(LATEST).minor_stop_limit_us)


def _statement(session: Session, unit: WorkUnit, command_id: str) -> core.StopStatement | None:
    rows = session.scalars(
        select(StopStatement).where(
            StopStatement.command_id == command_id, StopStatement.work_unit_id == unit.id
        )
    )
    return next(iter(core_statements(rows)), None)


def _check_lock(session: Session, unit: WorkUnit, context: Context, draft: StatementDraft) -> None:
    """S8: the stop is still what the person saw."""
    if draft.seen_start is None:
        return
    until = max(context.at, draft.seen_start) if draft.seen_end is None else draft.seen_end
    board = Board(session, unit, draft.seen_start, until, as_of=context.at)
    present = board.meant(draft.seen_start, draft.seen_end)
    if draft.kind is StatementKind.DECLARE and present is None:
        return
    if lock_differs(
        None if present is None else _as_of(present, context.at),
        seen_start=draft.seen_start,
        seen_end=draft.seen_end,
        seen_statement=draft.seen_statement,
        head=None if present is None else present.statement,
        limit_us=board.limit_us,
        as_of=context.at,
    ):
        raise Refusal(
            "stop_changed",
            "the stop has changed since you saw it; look at it again",
            field="seen_start",
            details={"stop": None if present is None else stop_view(session, unit, present)},
        )


def _as_of(present: SeenStop, at: int) -> Stop:
    """The stop as it stood when the statement was made: one that ended later was still open."""
    stop = present.stop
    return replace(stop, end=None) if stop.end is not None and stop.end > at else stop


def _field(name: str) -> str:
    return {"start": "from", "end": "to"}.get(name, name)


def _invalid(field: str, message: str) -> Refusal:
    return Refusal("statement_invalid", f"{field} {message}", status=422, field=field)
