"""Calendars in the nights in which the clocks change, and in a zone where they never do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mes.core.calendar import (
    Break,
    Calendar,
    Shift,
    ShiftPattern,
    local_us,
    production_day_bounds,
    production_day_of,
    shift_at,
    shifts_between,
    shifts_of_day,
)

HOUR_US = 3_600_000_000
SPRING, AUTUMN = date(2026, 3, 28), date(2026, 10, 24)
"""Production days whose night shift holds the change of the clocks in Berlin."""

NIGHT = Shift(
    code="N",
    start=time(22),
    end=time(6),
    breaks=(Break(start=time(2), end=time(3), reason="meal"),),
)
SHIFTS = (
    Shift(code="E", start=time(6), end=time(14)),
    Shift(code="L", start=time(14), end=time(22)),
    NIGHT,
)
BERLIN = Calendar(
    time_zone="Europe/Berlin",
    day_starts=time(6),
    patterns=(ShiftPattern(valid_from=date(2026, 1, 1), shifts=SHIFTS),),
)
SEOUL = replace(BERLIN, time_zone="Asia/Seoul")


def utc(text: str) -> int:
    """Microseconds of a UTC time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def lengths(calendar: Calendar, day: date) -> list[int]:
    """Length of each shift of a production day in microseconds."""
    return [s.end_us - s.start_us for s in shifts_of_day(calendar, day)]


def test_the_night_in_spring_has_seven_hours() -> None:
    assert lengths(BERLIN, SPRING) == [8 * HOUR_US, 8 * HOUR_US, 7 * HOUR_US]


def test_the_night_in_autumn_has_nine_hours() -> None:
    assert lengths(BERLIN, AUTUMN) == [8 * HOUR_US, 8 * HOUR_US, 9 * HOUR_US]


def test_in_seoul_every_night_has_eight_hours() -> None:
    assert lengths(SEOUL, SPRING) == lengths(SEOUL, AUTUMN) == [8 * HOUR_US] * 3


def test_the_production_days_of_the_changes_have_23_and_25_hours() -> None:
    spring = production_day_bounds(BERLIN, SPRING)
    autumn = production_day_bounds(BERLIN, AUTUMN)

    assert spring[1] - spring[0] == 23 * HOUR_US
    assert autumn[1] - autumn[0] == 25 * HOUR_US


def test_a_break_in_the_skipped_hour_does_not_exist() -> None:
    assert [s.breaks for s in shifts_of_day(BERLIN, SPRING)] == [(), (), ()]


def test_a_break_over_the_hour_that_comes_twice_lasts_two_hours() -> None:
    night = shifts_of_day(BERLIN, AUTUMN)[2]

    assert night.breaks == ((utc("2026-10-25T00:00"), utc("2026-10-25T02:00"), "meal"),)


def test_both_passes_of_the_repeated_hour_belong_to_the_night_shift() -> None:
    first = shift_at(BERLIN, utc("2026-10-25T00:30"))
    second = shift_at(BERLIN, utc("2026-10-25T01:30"))

    assert first == second == shifts_of_day(BERLIN, AUTUMN)[2]


def test_a_skipped_wall_time_means_the_instant_of_the_change() -> None:
    change = utc("2026-03-29T01:00")
    day = date(2026, 3, 29)

    skipped = [local_us("Europe/Berlin", day, time(2, minute)) for minute in (0, 1, 30, 59)]

    assert skipped == [change] * 4
    assert local_us("Europe/Berlin", day, time(3)) == change
    assert local_us("Europe/Berlin", day, time(1, 59)) == change - 60_000_000


def test_a_repeated_wall_time_means_the_first_pass() -> None:
    at = local_us("Europe/Berlin", date(2026, 10, 25), time(2, 30))

    assert at == utc("2026-10-25T00:30")


@given(
    st.sampled_from(["Europe/Berlin", "Asia/Seoul", "America/St_Johns", "Australia/Lord_Howe"]),
    st.dates(date(2024, 1, 1), date(2028, 12, 31)),
)
def test_shifts_of_any_week_follow_one_another_without_hole_or_overlap(
    zone: str, day: date
) -> None:
    calendar = replace(BERLIN, time_zone=zone)
    start, _ = production_day_bounds(calendar, day)
    _, end = production_day_bounds(calendar, day + timedelta(days=6))

    shifts = shifts_between(calendar, start, end)

    assert (shifts[0].start_us, shifts[-1].end_us) == (start, end)
    assert all(before.end_us == after.start_us for before, after in pairwise(shifts))
    assert {s.production_day for s in shifts} == {day + timedelta(days=n) for n in range(7)}


@given(st.integers(utc("2024-01-01T00:00"), utc("2028-12-31T00:00")))
def test_every_instant_lies_in_the_bounds_of_its_production_day(at: int) -> None:
    start, end = production_day_bounds(BERLIN, production_day_of(BERLIN, at))

    assert start <= at < end


@given(st.integers(0, 24 * 60 - 2), st.sampled_from([date(2026, 3, 29), date(2026, 10, 25)]))
def test_wall_order_is_time_order_on_the_days_of_the_change(minute: int, day: date) -> None:
    def at(minutes: int) -> int:
        return local_us("Europe/Berlin", day, time(minutes // 60, minutes % 60))

    assert at(minute) <= at(minute + 1)
