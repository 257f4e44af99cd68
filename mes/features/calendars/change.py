"""A change of what a calendar plans: checked, written, audited, its machines derived again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.calendar import Calendar as CoreCalendar
from mes.core.calendar import production_day_bounds, shifts_of_day
from mes.features.audit.service import record
from mes.features.calendars.checks import Past, refuse_mistakes
from mes.features.commands.context import Context
from mes.features.production.master_loading import masters
from mes.features.production.service import facts_changed
from mes.live.announce import announce
from mes.models import WorkUnitLive

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is about to change.

    Attributes:
        action: what the audit log calls it; `subject` is the code of what it is about.
        before: what computes the shifts now; `after` what will.
        first: the first production day that changes.
        line_ids: the lines whose machines have these shifts.
        fields: field of the request by kind of mistake; None: the day of the exception is named.
    """

    action: str
    subject: str
    before: CoreCalendar
    after: CoreCalendar
    first: date
    line_ids: Iterable[int]
    past: Past
    note: str | None = None
    fields: Mapping[str, str] | None = None


def carry_out(
    session: Session,
    context: Context,
    change: Change,
    write: Callable[[], tuple[T, Mapping[str, Any]]],
) -> T:
    """Make a change that contradicts nothing.

    Args:
        write: writes the rows; returns them and what the audit log tells of them.

    Raises:
        Refusal: `calendar_mistake`; nothing has been written then.
    """
    refuse_mistakes(change.before, change.after, change.fields)
    made, details = write()
    session.flush()  # what is derived below must see it
    told = {
        "command_id": context.command_id,
        **details,
        "note": change.note,
        "past_reason": change.past.reason,
    }
    record(session, context.actor, change.action, change.subject, told)
    _derive(session, change, context.now)
    return made


def _derive(session: Session, change: Change, now_us: int) -> None:
    """Derive the machines of the lines again from the first production day that changes.

    What lies ahead is only announced: nothing is derived of it yet.
    """
    start = min(_start(change.before, change.first), _start(change.after, change.first))
    known = masters(session)
    live = set(session.scalars(select(WorkUnitLive.work_unit_id)))
    lines = [known.lines[line_id] for line_id in change.line_ids if line_id in known.lines]
    for unit_id in sorted(live & {unit for line in lines for unit in line.work_unit_ids}):
        if start <= now_us:
            facts_changed(session, unit_id, start)
        else:
            announce(session, unit_id)


def _start(calendar: CoreCalendar, day: date) -> int:
    """The first instant that belongs to a production day, by its shifts or by the boundary."""
    starts = [one.start_us for one in shifts_of_day(calendar, day)]
    return min([production_day_bounds(calendar, day)[0], *starts])
