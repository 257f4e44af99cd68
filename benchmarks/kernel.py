"""The kernel: one shift of one machine with many state changes and counter readings.

The bare loop walks the same lists once, adds up time by state and the differences of the counter,
and knows no classes, shifts, breaks, stops, orders, rates or plausibility.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from benchmarks.figures import Figure
from mes.core.case import (
    Case,
    Counter,
    CounterMode,
    CounterRole,
    Material,
    PlannedSpan,
    Run,
    Span,
    StateChange,
)
from mes.core.classes import MachineState, ReasonClass
from mes.core.oee import compute

SHIFT_US = 12 * 3_600_000_000
STATES = 5_000
READINGS = 30_000
MODULUS = 65_536
REPEATS = 5
_CYCLE = (
    (MachineState.RUNNING, None),
    (MachineState.STOPPED, "jam"),
    (MachineState.RUNNING, None),
    (MachineState.DOWN, "motor"),
    (MachineState.RUNNING, None),
    (MachineState.SETUP, "die change"),
    (MachineState.RUNNING, None),
    (MachineState.WAITING, "starved"),
)


def measure(folder: Path, windows: int) -> list[Figure]:
    """Processor milliseconds of the figure of a shift, and its ratio to a bare loop."""
    case = shift(STATES, READINGS)
    counted = compute(case).figures.counted.total
    if counted != READINGS - 1:
        raise RuntimeError(f"{counted} pieces instead of {READINGS - 1}")
    kernel, bare = [], []
    for _ in range(windows):
        kernel.append(_milliseconds(lambda: compute(case)))
        bare.append(_milliseconds(lambda: _bare(case)))
    return [
        Figure(
            name=f"shift of {STATES} states and {READINGS} readings",
            values=kernel,
            unit="ms cpu",
            target=60,
            note="states to result: classes, stops, pieces, all KPIs",
        ),
        Figure(
            name="the same / bare loop",
            values=[one / other for one, other in zip(kernel, bare, strict=True)],
        ),
    ]


def shift(states: int, readings: int) -> Case:
    """A shift of twelve hours with two orders, a break and as many facts as wanted."""
    hour = SHIFT_US // 12
    return Case(
        window=Span(0, SHIFT_US),
        as_of=SHIFT_US,
        reasons={
            "lunch": ReasonClass.BREAK,
            "jam": ReasonClass.UNPLANNED_STOP,
            "motor": ReasonClass.UNPLANNED_STOP,
            "die change": ReasonClass.SETUP,
            "starved": ReasonClass.WAITING,
        },
        failures=frozenset({"motor"}),
        planned=(PlannedSpan(start=4 * hour, end=5 * hour, reason="lunch"),),
        materials={"A": Material(ideal_cycle_s=1), "B": Material(ideal_cycle_s=2)},
        runs=(
            Run(start=0, end=7 * hour, material="A", order="first"),
            Run(start=7 * hour, end=None, material="B", order="second"),
        ),
        states=tuple(
            StateChange(at=index * SHIFT_US // states, state=state, reason=reason)
            for index in range(states)
            for state, reason in (_CYCLE[index % len(_CYCLE)],)
        ),
        counters=(
            Counter(
                role=CounterRole.TOTAL,
                mode=CounterMode.ROLLOVER,
                modulus=MODULUS,
                max_per_s=10,
                readings=tuple(
                    (index * SHIFT_US // readings, (60_000 + index) % MODULUS)
                    for index in range(readings)
                ),
            ),
        ),
    )


def _bare(case: Case) -> tuple[dict[MachineState, int], int]:
    times: dict[MachineState, int] = {}
    for one, other in pairwise(case.states):
        times[one.state] = times.get(one.state, 0) + other.at - one.at
    pieces = 0
    for (_, old), (_, new) in pairwise(case.counters[0].readings):
        pieces += int(new - old) % MODULUS
    return times, pieces


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    for _ in range(REPEATS):
        work()
    return (time.process_time() - begun) / REPEATS * 1000
