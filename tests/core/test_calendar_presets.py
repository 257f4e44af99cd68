"""The five patterns by name, against rosters of 28 days written by hand."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise
from typing import Any

import pytest

from mes.core.calendar import Calendar, shifts_of_day
from mes.core.calendar_checks import check_calendar
from mes.core.calendar_presets import PRESETS, preset_pattern

MONDAY = date(2026, 11, 2)
ROSTERS = {
    "day-shift": {"A": "DDDDD..DDDDD..DDDDD..DDDDD.."},
    "2-crew-2-shift": {
        "A": "DDDDD..NNNNN..DDDDD..NNNNN..",
        "B": "NNNNN..DDDDD..NNNNN..DDDDD..",
    },
    "3-crew-2-shift": {
        "A": "DDDNNN...DDDNNN...DDDNNN...D",
        "B": "NNN...DDDNNN...DDDNNN...DDDN",
        "C": "...DDDNNN...DDDNNN...DDDNNN.",
    },
    "4-crew-2-shift": {
        "A": "DDNN....DDNN....DDNN....DDNN",
        "B": "NN....DDNN....DDNN....DDNN..",
        "C": "....DDNN....DDNN....DDNN....",
        "D": "..DDNN....DDNN....DDNN....DD",
    },
    "4-crew-3-shift": {
        "A": "MMEENN..MMEENN..MMEENN..MMEE",
        "B": "EENN..MMEENN..MMEENN..MMEENN",
        "C": "NN..MMEENN..MMEENN..MMEENN..",
        "D": "..MMEENN..MMEENN..MMEENN..MM",
    },
}


def calendar(name: str, day_starts: time = time(8), **choices: Any) -> Calendar:
    """A calendar of one preset that begins on a Monday."""
    pattern = preset_pattern(PRESETS[name], anchor=MONDAY, **choices)
    return Calendar(time_zone="Asia/Seoul", day_starts=day_starts, patterns=(pattern,))


def roster(made: Calendar, crew: str, days: int = 28) -> str:
    """What a crew works on each of the days, a point where it is off."""
    found = []
    for number in range(days):
        shifts = shifts_of_day(made, MONDAY + timedelta(days=number))
        found.append("".join(s.code for s in shifts if s.crew == crew) or ".")
    return "".join(found)


@pytest.mark.parametrize("name", ROSTERS)
def test_a_preset_gives_the_roster_that_was_written_by_hand(name: str) -> None:
    assert set(ROSTERS) == set(PRESETS)
    made = calendar(name)
    crews = [rota.crew for rota in made.patterns[0].cycle.crews] if made.patterns[0].cycle else []
    assert crews == list(ROSTERS[name])
    assert {crew: roster(made, crew) for crew in crews} == ROSTERS[name]


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("day_starts", [time(0), time(6), time(7), time(8)])
def test_a_preset_has_no_mistake_whatever_the_boundary_of_the_day(
    name: str, day_starts: time
) -> None:
    assert check_calendar(calendar(name, day_starts)) == []


@pytest.mark.parametrize("name", ["3-crew-2-shift", "4-crew-2-shift", "4-crew-3-shift"])
def test_round_the_clock_patterns_leave_no_hole_and_have_one_crew_at_a_time(name: str) -> None:
    made = calendar(name)
    shifts = [s for n in range(28) for s in shifts_of_day(made, MONDAY + timedelta(days=n))]
    joints = pairwise(shifts)
    assert all(before.end_us == after.start_us for before, after in joints)


def test_each_crew_of_the_four_works_as_much_as_the_others() -> None:
    made = calendar("4-crew-3-shift")
    worked = {len(roster(made, crew, 24).replace(".", "")) for crew in "ABCD"}
    assert worked == {18}


def test_days_in_a_row_make_a_longer_cycle() -> None:
    made = calendar("4-crew-3-shift", consecutive_days=5)
    assert roster(made, "A", 20) == "MMMMMEEEEENNNNN....."
    assert roster(made, "D", 20) == ".....MMMMMEEEEENNNNN"


def test_breaks_move_with_the_start_of_the_first_shift() -> None:
    early = shifts_of_day(calendar("2-crew-2-shift", start=time(7)), MONDAY)
    usual = shifts_of_day(calendar("2-crew-2-shift"), MONDAY)
    hour = 3_600_000_000
    moved = [(b - hour, e - hour, reason) for b, e, reason in usual[0].breaks]
    assert list(early[0].breaks) == moved


def test_a_shift_that_begins_after_midnight_belongs_to_the_day_of_the_first() -> None:
    made = calendar("4-crew-3-shift", start=time(20))
    shifts = shifts_of_day(made, MONDAY)
    assert [s.code for s in shifts] == ["M", "E", "N"]
    assert shifts[0].end_us == shifts[1].start_us
    assert check_calendar(made) == []


@pytest.mark.parametrize(
    "choices",
    [
        {"crews": ["A", "B"]},
        {"crews": ["A", "A", "B"]},
        {"consecutive_days": 0},
        {"consecutive_days": 29},
    ],
)
def test_crews_and_days_that_do_not_fit_are_refused(choices: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"crews|consecutive"):
        calendar("3-crew-2-shift", **choices)
