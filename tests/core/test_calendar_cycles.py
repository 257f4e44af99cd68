"""Crews in a cycle, seams between patterns, and what contradicts itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from mes.core.calendar import (
    NO_CREW,
    Break,
    Calendar,
    CalendarException,
    CrewRota,
    Cycle,
    ExceptionKind,
    Shift,
    ShiftPattern,
    shift_at,
    shifts_between,
    shifts_of_day,
)
from mes.core.calendar_checks import CalendarMistake, check_calendar

MON = date(2026, 3, 2)
DAY = Shift(code="D", start=time(8), end=time(20))
NIGHT = Shift(code="N", start=time(20), end=time(8))
CYCLE = Cycle(
    anchor=MON,
    crews=(
        CrewRota(crew="A", shifts=("D", "N", None)),
        CrewRota(crew="B", shifts=("N", None, "D")),
        CrewRota(crew="C", shifts=(None, "D", "N")),
    ),
)


def calendar(cycle: Cycle | None = CYCLE, **changes: object) -> Calendar:
    """Two shifts worked by three crews."""
    pattern = ShiftPattern(valid_from=MON, shifts=(DAY, NIGHT), cycle=cycle)
    made = Calendar(time_zone="Asia/Seoul", day_starts=time(8), patterns=(pattern,))
    return replace(made, **changes)  # type: ignore[arg-type]


def on(days: int) -> date:
    return MON + timedelta(days=days)


def seoul(text: str) -> int:
    return int(datetime.fromisoformat(text + "+09:00").timestamp()) * 1_000_000


def worked(made: Calendar, day: date) -> list[tuple[str, str]]:
    return [(shift.code, shift.crew) for shift in shifts_of_day(made, day)]


def codes(mistakes: list[CalendarMistake]) -> list[tuple[str, str | None, int | None]]:
    return [(one.code, one.crew, one.day) for one in mistakes]


def test_the_crew_is_part_of_the_shift() -> None:
    assert worked(calendar(), on(0)) == [("D", "A"), ("N", "B")]
    assert worked(calendar(), on(1)) == [("D", "C"), ("N", "A")]
    night = shift_at(calendar(), seoul("2026-03-04T03:00"))
    assert night is not None
    assert (night.crew, night.production_day) == ("A", on(1))


def test_a_cycle_goes_on_before_and_after_its_first_day() -> None:
    assert worked(calendar(), on(3000)) == worked(calendar(), on(0))
    assert worked(calendar(), on(-1)) == worked(calendar(), on(2))


def test_a_shift_without_a_cycle_has_the_crew_that_it_names_or_none() -> None:
    pattern = ShiftPattern(valid_from=MON, shifts=(replace(DAY, crew="X"), NIGHT))
    assert worked(calendar(patterns=(pattern,)), MON) == [("D", "X"), ("N", NO_CREW)]


def test_weekdays_without_work_stay_without_work_in_a_cycle() -> None:
    pattern = replace(calendar().patterns[0], days=frozenset(range(5)))
    weekend = calendar(patterns=(pattern,))
    assert worked(weekend, on(5)) == []
    assert worked(weekend, on(7)) == worked(calendar(), on(7))


def test_crews_with_different_numbers_of_days_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="same number of days"):
        Cycle(anchor=MON, crews=(CrewRota(crew="A", shifts=("D",)), CrewRota(crew="B", shifts=())))
    with pytest.raises(ValueError, match="same number of days"):
        Cycle(anchor=MON, crews=())


def test_two_crews_in_one_shift_collide() -> None:
    both = replace(CYCLE, crews=(*CYCLE.crews[:2], CrewRota(crew="C", shifts=("D", "D", "N"))))
    found = check_calendar(calendar(both))
    assert codes(found) == [("crews_collide", "C", 0)]
    assert "A and C both work shift D on day 1" in found[0].message


def test_shifts_of_two_crews_that_overlap_collide() -> None:
    long_day = replace(DAY, end=time(21))
    pattern = replace(calendar().patterns[0], shifts=(long_day, NIGHT))
    found = check_calendar(calendar(patterns=(pattern,)))
    assert {one.code for one in found} == {"crews_collide"}


def test_shifts_that_no_crew_works_on_the_same_day_may_overlap() -> None:
    short = Shift(code="S", start=time(10), end=time(14))
    cycle = Cycle(anchor=MON, crews=(CrewRota(crew="A", shifts=("D", "S")),))
    pattern = ShiftPattern(valid_from=MON, shifts=(DAY, short), cycle=cycle)
    assert check_calendar(calendar(patterns=(pattern,))) == []


def test_the_end_of_a_cycle_meets_its_beginning() -> None:
    early = Shift(code="E", start=time(6), end=time(14), day_offset=0)
    cycle = Cycle(anchor=MON, crews=(CrewRota(crew="A", shifts=("E", None, "N")),))
    pattern = ShiftPattern(valid_from=MON, shifts=(early, NIGHT), cycle=cycle)
    found = check_calendar(calendar(patterns=(pattern,)))
    assert codes(found) == [("crews_collide", "A", 0)]
    assert "at once" in found[0].message


def test_a_shift_that_the_calendar_does_not_have_and_a_crew_twice_are_mistakes() -> None:
    wrong = replace(CYCLE, crews=(*CYCLE.crews[:2], CrewRota(crew="A", shifts=(None, "X", "N"))))
    assert codes(check_calendar(calendar(wrong)))[:2] == [
        ("crew_repeated", "A", None),
        ("shift_unknown", "A", 1),
    ]


def test_a_stop_that_ends_before_it_starts_is_a_mistake() -> None:
    def stop(start: time | None, end: time | None) -> list[str]:
        exception = CalendarException(date=MON, kind=ExceptionKind.STOP, start=start, end=end)
        return [one.code for one in check_calendar(calendar(exceptions=(exception,)))]

    assert stop(time(10), time(9)) == ["end_before_start"]
    assert stop(time(10), time(10)) == ["end_before_start"]
    assert stop(None, time(8)) == ["end_before_start"]
    assert stop(time(22), time(2)) == []
    assert stop(None, time(2)) == stop(time(22), None) == stop(None, None) == []


def test_the_same_overtime_twice_is_a_mistake() -> None:
    extra = Shift(code="OT", start=time(9), end=time(10))
    once = CalendarException(date=MON, kind=ExceptionKind.OVERTIME, shift=extra)
    holiday = CalendarException(date=MON, kind=ExceptionKind.HOLIDAY)
    twice = replace(
        once, shift=replace(extra, start=time(12), end=time(13), breaks=(_pause(time(15)),))
    )
    found = check_calendar(calendar(exceptions=(holiday, once, twice)))
    assert {(one.code, one.date) for one in found} == {
        ("shifts_overlap", MON),
        ("break_outside_shift", MON),
    }


def _pause(start: time) -> Break:
    return Break(start=start, end=time(start.hour, 30), reason="rest")


def test_a_shift_that_began_under_the_old_pattern_ends_before_the_new_one_begins() -> None:
    early = Shift(
        code="E",
        start=time(6),
        end=time(14),
        day_offset=0,
        breaks=(Break(start=time(7), end=time(9), reason="rest"),),
    )
    new = ShiftPattern(valid_from=on(7), shifts=(early,))
    made = calendar(cycle=None, patterns=(calendar(None).patterns[0], new))

    found = shifts_between(made, seoul("2026-03-08T20:00"), seoul("2026-03-10T20:00"))

    assert [(s.code, s.production_day) for s in found] == [("N", on(6)), ("E", on(7)), ("E", on(8))]
    assert found[0].end_us == found[1].start_us == seoul("2026-03-09T08:00")
    assert found[1].breaks == ((seoul("2026-03-09T08:00"), seoul("2026-03-09T09:00"), "rest"),)
    assert found[2].start_us == seoul("2026-03-10T06:00")


def test_a_new_shift_that_the_old_pattern_covers_is_left_out() -> None:
    covered = Shift(code="E", start=time(4), end=time(7), day_offset=0)
    new = ShiftPattern(valid_from=on(7), shifts=(covered,))
    made = calendar(cycle=None, patterns=(calendar(None).patterns[0], new))
    assert [s.code for s in shifts_of_day(made, on(7))] == []
    assert [s.code for s in shifts_of_day(made, on(8))] == ["E"]
