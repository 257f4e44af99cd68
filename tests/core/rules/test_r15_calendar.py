"""R15: calendars are local wall time of a zone; a shift belongs to the date it starts on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from mes.core.calendar import (
    Calendar,
    CalendarException,
    ExceptionKind,
    Shift,
    ShiftPattern,
    production_day_of,
    shift_at,
    shifts_of_day,
)
from mes.core.case import parse_case
from mes.core.instants import format_instant
from mes.core.oee import compute

HOUR_US = 3_600_000_000
NIGHT = Shift(code="N", start=time(22), end=time(6))
BERLIN = Calendar(
    time_zone="Europe/Berlin",
    day_starts=time(6),
    patterns=(ShiftPattern(valid_from=date(2026, 1, 1), shifts=(NIGHT,)),),
)
SPRING, AUTUMN, SUMMER = date(2026, 3, 28), date(2026, 10, 24), date(2026, 7, 1)


def planned_hours(day: date) -> float:
    """Planned operation time of the kernel for the shifts of a production day."""
    shifts = [
        [format_instant(one.start_us), format_instant(one.end_us)]
        for one in shifts_of_day(BERLIN, day)
    ]
    window = [f"{day}T00:00:00Z", f"{day.replace(day=day.day + 1)}T23:00:00Z"]
    data = {"schema": "oee-case/1", "window": window, "shifts": shifts, "states": []}
    return compute(parse_case(data)).figures.pot_us / HOUR_US


def test_the_night_shift_has_seven_hours_in_spring_and_nine_in_autumn() -> None:
    assert [planned_hours(day) for day in (SPRING, SUMMER, AUTUMN)] == [7, 8, 9]


def test_a_shift_belongs_to_the_date_on_which_it_starts() -> None:
    after_midnight = int(datetime(2026, 7, 2, 1, tzinfo=UTC).timestamp()) * 1_000_000
    found = shift_at(BERLIN, after_midnight)
    assert found is not None
    assert found.production_day == production_day_of(BERLIN, after_midnight) == SUMMER


def test_an_exception_beats_the_pattern() -> None:
    holiday = CalendarException(date=SUMMER, kind=ExceptionKind.HOLIDAY)
    closed = Calendar(
        time_zone=BERLIN.time_zone,
        day_starts=BERLIN.day_starts,
        patterns=BERLIN.patterns,
        exceptions=(holiday,),
    )
    assert shifts_of_day(BERLIN, SUMMER) != []
    assert shifts_of_day(closed, SUMMER) == []
