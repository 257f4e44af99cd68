"""The expected end of work: planned time only, at the pace of the shift."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from mes.core.expected_end import SETTLED_US, end_of_work, slowness, working_time

STRETCHES = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 60)).map(lambda p: (p[0], p[0] + p[1])),
    max_size=8,
)


def test_a_break_pushes_the_end_back_by_its_length() -> None:
    working = list(working_time([(0, 480)], [(240, 300)], 200, 480))
    assert working == [(200, 240), (300, 480)]
    assert end_of_work(100, working) == 360


def test_work_that_does_not_fit_into_the_shift_goes_on_in_the_next_one() -> None:
    working = list(working_time([(0, 480), (1440, 1920)], [], 400, 2000))
    assert end_of_work(100, working) == 1460


def test_work_that_ends_with_the_shift_does_not_wait_for_the_next() -> None:
    assert end_of_work(80, working_time([(0, 480), (1440, 1920)], [], 400, 2000)) == 480


def test_more_work_than_planned_time_has_no_end() -> None:
    assert end_of_work(81, working_time([(0, 480)], [], 400, 2000)) is None


def test_a_part_of_a_microsecond_counts_as_a_whole_one() -> None:
    assert end_of_work(Fraction(21, 2), [(0, 100)]) == 11


def test_the_pace_is_the_oee_once_the_shift_has_settled() -> None:
    assert slowness(Fraction(1, 2), SETTLED_US) == 2
    assert slowness(Fraction(1, 2), SETTLED_US - 1) == 1
    assert slowness(Fraction(0), SETTLED_US) is None
    assert slowness(None, SETTLED_US) is None


@given(STRETCHES, STRETCHES, st.integers(0, 350), st.integers(0, 350))
def test_working_time_is_every_instant_of_a_shift_that_is_not_off(
    shifts: list[tuple[int, int]], off: list[tuple[int, int]], start: int, end: int
) -> None:
    def within(stretches: list[tuple[int, int]], at: int) -> bool:
        return any(first <= at < last for first, last in stretches)

    working = list(working_time(shifts, off, start, end))
    for at in range(-1, 360):
        wanted = start <= at < end and within(shifts, at) and not within(off, at)
        assert within(working, at) is wanted
    assert working == sorted(working)


@given(STRETCHES, STRETCHES, st.integers(0, 200))
def test_exactly_the_needed_time_lies_before_the_end(
    shifts: list[tuple[int, int]], off: list[tuple[int, int]], work: int
) -> None:
    working = list(working_time(shifts, off, 0, 400))
    end = end_of_work(work, working)
    total = sum(last - first for first, last in working)
    if end is None:
        assert work > total or not working
        return
    assert sum(max(0, min(end, last) - first) for first, last in working) == work
