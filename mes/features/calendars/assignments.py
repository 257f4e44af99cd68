"""Which line has which calendar from which production day on; the past stays as it was."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.calendars.change import Change, carry_out
from mes.features.calendars.checks import ONLY_AHEAD, Past, check_past
from mes.features.commands.context import Context
from mes.features.plant.calendar_rows import put_line_calendar, today
from mes.features.production.calendars import core_calendar, rows_of_line
from mes.features.production.master_loading import calendar_rows, masters
from mes.features.production.masters import Line
from mes.models import Calendar, Equipment, LineCalendar


def assign_calendar(
    session: Session,
    context: Context,
    line: str,
    calendar: str | None,
    valid_from: date,
    *,
    note: str | None = None,
    past: Past = ONLY_AHEAD,
) -> LineCalendar:
    """Let a line have a calendar from a production day on, until the next one that is planned.

    Args:
        calendar: its code; None: always scheduled.

    Raises:
        Refusal: `unknown_line`, `calendar_unknown` (404), `line_has_calendar`, `past_fixed`,
            `past_needs_supervisor`, `calendar_mistake`.
    """
    found = _locked_line(session, line)
    calendar_id = None if calendar is None else _calendar_id(session, calendar)
    check_past(today(session, context.now), valid_from, past, "valid_from")
    before = found.calendar_on(valid_from)
    if before == calendar:
        raise Refusal(
            "line_has_calendar",
            f"on {valid_from} {line} has this calendar already; choose another one or another day",
            field="calendar",
        )
    day = valid_from.isoformat()
    dated = sorted([*(one for one in found.calendars if one[0] != day), (day, calendar)])
    site = found.site
    patterns, exceptions = rows_of_line(dated, *calendar_rows(session), site.day_starts)
    change = Change(
        action="line.calendar",
        subject=line,
        before=found.plan.calendar,
        after=core_calendar(site.time_zone, site.day_starts, patterns, exceptions),
        first=valid_from,
        line_ids=(found.id,),
        past=past,
        note=note,
    )

    def write() -> tuple[LineCalendar, dict[str, str | None]]:
        made = put_line_calendar(session, found.id, day, calendar_id, context.now)
        return made, {"valid_from": day, "calendar": calendar, "in_place_of": before}

    return carry_out(session, context, change, write)


def _locked_line(session: Session, code: str) -> Line:
    session.execute(
        select(Equipment.id).where(Equipment.code == code).with_for_update(key_share=True)
    )
    known = masters(session)
    found = known.lines.get(known.line_ids.get(code, 0))
    if found is None or found.retired:
        raise Refusal("unknown_line", f"there is no line {code[:80]!r}", status=404, field="line")
    return found


def _calendar_id(session: Session, code: str) -> int:
    found = session.scalar(
        select(Calendar.id).where(Calendar.code == code, Calendar.retired_at.is_(None))
    )
    if found is None:
        raise Refusal(
            "calendar_unknown", f"there is no calendar {code!r}", status=404, field="calendar"
        )
    return found
