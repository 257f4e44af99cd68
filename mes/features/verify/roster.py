"""What the simulated plants plan: shifts and breaks, and the ideal cycles of their work units.

Written down a second time on purpose: the truth must not be told by the plant file's reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mes.core.instants import parse_instant
from mes.features.verify.truth import Plan

SEOUL = ZoneInfo("Asia/Seoul")
DAY_US = 86_400_000_000
SUNDAY = 6
SHIFTS = (("08:00", "20:00"), ("20:00", "08:00"))
BREAKS = (
    ("00:00", "01:00", "night-meal"),
    ("10:00", "10:10", "rest"),
    ("12:00", "13:00", "lunch"),
    ("15:00", "15:10", "rest"),
)
CYCLES: Mapping[str, Mapping[str, str]] = {
    "press-1": {"BRKT-100": "2.0", "HNG-200": "2.4"},
    "press-2": {"HNG-200": "2.4", "BRKT-100": "2.0"},
    "press-3": {"PNL-330": "3.0"},
    "cnc-1": {"SHAFT-10": "55", "SHAFT-20": "75"},
    "cnc-2": {"SHAFT-10": "52", "SHAFT-20": "78"},
    "washer-1": {"BRKT-100": "6.0"},
}
"""Ideal cycles in seconds by work unit and item, the default item first."""
ON_SUNDAYS = frozenset({"cnc-1", "cnc-2", "washer-1"})
"""Work units that have shifts on Sundays, too."""
COUNTED_WITHOUT_REJECTS = frozenset({"washer-1"})
"""Work units whose bad pieces only people know of."""
SOURCES: Mapping[str, str] = {
    "press-1": "press_plc",
    "press-2": "press_plc",
    "press-3": "press_plc",
    "cnc-1": "cnc_cell",
    "cnc-2": "cnc_cell",
    "washer-1": "remote_io",
}
"""Where the signals of each work unit come from."""


def shifts_around(start: int, end: int, *, sundays: bool = True) -> list[tuple[int, int]]:
    """The shifts of the two-shift calendar from a day before a stretch to a day after it.

    Args:
        start, end: UTC microseconds.
        sundays: whether production days that are Sundays have shifts.
    """
    return [
        span(day, begins, ends)
        for day in _days(start, end)
        if sundays or day.weekday() != SUNDAY
        for begins, ends in SHIFTS
    ]


def plan_around(start: int, end: int, *, sundays: bool = True) -> Plan:
    """Shifts and breaks of the two-shift calendar around a stretch."""
    shifts = shifts_around(start, end, sundays=sundays)
    breaks = [
        (*span(day, begins, ends), why) for day in _days(start, end) for begins, ends, why in BREAKS
    ]
    inside = [one for one in breaks if any(a <= one[0] and one[1] <= b for a, b in shifts)]
    return Plan(shifts=shifts, breaks=inside)


def span(day: datetime, begins: str, ends: str) -> tuple[int, int]:
    """[begins, ends) of wall times of a day; an end that is not later belongs to the next day."""
    start, end = (
        parse_instant((day + _time(text)).isoformat(timespec="microseconds"))
        for text in (begins, ends)
    )
    return start, end if end > start else end + DAY_US


def local(instant: int) -> datetime:
    """An instant (us) as people of the plant say it."""
    return datetime.fromtimestamp(instant / 1e6, UTC).astimezone(SEOUL)


def _days(start: int, end: int) -> list[datetime]:
    first = local(start).replace(hour=0, minute=0, second=0, microsecond=0)
    return [first + timedelta(days=number) for number in range(-1, 2 + (end - start) // DAY_US)]


def _time(text: str) -> timedelta:
    hours, minutes = map(int, text.split(":"))
    return timedelta(hours=hours, minutes=minutes)
