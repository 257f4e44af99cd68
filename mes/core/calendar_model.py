"""What a calendar consists of: shifts, patterns, crews in a cycle, exceptions, shift instances.

Wall times are those of the calendar's zone; a production day is a local date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from enum import StrEnum

ALWAYS = ""
"""Code of the period of a production day in a calendar without patterns."""
NO_CREW = ""
"""Crew of a shift that belongs to no named crew."""


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
        crew: code of the crew that works it; `NO_CREW`: none is named. In a cycle the cycle says.
    """

    code: str
    start: time
    end: time
    day_offset: int | None = None
    breaks: tuple[Break, ...] = ()
    crew: str = NO_CREW


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewRota:
    """What one crew works: a shift code for each day of the cycle, None where it is off."""

    crew: str
    shifts: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Crews that take turns in a cycle of as many days as each of them has entries.

    Attributes:
        anchor: a production day that is the first of the cycle; the cycle goes on both ways.
    """

    anchor: date
    crews: tuple[CrewRota, ...]

    def __post_init__(self) -> None:
        """Raises: ValueError: no crew, no day, or crews with different numbers of days."""
        if len({len(rota.shifts) for rota in self.crews}) != 1 or self.length == 0:
            raise ValueError("a cycle needs crews that all have the same number of days")

    @property
    def length(self) -> int:
        """Days until the cycle begins again."""
        return len(self.crews[0].shifts)

    def on(self, day: date) -> Iterator[tuple[str, str]]:
        """(crew, shift code) of each crew that works on that production day."""
        index = (day - self.anchor).days % self.length
        for rota in self.crews:
            code = rota.shifts[index]
            if code is not None:
                yield rota.crew, code


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftPattern:
    """The shifts of the production days from `valid_from` until the next pattern begins.

    Attributes:
        days: weekdays of the production day that have these shifts, Monday is 0.
        cycle: which crew works which of the shifts on which day; None: all shifts every day.
    """

    valid_from: date
    shifts: tuple[Shift, ...]
    days: frozenset[int] = frozenset(range(7))
    cycle: Cycle | None = None

    def shifts_on(self, day: date) -> list[Shift]:
        """The shifts of a production day, by weekday and cycle alone."""
        if day.weekday() not in self.days:
            return []
        if self.cycle is None:
            return list(self.shifts)
        known = {shift.code: shift for shift in self.shifts}
        return [
            replace(known[code], crew=crew) for crew, code in self.cycle.on(day) if code in known
        ]


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
        by_date: the exceptions of each production day that has any.
    """

    time_zone: str
    day_starts: time = time(0)
    patterns: tuple[ShiftPattern, ...] = ()
    exceptions: tuple[CalendarException, ...] = ()
    by_date: Mapping[date, tuple[CalendarException, ...]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Sort the exceptions by day."""
        found: dict[date, tuple[CalendarException, ...]] = {}
        for exception in self.exceptions:
            found[exception.date] = (*found.get(exception.date, ()), exception)
        object.__setattr__(self, "by_date", found)

    def pattern_of(self, day: date) -> ShiftPattern | None:
        """The pattern of a production day, the first one before all; None: there is none."""
        if not self.patterns:
            return None
        begun = [pattern for pattern in self.patterns if pattern.valid_from <= day]
        if begun:
            return max(begun, key=lambda pattern: pattern.valid_from)
        return min(self.patterns, key=lambda pattern: pattern.valid_from)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ShiftInstance:
    """One shift of one production day.

    Attributes:
        start_us: its first instant.
        end_us: the instant after its last.
        production_day: the day it is reported under.
        code: shift code, `ALWAYS` for the period of a day without a pattern.
        breaks: (start, end, reason) within the shift, in time order.
        crew: code of the crew that works it, `NO_CREW` where none is named.
    """

    start_us: int
    end_us: int
    production_day: date
    code: str
    breaks: tuple[tuple[int, int, str], ...] = ()
    crew: str = NO_CREW
