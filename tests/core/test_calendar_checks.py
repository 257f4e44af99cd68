"""Mistakes that the check of a calendar finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

from mes.core.calendar import (
    Break,
    Calendar,
    CalendarException,
    ExceptionKind,
    Shift,
    ShiftPattern,
)
from mes.core.calendar_checks import check_calendar

SAT = date(2026, 3, 7)
DAY = Shift(code="D", start=time(8), end=time(20))
NIGHT = Shift(code="N", start=time(20), end=time(8))


def calendar(*shifts: Shift, days: frozenset[int] = frozenset(range(7))) -> Calendar:
    """A calendar of one pattern."""
    pattern = ShiftPattern(valid_from=date(2026, 1, 1), shifts=shifts, days=days)
    return Calendar(time_zone="Asia/Seoul", day_starts=time(8), patterns=(pattern,))


def codes(checked: Calendar) -> list[tuple[str, str | None]]:
    """(code, shift) of each mistake."""
    return [(mistake.code, mistake.shift) for mistake in check_calendar(checked)]


def test_two_shifts_around_the_clock_have_no_mistake() -> None:
    assert codes(calendar(DAY, NIGHT)) == []


def test_an_unknown_time_zone_is_reported() -> None:
    assert codes(replace(calendar(DAY), time_zone="Mars/Base")) == [("unknown_time_zone", None)]
    assert codes(replace(calendar(DAY), time_zone="../x")) == [("unknown_time_zone", None)]


def test_a_shift_across_the_day_boundary_without_day_offset_is_reported() -> None:
    early = Shift(code="E", start=time(6), end=time(14))

    assert codes(calendar(early)) == [("shift_crosses_day", "E")]
    assert codes(calendar(replace(early, day_offset=0))) == []


def test_a_night_shift_that_ends_behind_the_boundary_is_reported() -> None:
    assert codes(calendar(replace(NIGHT, end=time(9)))) == [("shift_crosses_day", "N")]


def test_shifts_that_overlap_are_reported_once() -> None:
    assert codes(calendar(DAY, replace(NIGHT, start=time(19)))) == [("shifts_overlap", "N")]


def test_a_night_that_runs_into_the_next_morning_overlaps_the_day_shift() -> None:
    long_night = replace(NIGHT, end=time(9), day_offset=0)

    assert codes(calendar(DAY, long_night)) == [("shifts_overlap", "D")]
    assert codes(calendar(DAY, long_night, days=frozenset({0}))) == []


def test_the_same_code_twice_is_reported() -> None:
    assert codes(calendar(DAY, replace(NIGHT, code="D"))) == [("shift_repeated", "D")]


def test_a_break_outside_its_shift_is_reported() -> None:
    late = Break(start=time(19, 30), end=time(20, 30), reason="rest")

    assert codes(calendar(replace(DAY, breaks=(late,)))) == [("break_outside_shift", "D")]


def test_breaks_that_overlap_are_reported() -> None:
    lunch = Break(start=time(12), end=time(13), reason="lunch")
    rest = Break(start=time(12, 50), end=time(13, 10), reason="rest")

    assert codes(calendar(replace(DAY, breaks=(lunch, rest)))) == [("breaks_overlap", "D")]


def test_overtime_that_overlaps_a_neighbouring_shift_is_reported() -> None:
    extra = Shift(code="OT", start=time(19), end=time(21))
    overtime = CalendarException(date=SAT, kind=ExceptionKind.OVERTIME, shift=extra)

    assert codes(replace(calendar(DAY), exceptions=(overtime,))) == [("shifts_overlap", "OT")]


def test_overtime_across_the_boundary_without_day_offset_is_reported() -> None:
    extra = Shift(code="OT", start=time(5), end=time(9))
    overtime = CalendarException(date=SAT, kind=ExceptionKind.OVERTIME, shift=extra)
    pattern = calendar(DAY, days=frozenset({0}))

    assert codes(replace(pattern, exceptions=(overtime,))) == [("shift_crosses_day", "OT")]
