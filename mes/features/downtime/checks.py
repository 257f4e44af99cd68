"""What a statement about a stop must satisfy before it is kept: completeness, rights, the lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.derive import statements as core
from mes.core.derive.reading import known_records
from mes.core.derive.replacing import replaced_ids
from mes.core.derive.signals import State
from mes.core.derive.statements import StatementKind, statements_in_force
from mes.core.derive.stops import Stop, lock_differs
from mes.core.refusal import Refusal
from mes.features.commands.context import SKEW_US, Context
from mes.features.downtime.stops import Board, SeenStop
from mes.features.production.coverage import covered_by_source, covered_until, known_until
from mes.features.production.facts import core_statements, stop_statements
from mes.features.production.interpret import Way, way_at
from mes.features.production.masters import WorkUnit
from mes.features.production.rows import state_records
from mes.models import StopStatement

NOTE_LENGTH = 2000
SEEN_MAX = 20
"""Most further stops that one part may cover."""

View = Callable[[Session, WorkUnit, SeenStop], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A stop as it was shown: start, end (None: open) and head statement (None: there was none)."""

    start: int
    end: int | None
    statement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDraft:
    """What a person says about a stop, and what the person saw of it.

    Instants are UTC microseconds.

    Attributes:
        seen_start: start of the stop as it was shown; a declaration needs none.
        seen_end: its end as it was shown, None: it was open.
        seen_statement: command_id of the head statement as it was shown, None: there was none. Of a
            declaration without a seen stop: the declaration that held in its time.
        also_seen: part: the further stops that it covers, as they were shown (a merge of stops).
        start: part, declare: from when on.
        end: part, declare: until when; None: to the end of the stop (part), until now (declare).
        replaces: revert: command_id of the statement that is taken back; others may replace too.
    """

    kind: StatementKind
    seen_start: int | None = None
    seen_end: int | None = None
    seen_statement: str | None = None
    also_seen: tuple[Seen, ...] = field(default=())
    start: int | None = None
    end: int | None = None
    state: State | None = None
    reason: str | None = None
    note: str | None = None
    replaces: str | None = None


def check_complete(draft: StatementDraft, context: Context) -> None:
    """That the kind has what it needs, and nothing lies in the future.

    Raises:
        Refusal: `statement_invalid` (422) with the field.
    """
    needed = {
        StatementKind.WHOLE: ("seen_start", "reason"),
        StatementKind.PART: ("seen_start", "start", "reason"),
        StatementKind.DECLARE: ("start", "state"),
        StatementKind.REVERT: ("replaces",),
    }[draft.kind]
    for name in needed:
        if getattr(draft, name) is None:
            raise invalid(_field(name), f"is needed in a statement of kind {draft.kind}")
    for name in ("seen_start", "seen_end", "start", "end"):
        value = getattr(draft, name)
        if value is not None and value > context.now + SKEW_US:
            raise invalid(_field(name), "lies in the future")
    for first, last in (("seen_start", "seen_end"), ("start", "end")):
        begin, end = getattr(draft, first), getattr(draft, last)
        if begin is not None and end is not None and end <= begin:
            raise invalid(_field(last), f"is not after {_field(first)}")
    if draft.note is not None and len(draft.note) > NOTE_LENGTH:
        raise invalid("note", f"is longer than {NOTE_LENGTH} characters")
    if draft.also_seen and draft.kind is not StatementKind.PART:
        raise invalid("also_seen", "belongs to a part that covers several stops")
    if len(draft.also_seen) > SEEN_MAX:
        raise invalid("also_seen", f"names more than {SEEN_MAX} stops")


def check_may_declare(
    session: Session, unit: WorkUnit, context: Context, draft: StatementDraft, may_override: bool
) -> None:
    """That a state is declared where there is no signal, or by a supervisor.

    Raises:
        Refusal: `declare_needs_supervisor` (403).
    """
    if draft.kind is not StatementKind.DECLARE or may_override:
        return
    start = context.at if draft.start is None else draft.start
    end = context.at if draft.end is None else draft.end
    if _told_by_hand(unit, start) or _all_unknown(session, unit, context, start, end):
        return
    raise Refusal(
        "declare_needs_supervisor",
        f"{unit.code} tells its state itself; only a supervisor may declare another",
        status=403,
        field="kind",
    )


def _told_by_hand(unit: WorkUnit, at: int) -> bool:
    return way_at(unit, at).way is Way.MANUAL or not unit.bound("state", "lamp", "total", "good")


def _all_unknown(session: Session, unit: WorkUnit, context: Context, start: int, end: int) -> bool:
    """Whether nothing says anything about [start, end): no signal, no statement."""
    covered = covered_until(
        unit, covered_by_source(session, {b.source_id for b in unit.bindings}), context.now
    )
    records = known_records(
        state_records(session, unit.id, start, max(end, start + 1)),
        start,
        end,
        None if covered is None else known_until(covered),
    )
    return all(one.state is State.UNKNOWN and one.command_id is None for one in records)


def check_replaced(session: Session, unit: WorkUnit, draft: StatementDraft) -> None:
    """That what is replaced is there and still holds, so that two people never undo one twice.

    Raises:
        Refusal: `statement_unknown` (404), `statement_not_in_force` (409).
    """
    if draft.replaces is None:
        return
    target = statement_of(session, unit, draft.replaces)
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


def statement_of(session: Session, unit: WorkUnit, command_id: str) -> core.StopStatement | None:
    """A statement about a work unit as the core knows it; None: there is none of that id."""
    rows = session.scalars(
        select(StopStatement).where(
            StopStatement.command_id == command_id, StopStatement.work_unit_id == unit.id
        )
    )
    return next(iter(core_statements(rows)), None)


def check_lock(
    session: Session, unit: WorkUnit, context: Context, draft: StatementDraft, view: View
) -> None:
    """S8: every stop that the statement speaks about is still what the person saw.

    Args:
        view: how a refusal shows a stop.

    Raises:
        Refusal: `stop_changed` (409) with the present stop.
    """
    if draft.kind is StatementKind.DECLARE:
        _check_declared(session, unit, context, draft)
    if draft.seen_start is None:
        return
    seen = Seen(start=draft.seen_start, end=draft.seen_end, statement=draft.seen_statement)
    named = [seen, *draft.also_seen]
    first = min(one.start for one in named)
    until = max(max(context.at, one.start) if one.end is None else one.end for one in named)
    board = Board(session, unit, first, until, as_of=context.at)
    present = board.meant(seen.start, seen.end)
    if present is not None or draft.kind is not StatementKind.DECLARE:
        _check_one(session, unit, context, board, seen, view)
    for one in draft.also_seen:
        _check_one(session, unit, context, board, one, view)
    if draft.kind is StatementKind.PART:
        _check_no_other(session, unit, context, draft, named, view)


def _check_one(
    session: Session, unit: WorkUnit, context: Context, board: Board, seen: Seen, view: View
) -> None:
    present = board.meant(seen.start, seen.end)
    if lock_differs(
        None if present is None else _as_of(present, context.at),
        seen_start=seen.start,
        seen_end=seen.end,
        seen_statement=seen.statement,
        head=None if present is None else present.statement,
        limit_us=board.limit_us,
        as_of=context.at,
    ):
        raise _changed(session, unit, present, view)


def _check_no_other(
    session: Session,
    unit: WorkUnit,
    context: Context,
    draft: StatementDraft,
    named: Sequence[Seen],
    view: View,
) -> None:
    """That a part reaches into no explained stop that the person did not see."""
    assert draft.start is not None, "a part has a start"
    end = max(context.at, draft.start + 1) if draft.end is None else draft.end
    board = Board(session, unit, draft.start, end, as_of=context.at)
    meant = [board.meant(one.start, one.end) for one in named]
    seen = {one.stop.start for one in meant if one is not None}
    for other in board.stops():
        if other.stop.start not in seen and other.statement is not None:
            raise _changed(session, unit, other, view)


def _check_declared(
    session: Session, unit: WorkUnit, context: Context, draft: StatementDraft
) -> None:
    """That no declaration which the person did not see holds in the time declared."""
    if draft.seen_start is not None or draft.start is None:
        return
    end = context.at if draft.end is None else draft.end
    held = [
        one
        for one in statements_in_force(stop_statements(session, unit.id, draft.start))
        if one.kind is StatementKind.DECLARE
        and one.window_start < end
        and draft.start < one.window_end
    ]
    head = max(held, key=lambda one: one.rank, default=None)
    if (None if head is None else head.command_id) != draft.seen_statement:
        raise Refusal(
            "stop_changed",
            "somebody else has declared a state in this time; look at it again",
            field="seen_statement",
            details={"stop": None, "statement": None if head is None else head.command_id},
        )


def _changed(session: Session, unit: WorkUnit, present: SeenStop | None, view: View) -> Refusal:
    return Refusal(
        "stop_changed",
        "the stop has changed since you saw it; look at it again",
        field="seen_start",
        details={"stop": None if present is None else view(session, unit, present)},
    )


def _as_of(present: SeenStop, at: int) -> Stop:
    """The stop as it stood when the statement was made: one that ended later was still open."""
    stop = present.stop
    return replace(stop, end=None) if stop.end is not None and stop.end > at else stop


def _field(name: str) -> str:
    return {"start": "from", "end": "to"}.get(name, name)


def invalid(field: str, message: str) -> Refusal:
    """The statement cannot be as it is; `field` says where."""
    return Refusal("statement_invalid", f"{field} {message}", status=422, field=field)
