"""Stored calendar definitions (JSON in the words of the plant file) as core calendars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any

from mes.core.calendar import (
    Break,
    Calendar,
    CalendarException,
    ExceptionKind,
    Shift,
    ShiftPattern,
)

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def core_calendar(
    time_zone: str,
    day_starts: str,
    patterns: Iterable[tuple[str, Mapping[str, Any]]],
    exceptions: Iterable[tuple[str, str, Mapping[str, Any]]],
) -> Calendar:
    """A core calendar from stored rows.

    Args:
        time_zone: IANA name of the site.
        day_starts: local wall time HH:MM.
        patterns: (valid_from YYYY-MM-DD, definition with `shifts` and `days`).
        exceptions: (date YYYY-MM-DD, kind, definition), withdrawn ones left out.
    """
    made = [
        ShiftPattern(
            valid_from=date.fromisoformat(valid_from),
            shifts=tuple(_shift(shift) for shift in definition["shifts"]),
            days=_days(definition.get("days")),
        )
        for valid_from, definition in sorted(patterns, key=lambda row: row[0])
    ]
    return Calendar(
        time_zone=time_zone,
        day_starts=time.fromisoformat(day_starts),
        patterns=tuple(made),
        exceptions=tuple(_exception(*row) for row in exceptions),
    )


def shift_names(patterns: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Mapping[str, str]]:
    """Names of the shift codes of a calendar, the latest pattern wins."""
    return {
        str(shift["code"]): shift["name"]
        for _, definition in sorted(patterns, key=lambda row: row[0])
        for shift in definition["shifts"]
        if shift.get("name")
    }


def _days(names: Sequence[str] | None) -> frozenset[int]:
    return frozenset(range(7)) if names is None else frozenset(_WEEKDAYS.index(n) for n in names)


def _shift(data: Mapping[str, Any]) -> Shift:
    return Shift(
        code=str(data["code"]),
        start=time.fromisoformat(data["start"]),
        end=time.fromisoformat(data["end"]),
        day_offset=data.get("day_offset"),
        breaks=tuple(
            Break(
                start=time.fromisoformat(entry["start"]),
                end=time.fromisoformat(entry["end"]),
                reason=str(entry["reason"]),
            )
            for entry in data.get("breaks") or ()
        ),
    )


def _exception(on: str, kind: str, data: Mapping[str, Any]) -> CalendarException:
    overtime = ExceptionKind(kind) is ExceptionKind.OVERTIME
    return CalendarException(
        date=date.fromisoformat(on),
        kind=ExceptionKind(kind),
        shift=_shift({**data, "code": data.get("shift") or "OT"}) if overtime else None,
        start=_wall(data.get("start")) if not overtime else None,
        end=_wall(data.get("end")) if not overtime else None,
        reason=data.get("reason"),
    )


def _wall(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)
