"""What explains a figure adds up to the figure, and names the rule that decided."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings

from mes.core.case import effective_window, parse_case
from mes.core.classes import TimeClass
from mes.core.explain import Explanation, Rule, explain
from mes.core.oee import compute, tally
from tests.core.cases import at
from tests.core.strategies import cases

PROPERTY = settings(max_examples=150, deadline=None, derandomize=True)
CASE: dict[str, Any] = {
    "schema": "oee-case/1",
    "window": [at(0), at(100)],
    "shifts": [[at(5), at(100)]],
    "planned": [[at(40), at(50), "lunch"], [at(60), at(65), "meeting"]],
    "reasons": {"lunch": "break", "die": "setup", "rest": "break"},
    "materials": {"A": {"ideal_cycle_s": "30"}},
    "runs": [{"start": at(0), "end": at(80), "material": "A", "order": "J-1"}],
    "states": [
        [at(0), "running"],
        [at(10), "stopped"],
        [at(13), "running"],
        [at(20), "stopped"],
        [at(30), "stopped", "die"],
        [at(35), "unknown"],
        [at(38), "running"],
        [at(45), "stopped", "rest"],
        [at(55), "waiting"],
        [at(58), "stopped"],
        [at(90), "running"],
    ],
    "quantities": [{"at": at(12), "good": 4, "scrap": 1}, {"at": at(2), "good": 3}],
    "counters": [],
}


def explained(**changes: Any) -> Explanation:
    return explain(parse_case({**CASE, **changes}))


def rule_at(found: Explanation, minute: int) -> tuple[TimeClass, Rule]:
    held = found.interval_at(parse_case({**CASE, "window": [at(minute), at(100)]}).window.start)
    assert held is not None
    return held.time_class, held.rule


@PROPERTY
@given(cases())
def test_intervals_and_contributions_add_up_to_the_tally(data: dict[str, Any]) -> None:
    case = parse_case(data)
    made, kernel = explain(case).tally(), tally(case)
    assert made.window_us == kernel.window_us
    assert made.times_us == kernel.times_us
    assert made.outside_plan_us == kernel.outside_plan_us
    assert made.pieces == kernel.pieces
    assert made.flags == kernel.flags


@PROPERTY
@given(cases())
def test_intervals_are_gapless_and_have_the_classes_of_the_result(data: dict[str, Any]) -> None:
    case = parse_case(data)
    found, window = explain(case).intervals, effective_window(case)
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]
    assert not found or (found[0].start, found[-1].end) == (window.start, window.end)
    times = compute(case).figures.times_us
    for time_class in TimeClass:
        held = sum(one.length_us for one in found if one.time_class is time_class)
        assert held == times[time_class]
    assert all(one.start < one.end for one in found)


@PROPERTY
@given(cases())
def test_what_enters_and_what_is_left_out_are_the_quantities_of_the_result(
    data: dict[str, Any],
) -> None:
    case = parse_case(data)
    figures = compute(case).figures
    found = explain(case).contributions
    assert sum(one.pieces.good for one in found if one.counts) == figures.counted.good
    assert sum(one.pieces.total for one in found if one.counts) == figures.counted.total
    assert sum(one.pieces.total for one in found if not one.counts) == figures.excluded.total
    assert all(one.at <= later.at for one, later in pairwise(found))


def test_each_class_names_the_rule_that_decided() -> None:
    found = explained()
    expected = {
        2: (TimeClass.RUNNING, Rule.RUNNING_ADDS),
        7: (TimeClass.RUNNING, Rule.RUNNING),
        11: (TimeClass.MINOR_STOP, Rule.SHORT_STOP),
        21: (TimeClass.UNPLANNED_STOP, Rule.STATE),
        31: (TimeClass.SETUP, Rule.REASON),
        36: (TimeClass.UNKNOWN, Rule.NOT_KNOWN),
        41: (TimeClass.RUNNING, Rule.RUNNING_ADDS),
        46: (TimeClass.BREAK, Rule.PLANNED_BREAK),
        51: (TimeClass.BREAK, Rule.REASON),
        56: (TimeClass.WAITING, Rule.STATE),
        62: (TimeClass.PLANNED_STOP, Rule.PLANNED_STOP),
        66: (TimeClass.UNPLANNED_STOP, Rule.STATE),
        85: (TimeClass.NO_ORDER, Rule.NO_ORDER),
    }
    assert {minute: rule_at(found, minute) for minute in expected} == expected


def test_running_outside_the_plan_that_a_policy_leaves_out_says_so() -> None:
    found = explained(policy={"running_outside_plan": "excluded"})
    assert rule_at(found, 2) == (TimeClass.NOT_SCHEDULED, Rule.RUNNING_EXCLUDED)
    assert [one.counts for one in found.contributions] == [False, True]


def test_an_interval_names_its_state_change_shift_plan_and_run() -> None:
    found = explained()
    held = found.interval_at(parse_case({**CASE, "window": [at(46), at(100)]}).window.start)
    assert held is not None
    assert held.planned is not None
    assert held.planned.reason == "lunch"
    assert held.run is not None
    assert held.run.order == "J-1"
    assert held.shift is not None
    assert held.state_since == parse_case({**CASE, "window": [at(45), at(100)]}).window.start


def test_a_reading_names_what_the_counter_showed_before_and_after() -> None:
    found = explained(
        quantities=[],
        counters=[
            {
                "role": "total",
                "mode": "resettable",
                "readings": [[at(6), 10], [at(8), 14], [at(9), 3]],
            }
        ],
    )
    shown = [(one.old, one.new, one.pieces.good, one.flags) for one in found.contributions]
    assert [entry[:3] for entry in shown] == [(10, 14, 4), (14, 3, 3)]
    assert [str(flag) for flag in shown[1][3]] == ["counter_reset"]
