"""Mistakes that a calendar can have, in the words of the plant file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise
from math import lcm
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
_A_MONDAY = date(2024, 1, 1)
_DAYS_AROUND = 4
"""Days checked beyond a whole round of a pattern, so that its end meets its beginning."""
_Span = tuple[timedelta, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarMistake:
    """One mistake.

    Attributes:
        code: stable name of the kind of mistake.
        message: English sentence that says what to do.
        shift: code of the shift it is about; None: it is about no single shift.
        crew: code of the crew it is about; None: it is about no single crew.
        day: index of the day of the cycle, from 0; None: it is about no single day of a cycle.
        date: production day of the exception it is about; None: it is about no exception.
    """

    code: str
    message: str
    shift: str | None = None
    crew: str | None = None
    day: int | None = None
    date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Worked:
    """A shift of a production day on the wall clock, counted from an arbitrary midnight."""

    start: timedelta
    end: timedelta
    code: str
    crew: str
    on: date


def check_calendar(calendar: Calendar) -> list[CalendarMistake]:
    """All mistakes of a calendar: zone, boundary, breaks, repeats, crews, overlaps, exceptions."""
    try:
        ZoneInfo(calendar.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        text = f"{calendar.time_zone!r} is no known time zone. Write an IANA name."
        return [CalendarMistake(code="unknown_time_zone", message=text)]
    mistakes: list[CalendarMistake] = []
    for pattern in calendar.patterns:
        mistakes += _check_shifts(calendar.day_starts, pattern.shifts)
        mistakes += _check_crews(pattern)
        mistakes += _check_overlaps(calendar.day_starts, pattern)
    for exception in calendar.exceptions:
        if exception.kind is ExceptionKind.OVERTIME:
            mistakes += _check_overtime(calendar, exception)
        elif exception.kind is ExceptionKind.STOP:
            mistakes += _check_stop(calendar, exception)
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


def _check_crews(pattern: ShiftPattern) -> Iterator[CalendarMistake]:
    if pattern.cycle is None:
        return
    codes = {shift.code for shift in pattern.shifts}
    seen: set[str] = set()
    for rota in pattern.cycle.crews:
        if rota.crew in seen:
            text = f"Crew {rota.crew} stands there twice. Give each crew its own code."
            yield CalendarMistake(code="crew_repeated", message=text, crew=rota.crew)
        seen.add(rota.crew)
        for day, code in enumerate(rota.shifts):
            if code is not None and code not in codes:
                text = f"Crew {rota.crew} works shift {code}, which this calendar does not have."
                yield CalendarMistake(code="shift_unknown", message=text, crew=rota.crew, day=day)


def _check_overlaps(day_starts: time, pattern: ShiftPattern) -> Iterator[CalendarMistake]:
    """Overlaps on the wall clock over a whole round, each pair of shifts and crews named once."""
    named: set[frozenset[tuple[str, str]]] = set()
    latest: _Worked | None = None
    for worked in sorted(_worked(day_starts, pattern)):
        if latest is not None and worked.start < latest.end:
            pair = frozenset({(latest.code, latest.crew), (worked.code, worked.crew)})
            if pair not in named:
                named.add(pair)
                yield _overlap(pattern, latest, worked)
        if latest is None or worked.end > latest.end:
            latest = worked


def _worked(day_starts: time, pattern: ShiftPattern) -> Iterator[_Worked]:
    """Every shift of enough days to meet every pair of neighbours that the pattern can make."""
    cycle = pattern.cycle
    first = cycle.anchor if cycle is not None else _A_MONDAY
    weeks = 1 if len(pattern.days) == 7 else 7
    for number in range(lcm(cycle.length if cycle is not None else 1, weeks) + _DAYS_AROUND):
        on = first + number * _DAY
        for shift in pattern.shifts_on(on):
            start, end = _span(shift.start, shift.end)
            begins = (number - start_offset(day_starts, shift)) * _DAY
            yield _Worked(
                start=begins + start, end=begins + end, code=shift.code, crew=shift.crew, on=on
            )


def _overlap(pattern: ShiftPattern, before: _Worked, after: _Worked) -> CalendarMistake:
    if pattern.cycle is None:
        text = f"Shifts {before.code} and {after.code} overlap. Change the times or the days."
        return CalendarMistake(code="shifts_overlap", message=text, shift=after.code)
    day = (after.on - pattern.cycle.anchor).days % pattern.cycle.length
    if before.crew == after.crew:
        text = f"Crew {after.crew} would work shifts {before.code} and {after.code} at once"
    elif before.code == after.code and before.on == after.on:
        text = f"Crews {before.crew} and {after.crew} both work shift {after.code}"
    else:
        text = (
            f"Shift {after.code} of crew {after.crew} overlaps "
            f"shift {before.code} of crew {before.crew}"
        )
    return CalendarMistake(
        code="crews_collide",
        message=f"{text} on day {day + 1} of the cycle. A line has one crew at a time.",
        crew=after.crew,
        day=day,
    )


def _check_overtime(calendar: Calendar, exception: CalendarException) -> Iterator[CalendarMistake]:
    shift = exception.shift
    if shift is None:
        return
    for mistake in _check_shifts(calendar.day_starts, [shift]):
        yield CalendarMistake(
            code=mistake.code, message=mistake.message, shift=shift.code, date=exception.date
        )
    around = [
        instance
        for offset in (-2, -1, 0, 1, 2)
        for instance in shifts_of_day(calendar, exception.date + offset * _DAY)
    ]
    mine = [i for i in around if i.code == shift.code and i.production_day == exception.date]
    others = [i for i in around if i not in mine]
    repeated = len(mine) > 1
    if repeated or any(
        one.start_us < other.end_us and other.start_us < one.end_us
        for one in mine
        for other in others
    ):
        text = (
            f"Overtime {shift.code} on {exception.date} overlaps another shift. Change its times."
        )
        yield CalendarMistake(
            code="shifts_overlap", message=text, shift=shift.code, date=exception.date
        )


def _check_stop(calendar: Calendar, exception: CalendarException) -> Iterator[CalendarMistake]:
    start, end = exception.start, exception.end
    if end is None:
        return
    if _in_day(calendar, end) <= _in_day(calendar, start or calendar.day_starts):
        text = (
            f"The stop on {exception.date} ends before it starts. "
            f"The production day goes from {calendar.day_starts:%H:%M} to the next."
        )
        yield CalendarMistake(code="end_before_start", message=text, date=exception.date)


def _in_day(calendar: Calendar, wall: time) -> timedelta:
    """How far into the production day a wall time lies when clocks do not change."""
    into = _clock(wall) - _clock(calendar.day_starts)
    return into if into >= timedelta() else into + _DAY


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
