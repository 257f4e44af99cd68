"""Changing calendars: exceptions, patterns and holidays; the past stays as it was.

A change holds from the present production day at the earliest. What is over changes only when a
supervisor says so with a reason; the figures it touches are then derived again, and published ones
show a revision. Everything is in the audit log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.calendar import Calendar as CoreCalendar
from mes.core.calendar import production_day_bounds, shifts_of_day
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.calendars.checks import (
    FIELDS,
    ONLY_AHEAD,
    Past,
    break_reasons_of,
    check_past,
    checked_definition,
    checked_pattern,
    refuse_mistakes,
    refuse_repeats,
    with_pattern,
)
from mes.features.calendars.holiday_lookup import Holiday
from mes.features.calendars.subjects import Subject, find_calendar
from mes.features.commands.context import Context
from mes.features.plant.calendar_rows import put_exception, put_pattern
from mes.features.plant.calendar_schema import Calendar as Draft
from mes.features.plant.calendar_schema import ExceptionEntry
from mes.features.plant.check_calendars import break_reason_name
from mes.features.production.master_loading import masters
from mes.features.production.service import facts_changed
from mes.live.announce import announce
from mes.models import CalendarException, Reason, ReasonClass, ShiftPattern, WorkUnitLive

EXCEPTIONS_MAX = 5000
"""Most exceptions of one calendar in force at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """What seeding did: dates added, dates left as people have them, dates that are over."""

    added: tuple[str, ...]
    kept: tuple[str, ...]
    past: tuple[str, ...]


def add_exception(
    session: Session,
    context: Context,
    calendar: str,
    entry: ExceptionEntry,
    *,
    note: str | None = None,
    past: Past = ONLY_AHEAD,
) -> CalendarException:
    """Add a holiday, overtime or stop to a production day.

    Raises:
        Refusal: `calendar_unknown`, `calendar_mistake`, `exception_exists`, `past_fixed`,
            `past_needs_supervisor`, `too_many_exceptions`.
    """
    subject = find_calendar(session, calendar, context.now, lock=True)
    on = date.fromisoformat(entry.date)
    check_past(subject, on, past, "date")
    if len(subject.exceptions) >= EXCEPTIONS_MAX:
        raise Refusal(
            "too_many_exceptions",
            f"a calendar has at most {EXCEPTIONS_MAX} exceptions; put a new pattern instead",
        )
    definition = checked_definition(session, subject, entry, context.now)
    row: tuple[str, str, dict[str, Any]] = (entry.date, entry.kind, definition)
    refuse_repeats(subject, row)
    after = subject.core_with(exceptions=[*subject.exceptions, row])
    refuse_mistakes(subject.core, after, FIELDS)
    made = put_exception(
        session,
        subject.row.id,
        entry.date,
        entry.kind,
        names=None if entry.name is None else entry.name.model_dump(),
        definition=definition,
        now_us=context.now,
    )
    _recorded(session, context, "calendar.exception.add", subject, made, note, past)
    _derive(session, subject, after, on, context.now)
    return made


def withdraw_exception(
    session: Session,
    context: Context,
    calendar: str,
    identity: str,
    *,
    note: str | None = None,
    past: Past = ONLY_AHEAD,
) -> CalendarException:
    """Take an exception back; seeding leaves a holiday that was taken back as it is.

    Raises:
        Refusal: `calendar_unknown`, `exception_unknown`, `exception_withdrawn`,
            `calendar_mistake`, `past_fixed`, `past_needs_supervisor`.
    """
    subject = find_calendar(session, calendar, context.now, lock=True)
    digits = identity.isascii() and identity.isdigit() and len(identity) < 19
    row = session.get(CalendarException, int(identity)) if digits else None
    if row is None or row.calendar_id != subject.row.id:
        raise Refusal(
            "exception_unknown", f"calendar {calendar} has no exception {identity}", status=404
        )
    if row.withdrawn_at is not None:
        raise Refusal("exception_withdrawn", "this exception was taken back already")
    on = date.fromisoformat(row.date)
    check_past(subject, on, past, "exception")
    kept = list(subject.exceptions)
    kept.remove((row.date, row.kind, row.definition))
    after = subject.core_with(exceptions=kept)
    refuse_mistakes(subject.core, after)
    row.withdrawn_at = context.now
    session.flush()  # what is derived below must see it
    _recorded(session, context, "calendar.exception.withdraw", subject, row, note, past)
    _derive(session, subject, after, on, context.now)
    return row


def change_pattern(
    session: Session,
    context: Context,
    calendar: str,
    valid_from: date,
    draft: Draft,
    *,
    note: str | None = None,
    past: Past = ONLY_AHEAD,
) -> ShiftPattern:
    """Let another pattern hold from a production day on, until the next one that is planned.

    Raises:
        Refusal: `calendar_unknown`, `calendar_mistake`, `past_fixed`, `past_needs_supervisor`.
    """
    subject = find_calendar(session, calendar, context.now, lock=True)
    check_past(subject, valid_from, past, "valid_from")
    definition = checked_pattern(session, subject, draft, context.now)
    after = with_pattern(subject, valid_from, definition)
    refuse_mistakes(subject.core, after)
    if draft.preset is not None:
        _make_break_reasons(session, definition, context.now)
    old = next((one for one in subject.patterns if one[0] == valid_from.isoformat()), None)
    made = put_pattern(session, subject.row.id, valid_from.isoformat(), definition, context.now)
    _audit(
        session,
        context,
        "calendar.pattern",
        subject,
        {
            "valid_from": made.valid_from,
            "definition": definition,
            "in_place_of": None if old is None else old[1],
            **_why(note, past),
        },
    )
    _derive(session, subject, after, valid_from, context.now)
    return made


def seed_holidays(
    session: Session,
    context: Context,
    calendar: str,
    country: str,
    holidays: Iterable[Holiday],
    *,
    past: Past = ONLY_AHEAD,
) -> Seeded:
    """Put public holidays into a calendar; a date on which it ever had a holiday stays as it is.

    Days that are over are left out unless `past` allows them and names a reason.

    Raises:
        Refusal: `calendar_unknown`, `calendar_mistake`, `past_needs_supervisor`.
    """
    subject = find_calendar(session, calendar, context.now, lock=True)
    held = set(
        session.scalars(
            select(CalendarException.date).where(
                CalendarException.calendar_id == subject.row.id,
                CalendarException.kind == "holiday",
            )
        )
    )
    added: list[Holiday] = []
    kept: list[str] = []
    over: list[str] = []
    for holiday in holidays:
        on = holiday.date.isoformat()
        if on in held:
            kept.append(on)
        elif holiday.date < subject.today and past.reason is None:
            over.append(on)
        else:
            check_past(subject, holiday.date, past, "year")
            added.append(holiday)
    rows = [(one.date.isoformat(), "holiday", {"country": country}) for one in added]
    after = subject.core_with(exceptions=[*subject.exceptions, *rows])
    refuse_mistakes(subject.core, after)
    for holiday in added:
        put_exception(
            session,
            subject.row.id,
            holiday.date.isoformat(),
            "holiday",
            names={"ko": holiday.ko, "en": holiday.en},
            definition={"country": country},
            now_us=context.now,
        )
    if added:
        dates = sorted(one.date for one in added)
        _audit(
            session,
            context,
            "calendar.holidays",
            subject,
            {
                "country": country,
                "added": [one.isoformat() for one in dates],
                **_why(None, past),
            },
        )
        _derive(session, subject, after, dates[0], context.now)
    return Seeded(
        added=tuple(one.date.isoformat() for one in added), kept=tuple(kept), past=tuple(over)
    )


def _make_break_reasons(session: Session, definition: Mapping[str, Any], now_us: int) -> None:
    """The reasons of a preset's breaks, as far as the plant has none of that code."""
    known = set(session.scalars(select(Reason.code)))
    for code in break_reasons_of(definition):
        if code not in known:
            made = Reason(
                code=code,
                domain="stop",
                parent_id=None,
                names=break_reason_name(code),
                position=10_000,
                retired_at=None,
            )
            session.add(made)
            session.flush()  # the id is needed by the class
            session.add(
                ReasonClass(reason_id=made.id, valid_from=0, time_class="break", failure=False)
            )
    session.flush()  # what is derived below must see them


def _recorded(
    session: Session,
    context: Context,
    action: str,
    subject: Subject,
    row: CalendarException,
    note: str | None,
    past: Past,
) -> None:
    details = {
        "exception": row.id,
        "date": row.date,
        "kind": row.kind,
        "name": row.names,
        "definition": row.definition,
        **_why(note, past),
    }
    _audit(session, context, action, subject, details)


def _why(note: str | None, past: Past) -> dict[str, Any]:
    return {"note": note, "past_reason": past.reason}


def _audit(
    session: Session, context: Context, action: str, subject: Subject, details: Mapping[str, Any]
) -> None:
    record(
        session,
        context.actor,
        action,
        subject.row.code,
        {"command_id": context.command_id, **details},
    )


def _derive(
    session: Session, subject: Subject, after: CoreCalendar, first: date, now_us: int
) -> None:
    """Derive the machines of the lines again from the first production day that changes.

    What lies ahead is only announced: nothing is derived of it yet.
    """
    start = min(_start(subject.core, first), _start(after, first))
    known = masters(session)
    live = set(session.scalars(select(WorkUnitLive.work_unit_id)))
    lines = [known.lines[line_id] for line_id in subject.line_ids if line_id in known.lines]
    for unit_id in sorted(live & {unit for line in lines for unit in line.work_unit_ids}):
        if start <= now_us:
            facts_changed(session, unit_id, start)
        else:
            announce(session, unit_id)


def _start(calendar: CoreCalendar, day: date) -> int:
    """The first instant that belongs to a production day, by its shifts or by the boundary."""
    starts = [one.start_us for one in shifts_of_day(calendar, day)]
    return min([production_day_bounds(calendar, day)[0], *starts])
