"""Time classes: precedence, reasons, orders and intervals (contract section 1)."""

from __future__ import annotations

from typing import Any

import pytest

from mes.core.case import parse_case
from mes.core.classes import CLASS_ORDER, TimeClass
from mes.core.oee import classify
from tests.core.cases import MINUTE_US, at, case, minutes, result

LOADED_NEVER: list[object] = []
REASONS = {
    "lunch": "break",
    "meeting": "planned_stop",
    "die": "setup",
    "jam": "unplanned_stop",
    "blocked": "waiting",
}


def test_the_classes_stand_in_the_order_of_the_contract() -> None:
    assert sorted(CLASS_ORDER, key=CLASS_ORDER.__getitem__) == [
        TimeClass.NOT_SCHEDULED,
        TimeClass.BREAK,
        TimeClass.PLANNED_STOP,
        TimeClass.UNKNOWN,
        TimeClass.UNPLANNED_STOP,
        TimeClass.MINOR_STOP,
        TimeClass.SETUP,
        TimeClass.WAITING,
        TimeClass.NO_ORDER,
        TimeClass.RUNNING,
    ]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("running", "running"),
        ("stopped", "unplanned_stop"),
        ("down", "unplanned_stop"),
        ("off", "unplanned_stop"),
        ("setup", "setup"),
        ("waiting", "waiting"),
        ("unknown", "unknown"),
    ],
)
@pytest.mark.parametrize("reason", [[], [None], ["never heard of"]])
def test_without_a_listed_reason_the_state_decides(
    state: str, expected: str, reason: list[object]
) -> None:
    assert minutes(reasons=REASONS, states=[[at(0), state, *reason]]) == {expected: 60}


@pytest.mark.parametrize("state", ["stopped", "down", "off", "setup", "waiting"])
@pytest.mark.parametrize("reason", list(REASONS))
def test_the_class_of_the_reason_wins_over_the_state(state: str, reason: str) -> None:
    assert minutes(reasons=REASONS, states=[[at(0), state, reason]]) == {REASONS[reason]: 60}


@pytest.mark.parametrize("state", ["running", "unknown"])
@pytest.mark.parametrize("reason", list(REASONS))
def test_reasons_of_running_and_unknown_are_ignored(state: str, reason: str) -> None:
    assert minutes(reasons=REASONS, states=[[at(0), state, reason]]) == {state: 60}
    stated = [[at(0), at(60), state, reason]]
    assert minutes(reasons=REASONS, intervals=stated) == {state: 60}


def test_before_the_first_state_it_is_unknown() -> None:
    assert minutes(states=[[at(20), "running"]]) == {"unknown": 20, "running": 40}
    assert minutes(states=[]) == {"unknown": 60}


def test_each_state_holds_until_the_next() -> None:
    states = [[at(0), "running"], [at(10), "setup"], [at(25), "waiting"]]
    assert minutes(states=states) == {"running": 10, "setup": 15, "waiting": 35}


def test_a_state_before_the_window_holds_at_its_start() -> None:
    assert minutes(states=[[at(-300), "setup"]]) == {"setup": 60}


def test_a_state_at_the_end_of_the_window_belongs_to_the_next() -> None:
    assert minutes(states=[[at(0), "running"], [at(60), "down"]]) == {"running": 60}


@pytest.mark.parametrize("state", ["stopped", "off", "waiting"])
@pytest.mark.parametrize("reason", [[], ["never heard of"]])
def test_while_no_run_is_loaded_silence_is_no_order(state: str, reason: list[object]) -> None:
    states = [[at(0), state, *reason]]
    assert minutes(runs=LOADED_NEVER, reasons=REASONS, states=states) == {"no_order": 60}


@pytest.mark.parametrize(
    ("state", "expected"),
    [("down", "unplanned_stop"), ("setup", "setup"), ("running", "running")],
)
def test_while_no_run_is_loaded_down_setup_and_running_keep_their_class(
    state: str, expected: str
) -> None:
    assert minutes(runs=LOADED_NEVER, states=[[at(0), state]]) == {expected: 60}


@pytest.mark.parametrize("state", ["stopped", "off", "waiting"])
@pytest.mark.parametrize("reason", list(REASONS))
def test_while_no_run_is_loaded_a_listed_reason_keeps_its_class(state: str, reason: str) -> None:
    states = [[at(0), state, reason]]
    expected = {REASONS[reason]: 60}
    assert minutes(runs=LOADED_NEVER, reasons=REASONS, states=states) == expected


def test_no_order_holds_exactly_between_runs() -> None:
    runs = [{"start": at(10), "end": at(20)}, {"start": at(30), "end": at(40)}]
    states = [[at(0), "waiting"]]
    assert minutes(runs=runs, states=states) == {"no_order": 40, "waiting": 20}


def test_an_entry_of_planned_is_a_break_when_its_reason_is_one() -> None:
    planned = [[at(10), at(20), "lunch"]]
    states = [[at(0), "stopped", "jam"]]
    found = minutes(reasons=REASONS, planned=planned, states=states)
    assert found == {"break": 10, "unplanned_stop": 50}


@pytest.mark.parametrize("reason", ["meeting", "jam", "die", "blocked", "not listed", None])
def test_any_other_entry_of_planned_is_a_planned_stop(reason: str | None) -> None:
    planned = [[at(10), at(20), reason]]
    states = [[at(0), "stopped", "jam"]]
    found = minutes(reasons=REASONS, planned=planned, states=states)
    assert found == {"planned_stop": 10, "unplanned_stop": 50}


def test_a_break_wins_over_a_planned_stop_and_no_shift_over_both() -> None:
    found = minutes(
        reasons=REASONS,
        shifts=[[at(0), at(40)]],
        planned=[[at(10), at(50), "meeting"], [at(20), at(60), "lunch"]],
        states=[[at(0), "stopped"]],
    )
    assert found == {"unplanned_stop": 10, "planned_stop": 10, "break": 20, "not_scheduled": 20}


def test_a_stop_with_a_break_reason_in_a_planned_stop_is_a_break() -> None:
    found = minutes(
        reasons=REASONS,
        planned=[[at(0), at(60), "meeting"]],
        states=[[at(0), "stopped", "lunch"]],
    )
    assert found == {"break": 60}


def test_unknown_time_in_a_break_is_break() -> None:
    found = minutes(reasons=REASONS, planned=[[at(0), at(15), "lunch"]], states=[])
    assert found == {"break": 15, "unknown": 45}


def test_shifts_may_overlap_and_lie_outside_the_window() -> None:
    shifts = [[at(-100), at(20)], [at(10), at(30)], [at(50), at(500)], [at(40), at(40)]]
    states = [[at(0), "setup"]]
    assert minutes(shifts=shifts, states=states) == {"setup": 40, "not_scheduled": 20}


@pytest.mark.parametrize("below", ["running", "unknown", "down", "setup"])
def test_an_interval_replaces_the_states_below_it_whatever_they_are(below: str) -> None:
    intervals = [[at(0), at(60), "waiting", None]]
    assert minutes(states=[[at(0), below]], intervals=intervals) == {"waiting": 60}


def test_an_interval_may_say_running_where_the_signal_said_stopped() -> None:
    found = minutes(states=[[at(0), "down"]], intervals=[[at(10), at(20), "running", None]])
    assert found == {"unplanned_stop": 50, "running": 10}


def test_the_state_below_holds_again_after_an_interval() -> None:
    states = [[at(0), "running"], [at(15), "setup"]]
    intervals = [[at(10), at(20), "waiting", None]]
    found = minutes(states=states, intervals=intervals)
    assert found == {"running": 10, "waiting": 10, "setup": 40}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (["running"], ["stopped"], "unplanned_stop"),
        (["running"], ["setup"], "setup"),
        (["setup"], ["down"], "unplanned_stop"),
        (["waiting"], ["setup"], "setup"),
        (["unknown"], ["down"], "unknown"),
        (["unknown"], ["stopped", "meeting"], "planned_stop"),
        (["stopped", "meeting"], ["stopped", "lunch"], "break"),
        (["waiting"], ["running"], "waiting"),
    ],
)
def test_among_overlapping_intervals_the_class_order_decides(
    one: list[object], other: list[object], expected: str
) -> None:
    for first, second in ((one, other), (other, one)):
        intervals = [[at(0), at(40), *first], [at(0), at(40), *second]]
        found = minutes(reasons=REASONS, states=[[at(0), "off"]], intervals=intervals)
        assert (
            found == {expected: 40, "unplanned_stop": 20}
            if expected != ("unplanned_stop")
            else {"unplanned_stop": 60}
        )


def test_many_overlapping_intervals_never_add_up() -> None:
    intervals = [[at(start), at(start + 30), "down", None] for start in range(0, 30, 3)]
    assert minutes(intervals=intervals) == {"unplanned_stop": 57, "running": 3}


def test_without_an_order_an_overlapping_interval_ranks_as_no_order() -> None:
    intervals = [[at(0), at(60), "stopped", None], [at(0), at(60), "setup", None]]
    assert minutes(runs=LOADED_NEVER, intervals=intervals) == {"setup": 60}
    intervals = [[at(0), at(60), "stopped", None], [at(0), at(60), "running", None]]
    assert minutes(runs=LOADED_NEVER, intervals=intervals) == {"no_order": 60}


def test_an_interval_with_a_break_reason_over_running_is_no_running_in_a_break() -> None:
    found = minutes(reasons=REASONS, intervals=[[at(0), at(20), "stopped", "lunch"]])
    assert found == {"break": 20, "running": 40}


def test_times_are_whole_microseconds_that_sum_to_the_window() -> None:
    states = [["2026-03-02T08:00:00.000001+09:00", "running"], [at(1 / 3), "down"]]
    times = result(states=states)["times_us"]
    window = times.pop("window")
    assert all(isinstance(us, int) for us in times.values())
    assert sum(times.values()) == window == 60 * MINUTE_US
    assert times["unknown"] == 1


def pieces_of_time(**fields: Any) -> list[tuple[float, float, str, str, str | None]]:
    segments = classify(parse_case(case(**fields)))
    start = segments[0].start
    return [
        (
            (one.start - start) / MINUTE_US,
            (one.end - start) / MINUTE_US,
            str(one.time_class),
            str(one.state),
            one.reason,
        )
        for one in segments
    ]


def test_classify_gives_the_partition_in_order_with_state_and_reason() -> None:
    found = pieces_of_time(
        reasons=REASONS,
        planned=[[at(30), at(40), "lunch"]],
        states=[
            [at(0), "running"],
            [at(10), "stopped", "jam"],
            [at(12), "running"],
            [at(25), "down"],
        ],
    )
    assert found == [
        (0, 10, "running", "running", None),
        (10, 12, "minor_stop", "stopped", "jam"),
        (12, 25, "running", "running", None),
        (25, 30, "unplanned_stop", "down", None),
        (30, 40, "break", "down", None),
        (40, 60, "unplanned_stop", "down", None),
    ]


def test_classify_joins_neighbours_that_say_the_same() -> None:
    states = [[at(0), "running"], [at(10), "running"], [at(20), "running"]]
    runs = [{"start": at(5), "end": at(15)}]
    assert pieces_of_time(states=states, runs=runs) == [(0, 60, "running", "running", None)]


def test_classify_tells_the_whole_stop_that_a_segment_belongs_to() -> None:
    parsed = parse_case(case(states=[[at(-10), "down"], [at(5), "running"]]))
    first, last = classify(parsed)
    assert (first.stop_start, first.stop_end) == (
        parsed.window.start - 10 * MINUTE_US,
        parsed.window.start + 5 * MINUTE_US,
    )
    assert (last.stop_start, last.stop_end) == (None, None)
