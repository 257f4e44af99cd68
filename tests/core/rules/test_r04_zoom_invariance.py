"""R4: any tiling of a range gives the same totals, and so the same figures, as the whole."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.case import Span, parse_case
from mes.core.oee import compute, result_of, sum_of, tally
from tests.core.cases import MINUTE_US, at, case
from tests.core.strategies import cases


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    cases(),
    st.lists(
        st.integers(0, 30 * MINUTE_US) | st.integers(0, 30).map(lambda minute: minute * MINUTE_US),
        max_size=8,
    ),
)
def test_any_tiling_gives_the_totals_and_the_result_of_the_whole(
    data: dict[str, Any], cuts: list[int]
) -> None:
    whole = parse_case(data)
    start, end = whole.window.start, whole.window.end
    edges = [start, *sorted({start + cut for cut in cuts if 0 < cut < end - start}), end]
    tiles = [replace(whole, window=Span(*edge)) for edge in pairwise(edges)]
    total = sum_of(tally(tile) for tile in tiles)
    assert total == tally(whole)
    assert result_of(total, whole.policy).to_json() == compute(whole).to_json()


def test_an_hour_seen_in_seconds_is_the_hour() -> None:
    states = [
        [at(minute / 7), ("running", "stopped", "setup")[minute % 3]] for minute in range(400)
    ]
    pieces = [{"at": at(minute / 3), "good": 1} for minute in range(180)]
    whole = parse_case(case(states=states, quantities=pieces))
    start = whole.window.start
    tiles = [
        replace(whole, window=Span(start + second * 10**6, start + (second + 9) * 10**6))
        for second in range(0, 3600, 9)
    ]
    assert sum_of(map(tally, tiles)) == tally(whole)
