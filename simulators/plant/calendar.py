"""When the plant works: two shifts with breaks, as the crews keep them.

Local wall time of the site's zone; the zones used have no daylight saving inside a shift.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Phase(StrEnum):
    """What a stretch of plant time is planned for."""

    WORK = "work"
    BREAK = "break"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakTime:
    """A daily pause; `reason` is its code in the plant file."""

    start: time
    end: time
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch [start, end) of one phase; `reason` names a break, else it is None."""

    start: int
    end: int
    phase: Phase
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTimes:
    """The week of a line.

    Attributes:
        zone: IANA name.
        weekdays: working days, Monday 0; a day runs from `day_starts` to the next.
        day_starts: local start of the first shift; the last ends there on the next day.
        handover: local start of the second shift.
        breaks: daily pauses; empty when the machines run through them.
    """

    zone: str
    weekdays: frozenset[int]
    day_starts: time
    handover: time
    breaks: tuple[BreakTime, ...] = ()


ALWAYS = WorkTimes(
    zone="UTC", weekdays=frozenset(range(7)), day_starts=time(0), handover=time(12), breaks=()
)


class WorkCalendar:
    """Answers which window an instant lies in; windows are made a day at a time."""

    def __init__(self, times: WorkTimes) -> None:
        self._times = times
        self._zone = ZoneInfo(times.zone)
        self._windows: list[Window] = []
        self._starts: list[int] = []

    def window(self, at: int) -> Window:
        """The window that holds the instant `at` (UTC microseconds)."""
        if not self._windows or not self._windows[0].start <= at < self._windows[-1].end:
            self._make_around(at)
        return self._windows[bisect_right(self._starts, at) - 1]

    def shift(self, at: int) -> str:
        """`D` or `N`: the shift whose hours hold the local time of `at`, worked or not."""
        local = _local(at, self._zone).time()
        return "D" if self._times.day_starts <= local < self._times.handover else "N"

    def _make_around(self, at: int) -> None:
        local = _local(at, self._zone)
        first = local.date() - timedelta(days=2)
        windows: list[Window] = []
        for number in range(12):
            day = first + timedelta(days=number)
            start = _instant(datetime.combine(day, self._times.day_starts), self._zone)
            end = _instant(
                datetime.combine(day + timedelta(days=1), self._times.day_starts), self._zone
            )
            if day.weekday() in self._times.weekdays:
                windows += self._working_day(start, end)
            else:
                windows.append(Window(start=start, end=end, phase=Phase.OFF))
        self._windows = windows
        self._starts = [window.start for window in windows]

    def _working_day(self, start: int, end: int) -> list[Window]:
        """The windows of one production day [start, end)."""
        day = _local(start, self._zone).date()
        pauses: list[Window] = []
        for pause in self._times.breaks:
            shift = timedelta(days=1 if pause.start < self._times.day_starts else 0)
            begins = _instant(datetime.combine(day + shift, pause.start), self._zone)
            ends = _instant(datetime.combine(day + shift, pause.end), self._zone)
            pauses.append(Window(start=begins, end=ends, phase=Phase.BREAK, reason=pause.reason))
        windows: list[Window] = []
        at = start
        for pause_window in sorted(pauses, key=lambda window: window.start):
            windows.append(Window(start=at, end=pause_window.start, phase=Phase.WORK))
            windows.append(pause_window)
            at = pause_window.end
        windows.append(Window(start=at, end=end, phase=Phase.WORK))
        return windows


def _local(at: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone)


def _instant(local: datetime, zone: ZoneInfo) -> int:
    return (local.replace(tzinfo=zone) - _EPOCH) // timedelta(microseconds=1)
