"""Swinging door: no straight line between reported values misses a reading by more than allowed."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from connectors.runtime.report import LONGEST_LINE_S, ExceptionReport
from connectors.runtime.swinging_door import SwingingDoor
from connectors.sdk.config import TagConfig
from connectors.sdk.messages import Quality, Sample, Value

SECOND = 1_000_000
NEVER = 1 << 60


def sample(at: int, value: Value, tag: str = "a") -> Sample:
    quality = Quality.BAD if value is None else Quality.GOOD
    reason = "no_reply" if value is None else None
    return Sample(tag=tag, value=value, quality=quality, reason=reason, received_time=at)


def reported(door: SwingingDoor, readings: list[Sample]) -> list[Sample]:
    news = [each for reading in readings for each in door.accept(reading)]
    return news + door.release()


def missed_by(reading: Sample, before: Sample, after: Sample) -> Fraction:
    """Exact distance of a reading from the line through two reported values."""
    first, last, value = (_exact(each) for each in (before, after, reading))
    part = Fraction(
        reading.received_time - before.received_time, after.received_time - before.received_time
    )
    return abs(first + part * (last - first) - value)


def _exact(reading: Sample) -> Fraction:
    assert isinstance(reading.value, int | float)
    return Fraction(reading.value)


TENTHS = st.integers(-50, 50).map(lambda n: n / 10)
"""Their lines often end on the edge of the door, where each rounding counts."""
STEPS = st.tuples(st.integers(1, 10**10), st.floats(-1e12, 1e12) | st.floats(-1, 1)) | st.tuples(
    st.integers(1, 9), TENTHS
)


@given(
    st.lists(STEPS, min_size=1, max_size=60),
    st.floats(1e-9, 1e6) | TENTHS.map(lambda n: abs(n) + 0.1),
)
@example([(1, -1.6), (2, -1.9), (8, -2.0), (5, -0.5), (5, -1.3), (3, 0.2), (5, -1.6)], 1.8).via(
    "missed by one rounding in a door of full width"
)
def test_no_line_misses_a_reading_by_more_than_the_deviation_exactly(
    steps: list[tuple[int, float]], deviation: float
) -> None:
    at, readings = 0, []
    for step, value in steps:
        at += step
        readings.append(sample(at, value))
    news = reported(SwingingDoor(deviation, NEVER), readings)
    assert news[0] == readings[0]
    assert news[-1] == readings[-1]
    lines = pairwise(news)
    before, after = next(lines, (news[0], news[0]))
    for reading in readings[1:]:
        while reading.received_time > after.received_time:
            before, after = next(lines)
        assert missed_by(reading, before, after) <= Fraction(deviation)


def test_a_steady_slope_is_two_values() -> None:
    readings = [sample(n * SECOND, 0.25 * n) for n in range(1000)]
    assert reported(SwingingDoor(0.01, NEVER), readings) == [readings[0], readings[-1]]


def test_a_jump_keeps_its_corner() -> None:
    readings = [sample(n, value) for n, value in enumerate([5, 5, 5, 5, 9, 9, 9])]
    found = [
        (each.received_time, each.value) for each in reported(SwingingDoor(1, NEVER), readings)
    ]
    assert found == [(0, 5), (3, 5), (4, 9), (6, 9)]


def test_a_long_line_is_shown_meanwhile() -> None:
    readings = [sample(n * SECOND, n) for n in range(100)]
    door = SwingingDoor(0.5, 10 * SECOND)
    shown = [each.value for reading in readings for each in door.accept(reading)]
    assert shown == list(range(0, 100, 10))


def test_a_bad_value_ends_the_line_at_once_and_a_good_one_begins_another() -> None:
    readings = [sample(0, 1.0), sample(1, 1.0), sample(2, None), sample(3, None), sample(4, 1.0)]
    door = SwingingDoor(0.5, NEVER)
    news = [door.accept(reading) for reading in readings]
    assert news == [[readings[0]], [], [readings[1], readings[2]], [], [readings[4]]]


def report(**more: object) -> ExceptionReport:
    return ExceptionReport([TagConfig.model_validate({"name": "a", "swinging_door": 1, **more})])


def test_an_event_is_never_reported_by_lines() -> None:
    slope = [sample(n * SECOND, n) for n in range(5)]
    subject = report()
    subject.set_events({"a"})
    assert subject.accept(slope) == slope
    subject.set_events(set())
    assert subject.accept(slope) == [slope[0]]


def test_what_was_held_back_comes_when_the_tag_becomes_an_event_or_the_source_ends() -> None:
    slope = [sample(n * SECOND, n) for n in range(5)]
    subject = report()
    subject.set_events(set())
    subject.accept(slope)
    subject.set_events({"a"})
    assert subject.accept([]) == [slope[-1]]
    subject.set_events(set())
    subject.accept(slope)
    assert subject.held_back() == [slope[-1]]
    assert subject.held_back() == []


def test_an_unchanged_value_that_the_connector_leaves_out_keeps_its_corner() -> None:
    subject = report()
    subject.set_events(set())
    subject.accept([sample(0, 5)])
    for second in range(1, 8):
        assert subject.overdue(["a"], second * SECOND) == []
    news = subject.accept([sample(8 * SECOND, 9)])
    assert [(each.received_time, each.value) for each in news] == [(7 * SECOND, 5)]


def test_an_unchanged_value_is_said_again_after_the_longest_line() -> None:
    subject = report()
    subject.set_events(set())
    subject.accept([sample(0, 5)])
    (again,) = subject.overdue(["a"], int(LONGEST_LINE_S) * SECOND)
    assert (again.value, again.received_time) == (5, LONGEST_LINE_S * SECOND)
