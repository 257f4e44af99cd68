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
from mes.core.refusal import Refusal
from mes.features.calendars.change import Change, carry_out
from mes.features.calendars.checks import (
    FIELDS,
    ONLY_AHEAD,
    Past,
    break_reasons_of,
    check_past,
    checked_definition,
    checked_pattern,
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
from mes.models import CalendarException, Reason, ReasonClass, ShiftPattern

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
    check_past(subject.today, on, past, "date")
    if len(subject.exceptions) >= EXCEPTIONS_MAX:
        raise Refusal(
            "too_many_exceptions",
            f"a calendar has at most {EXCEPTIONS_MAX} exceptions; put a new pattern instead",
        )
    definition = checked_definition(session, subject, entry, context.now)
    row: tuple[str, str, dict[str, Any]] = (entry.date, entry.kind, definition)
    refuse_repeats(subject, row)
    change = _change(
        subject,
        "calendar.exception.add",
        subject.core_with(exceptions=[*subject.exceptions, row]),
        on,
        past=past,
        note=note,
        fields=FIELDS,
    )

    def write() -> tuple[CalendarException, dict[str, Any]]:
        made = put_exception(
            session,
            subject.row.id,
            entry.date,
            entry.kind,
            names=None if entry.name is None else entry.name.model_dump(),
            definition=definition,
            now_us=context.now,
        )
        return made, _told(made)

    return carry_out(session, context, change, write)


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
    check_past(subject.today, on, past, "exception")
    kept = list(subject.exceptions)
    kept.remove((row.date, row.kind, row.definition))
    after = subject.core_with(exceptions=kept)
    change = _change(subject, "calendar.exception.withdraw", after, on, past=past, note=note)

    def write() -> tuple[CalendarException, dict[str, Any]]:
        row.withdrawn_at = context.now
        return row, _told(row)

    return carry_out(session, context, change, write)


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
    check_past(subject.today, valid_from, past, "valid_from")
    definition = checked_pattern(session, subject, draft, context.now)
    after = with_pattern(subject, valid_from, definition)
    change = _change(subject, "calendar.pattern", after, valid_from, past=past, note=note)
    day = valid_from.isoformat()

    def write() -> tuple[ShiftPattern, dict[str, Any]]:
        if draft.preset is not None:
            _make_break_reasons(session, definition, context.now)
        old = next((held for since, held in subject.patterns if since == day), None)
        made = put_pattern(session, subject.row.id, day, definition, context.now)
        return made, {"valid_from": day, "definition": definition, "in_place_of": old}

    return carry_out(session, context, change, write)


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
            check_past(subject.today, holiday.date, past, "year")
            added.append(holiday)
    seeded = Seeded(
        added=tuple(one.date.isoformat() for one in added), kept=tuple(kept), past=tuple(over)
    )
    if not added:
        return seeded
    rows = [(on, "holiday", {"country": country}) for on in seeded.added]
    after = subject.core_with(exceptions=[*subject.exceptions, *rows])
    first = min(one.date for one in added)

    def write() -> tuple[Seeded, dict[str, Any]]:
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
        return seeded, {"country": country, "added": sorted(seeded.added)}

    change = _change(subject, "calendar.holidays", after, first, past=past)
    return carry_out(session, context, change, write)


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


def _change(
    subject: Subject,
    action: str,
    after: CoreCalendar,
    first: date,
    *,
    past: Past,
    note: str | None = None,
    fields: Mapping[str, str] | None = None,
) -> Change:
    return Change(
        action=action,
        subject=subject.row.code,
        before=subject.core,
        after=after,
        first=first,
        line_ids=subject.line_ids,
        past=past,
        note=note,
        fields=fields,
    )


def _told(row: CalendarException) -> dict[str, Any]:
    return {
        "exception": row.id,
        "date": row.date,
        "kind": row.kind,
        "name": row.names,
        "definition": row.definition,
    }
