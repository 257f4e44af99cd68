"""A shift full of facts is computed fast: sweeps, no quadratic loops."""

from __future__ import annotations

import time

import benchmarks.kernel
from mes.core.case import (
    Case,
    Counter,
    CounterMode,
    CounterRole,
    Material,
    Span,
    StateChange,
    StatedInterval,
)
from mes.core.classes import MachineState
from mes.core.oee import compute

SHIFT_US = 8 * 3600 * 1_000_000
STATES = list(MachineState)


def shift(states: int, readings: int) -> Case:
    return Case(
        window=Span(0, SHIFT_US),
        as_of=SHIFT_US,
        materials={"A": Material(ideal_cycle_s=1)},
        states=tuple(
            StateChange(at=index * SHIFT_US // states, state=STATES[index % len(STATES)])
            for index in range(states)
        ),
        intervals=tuple(
            StatedInterval(
                start=index * SHIFT_US // states,
                end=SHIFT_US - index,
                state=STATES[index % len(STATES)],
            )
            for index in range(states)
        ),
        counters=(
            Counter(
                role=CounterRole.TOTAL,
                mode=CounterMode.ROLLOVER,
                modulus=65536,
                max_per_s=100,
                readings=tuple(
                    (index * SHIFT_US // readings, index % 65536) for index in range(readings)
                ),
            ),
        ),
    )


def processor_seconds(case: Case) -> float:
    begun = time.process_time()
    compute(case)
    return time.process_time() - begun


def test_2000_states_2000_intervals_and_50000_readings_take_well_under_a_second() -> None:
    assert min(processor_seconds(shift(2000, 50_000)) for _ in range(2)) < 0.8


def test_a_shift_of_5000_states_and_30000_readings_takes_few_hundredths_of_a_second() -> None:
    facts = benchmarks.kernel.shift(benchmarks.kernel.STATES, benchmarks.kernel.READINGS)
    assert min(processor_seconds(facts) for _ in range(4)) < 0.12


def test_ten_times_the_facts_take_far_less_than_a_hundred_times_the_time() -> None:
    small = min(processor_seconds(shift(400, 4000)) for _ in range(3))
    large = min(processor_seconds(shift(4000, 40_000)) for _ in range(2))
    assert large < 30 * small
