"""Rows of calendars: patterns and exceptions in force, written so that the past stays as it was.

A row is never changed: what takes its place is a new row, and the old one is withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.calendar import Calendar as CoreCalendar
from mes.core.calendar import production_day_of
from mes.core.refusal import Refusal
from mes.features.production.calendars import FIRST_DAY
from mes.models import Calendar, CalendarException, Equipment, LineCalendar, ShiftPattern


def today(session: Session, now_us: int) -> date:
    """The production day of the plant at an instant, by the boundary of its site."""
    site = session.scalars(
        select(Equipment).where(Equipment.level == "site").order_by(Equipment.id)
    ).first()
    settings = site.settings if site is not None else {}
    clock = CoreCalendar(
        time_zone=settings.get("time_zone", str(UTC)),
        day_starts=time.fromisoformat(settings.get("day_starts", "00:00")),
    )
    return production_day_of(clock, now_us)


def patterns_in_force(session: Session, calendar_id: int) -> Sequence[ShiftPattern]:
    """The patterns of a calendar that nothing took the place of, by the day they begin."""
    return session.scalars(
        select(ShiftPattern)
        .where(ShiftPattern.calendar_id == calendar_id, ShiftPattern.withdrawn_at.is_(None))
        .order_by(ShiftPattern.valid_from)
    ).all()


def exceptions_in_force(session: Session, calendar_id: int) -> Sequence[CalendarException]:
    """The exceptions of a calendar that were not withdrawn, in time order."""
    return session.scalars(
        select(CalendarException)
        .where(
            CalendarException.calendar_id == calendar_id,
            CalendarException.withdrawn_at.is_(None),
        )
        .order_by(CalendarException.date, CalendarException.id)
    ).all()


def put_pattern(
    session: Session, calendar_id: int, day: str, definition: Mapping[str, Any], now_us: int
) -> ShiftPattern:
    """Let a pattern hold from a day on, in place of one that begins on the same day."""
    for row in patterns_in_force(session, calendar_id):
        if row.valid_from == day:
            row.withdrawn_at = now_us
    session.flush()  # two patterns of one day are never in force at once
    made = ShiftPattern(
        calendar_id=calendar_id,
        valid_from=day,
        definition=dict(definition),
        recorded_at=now_us,
        withdrawn_at=None,
    )
    session.add(made)
    session.flush()  # the id is part of the answer
    return made


def put_exception(
    session: Session,
    calendar_id: int,
    on: str,
    kind: str,
    *,
    names: Mapping[str, str] | None,
    definition: Mapping[str, Any],
    now_us: int,
) -> CalendarException:
    """Add an exception to a production day."""
    made = CalendarException(
        calendar_id=calendar_id,
        date=on,
        kind=kind,
        names=dict(names or {}),
        definition=dict(definition),
        recorded_at=now_us,
        withdrawn_at=None,
    )
    session.add(made)
    session.flush()  # the id is part of the answer
    return made


def line_calendars_in_force(session: Session, line_id: int) -> Sequence[LineCalendar]:
    """The calendars of a line that nothing took the place of, by the day from which it has them."""
    return session.scalars(
        select(LineCalendar)
        .where(LineCalendar.line_id == line_id, LineCalendar.withdrawn_at.is_(None))
        .order_by(LineCalendar.valid_from)
    ).all()


def put_line_calendar(
    session: Session, line_id: int, day: str, calendar_id: int | None, now_us: int
) -> LineCalendar:
    """Let a line have a calendar from a day on, in place of what begins on the same day.

    Args:
        calendar_id: None: always scheduled.
    """
    for row in line_calendars_in_force(session, line_id):
        if row.valid_from == day:
            row.withdrawn_at = now_us
    session.flush()  # two calendars of one day are never in force at once
    made = LineCalendar(
        line_id=line_id,
        calendar_id=calendar_id,
        valid_from=day,
        recorded_at=now_us,
        withdrawn_at=None,
    )
    session.add(made)
    session.flush()  # what is derived next must see it
    return made


class CalendarWriter:
    """Writes calendars of a plant file; what a new calendar says also holds for its past."""

    def __init__(self, session: Session, now_us: int) -> None:
        self.session = session
        self.now_us = now_us
        self._new: set[int] = set()

    def calendar(self, code: str, value: Mapping[str, Any]) -> None:
        """Add a calendar, or let its changed pattern hold from the present production day on."""
        calendar = self._row(code)
        definition = {name: value[name] for name in ("shifts", "days", "cycle") if name in value}
        if calendar is None:
            calendar = Calendar(code=code, names=value["name"], retired_at=None)
            self.session.add(calendar)
            self.session.flush()  # the id is needed by the pattern
            self._new.add(calendar.id)
        calendar.names = value["name"]
        calendar.retired_at = None
        latest = next(reversed(patterns_in_force(self.session, calendar.id)), None)
        if latest is None:
            put_pattern(self.session, calendar.id, FIRST_DAY, definition, self.now_us)
        elif latest.definition != definition:
            day = max(self.today().isoformat(), latest.valid_from)
            put_pattern(self.session, calendar.id, day, definition, self.now_us)

    def exception(self, value: Mapping[str, Any], old: CalendarException | None) -> None:
        """Add an exception, in place of an old one that the file describes otherwise.

        Raises:
            Refusal: `past_fixed`: its day is over.
        """
        calendar = self._row(value["calendar"])
        assert calendar is not None, "a checked file has the calendar of each exception"
        self._refuse_past(calendar, value["date"])
        if old is not None:
            old.withdrawn_at = self.now_us
        put_exception(
            self.session,
            calendar.id,
            value["date"],
            value["kind"],
            names=value["name"],
            definition={
                name: part
                for name, part in value.items()
                if name not in ("calendar", "date", "kind", "name")
            },
            now_us=self.now_us,
        )

    def withdraw(self, row: CalendarException) -> None:
        """Take an exception back.

        Raises:
            Refusal: `past_fixed`: its day is over.
        """
        calendar = self.session.get_one(Calendar, row.calendar_id)
        self._refuse_past(calendar, row.date)
        row.withdrawn_at = self.now_us

    def line(self, line_id: int, code: str | None) -> None:
        """Give a line its calendar; another one than it had holds from the present day on.

        What was planned for later gives way to the plant file.
        """
        found = None if code is None else self._row(code)
        calendar_id = None if found is None else found.id
        rows = line_calendars_in_force(self.session, line_id)
        if not rows:
            put_line_calendar(self.session, line_id, FIRST_DAY, calendar_id, self.now_us)
        elif rows[-1].calendar_id != calendar_id:
            day = self.today().isoformat()
            for row in rows:
                if row.valid_from > day:
                    row.withdrawn_at = self.now_us
            put_line_calendar(self.session, line_id, day, calendar_id, self.now_us)

    def today(self) -> date:
        """The present production day."""
        return today(self.session, self.now_us)

    def _row(self, code: str) -> Calendar | None:
        return self.session.scalar(select(Calendar).where(Calendar.code == code))

    def _refuse_past(self, calendar: Calendar, on: str) -> None:
        if calendar.id not in self._new and on < self.today().isoformat():
            raise Refusal(
                "past_fixed",
                f"{on} of calendar {calendar.code} is over, and a plant file never rewrites the "
                "past; a supervisor can change it on the page of the calendar, with a reason",
                field=f"calendars.{calendar.code}.exceptions",
            )
