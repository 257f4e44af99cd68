"""Call events as rows and as the core takes them; the projection of open calls of a work unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from mes.core.calls import (
    Call,
    CallAction,
    CallEvent,
    CallKind,
    call_of,
    call_to_json,
)
from mes.models import CallEvent as EventRow
from mes.models import WorkUnitCalls

ENDINGS = (CallAction.RESOLVE.value, CallAction.CANCEL.value)


def event_of(row: EventRow) -> CallEvent:
    """A stored event as the core takes it."""
    raised = row.action == CallAction.RAISE.value
    return CallEvent(
        action=CallAction(row.action),
        command_id=row.command_id,
        at=row.at,
        who=row.who,
        kind=CallKind(row.kind) if raised else None,
        levels=tuple((int(after), str(to)) for after, to in row.levels or ()) if raised else (),
        note=row.note,
        expected_at=row.expected_at,
    )


def rows_of(session: Session, call_ids: Iterable[str]) -> Mapping[str, Sequence[EventRow]]:
    """All events of calls, by call."""
    found: dict[str, list[EventRow]] = defaultdict(list)
    query = select(EventRow).where(EventRow.call_id.in_(list(call_ids))).order_by(EventRow.id)
    for row in session.scalars(query):
        found[row.call_id].append(row)
    return found


def calls_of(session: Session, call_ids: Iterable[str]) -> dict[str, Call]:
    """Calls by their id; unknown ones are left out."""
    held = {
        call_id: call_of(event_of(row) for row in rows)
        for call_id, rows in rows_of(session, call_ids).items()
    }
    return {call_id: call for call_id, call in held.items() if call is not None}


def open_calls(session: Session, work_unit_id: int) -> list[Call]:
    """The calls of a work unit that are not over, in the order in which they were raised."""
    ended = aliased(EventRow)
    ids = session.scalars(
        select(EventRow.call_id).where(
            EventRow.work_unit_id == work_unit_id,
            EventRow.action == CallAction.RAISE.value,
            ~exists().where(ended.call_id == EventRow.call_id, ended.action.in_(ENDINGS)),
        )
    ).all()
    found = calls_of(session, ids).values()
    return sorted(found, key=lambda call: (call.raised.at, call.id))


def derive_calls(session: Session, work_unit_id: int) -> list[dict[str, Any]]:
    """Make the projection of a work unit again from its facts; what it now holds."""
    session.flush()
    calls = [call_to_json(call) for call in open_calls(session, work_unit_id)]
    row = session.get(WorkUnitCalls, work_unit_id)
    if row is None:
        session.add(WorkUnitCalls(work_unit_id=work_unit_id, calls=calls))
    else:
        row.calls = calls
    session.flush()
    return calls
