"""Planned time: shifts, breaks and planned stops in local wall time, computed in UTC.

Instants are UTC microseconds, intervals half-open. Local times are wall times of the calendar's
zone: a wall time that a clock change skips means the instant of the change, one that happens twice
means the first, so that wall order stays time order and a night shift has 7 or 9 real hours.

A calendar without patterns is always scheduled: each production day is then one period with the
empty code. The first pattern also holds for all days before it, of which nothing else is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

ALWAYS = ""
"""Code of the period of a production day in a calendar without patterns."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ONE_DAY = timedelta(days=1)


class ExceptionKind(StrEnum):
    """What an exception does to its production day."""

    HOLIDAY = "holiday"
    OVERTIME = "overtime"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A break in local wall time; one that starts before its shift does lies on the next day."""

    start: time
    end: time
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A shift in local wall time; an end not after the start lies on the next day.

    Attributes:
        day_offset: production day minus local date of the start, in days; None: the production day
            is the one whose boundary precedes the start.
    """

    code: str
    start: time
    end: time
    day_offset: int | None = None
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftPattern:
    """The shifts of the production days from `valid_from` until the next pattern begins.

    Attributes:
        days: weekdays of the production day that have these shifts, Monday is 0.
    """

    valid_from: date
    shifts: tuple[Shift, ...]
    days: frozenset[int] = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarException:
    """A production day that differs from the pattern.

    Attributes:
        shift: for overtime: an extra shift, or a longer one in place of the shift of that code.
        start: for a stop: local wall time; None: from the start of the production day.
        end: for a stop: local wall time; None: until the end of the production day.
        reason: for a stop: its reason code.
    """

    date: date
    kind: ExceptionKind
    shift: Shift | None = None
    start: time | None = None
    end: time | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        """Raises: ValueError: overtime without a shift."""
        if self.kind is ExceptionKind.OVERTIME and self.shift is None:
            raise ValueError("overtime needs a shift")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Planned time of a line: dated patterns and the exceptions that beat them.

    Attributes:
        time_zone: IANA name.
        day_starts: local wall time at which a production day begins.
    """

    time_zone: str
    day_starts: time = time(0)
    patterns: tuple[ShiftPattern, ...] = ()
    exceptions: tuple[CalendarException, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ShiftInstance:
    """One shift of one production day.

    Attributes:
        start_us: its first instant.
        end_us: the instant after its last.
        production_day: the day it is reported under.
        code: shift code, `ALWAYS` for the period of a day without a pattern.
        breaks: (start, end, reason) within the shift, in time order.
    """

    start_us: int
    end_us: int
    production_day: date
    code: str
    breaks: tuple[tuple[int, int, str], ...] = ()


def shifts_between(calendar: Calendar, start_us: int, end_us: int) -> list[ShiftInstance]:
    """The whole shifts that overlap [start_us, end_us), in time order."""
    return [
        instance
        for instance in sorted(_instances_near(calendar, start_us, end_us))
        if instance.start_us < end_us and start_us < instance.end_us
    ]


def shift_at(calendar: Calendar, at_us: int) -> ShiftInstance | None:
    """The shift that holds the instant; None: nothing is scheduled then."""
    return next(iter(shifts_between(calendar, at_us, at_us + 1)), None)


def latest_shift(calendar: Calendar, at_us: int, *, days: int = 31) -> ShiftInstance | None:
    """The last shift that began at or before the instant.

    Args:
        days: how many days back to look at most.

    Returns:
        None: no shift began in that time.
    """
    current = production_day_of(calendar, at_us) + _ONE_DAY
    for back in range(days + 2):
        begun = [
            instance
            for instance in shifts_of_day(calendar, current - back * _ONE_DAY)
            if instance.start_us <= at_us
        ]
        if begun:
            return max(begun)
    return None


def shifts_of_day(calendar: Calendar, day: date) -> list[ShiftInstance]:
    """The shifts of a production day in time order."""
    exceptions = [e for e in calendar.exceptions if e.date == day]
    shifts = _planned_shifts(calendar, day, exceptions)
    if shifts is None:
        start_us, end_us = production_day_bounds(calendar, day)
        return [ShiftInstance(start_us=start_us, end_us=end_us, production_day=day, code=ALWAYS)]
    return sorted(
        instance
        for shift in shifts
        if (instance := _instance(calendar, day, shift)).start_us < instance.end_us
    )


def planned_between(calendar: Calendar, start_us: int, end_us: int) -> list[tuple[int, int, str]]:
    """Breaks and planned stops as (start, end, reason), clipped to [start_us, end_us).

    Breaks belong to the shifts; planned stops come from the exceptions and may lie anywhere in
    their production day. A stop without a reason has the reason `planned_stop`.
    """
    planned = [
        entry
        for instance in _instances_near(calendar, start_us, end_us)
        for entry in instance.breaks
    ]
    planned += [
        _stop_interval(calendar, exception)
        for exception in calendar.exceptions
        if exception.kind is ExceptionKind.STOP
    ]
    return sorted(
        (max(start, start_us), min(end, end_us), reason)
        for start, end, reason in planned
        if max(start, start_us) < min(end, end_us)
    )


def production_day_bounds(calendar: Calendar, day: date) -> tuple[int, int]:
    """First instant of the production day and of the next: 23, 24 or 25 hours apart."""
    return (
        local_us(calendar.time_zone, day, calendar.day_starts),
        local_us(calendar.time_zone, day + _ONE_DAY, calendar.day_starts),
    )


def production_day_of(calendar: Calendar, at_us: int) -> date:
    """The production day whose boundaries enclose the instant."""
    day = _local(calendar.time_zone, at_us).date()
    return day if at_us >= production_day_bounds(calendar, day)[0] else day - _ONE_DAY


def local_us(time_zone: str, day: date, wall: time) -> int:
    """The instant of a wall time; skipped: that of the clock change; twice there: the first."""
    zone = ZoneInfo(time_zone)
    early = datetime.combine(day, wall, tzinfo=zone)
    instant = _us(early)
    if early.utcoffset() == early.replace(fold=1).utcoffset():
        return instant
    if _local(time_zone, instant).time() == wall:
        return instant
    return _clock_change(zone, _us(early.replace(fold=1)), instant)


def _instances_near(calendar: Calendar, start_us: int, end_us: int) -> Iterator[ShiftInstance]:
    """All shifts of the production days around the window: a superset of those that overlap."""
    day = production_day_of(calendar, start_us) - 2 * _ONE_DAY
    last = production_day_of(calendar, max(start_us, end_us - 1)) + 2 * _ONE_DAY
    while day <= last:
        yield from shifts_of_day(calendar, day)
        day += _ONE_DAY


def _planned_shifts(
    calendar: Calendar, day: date, exceptions: list[CalendarException]
) -> list[Shift] | None:
    """The shifts of a day after its exceptions; None: there is no pattern, always scheduled."""
    pattern = _pattern_of(calendar, day)
    overtime = [e.shift for e in exceptions if e.shift and e.kind is ExceptionKind.OVERTIME]
    holiday = any(e.kind is ExceptionKind.HOLIDAY for e in exceptions)
    if pattern is None:
        return overtime if holiday else None
    if holiday or day.weekday() not in pattern.days:
        return overtime
    replaced = {shift.code for shift in overtime}
    return [shift for shift in pattern.shifts if shift.code not in replaced] + overtime


def _pattern_of(calendar: Calendar, day: date) -> ShiftPattern | None:
    dated = sorted(calendar.patterns, key=lambda p: p.valid_from)
    return next((p for p in reversed(dated) if p.valid_from <= day), dated[0] if dated else None)


def _instance(calendar: Calendar, day: date, shift: Shift) -> ShiftInstance:
    first = day - _ONE_DAY * start_offset(calendar.day_starts, shift)
    start, end = _interval(calendar.time_zone, first, shift.start, shift.end)
    breaks = []
    for entry in shift.breaks:
        on = first if entry.start >= shift.start else first + _ONE_DAY
        begin, finish = _interval(calendar.time_zone, on, entry.start, entry.end)
        if max(begin, start) < min(finish, end):
            breaks.append((max(begin, start), min(finish, end), entry.reason))
    return ShiftInstance(
        start_us=start,
        end_us=end,
        production_day=day,
        code=shift.code,
        breaks=tuple(sorted(breaks)),
    )


def start_offset(day_starts: time, shift: Shift) -> int:
    """Production day minus local date of the start, in days: given, or by the boundary before."""
    if shift.day_offset is not None:
        return shift.day_offset
    return 0 if shift.start >= day_starts else -1


def _stop_interval(calendar: Calendar, exception: CalendarException) -> tuple[int, int, str]:
    day_start, day_end = production_day_bounds(calendar, exception.date)

    def placed(wall: time) -> int:
        day = exception.date if wall >= calendar.day_starts else exception.date + _ONE_DAY
        return local_us(calendar.time_zone, day, wall)

    start = day_start if exception.start is None else placed(exception.start)
    end = day_end if exception.end is None else placed(exception.end)
    if exception.end is not None and end <= start:
        end = day_end
    return start, end, exception.reason or "planned_stop"


def _interval(time_zone: str, day: date, start: time, end: time) -> tuple[int, int]:
    end_day = day if end > start else day + _ONE_DAY
    return local_us(time_zone, day, start), local_us(time_zone, end_day, end)


def _clock_change(zone: ZoneInfo, before_us: int, after_us: int) -> int:
    """The instant in (before, after] at which the zone's offset changes, to the second."""
    old = (_EPOCH + before_us * _MICROSECOND).astimezone(zone).utcoffset()
    low, high = before_us // 1_000_000, after_us // 1_000_000
    while high - low > 1:
        middle = (low + high) // 2
        if (_EPOCH + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return high * 1_000_000


def _local(time_zone: str, at_us: int) -> datetime:
    return (_EPOCH + at_us * _MICROSECOND).astimezone(ZoneInfo(time_zone))


def _us(moment: datetime) -> int:
    return (moment.astimezone(UTC) - _EPOCH) // _MICROSECOND
