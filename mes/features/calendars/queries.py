"""Reading calendars: the list, their days with shifts and exceptions, presets to choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.calendar import (
    ALWAYS,
    CalendarException,
    ExceptionKind,
    ShiftInstance,
    production_day_bounds,
    shifts_of_day,
    stop_interval,
)
from mes.core.calendar import Calendar as CoreCalendar
from mes.core.calendar_presets import PRESETS, Preset
from mes.core.instants import format_instant
from mes.features.calendars.subjects import Subject, find_calendar
from mes.features.plant.calendar_rows import exceptions_in_force, patterns_in_force
from mes.features.production.calendars import (
    OVERTIME_CODE,
    WEEKDAYS,
    core_exception,
    crew_names,
    shift_names,
)
from mes.features.production.master_loading import masters
from mes.models import Calendar
from mes.models import CalendarException as ExceptionOfDay

_DAY = timedelta(days=1)
_HOUR_US = 3_600_000_000
PREVIEW_DAYS = 14


def calendars(session: Session, now_us: int) -> list[dict[str, Any]]:
    """Every calendar that is not retired, with its patterns and lines."""
    codes = session.scalars(
        select(Calendar.code).where(Calendar.retired_at.is_(None)).order_by(Calendar.id)
    ).all()
    return [_listed(session, find_calendar(session, code, now_us)) for code in codes]


def days(
    session: Session, code: str, first: date | None, last: date | None, now_us: int
) -> dict[str, Any]:
    """The production days of a calendar from first to last, both included.

    Args:
        first: None: the first day of the present month.
        last: None: the last day of the month of `first`.
    """
    subject = find_calendar(session, code, now_us)
    begin = first or subject.today.replace(day=1)
    end = last or _month_end(begin)
    rows = list(exceptions_in_force(session, subject.row.id))
    return {
        "calendar": code,
        "today": subject.today.isoformat(),
        "time_zone": subject.site.time_zone,
        "day_starts": subject.site.day_starts,
        "items": list(_days(session, subject, subject.core, begin, end, rows)),
        "next": None,
    }


def preview(
    session: Session,
    subject: Subject,
    changed: CoreCalendar,
    definition: Mapping[str, Any],
    on: date,
) -> dict[str, Any]:
    """The first days of a calendar as it would be with another pattern."""
    rows = list(exceptions_in_force(session, subject.row.id))
    last = on + (PREVIEW_DAYS - 1) * _DAY
    patterns = (*subject.patterns, (on.isoformat(), definition))
    return {
        "calendar": subject.row.code,
        "definition": dict(definition),
        "items": list(_days(session, subject, changed, on, last, rows, patterns)),
    }


def presets() -> list[dict[str, Any]]:
    """The patterns that have a name."""
    return [_preset(preset) for preset in PRESETS.values()]


def exception_answer(code: str, row: ExceptionOfDay) -> dict[str, Any]:
    """An exception as commands and lists give it."""
    return {
        "id": row.id,
        "calendar": code,
        "date": row.date,
        "kind": row.kind,
        "name": row.names or None,
        "definition": row.definition,
        "withdrawn": row.withdrawn_at is not None,
    }


def _listed(session: Session, subject: Subject) -> dict[str, Any]:
    known = masters(session)
    return {
        "calendar": subject.row.code,
        "name": subject.row.names,
        "time_zone": subject.site.time_zone,
        "day_starts": subject.site.day_starts,
        "today": subject.today.isoformat(),
        "lines": [
            {"line": line.code, "name": line.names}
            for line in known.lines.values()
            if line.calendar_on(subject.today) == subject.row.code and not line.retired
        ],
        "patterns": [
            {"id": row.id, "valid_from": row.valid_from, "definition": row.definition}
            for row in patterns_in_force(session, subject.row.id)
        ],
        "crews": [
            {"crew": crew, "name": names} for crew, names in crew_names(subject.patterns).items()
        ],
        "shifts": [
            {"shift": code, "name": names} for code, names in shift_names(subject.patterns).items()
        ],
    }


def _preset(preset: Preset) -> dict[str, Any]:
    return {
        "preset": preset.name,
        "name": dict(preset.names),
        "start": f"{preset.start:%H:%M}",
        "crews": len(preset.blocks),
        "consecutive_days": preset.consecutive_days,
        "days": [name for number, name in enumerate(WEEKDAYS) if number in preset.days],
        "shifts": [
            {
                "shift": shift.code,
                "name": dict(shift.names),
                "start": _moved(preset.start, shift.after_min),
                "end": _moved(preset.start, shift.after_min + shift.length_min),
            }
            for shift in preset.shifts
        ],
    }


def _moved(wall: time, minutes: int) -> str:
    hours, minute = divmod((wall.hour * 60 + wall.minute + minutes) % 1440, 60)
    return f"{hours:02}:{minute:02}"


def _month_end(day: date) -> date:
    return (day.replace(day=1) + 31 * _DAY).replace(day=1) - _DAY


def _days(
    session: Session,
    subject: Subject,
    core: CoreCalendar,
    first: date,
    last: date,
    rows: Iterable[ExceptionOfDay],
    patterns: Iterable[tuple[str, Mapping[str, Any]]] | None = None,
) -> Iterator[dict[str, Any]]:
    held = subject.patterns if patterns is None else tuple(patterns)
    words = _Words(session, shift_names(held), crew_names(held), ZoneInfo(subject.site.time_zone))
    of_day: dict[str, list[ExceptionOfDay]] = {}
    for row in rows:
        of_day.setdefault(row.date, []).append(row)
    day = first
    while day <= last:
        own = of_day.get(day.isoformat(), [])
        yield _day(core, subject, day, own, words)
        day += _DAY


class _Words:
    """Names and times as an answer writes them."""

    def __init__(
        self,
        session: Session,
        shifts: Mapping[str, Mapping[str, str]],
        crews: Mapping[str, Mapping[str, str]],
        zone: ZoneInfo,
    ) -> None:
        self._shifts = shifts
        self._crews = crews
        self._zone = zone
        self._reasons = masters(session).reasons

    def at(self, instant: int) -> str:
        """An instant with the offset of the plant."""
        return format_instant(instant, self._zone)

    def reason(self, code: str) -> dict[str, Any]:
        """A reason with its name."""
        known = self._reasons.get(code)
        return {"code": code, "name": dict(known.names) if known else {"ko": code, "en": code}}

    def shift(self, shift: ShiftInstance, overtime: int | None) -> dict[str, Any]:
        """A shift of a day; `exception` is the overtime that it comes from."""
        pauses = sum(finish - begin for begin, finish, _ in shift.breaks)
        return {
            "code": shift.code,
            "name": dict(self._shifts.get(shift.code) or {}) or None,
            "crew": shift.crew or None,
            "crew_name": dict(self._crews.get(shift.crew) or {}) or None,
            "start": self.at(shift.start_us),
            "end": self.at(shift.end_us),
            "hours": (shift.end_us - shift.start_us) / _HOUR_US,
            "planned_hours": (shift.end_us - shift.start_us - pauses) / _HOUR_US,
            "breaks": [
                {"start": self.at(begin), "end": self.at(finish), "reason": self.reason(reason)}
                for begin, finish, reason in shift.breaks
            ],
            "exception": overtime,
        }


def _day(
    core: CoreCalendar,
    subject: Subject,
    day: date,
    rows: Iterable[ExceptionOfDay],
    words: _Words,
) -> dict[str, Any]:
    own = list(rows)
    overtime = {
        row.definition.get("shift") or OVERTIME_CODE: row.id
        for row in own
        if row.kind == "overtime"
    }
    holiday = next((row for row in own if row.kind == "holiday"), None)
    shifts = shifts_of_day(core, day)
    pattern = core.pattern_of(day)
    usual = [] if pattern is None else [shift.code for shift in pattern.shifts_on(day)]
    start, end = production_day_bounds(core, day)
    return {
        "day": day.isoformat(),
        "weekday": WEEKDAYS[day.weekday()],
        "past": day < subject.today,
        "start": words.at(start),
        "end": words.at(end),
        "always": any(shift.code == ALWAYS for shift in shifts),
        "usual": usual,
        "holiday": None if holiday is None else {"id": holiday.id, "name": holiday.names or None},
        "shifts": [words.shift(one, overtime.get(one.code)) for one in shifts],
        "stops": [_stop(core, row, words) for row in own if row.kind == "stop"],
        "exceptions": [exception_answer(subject.row.code, row) for row in own],
    }


def _stop(core: CoreCalendar, row: ExceptionOfDay, words: _Words) -> dict[str, Any]:
    exception: CalendarException = core_exception(
        row.date, ExceptionKind.STOP.value, row.definition
    )
    start, end, reason = stop_interval(core, exception)
    whole = row.definition.get("start") is None and row.definition.get("end") is None
    return {
        "id": row.id,
        "name": row.names or None,
        "start": words.at(start),
        "end": words.at(end),
        "whole_day": whole,
        "reason": words.reason(reason) if row.definition.get("reason") else None,
    }
