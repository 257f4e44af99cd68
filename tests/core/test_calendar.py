"""Shifts, production days, breaks and exceptions of a calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from mes.core.calendar import (
    ALWAYS,
    Break,
    Calendar,
    CalendarException,
    ExceptionKind,
    Shift,
    ShiftPattern,
    latest_shift,
    planned_between,
    production_day_bounds,
    production_day_of,
    shift_at,
    shifts_between,
    shifts_of_day,
)

MON, TUE, WED = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
SAT, SUN = date(2026, 3, 7), date(2026, 3, 8)

DAY = Shift(
    code="D",
    start=time(8),
    end=time(20),
    breaks=(Break(start=time(12), end=time(13), reason="lunch"),),
)
NIGHT = Shift(
    code="N",
    start=time(20),
    end=time(8),
    breaks=(Break(start=time(0), end=time(1), reason="night-meal"),),
)
TWO_SHIFT = Calendar(
    time_zone="Asia/Seoul",
    day_starts=time(8),
    patterns=(
        ShiftPattern(
            valid_from=date(2026, 1, 1), shifts=(DAY, NIGHT), days=frozenset({0, 1, 2, 3, 4})
        ),
    ),
)


def seoul(text: str) -> int:
    """Microseconds of a Seoul wall time."""
    return int(datetime.fromisoformat(text + "+09:00").timestamp()) * 1_000_000


def with_exception(
    kind: ExceptionKind,
    day: date,
    shift: Shift | None = None,
    start: time | None = None,
    end: time | None = None,
    reason: str | None = None,
) -> Calendar:
    """The two-shift calendar with one exception."""
    exception = CalendarException(
        date=day, kind=kind, shift=shift, start=start, end=end, reason=reason
    )
    return replace(TWO_SHIFT, exceptions=(exception,))


def test_a_day_and_a_night_shift_follow_one_another_without_a_hole() -> None:
    day, night = shifts_of_day(TWO_SHIFT, MON)

    assert (day.code, day.start_us, day.end_us) == (
        "D",
        seoul("2026-03-02T08:00"),
        seoul("2026-03-02T20:00"),
    )
    assert (night.start_us, night.end_us) == (day.end_us, seoul("2026-03-03T08:00"))


def test_a_shift_across_midnight_belongs_to_the_day_it_began() -> None:
    shift = shift_at(TWO_SHIFT, seoul("2026-03-03T03:00"))

    assert shift is not None
    assert (shift.code, shift.production_day) == ("N", MON)


def test_a_shift_that_begins_before_the_boundary_belongs_to_the_day_before() -> None:
    early = replace(NIGHT, code="C", start=time(0), end=time(8), breaks=())
    calendar = replace(
        TWO_SHIFT, patterns=(ShiftPattern(valid_from=date(2026, 1, 1), shifts=(early,)),)
    )

    (shift,) = shifts_of_day(calendar, MON)

    assert shift.start_us == seoul("2026-03-03T00:00")


def test_day_offset_says_to_which_day_a_shift_belongs() -> None:
    early = Shift(code="E", start=time(6), end=time(14), day_offset=0)
    before = replace(early, day_offset=-1)
    pattern = ShiftPattern(valid_from=date(2026, 1, 1), shifts=(early,))

    same_day = shifts_of_day(replace(TWO_SHIFT, patterns=(pattern,)), MON)
    pattern = replace(pattern, shifts=(before,))
    day_before = shifts_of_day(replace(TWO_SHIFT, patterns=(pattern,)), MON)

    assert [s.start_us for s in same_day] == [seoul("2026-03-02T06:00")]
    assert [s.start_us for s in day_before] == [seoul("2026-03-03T06:00")]


def test_the_boundary_itself_belongs_to_the_later_day_and_shift() -> None:
    at = seoul("2026-03-03T08:00")

    later, earlier = shift_at(TWO_SHIFT, at), shift_at(TWO_SHIFT, at - 1)

    assert later is not None
    assert earlier is not None
    assert (later.code, earlier.code) == ("D", "N")
    assert production_day_of(TWO_SHIFT, at) == TUE
    assert production_day_of(TWO_SHIFT, at - 1) == MON


def test_breaks_have_their_reason_and_lie_in_their_shift() -> None:
    day, night = shifts_of_day(TWO_SHIFT, MON)

    assert day.breaks == ((seoul("2026-03-02T12:00"), seoul("2026-03-02T13:00"), "lunch"),)
    assert night.breaks == ((seoul("2026-03-03T00:00"), seoul("2026-03-03T01:00"), "night-meal"),)


def test_shifts_between_gives_whole_shifts_that_overlap_the_window() -> None:
    found = shifts_between(TWO_SHIFT, seoul("2026-03-02T19:59"), seoul("2026-03-03T08:00"))

    assert [(s.code, s.production_day) for s in found] == [("D", MON), ("N", MON)]


def test_nothing_is_scheduled_on_a_day_that_the_pattern_leaves_out() -> None:
    assert shift_at(TWO_SHIFT, seoul("2026-03-07T12:00")) is None
    assert shift_at(TWO_SHIFT, seoul("2026-03-07T03:00")) is not None


def test_the_latest_shift_before_a_weekend_is_that_of_friday_night() -> None:
    latest = latest_shift(TWO_SHIFT, seoul("2026-03-08T12:00"))

    assert latest is not None
    assert (latest.code, latest.production_day) == ("N", date(2026, 3, 6))
    assert latest_shift(with_no_days(), seoul("2026-03-08T12:00")) is None


def with_no_days() -> Calendar:
    """A calendar whose pattern never schedules anything."""
    pattern = replace(TWO_SHIFT.patterns[0], days=frozenset())
    return replace(TWO_SHIFT, patterns=(pattern,))


def test_without_a_calendar_every_production_day_is_scheduled_as_one_period() -> None:
    always = replace(TWO_SHIFT, patterns=())

    found = shifts_between(always, seoul("2026-03-07T07:00"), seoul("2026-03-08T08:00"))

    assert [(s.code, s.production_day) for s in found] == [
        (ALWAYS, date(2026, 3, 6)),
        (ALWAYS, SAT),
    ]
    assert found[0].end_us == found[1].start_us == seoul("2026-03-07T08:00")


def test_a_pattern_holds_from_its_day_and_the_first_one_before_too() -> None:
    single = ShiftPattern(valid_from=TUE, shifts=(DAY,), days=frozenset({0, 1, 2}))
    calendar = replace(TWO_SHIFT, patterns=(single, *TWO_SHIFT.patterns))

    assert [s.code for s in shifts_of_day(calendar, MON)] == ["D", "N"]
    assert [s.code for s in shifts_of_day(calendar, TUE)] == ["D"]
    assert [s.code for s in shifts_of_day(calendar, date(2025, 12, 31))] == ["D", "N"]


def test_a_holiday_has_no_shifts() -> None:
    calendar = with_exception(ExceptionKind.HOLIDAY, TUE)

    assert shifts_of_day(calendar, TUE) == []
    assert shifts_of_day(calendar, WED) != []


def test_overtime_adds_a_shift_on_a_day_off() -> None:
    extra = Shift(code="OT", start=time(9), end=time(13))

    (shift,) = shifts_of_day(with_exception(ExceptionKind.OVERTIME, SAT, extra), SAT)

    assert (shift.code, shift.start_us) == ("OT", seoul("2026-03-07T09:00"))


def test_overtime_of_the_same_code_makes_the_shift_longer() -> None:
    single = ShiftPattern(valid_from=date(2026, 1, 1), shifts=(replace(DAY, end=time(17)),))
    longer = with_exception(ExceptionKind.OVERTIME, MON, replace(DAY, end=time(19)))
    calendar = replace(longer, patterns=(single,))

    assert [s.end_us for s in shifts_of_day(calendar, MON)] == [seoul("2026-03-02T19:00")]
    assert [s.end_us for s in shifts_of_day(calendar, TUE)] == [seoul("2026-03-03T17:00")]


def test_overtime_on_a_holiday_is_the_only_shift_of_that_day() -> None:
    extra = Shift(code="OT", start=time(9), end=time(13))
    holiday = CalendarException(date=MON, kind=ExceptionKind.HOLIDAY)
    worked = with_exception(ExceptionKind.OVERTIME, MON, extra)
    calendar = replace(worked, exceptions=(*worked.exceptions, holiday))

    assert [s.code for s in shifts_of_day(calendar, MON)] == ["OT"]
    always = replace(calendar, patterns=())
    assert [s.code for s in shifts_of_day(always, MON)] == ["OT"]


def test_overtime_without_a_shift_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="overtime needs a shift"):
        CalendarException(date=MON, kind=ExceptionKind.OVERTIME)


def test_breaks_and_planned_stops_of_a_window_are_clipped_to_it() -> None:
    calendar = with_exception(ExceptionKind.STOP, MON, start=time(14), end=time(16), reason="audit")

    planned = planned_between(calendar, seoul("2026-03-02T12:30"), seoul("2026-03-02T15:00"))

    assert planned == [
        (seoul("2026-03-02T12:30"), seoul("2026-03-02T13:00"), "lunch"),
        (seoul("2026-03-02T14:00"), seoul("2026-03-02T15:00"), "audit"),
    ]


def test_a_planned_stop_before_the_boundary_lies_on_the_next_morning() -> None:
    calendar = with_exception(ExceptionKind.STOP, MON, start=time(22), end=time(2))

    planned = planned_between(calendar, seoul("2026-03-02T20:00"), seoul("2026-03-03T00:00"))

    assert planned == [
        (seoul("2026-03-02T22:00"), seoul("2026-03-03T00:00"), "planned_stop"),
    ]


def test_a_planned_stop_without_times_takes_the_whole_production_day() -> None:
    calendar = replace(with_exception(ExceptionKind.STOP, SUN), patterns=())
    start, end = production_day_bounds(calendar, SUN)

    assert planned_between(calendar, start - 1, end + 1) == [(start, end, "planned_stop")]


def test_a_planned_stop_that_ends_before_it_starts_lasts_to_the_end_of_the_day() -> None:
    calendar = replace(
        with_exception(ExceptionKind.STOP, SUN, start=time(14), end=time(10)), patterns=()
    )
    _, end = production_day_bounds(calendar, SUN)

    assert planned_between(calendar, end - 1, end + 1) == [(end - 1, end, "planned_stop")]
