"""Stops and the minor-stop limit: whole stops count, wherever they are cut (contract section 1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.cases import at, minutes, result

REASONS = {"lunch": "break", "jam": "unplanned_stop", "die": "setup", "blocked": "waiting"}


def stop(start: float, end: float, *reason: str) -> list[list[object]]:
    return [[at(-600), "running"], [at(start), "stopped", *reason], [at(end), "running"]]


def test_a_stop_of_exactly_the_limit_is_minor() -> None:
    assert minutes(states=stop(10, 15)) == {"running": 55, "minor_stop": 5}


def test_a_stop_one_microsecond_longer_than_the_limit_is_not_minor() -> None:
    states = [*stop(10, 15)[:2], ["2026-03-02T08:15:00.000001+09:00", "running"]]
    times = result(states=states)["times_us"]
    assert times["unplanned_stop"] == 300_000_001
    assert times["minor_stop"] == 0


def test_the_limit_may_be_given() -> None:
    assert minutes(minor_stop_limit_s=60, states=stop(10, 12)) == {
        "running": 58,
        "unplanned_stop": 2,
    }
    assert minutes(minor_stop_limit_s=0, states=stop(10, 10.01)).keys() == {
        "running",
        "unplanned_stop",
    }


def test_a_stop_goes_on_across_changes_of_reason_and_state() -> None:
    states = [
        [at(0), "running"],
        [at(10), "stopped"],
        [at(13), "stopped", "jam"],
        [at(16), "down"],
        [at(17), "off"],
        [at(18), "running"],
    ]
    assert minutes(reasons=REASONS, states=states) == {"running": 52, "unplanned_stop": 8}


def test_a_stop_goes_on_across_a_change_of_run() -> None:
    runs = [{"start": at(0), "end": at(13)}, {"start": at(13), "end": at(60)}]
    assert minutes(runs=runs, states=stop(10, 16)) == {"running": 54, "unplanned_stop": 6}


def test_a_breakdown_goes_on_while_no_run_is_loaded() -> None:
    runs = [{"start": at(0), "end": at(13)}, {"start": at(15), "end": at(60)}]
    states = [[at(0), "running"], [at(10), "down"], [at(16), "running"]]
    assert minutes(runs=runs, states=states) == {"running": 54, "unplanned_stop": 6}


def test_a_stop_goes_on_across_the_edge_of_a_shift() -> None:
    found = minutes(shifts=[[at(0), at(58)]], states=[[at(0), "running"], [at(56), "stopped"]])
    assert found == {"running": 56, "minor_stop": 2, "not_scheduled": 2}
    found = minutes(
        shifts=[[at(0), at(50)]], states=[[at(0), "running"], [at(48), "stopped"]], as_of=at(60)
    )
    assert found == {"running": 48, "unplanned_stop": 2, "not_scheduled": 10}


def test_a_stop_goes_on_between_two_shifts() -> None:
    shifts = [[at(0), at(20)], [at(30), at(60)]]
    found = minutes(shifts=shifts, states=stop(18, 32))
    assert found == {"running": 46, "unplanned_stop": 4, "not_scheduled": 10}


@pytest.mark.parametrize("reason", ["lunch", "meeting"])
def test_a_stop_goes_on_across_planned_time(reason: str) -> None:
    planned = [[at(20), at(40), reason]]
    found = minutes(reasons=REASONS, planned=planned, states=stop(18, 41))
    assert found["unplanned_stop"] == 3
    assert "minor_stop" not in found


def test_a_short_stop_cut_by_a_break_is_minor_in_its_rest() -> None:
    planned = [[at(20), at(40), "lunch"]]
    found = minutes(reasons=REASONS, planned=planned, states=stop(18, 22))
    assert found["minor_stop"] == 2


def test_a_stop_goes_on_across_the_edges_of_the_window() -> None:
    found = minutes(states=[[at(-30), "running"], [at(-4), "stopped"], [at(3), "running"]])
    assert found == {"unplanned_stop": 3, "running": 57}
    found = minutes(states=stop(58, 64), as_of=at(90))
    assert found == {"unplanned_stop": 2, "running": 58}
    found = minutes(states=stop(58, 63), as_of=at(90))
    assert found == {"minor_stop": 2, "running": 58}


def test_an_interval_outside_the_window_lengthens_a_stop() -> None:
    found = minutes(states=stop(0, 3), intervals=[[at(-3), at(0), "down", None]])
    assert found == {"unplanned_stop": 3, "running": 57}


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        (["unknown"], "unknown"),
        (["setup"], "setup"),
        (["waiting"], "waiting"),
        (["running"], "running"),
        (["stopped", "lunch"], "break"),
        (["stopped", "blocked"], "waiting"),
        (["down", "die"], "setup"),
    ],
)
def test_any_other_class_ends_a_stop(between: list[object], expected: str) -> None:
    states = [
        [at(0), "running"],
        [at(10), "stopped"],
        [at(14), *between],
        [at(15), "stopped"],
        [at(19), "running"],
    ]
    found = minutes(reasons=REASONS, states=states)
    assert found["minor_stop"] == 8
    assert found[expected] >= 1


def test_no_order_ends_a_stop() -> None:
    runs = [{"start": at(0), "end": at(14)}, {"start": at(15), "end": at(60)}]
    found = minutes(runs=runs, states=stop(10, 19))
    assert found == {"running": 51, "minor_stop": 8, "no_order": 1}


def test_running_in_a_break_ends_a_stop_too() -> None:
    planned = [[at(20), at(40), "lunch"]]
    states = [*stop(16, 30), [at(35), "stopped"], [at(44), "running"]]
    found = minutes(reasons=REASONS, planned=planned, states=states)
    assert found["unplanned_stop"] == 8
    states = [*stop(18, 22), [at(38), "stopped"], [at(42), "running"]]
    found = minutes(reasons=REASONS, planned=planned, states=states)
    assert found["minor_stop"] == 4


def test_an_interval_can_cut_a_stop_in_two_minor_ones() -> None:
    found = minutes(states=stop(10, 19), intervals=[[at(14), at(15), "running", None]])
    assert found == {"running": 52, "minor_stop": 8}


def open_stop(start: float, **fields: Any) -> dict[str, Any]:
    return result(states=[[at(0), "running"], [at(start), "stopped"]], **fields)


def test_a_stop_still_open_at_as_of_is_classed_by_its_length_so_far_and_flagged() -> None:
    made = open_stop(57)
    assert made["times_us"]["minor_stop"] == 180_000_000
    assert made["flags"] == ["provisional_stop"]


def test_an_open_stop_that_passed_the_limit_is_not_provisional() -> None:
    made = open_stop(50)
    assert made["times_us"]["unplanned_stop"] == 600_000_000
    assert made["flags"] == []


def test_the_flag_is_not_set_where_a_stop_ended_before_as_of() -> None:
    assert result(states=stop(57, 59))["flags"] == []


def test_as_of_inside_the_window_makes_the_stop_of_then_provisional() -> None:
    made = result(states=stop(10, 40), as_of=at(12))
    assert made["flags"] == ["provisional_stop"]
    assert made["times_us"]["minor_stop"] == 120_000_000


def test_an_open_stop_outside_the_window_sets_no_flag() -> None:
    assert result(states=stop(88, 95), as_of=at(90))["flags"] == []


def test_an_open_stop_of_which_only_a_break_lies_in_the_window_sets_no_flag() -> None:
    made = result(
        states=[[at(0), "running"], [at(58), "stopped"]],
        reasons=REASONS,
        planned=[[at(58), at(60), "lunch"]],
    )
    assert made["flags"] == []


def test_an_open_stop_that_reaches_into_the_window_is_provisional_there() -> None:
    made = result(states=[[at(0), "running"], [at(58), "stopped"]], as_of=at(61))
    assert made["flags"] == ["provisional_stop"]
    assert result(states=[[at(0), "running"], [at(58), "stopped"]], as_of=at(64))["flags"] == []


def test_thirty_stops_of_ten_seconds_are_five_minutes() -> None:
    states: list[list[object]] = [[at(0), "running"]]
    for index in range(30):
        states += [[at(index * 2 + 0.5), "stopped"], [at(index * 2 + 0.5 + 1 / 6), "running"]]
    assert minutes(states=states)["minor_stop"] == pytest.approx(5, abs=1e-6)
