"""Cells and slots: a value holds until the next; every slot equals what a slow count gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mes.core.case_model import Span
from mes.core.sample_cells import Cell, cells_of, joined, slots_of
from mes.core.sample_minutes import MINUTE_US, packed_minutes, unpacked_minutes
from mes.core.sample_values import HOUR_US, Value

S = 1_000_000
SPAN = Span(HOUR_US, 2 * HOUR_US)
readings = st.lists(
    st.tuples(st.integers(0, 3599), st.none() | st.integers(-50, 50)),
    max_size=40,
    unique_by=lambda one: one[0],
)
stretches = st.lists(st.tuples(st.integers(0, 3599), st.integers(1, 900)), max_size=3)


def values_of(drawn: list[tuple[int, int | None]]) -> list[Value]:
    return [
        Value(SPAN.start + at * S, None if n is None else float(n), None, 2 if n is None else 0)
        for at, n in sorted(drawn)
    ]


def known_at(values: list[Value], held: float | None, holes: list[Span]) -> list[float | None]:
    """The value of each second, None where it is not known; a hole ends what held before it."""
    told: list[float | None] = []
    by_second = {value.at: value.good for value in values}
    holding = held
    for at in range(SPAN.start, SPAN.end, S):
        if at in by_second:
            holding = by_second[at]
        within = any(hole.start <= at < hole.end for hole in holes)
        if within and at not in by_second:
            holding = None
        told.append(None if within else holding)
    return told


@given(readings, st.none() | st.integers(-50, 50))
def test_slots_without_holes_equal_a_count_second_by_second(
    drawn: list[tuple[int, int | None]], start: int | None
) -> None:
    values, held = values_of(drawn), None if start is None else float(start)
    told = known_at(values, held, [])
    for width in (10 * S, MINUTE_US, 15 * MINUTE_US, HOUR_US):
        cells = joined(cells_of(values, 10 * S), width)
        for slot in slots_of(cells, SPAN, width, held=held):
            first = (slot.start - SPAN.start) // S
            inside = [n for n in told[first : first + width // S] if n is not None]
            assert slot.known == len(inside) * S
            assert (slot.low, slot.high) == (min(inside, default=None), max(inside, default=None))
            if inside:
                assert slot.mean is not None
                assert abs(slot.mean - sum(inside) / len(inside)) < 1e-6


@given(readings, stretches)
def test_what_lies_in_a_hole_is_not_known(
    drawn: list[tuple[int, int | None]], holes: list[tuple[int, int]]
) -> None:
    spans = [Span(SPAN.start + at * S, SPAN.start + (at + n) * S) for at, n in holes]
    values = [v for v in values_of(drawn) if not any(h.start <= v.at < h.end for h in spans)]
    told = known_at(values, 7.0, spans)
    slots = slots_of(cells_of(values, S), SPAN, S, held=7.0, unknown=spans)
    assert [slot.mean if slot.known else None for slot in slots] == told


def test_a_value_that_held_for_most_of_a_minute_weighs_the_most() -> None:
    values = [Value(0, 20.0, None, 0), Value(58 * S, 80.0, None, 0), Value(59 * S, 20.0, None, 0)]
    (slot,) = slots_of(cells_of(values, MINUTE_US), Span(0, MINUTE_US), MINUTE_US, held=None)
    assert (slot.low, slot.high, slot.mean) == (20.0, 80.0, 21.0)


def test_knowledge_that_ends_inside_a_slot_ends_its_known_time() -> None:
    span, until = Span(0, MINUTE_US), 40 * S
    cells = cells_of([Value(10 * S, 5.0, None, 0)], MINUTE_US)
    (slot,) = slots_of(cells, span, MINUTE_US, held=1.0, unknown=[Span(until, span.end)])
    assert (slot.known, slot.mean) == (40 * S, 4.0)


@given(readings.filter(bool))
def test_minutes_are_the_same_after_packing_and_join_to_the_same_hour(
    drawn: list[tuple[int, int | None]],
) -> None:
    values = values_of(drawn)
    minutes = cells_of(values, MINUTE_US)
    assert unpacked_minutes(packed_minutes(minutes)) == minutes
    (from_minutes,), (from_values,) = joined(minutes, HOUR_US), cells_of(values, HOUR_US)
    assert rounded(from_minutes) == rounded(from_values)


def rounded(cell: Cell) -> Cell:
    """Sums of floats differ in their last digits."""
    return cell._replace(area=round(cell.area))
