"""Periods that figures are rolled up to, all made of production days. Pure.

Weeks are those of ISO 8601 by production day, quarters and years those of the calendar.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

_ONE_DAY = timedelta(days=1)


class PeriodKind(StrEnum):
    """Length of a period."""

    HOUR = "hour"
    SHIFT = "shift"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


WITHIN_A_DAY = frozenset({PeriodKind.HOUR, PeriodKind.SHIFT})
"""Periods that are parts of one production day."""


def first_day(kind: PeriodKind, day: date) -> date:
    """The first production day of the period that holds a day."""
    match kind:
        case PeriodKind.WEEK:
            return day - timedelta(days=day.weekday())
        case PeriodKind.MONTH:
            return day.replace(day=1)
        case PeriodKind.QUARTER:
            return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
        case PeriodKind.YEAR:
            return day.replace(month=1, day=1)
        case _:
            return day


def last_day(kind: PeriodKind, day: date) -> date:
    """The last production day of the period that holds a day."""
    return next_first(kind, first_day(kind, day)) - _ONE_DAY


def next_first(kind: PeriodKind, first: date) -> date:
    """The first day of the period after the one that begins on `first`."""
    match kind:
        case PeriodKind.WEEK:
            return first + timedelta(days=7)
        case PeriodKind.MONTH:
            return _months_on(first, 1)
        case PeriodKind.QUARTER:
            return _months_on(first, 3)
        case PeriodKind.YEAR:
            return first.replace(year=first.year + 1)
        case _:
            return first + _ONE_DAY


def label(kind: PeriodKind, day: date) -> str:
    """What a period of days is called: 2026-03-02, 2026-W10, 2026-03, 2026-Q1 or 2026."""
    match kind:
        case PeriodKind.WEEK:
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02d}"
        case PeriodKind.MONTH:
            return f"{day.year:04d}-{day.month:02d}"
        case PeriodKind.QUARTER:
            return f"{day.year:04d}-Q{(day.month + 2) // 3}"
        case PeriodKind.YEAR:
            return f"{day.year:04d}"
        case _:
            return day.isoformat()


def _months_on(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
