"""The quick way through many readings counts what the slow one counts."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.case_model import Counter, CounterMode, CounterRole, Span
from mes.core.counters import increments
from mes.core.counting import sums_between
from mes.core.flags import Flag

SECOND = 1_000_000


@st.composite
def counters(draw: st.DrawFn) -> Counter:
    readings = draw(st.dictionaries(st.integers(0, 60), st.integers(0, 15), max_size=20))
    return Counter(
        role=CounterRole.TOTAL,
        mode=draw(st.sampled_from(CounterMode)),
        modulus=draw(st.sampled_from([8, 16])),
        max_per_s=draw(st.none() | st.sampled_from([1, 3])),
        readings=tuple((at * SECOND, value) for at, value in sorted(readings.items())),
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(counters(), st.sets(st.integers(1, 60), max_size=6), st.integers(0, 30), st.integers(0, 40))
def test_sums_between_edges_are_the_increments_added_up(
    counter: Counter, inner: set[int], start: int, length: int
) -> None:
    window = Span(start * SECOND, (start + length) * SECOND)
    edges = [window.start, *sorted(at * SECOND for at in inner if at > start)]
    expected: dict[int, tuple[Any, int, set[Flag]]] = {}
    for at, amount, flags in increments(counter):
        if window.start <= at < window.end:
            place = bisect_right(edges, at)
            total, nonzero, raised = expected.get(place, (0, 0, set()))
            expected[place] = (total + amount, nonzero + bool(amount), raised | set(flags))
    found: dict[int, tuple[Any, frozenset[Flag]]] = {
        bisect_right(edges, at): (amount, flags)
        for at, amount, flags in sums_between(counter, edges, window)
    }
    assert found == {
        place: (total if nonzero else None, frozenset(raised))
        for place, (total, nonzero, raised) in expected.items()
    }
