"""Calendars over REST: list, days, exceptions, patterns, holidays."""

from __future__ import annotations

from datetime import date
from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.features.calendars import assignments, queries, service
from mes.features.calendars.checks import Past, checked_pattern, with_pattern
from mes.features.calendars.holiday_lookup import public_holidays
from mes.features.calendars.schemas import (
    AssignmentIn,
    DaysQuery,
    ExceptionIn,
    HolidaysIn,
    PastIn,
    PatternIn,
    PreviewIn,
    WithdrawIn,
)
from mes.features.calendars.subjects import find_calendar
from mes.features.commands.context import Context
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading

bp = APIBlueprint("calendars", __name__, url_prefix="/api/v1", tag="Calendars")

EDITORS = (Role.MANAGER, Role.SUPERVISOR, Role.INTEGRATOR)
"""Who may change calendars, besides an administrator; the past takes a supervisor."""

Answered = tuple[dict[str, Any], int]


@bp.get("/calendars")
@require()
def list_calendars() -> dict[str, Any]:
    """Every calendar with its patterns, crews and lines."""
    with reading() as session:
        return {"items": queries.calendars(session, plant_now_us()), "next": None}


@bp.get("/calendars/presets")
@require()
def list_presets() -> dict[str, Any]:
    """The shift patterns that have a name."""
    return {"items": queries.presets(), "next": None}


@bp.get("/calendars/<calendar>/days")
@bp.input(DaysQuery, location="query")
@require()
def list_days(calendar: str, query_data: DaysQuery) -> dict[str, Any]:
    """The production days of a calendar: shifts with crews, breaks, holidays, overtime, stops."""
    first, last = query_data.bounds()
    with reading() as session:
        return queries.days(session, calendar, first, last, plant_now_us())


@bp.post("/calendars/<calendar>/exceptions")
@bp.input(ExceptionIn)
@require(*EDITORS)
def add_exception(calendar: str, json_data: ExceptionIn) -> Answered:
    """Add a holiday, overtime, holiday work or a stop to a production day."""
    past = _past(json_data)

    def do(session: Session, context: Context) -> Answer:
        row = service.add_exception(
            session, context, calendar, json_data.entry(), note=json_data.note, past=past
        )
        return 201, queries.exception_answer(calendar, row)

    return answered("calendar.exception", calendar, json_data, do)


@bp.post("/calendars/<calendar>/exceptions/<exception>/withdraw")
@bp.input(WithdrawIn)
@require(*EDITORS)
def withdraw_exception(calendar: str, exception: str, json_data: WithdrawIn) -> Answered:
    """Take an exception back."""
    past = _past(json_data)

    def do(session: Session, context: Context) -> Answer:
        row = service.withdraw_exception(
            session, context, calendar, exception, note=json_data.note, past=past
        )
        return 200, queries.exception_answer(calendar, row)

    return answered("calendar.exception.withdraw", f"{calendar}/{exception}", json_data, do)


@bp.post("/calendars/<calendar>/patterns")
@bp.input(PatternIn)
@require(*EDITORS)
def change_pattern(calendar: str, json_data: PatternIn) -> Answered:
    """Let a pattern hold from a production day on, today's at the earliest."""
    past = _past(json_data)

    def do(session: Session, context: Context) -> Answer:
        row = service.change_pattern(
            session,
            context,
            calendar,
            date.fromisoformat(json_data.valid_from),
            json_data.draft(calendar),
            note=json_data.note,
            past=past,
        )
        return 201, {
            "id": row.id,
            "calendar": calendar,
            "valid_from": row.valid_from,
            "definition": row.definition,
        }

    return answered("calendar.pattern", calendar, json_data, do)


@bp.post("/calendars/<calendar>/patterns/preview")
@bp.input(PreviewIn)
@require(*EDITORS)
def preview_pattern(calendar: str, json_data: PreviewIn) -> dict[str, Any]:
    """The first 14 days of a pattern; nothing is changed."""
    now = plant_now_us()
    on = date.fromisoformat(json_data.valid_from)
    draft = json_data.draft(calendar)
    with reading() as session:
        subject = find_calendar(session, calendar, now)
        definition = checked_pattern(session, subject, draft, now)
        changed = with_pattern(subject, on, definition)
        return queries.preview(session, subject, changed, definition, on)


@bp.post("/lines/<line>/calendar")
@bp.input(AssignmentIn)
@require(*EDITORS)
def assign_calendar(line: str, json_data: AssignmentIn) -> Answered:
    """Let a line have a calendar from a production day on, until the next one that is planned."""
    past = _past(json_data)

    def do(session: Session, context: Context) -> Answer:
        first = date.fromisoformat(json_data.valid_from)
        row = assignments.assign_calendar(
            session, context, line, json_data.calendar, first, note=json_data.note, past=past
        )
        return 201, {"line": line, "calendar": json_data.calendar, "valid_from": row.valid_from}

    return answered("line.calendar", line, json_data, do)


@bp.post("/calendars/<calendar>/holidays")
@bp.input(HolidaysIn)
@require(*EDITORS)
def seed_holidays(calendar: str, json_data: HolidaysIn) -> Answered:
    """Put the public holidays of a year into a calendar; what people changed stays as it is."""
    past = _past(json_data)
    country = json_data.country.upper()
    found = public_holidays(country, json_data.year)

    def do(session: Session, context: Context) -> Answer:
        done = service.seed_holidays(session, context, calendar, country, found, past=past)
        return 200, {"added": [*done.added], "kept": [*done.kept], "past": [*done.past]}

    return answered("calendar.holidays", calendar, json_data, do)


def _past(body: PastIn) -> Past:
    return Past(reason=body.past_reason, allowed=actor().has(Role.SUPERVISOR))
