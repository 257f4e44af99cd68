"""Many exceptions of a calendar at once: checked together, derived once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from mes.features.calendars.change import Change, carry_out
from mes.features.calendars.checks import ONLY_AHEAD, check_past
from mes.features.calendars.subjects import find_calendar
from mes.features.commands.context import Context
from mes.features.plant.calendar_rows import put_exception
from mes.features.plant.calendar_schema import ExceptionEntry
from mes.models import CalendarException


@dataclass(frozen=True, slots=True, kw_only=True)
class NewException:
    """An exception that fits its calendar, with what is stored of it.

    Attributes:
        definition: see `checks.checked_definition`.
        replaces: id of the exception in whose place it comes; None: of none.
    """

    entry: ExceptionEntry
    definition: dict[str, Any]
    replaces: int | None = None


def put_exceptions(
    session: Session, context: Context, calendar: str, fresh: Sequence[NewException]
) -> None:
    """Put exceptions into a calendar, from the present production day on.

    Raises:
        Refusal: `calendar_unknown`, `calendar_mistake`, `past_needs_supervisor`.
    """
    subject = find_calendar(session, calendar, context.now, lock=True)
    replaced = [session.get_one(CalendarException, one.replaces) for one in fresh if one.replaces]
    kept = list(subject.exceptions)
    for row in replaced:
        kept.remove((row.date, row.kind, row.definition))
    rows = [(one.entry.date, one.entry.kind, one.definition) for one in fresh]
    days = [date.fromisoformat(one.entry.date) for one in fresh]
    for day in days:
        check_past(subject.today, day, ONLY_AHEAD, "date")
    change = Change(
        action="calendar.exceptions.imported",
        subject=calendar,
        before=subject.core,
        after=subject.core_with(exceptions=[*kept, *rows]),
        first=min(days),
        line_ids=subject.line_ids,
        past=ONLY_AHEAD,
    )

    def write() -> tuple[None, dict[str, Any]]:
        for row in replaced:
            row.withdrawn_at = context.now
        for one in fresh:
            put_exception(
                session,
                subject.row.id,
                one.entry.date,
                one.entry.kind,
                names=None if one.entry.name is None else one.entry.name.model_dump(),
                definition=one.definition,
                now_us=context.now,
            )
        return None, {"days": sorted({one.entry.date for one in fresh})[:400]}

    carry_out(session, context, change, write)
