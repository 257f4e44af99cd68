"""Planned time: shifts, breaks and planned stops in local wall time, computed in UTC.

Instants are UTC microseconds, intervals half-open; what a wall time means when clocks change is
said in `wall_time`.

A calendar without patterns is always scheduled: each production day is then one period with the
empty code. The first pattern also holds for all days before it, of which nothing else is known.
Where one pattern follows another, a shift that has begun under the old one goes on until it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, time, timedelta

from mes.core.calendar_model import (
    ALWAYS,
    NO_CREW,
    Break,
    Calendar,
    CalendarException,
    CrewRota,
    Cycle,
    ExceptionKind,
    Shift,
    ShiftInstance,
    ShiftPattern,
)
from mes.core.wall_time import local_time, local_us

__all__ = [
    "ALWAYS",
    "NO_CREW",
    "Break",
    "Calendar",
    "CalendarException",
    "CrewRota",
    "Cycle",
    "ExceptionKind",
    "Shift",
    "ShiftInstance",
    "ShiftPattern",
    "latest_shift",
    "local_us",
    "planned_between",
    "production_day_bounds",
    "production_day_of",
    "shift_at",
    "shifts_between",
    "shifts_of_day",
    "start_offset",
    "stop_interval",
]

_ONE_DAY = timedelta(days=1)
OfDay = Callable[[date], list[ShiftInstance]]


def shifts_between(
    calendar: Calendar, start_us: int, end_us: int, of_day: OfDay | None = None
) -> list[ShiftInstance]:
    """The whole shifts that overlap [start_us, end_us), in time order.

    Args:
        of_day: gives the shifts of a production day; None: `shifts_of_day` computes them.
    """
    return [
        instance
        for instance in sorted(_instances_near(calendar, start_us, end_us, of_day))
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
    instances = _unclipped(calendar, day)
    pattern = calendar.pattern_of(day)
    for back in (2, 1):
        before = day - back * _ONE_DAY
        if calendar.pattern_of(before) is not pattern:
            instances = _outside(instances, _unclipped(calendar, before))
    return instances


def planned_between(
    calendar: Calendar, start_us: int, end_us: int, of_day: OfDay | None = None
) -> list[tuple[int, int, str]]:
    """Breaks and planned stops as (start, end, reason), clipped to [start_us, end_us).

    Breaks belong to the shifts; planned stops come from the exceptions and may lie anywhere in
    their production day. A stop without a reason has the reason `planned_stop`.

    Args:
        of_day: gives the shifts of a production day; None: `shifts_of_day` computes them.
    """
    planned = [
        entry
        for instance in _instances_near(calendar, start_us, end_us, of_day)
        for entry in instance.breaks
    ]
    planned += [
        stop_interval(calendar, exception)
        for day in _days_near(calendar, start_us, end_us)
        for exception in calendar.by_date.get(day, ())
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
    day = local_time(calendar.time_zone, at_us).date()
    return day if at_us >= production_day_bounds(calendar, day)[0] else day - _ONE_DAY


def _instances_near(
    calendar: Calendar, start_us: int, end_us: int, of_day: OfDay | None
) -> Iterator[ShiftInstance]:
    """All shifts of the production days around the window: a superset of those that overlap."""
    for day in _days_near(calendar, start_us, end_us):
        yield from shifts_of_day(calendar, day) if of_day is None else of_day(day)


def _days_near(calendar: Calendar, start_us: int, end_us: int) -> Iterator[date]:
    """The production days of which anything may lie in the window."""
    day = production_day_of(calendar, start_us) - 2 * _ONE_DAY
    last = production_day_of(calendar, max(start_us, end_us - 1)) + 2 * _ONE_DAY
    while day <= last:
        yield day
        day += _ONE_DAY


def _unclipped(calendar: Calendar, day: date) -> list[ShiftInstance]:
    """The shifts of a production day as if no other pattern came before."""
    shifts = _planned_shifts(calendar, day)
    if shifts is None:
        start_us, end_us = production_day_bounds(calendar, day)
        return [ShiftInstance(start_us=start_us, end_us=end_us, production_day=day, code=ALWAYS)]
    return sorted(
        instance
        for shift in shifts
        if (instance := _instance(calendar, day, shift)).start_us < instance.end_us
    )


def _planned_shifts(calendar: Calendar, day: date) -> list[Shift] | None:
    """The shifts of a day after its exceptions; None: there is no pattern, always scheduled."""
    pattern = calendar.pattern_of(day)
    exceptions = calendar.by_date.get(day, ())
    overtime = [e.shift for e in exceptions if e.shift and e.kind is ExceptionKind.OVERTIME]
    holiday = any(e.kind is ExceptionKind.HOLIDAY for e in exceptions)
    if pattern is None:
        return overtime if holiday else None
    if holiday:
        return overtime
    replaced = {shift.code for shift in overtime}
    return [shift for shift in pattern.shifts_on(day) if shift.code not in replaced] + overtime


def _outside(
    instances: Iterable[ShiftInstance], earlier: Iterable[ShiftInstance]
) -> list[ShiftInstance]:
    """What the earlier shifts leave of the others."""
    left = list(instances)
    for held in earlier:
        left = [
            _clipped(one, held.end_us, one.end_us)
            if held.start_us <= one.start_us < held.end_us
            else _clipped(one, one.start_us, min(one.end_us, held.start_us))
            if one.start_us < held.start_us
            else one
            for one in left
        ]
    return [one for one in left if one.start_us < one.end_us]


def _clipped(instance: ShiftInstance, start_us: int, end_us: int) -> ShiftInstance:
    return replace(
        instance,
        start_us=start_us,
        end_us=end_us,
        breaks=tuple(
            (max(begin, start_us), min(finish, end_us), reason)
            for begin, finish, reason in instance.breaks
            if max(begin, start_us) < min(finish, end_us)
        ),
    )


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
        crew=shift.crew,
    )


def start_offset(day_starts: time, shift: Shift) -> int:
    """Production day minus local date of the start, in days: given, or by the boundary before."""
    if shift.day_offset is not None:
        return shift.day_offset
    return 0 if shift.start >= day_starts else -1


def stop_interval(calendar: Calendar, exception: CalendarException) -> tuple[int, int, str]:
    """First instant, end and reason of a planned stop, without regard to the shifts."""
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
