"""The four ways of knowing a state."""

from __future__ import annotations

import pytest

from mes.core.derive.runs import JobEvent, JobEventKind
from mes.core.derive.signals import (
    PulseFact,
    ReasonSignal,
    State,
    StateSignal,
    lamp_state,
    mapped_state,
    states_from_counts,
    states_from_jobs,
    with_machine_reasons,
)
from tests.core.derive.facts import signals

IDLE = 30
MAP = {"0": "off", "2": "running", "true": "running", "AUTO": "running", "1": "stopped"}


def pulses(*facts: tuple[int, int | None]) -> list[PulseFact]:
    """Readings from (instant, increment)."""
    return [
        PulseFact(event_time=at, source="io", epoch="e", seq=seq, increment=increment)
        for seq, (at, increment) in enumerate(facts)
    ]


def job_event(at: int, job: str, kind: JobEventKind) -> JobEvent:
    """An event of a job."""
    return JobEvent(at=at, job=job, kind=kind, command_id=f"{at}-{job}")


def known(states: list[StateSignal]) -> list[tuple[int, State | None]]:
    """(instant, state) of each signal."""
    return [(s.event_time, s.state) for s in states]


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (2, State.RUNNING),
        (2.0, State.RUNNING),
        ("AUTO", State.RUNNING),
        (True, State.RUNNING),
        (False, State.OFF),
        (7, None),
        (2.5, None),
        (None, None),
    ],
)
def test_a_tag_gives_the_state_of_its_map_and_nothing_is_known_outside_it(
    value: float | str | bool | None, state: State | None
) -> None:
    assert mapped_state(value, MAP) is state


def test_a_lit_run_lamp_is_running_a_dark_one_stopped_a_bad_one_unknown() -> None:
    assert [lamp_state(value) for value in (True, 1, False, 0, None)] == [
        State.RUNNING,
        State.RUNNING,
        State.STOPPED,
        State.STOPPED,
        None,
    ]


def test_pulses_within_the_idle_time_mean_running() -> None:
    facts = pulses((0, 1), (30, 1), (60, 2))

    assert known(states_from_counts(facts, IDLE))[:2] == [(0, State.RUNNING), (30, State.RUNNING)]


def test_a_machine_that_counts_no_more_is_stopped_since_its_last_pulse() -> None:
    facts = pulses((0, 1), (10, 1), (100, 1), (110, 1))

    assert known(states_from_counts(facts, IDLE)) == [
        (0, State.RUNNING),
        (10, State.STOPPED),
        (100, State.RUNNING),
        (110, State.STOPPED),
    ]


def test_a_reading_without_a_count_is_no_pulse() -> None:
    facts = pulses((0, 1), (20, 0), (40, 1))

    assert known(states_from_counts(facts, IDLE)) == [(0, State.STOPPED), (40, State.STOPPED)]


def test_the_first_reading_says_stopped_when_no_count_follows() -> None:
    assert known(states_from_counts(pulses((5, 0)), IDLE)) == [(5, State.STOPPED)]


def test_a_bad_reading_of_the_pulse_counter_is_not_known_until_a_good_one() -> None:
    facts = pulses((0, 1), (10, None), (50, 0), (60, 1))

    assert known(states_from_counts(facts, IDLE)) == [
        (0, State.RUNNING),
        (10, None),
        (50, State.RUNNING),
        (60, State.STOPPED),
    ]


def test_pulses_may_arrive_in_any_order() -> None:
    facts = pulses((0, 1), (10, 1), (100, 1))

    assert states_from_counts(facts[::-1], IDLE) == states_from_counts(facts, IDLE)


def test_by_hand_a_machine_runs_while_a_job_is_started_and_not_paused() -> None:
    events = [
        job_event(0, "a", JobEventKind.START),
        job_event(10, "a", JobEventKind.PAUSE),
        job_event(20, "a", JobEventKind.RESUME),
        job_event(30, "a", JobEventKind.COMPLETE),
    ]

    assert known(states_from_jobs(events)) == [
        (0, State.RUNNING),
        (10, State.STOPPED),
        (20, State.RUNNING),
        (30, State.STOPPED),
    ]


def test_by_hand_a_machine_runs_while_one_of_two_jobs_does() -> None:
    events = [
        job_event(0, "a", JobEventKind.START),
        job_event(5, "b", JobEventKind.START),
        job_event(10, "a", JobEventKind.PAUSE),
        job_event(20, "b", JobEventKind.CANCEL),
    ]

    assert known(states_from_jobs(events))[-2:] == [(10, State.RUNNING), (20, State.STOPPED)]


def test_the_reason_of_the_machine_joins_its_states_at_its_own_time() -> None:
    reasons = [
        ReasonSignal(event_time=12, source="plc", epoch="e", seq=9, reason="E7"),
        ReasonSignal(event_time=20, source="plc", epoch="e", seq=10, reason=None),
    ]

    joined = with_machine_reasons(signals((0, State.RUNNING), (10, State.DOWN)), reasons)

    assert [(s.event_time, s.state, s.machine_reason) for s in joined] == [
        (0, State.RUNNING, None),
        (10, State.DOWN, None),
        (12, State.DOWN, "E7"),
        (20, State.DOWN, None),
    ]
