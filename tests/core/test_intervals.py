"""Arithmetic of half-open stretches."""

from __future__ import annotations

from mes.core.intervals import Cursor, cuts, union


def test_a_union_joins_what_overlaps_or_touches_and_drops_what_is_empty() -> None:
    assert union([(5, 9), (0, 3), (3, 4), (7, 8), (20, 20), (12, 15)]) == [(0, 4), (5, 9), (12, 15)]


def test_cuts_are_the_ends_inside_a_span_and_its_own_ends() -> None:
    assert cuts([(-5, 3), (3, 8), (8, 99)], 0, 10) == [0, 3, 8, 10]


def test_a_cursor_takes_starts_and_leaves_ends_out() -> None:
    cursor = Cursor([(0, 4), (6, 8)])
    assert [cursor.covers(instant) for instant in range(-1, 10)] == [
        *[False, True, True, True, True],
        *[False, False, True, True, False, False],
    ]
