"""What is known at a moment of reading."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mes.core.derive.reading import LastPulse, known_records
from mes.core.derive.records import StateRecord
from mes.core.derive.signals import PulseFact, State, states_from_counts
from mes.core.derive.states import derive_states
from tests.core.derive.facts import RULES, R, S, U, brief, declare, signals

HELD = derive_states(signals((10, R), (30, S)), [], [], RULES).records


def short(records: list[StateRecord]) -> list[tuple[int, int | None, str]]:
    """(start, end, state) of each record."""
    return [(start, end, state) for start, end, state, *_ in brief(records)]


def test_beyond_covered_until_the_state_is_unknown() -> None:
    assert short(known_records(HELD, 20, 60, 50)) == [
        (20, 30, "running"),
        (30, 50, "stopped"),
        (50, 60, "unknown"),
    ]


def test_without_a_source_all_of_it_is_known() -> None:
    assert short(known_records(HELD, 40, 60, None)) == [(40, 60, "stopped")]


def test_before_the_first_record_the_state_is_unknown() -> None:
    assert short(known_records(HELD, 0, 20, 100)) == [(0, 10, "unknown"), (10, 20, "running")]
    assert short(known_records([], 0, 20, 100)) == [(0, 20, "unknown")]


def test_a_window_that_lies_beyond_covered_until_is_all_unknown() -> None:
    assert short(known_records(HELD, 40, 60, 35)) == [(40, 60, "unknown")]


def test_a_declared_state_holds_where_nothing_else_is_known() -> None:
    held = derive_states(
        signals((10, R)), [], [declare("d", 50, 60, S, "jam"), declare("e", 70, 80, U)], RULES
    ).records

    assert brief(known_records(held, 20, 90, 40)) == [
        (20, 40, "running", None, None),
        (40, 50, "unknown", None, None),
        (50, 60, "stopped", 50, "jam"),
        (60, 70, "unknown", None, None),
        (70, 80, "unknown", None, None),
        (80, 90, "unknown", None, None),
    ]
    assert brief(known_records(held, 55, 58, 40)) == [(55, 58, "stopped", 50, "jam")]


def test_an_empty_window_has_no_records() -> None:
    assert known_records(HELD, 20, 20, 100) == []


def test_reading_stores_nothing_so_late_coverage_makes_it_known_again() -> None:
    before, after = known_records(HELD, 30, 60, 40), known_records(HELD, 30, 60, 60)

    assert short(before) == [(30, 40, "stopped"), (40, 60, "unknown")]
    assert short(after) == [(30, 60, "stopped")]


def counting(*times: int) -> list[StateRecord]:
    """Records of a machine that counts at these instants, idle after 15."""
    facts = [
        PulseFact(event_time=at, source="io", epoch="e", seq=seq, increment=1)
        for seq, at in enumerate(times)
    ]
    return derive_states(states_from_counts(facts, 15), [], [], RULES).records


def test_after_a_pulse_the_machine_is_running_until_the_idle_time_has_passed() -> None:
    held, pulse = counting(0, 10, 20), LastPulse(at=20, idle_after_us=15)

    assert short(known_records(held, 0, 35, 35, pulse)) == [(0, 35, "running")]
    assert short(known_records(held, 0, 36, 36, pulse)) == [(0, 20, "running"), (20, 36, "stopped")]


def test_a_pulse_that_ends_a_stop_shows_running_at_once() -> None:
    held, pulse = counting(0, 10, 100), LastPulse(at=100, idle_after_us=15)

    assert short(known_records(held, 0, 103, 103, pulse)) == [
        (0, 10, "running"),
        (10, 100, "stopped"),
        (100, 103, "running"),
    ]


def test_silence_after_a_pulse_is_not_taken_for_running() -> None:
    held, pulse = counting(0, 10, 20), LastPulse(at=20, idle_after_us=15)

    assert short(known_records(held, 0, 60, 30, pulse)) == [(0, 30, "running"), (30, 60, "unknown")]
    assert short(known_records(held, 0, 20, 20, pulse)) == [(0, 20, "running")]
    assert short(known_records([], 0, 20, 20, pulse)) == [(0, 20, "unknown")]


def test_a_declared_state_after_a_pulse_stays() -> None:
    held = [StateRecord(start=0, end=None, state=State.SETUP, stop_start=0)]
    pulse = LastPulse(at=5, idle_after_us=15)

    assert short(known_records(held, 0, 10, 10, pulse)) == [(0, 10, "setup")]


@given(st.integers(0, 60), st.integers(0, 60), st.none() | st.integers(0, 60))
def test_the_answer_partitions_the_window(start: int, length: int, known_until: int | None) -> None:
    found = known_records(HELD, start, start + length, known_until)

    edges = [start, *[r.end for r in found]]
    assert [r.start for r in found] == edges[:-1]
    assert edges[-1] == start + length
