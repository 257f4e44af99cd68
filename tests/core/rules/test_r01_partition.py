"""R1: every instant is in exactly one class; overlaps are resolved by precedence, never added."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from mes.core.case import effective_window, parse_case
from mes.core.oee import classify, compute
from tests.core.cases import MINUTE_US, at, case, minutes
from tests.core.strategies import cases


@settings(max_examples=150, deadline=None, derandomize=True)
@given(cases())
def test_the_classes_sum_to_the_window_to_the_microsecond(data: dict[str, Any]) -> None:
    parsed = parse_case(data)
    window, segments = effective_window(parsed), classify(parsed)
    edges = [window.start, *(one.end for one in segments)]
    assert [one.start for one in segments] == edges[:-1]
    assert edges[-1] == window.end
    assert all(one.start < one.end for one in segments)
    assert not any(
        (one.time_class, one.state, one.reason) == (two.time_class, two.state, two.reason)
        and (one.outside_plan, one.stop_start) == (two.outside_plan, two.stop_start)
        for one, two in pairwise(segments)
    )
    times = compute(parsed).figures.times_us
    assert sum(times.values()) == window.end - window.start
    assert min(times.values()) >= 0


def test_two_overlapping_stops_of_ten_minutes_are_not_twenty() -> None:
    stops = [[at(10), at(20), "down", "jam"], [at(15), at(25), "stopped", "tool"]]
    assert minutes(intervals=stops) == {"running": 45, "unplanned_stop": 15}


@pytest.mark.parametrize("turned", [False, True])
def test_where_stated_times_overlap_the_greater_loss_holds_whichever_is_stated_first(
    turned: bool,
) -> None:
    stated = [[at(10), at(30), "running"], [at(15), at(25), "waiting"], [at(20), at(40), "down"]]
    entries = [[*one, None] for one in (stated[::-1] if turned else stated)]
    assert minutes(intervals=entries) == {"running": 35, "waiting": 5, "unplanned_stop": 20}


def test_stops_longer_than_the_window_never_make_negative_running_time() -> None:
    stops = [[at(-60), at(120), "down", reason] for reason in ("a", "b", "c")]
    assert minutes(intervals=stops) == {"unplanned_stop": 60}


def test_a_partition_of_single_microseconds_is_kept() -> None:
    states = [[f"2026-03-02T08:00:00.{n:06d}+09:00", ("running", "down")[n % 2]] for n in range(9)]
    end = "2026-03-02T08:00:00.000009+09:00"
    window = ["2026-03-02T08:00:00+09:00", end]
    made = compute(parse_case(case(window=window, states=states, minor_stop_limit_s=0))).figures
    assert (made.window_us, made.apt_us, made.adet_us) == (9, 5, 4)
    assert MINUTE_US == 60 * 10**6
