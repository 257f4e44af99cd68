"""Mistakes that a calendar can have, in the words of the plant file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mes.core.calendar import (
    Break,
    Calendar,
    CalendarException,
    ExceptionKind,
    Shift,
    ShiftPattern,
    shifts_of_day,
    start_offset,
)

_DAY = timedelta(days=1)
_Span = tuple[timedelta, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarMistake:
    """One mistake.

    Attributes:
        code: stable name of the kind of mistake.
        message: English sentence that says what to do.
        shift: code of the shift it is about; None: it is about no single shift.
    """

    code: str
    message: str
    shift: str | None = None


def check_calendar(calendar: Calendar) -> list[CalendarMistake]:
    """All mistakes of a calendar: zone, boundary, breaks, repeats, overlaps."""
    try:
        ZoneInfo(calendar.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        text = f"{calendar.time_zone!r} is no known time zone. Write an IANA name."
        return [CalendarMistake(code="unknown_time_zone", message=text)]
    mistakes: list[CalendarMistake] = []
    for pattern in calendar.patterns:
        mistakes += _check_shifts(calendar.day_starts, pattern.shifts)
        mistakes += _check_overlaps(calendar.day_starts, pattern)
    overtime = [e for e in calendar.exceptions if e.kind is ExceptionKind.OVERTIME]
    for exception in overtime:
        mistakes += _check_shifts(calendar.day_starts, [exception.shift] if exception.shift else [])
        mistakes += _check_overtime(calendar, exception)
    return mistakes


def crosses_day_boundary(shift: Shift, day_starts: time) -> bool:
    """Whether a day boundary lies inside the shift, so that its day must be given."""
    start, end = _span(shift.start, shift.end)
    boundary = _clock(day_starts)
    return start < boundary < end or start < boundary + _DAY < end


def _check_shifts(day_starts: time, shifts: Iterable[Shift]) -> Iterator[CalendarMistake]:
    codes: set[str] = set()
    for shift in shifts:
        if shift.code in codes:
            text = f"Shift {shift.code} stands there twice. Give each shift its own code."
            yield CalendarMistake(code="shift_repeated", message=text, shift=shift.code)
        codes.add(shift.code)
        if shift.day_offset is None and crosses_day_boundary(shift, day_starts):
            text = (
                f"Shift {shift.code} runs across the day boundary {day_starts:%H:%M}. "
                "Say by day_offset to which production day it belongs."
            )
            yield CalendarMistake(code="shift_crosses_day", message=text, shift=shift.code)
        yield from _check_breaks(shift)


def _check_breaks(shift: Shift) -> Iterator[CalendarMistake]:
    start, end = _span(shift.start, shift.end)
    spans = sorted(_break_span(shift, entry) for entry in shift.breaks)
    for first, last in spans:
        if first < start or last > end:
            text = f"A break of shift {shift.code} does not lie inside the shift."
            yield CalendarMistake(code="break_outside_shift", message=text, shift=shift.code)
    if any(after[0] < before[1] for before, after in pairwise(spans)):
        text = f"Breaks of shift {shift.code} overlap."
        yield CalendarMistake(code="breaks_overlap", message=text, shift=shift.code)


def _check_overlaps(day_starts: time, pattern: ShiftPattern) -> Iterator[CalendarMistake]:
    """Overlaps on the wall clock over two weeks, each pair of shifts named once."""
    spans = sorted(
        (
            (day - start_offset(day_starts, shift)) * _DAY + edge_start,
            (day - start_offset(day_starts, shift)) * _DAY + edge_end,
            shift.code,
        )
        for day in range(14)
        if day % 7 in pattern.days
        for shift in pattern.shifts
        for edge_start, edge_end in [_span(shift.start, shift.end)]
    )
    named: set[tuple[str, str]] = set()
    for before, after in pairwise(spans):
        pair = (min(before[2], after[2]), max(before[2], after[2]))
        if after[0] < before[1] and pair not in named:
            named.add(pair)
            text = f"Shifts {before[2]} and {after[2]} overlap. Change the times or the days."
            yield CalendarMistake(code="shifts_overlap", message=text, shift=after[2])


def _check_overtime(calendar: Calendar, exception: CalendarException) -> Iterator[CalendarMistake]:
    around = sorted(
        instance
        for offset in (-1, 0, 1)
        for instance in shifts_of_day(calendar, exception.date + offset * _DAY)
    )
    added = exception.shift.code if exception.shift else None
    for before, after in pairwise(around):
        mine = any(i.code == added and i.production_day == exception.date for i in (before, after))
        if mine and after.start_us < before.end_us and calendar.patterns:
            text = f"Overtime {added} on {exception.date} overlaps another shift. Change its times."
            yield CalendarMistake(code="shifts_overlap", message=text, shift=added)


def _break_span(shift: Shift, entry: Break) -> _Span:
    start, end = _span(entry.start, entry.end)
    later = timedelta() if entry.start >= shift.start else _DAY
    return start + later, end + later


def _span(start: time, end: time) -> _Span:
    return _clock(start), _clock(end) + (timedelta() if end > start else _DAY)


def _clock(wall: time) -> timedelta:
    return timedelta(
        hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond
    )
