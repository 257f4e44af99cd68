"""R32: MTBF counts stops whose reason is a failure; operating time is without delays and plans."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.case import Span, parse_case
from mes.core.oee import sum_of, tally
from mes.core.tally import Failures
from tests.core import oracle
from tests.core.cases import MINUTE_US, at, case, mistake, result
from tests.core.oracle import Mess
from tests.core.strategies import cases, messes, to_case, working_messes

REASONS = {"motor": "unplanned_stop", "jam": "unplanned_stop", "die": "setup", "lunch": "break"}
DAY: dict[str, Any] = {
    "reasons": REASONS,
    "failures": ["motor"],
    "states": [
        [at(0), "setup", "die"],
        [at(6), "running"],
        [at(12), "down", "motor"],
        [at(24), "running"],
        [at(30), "stopped", "jam"],
        [at(36), "waiting"],
        [at(42), "running"],
        [at(48), "down", "motor"],
    ],
}
"""Setup 6, running 18, motor 12 and 12 (still open), jam 6, waiting 6 minutes."""


def failures(**fields: Any) -> tuple[int, int, float]:
    found = tally(parse_case(case(**fields))).failures
    assert found is not None
    return found.count, found.restored, found.us / MINUTE_US


def test_only_stops_whose_reason_is_a_failure_count() -> None:
    assert failures(**DAY) == (2, 1, 24)
    assert failures(**{**DAY, "failures": ["motor", "jam"]}) == (3, 2, 30)
    assert failures(**{**DAY, "failures": []}) == (0, 0, 0)


def test_the_means_divide_operation_and_repair_by_what_was_observed() -> None:
    kpis = result(**DAY)["kpis"]
    assert kpis["mtbf_h"] == (6 + 18) / 60 / 2
    assert kpis["mttf_h"] == 18 / 60 / 2
    assert kpis["mttr_h"] == 24 / 60 / 1


def test_a_plant_may_divide_by_one_more() -> None:
    kpis = result(**DAY, policy={"failure_divisor": "failures_plus_1"})["kpis"]
    assert (kpis["mtbf_h"], kpis["mttr_h"]) == (24 / 60 / 3, 24 / 60 / 2)


def test_without_the_flag_nothing_is_known_and_nothing_is_claimed() -> None:
    silent = {key: value for key, value in DAY.items() if key != "failures"}
    made = result(**silent)
    assert {key: made["causes"][key] for key in ("mtbf_h", "mttf_h", "mttr_h")} == dict.fromkeys(
        ("mtbf_h", "mttf_h", "mttr_h"), "failures_unknown"
    )


def test_a_failure_goes_on_across_reasons_and_breaks_and_its_break_is_no_repair_time() -> None:
    fields: dict[str, Any] = {
        "reasons": {**REASONS, "spindle": "unplanned_stop"},
        "failures": ["motor", "spindle"],
        "planned": [[at(20), at(30), "lunch"]],
        "states": [
            [at(0), "running"],
            [at(10), "down", "motor"],
            [at(25), "stopped", "spindle"],
            [at(40), "running"],
        ],
    }
    assert failures(**fields) == (1, 1, 20)


def test_a_failure_counts_where_it_begins_and_its_restoration_where_it_ends() -> None:
    windows = [[at(0), at(12)], [at(12), at(24)], [at(24), at(60)]]
    found = [failures(**DAY, window=window, as_of=at(60)) for window in windows]
    assert found == [(0, 0, 0), (1, 0, 12), (1, 1, 12)]


def test_a_minor_stop_may_be_a_failure() -> None:
    states = [[at(0), "running"], [at(10), "down", "motor"], [at(11), "running"]]
    assert failures(**{**DAY, "states": states}) == (1, 1, 1)


@pytest.mark.parametrize("wrong", ["unlisted", "die", "lunch"])
def test_a_failure_is_a_listed_reason_of_an_unplanned_stop(wrong: str) -> None:
    found = mistake(reasons=REASONS, failures=["motor", wrong])
    assert found.field == "failures[1]"
    assert "is not a listed reason of class unplanned_stop" in found.reason


@settings(max_examples=150, deadline=None, derandomize=True)
@given(messes() | working_messes())
def test_failures_are_what_a_minute_by_minute_reading_says(mess: Mess) -> None:
    lowest = -12

    def failing(minute: int) -> bool:
        return lowest <= minute < mess.as_of and oracle.fails(mess, minute, "jam")

    inside = list(mess.minutes)
    begun = sum(failing(minute) and not failing(minute - 1) for minute in inside)
    ended = sum(failing(minute - 1) and not failing(minute) for minute in inside)
    repair = sum(
        failing(minute)
        and oracle.final_class(mess, minute, lowest)[0] in ("unplanned_stop", "minor_stop")
        for minute in inside
    )
    expected = Failures(count=begun, restored=ended, us=repair * MINUTE_US)
    assert tally(parse_case(to_case(mess))).failures == expected


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases(), st.lists(st.integers(1, 29), max_size=5))
def test_failures_of_tiles_add_up(data: dict[str, Any], cuts: list[int]) -> None:
    whole = parse_case(data)
    start, end = whole.window.start, whole.window.end
    inner = {start + cut * MINUTE_US for cut in cuts}
    edges = [start, *sorted(at for at in inner if at < end), end]
    tiles = [replace(whole, window=Span(*edge)) for edge in pairwise(edges)]
    assert sum_of(map(tally, tiles)).failures == tally(whole).failures
