"""Canonical form of a case: lists in order, equal repeats once, contradictions refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from operator import lt
from typing import Protocol, TypeVar

from mes.core.case_error import CaseError
from mes.core.case_model import Case, Counter, Run, StateChange
from mes.core.classes import reason_matters
from mes.core.exact import Number
from mes.core.instants import format_instant


class _Stretch(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int | None: ...


_Item = TypeVar("_Item")
_StretchT = TypeVar("_StretchT", bound=_Stretch)


def normalised(case: Case) -> Case:
    """The case with sorted lists in which equal entries stand once.

    Raises:
        CaseError: an end before its start, two different states or counter values at one
            instant, two runs at the same time.
    """
    _check_ends("window", (case.window,), indexed=False)
    _check_ends("shifts", case.shifts or ())
    _check_ends("planned", case.planned)
    _check_ends("intervals", case.intervals)
    return replace(
        case,
        shifts=None if case.shifts is None else _in_order(case.shifts),
        planned=_in_order(case.planned),
        runs=None if case.runs is None else _runs(case.runs, case.as_of),
        states=_states(case.states),
        intervals=_in_order(case.intervals),
        quantities=tuple(sorted(dict.fromkeys(case.quantities), key=lambda entry: entry.at)),
        counters=_counters(case.counters),
    )


def _check_ends(field: str, stretches: Iterable[_Stretch], *, indexed: bool = True) -> None:
    for index, stretch in enumerate(stretches):
        if stretch.end is not None and stretch.end < stretch.start:
            name = f"{field}[{index}]" if indexed else field
            raise CaseError(
                name,
                f"the end {format_instant(stretch.end)} lies before the start "
                f"{format_instant(stretch.start)}",
            )


def _in_order(stretches: tuple[_StretchT, ...]) -> tuple[_StretchT, ...]:
    return tuple(sorted(dict.fromkeys(stretches), key=lambda stretch: stretch.start))


def _runs(runs: tuple[Run, ...], as_of: int) -> tuple[Run, ...]:
    _check_ends("runs", runs)
    unique = sorted(dict.fromkeys(runs), key=lambda run: (run.start, run_end(run, as_of)))
    lasting = [run for run in unique if run.start < run_end(run, as_of)]
    for earlier, later in pairwise(lasting):
        if later.start < run_end(earlier, as_of):
            raise CaseError(
                f"runs[{runs.index(later)}]",
                f"two runs at the same time: {_run_name(earlier)} and {_run_name(later)} "
                f"at {format_instant(later.start)}",
            )
    return tuple(unique)


def run_end(run: Run, as_of: int) -> int:
    """End of a run; an open one ends at `as_of`, or at its start when that lies behind."""
    return max(run.start, as_of) if run.end is None else run.end


def _run_name(run: Run) -> str:
    return f"{run.order or 'no order'} ({run.material or 'no material'})"


def _states(states: tuple[StateChange, ...]) -> tuple[StateChange, ...]:
    if _ascending([change.at for change in states]):
        return states
    known: dict[int, StateChange] = {}
    for index, change in enumerate(states):
        same = known.setdefault(change.at, change)
        if same is not change and _meaning(same) != _meaning(change):
            raise CaseError(
                f"states[{index}]",
                f"two different states at {format_instant(change.at)}: "
                f"{_state_name(same)} and {_state_name(change)}",
            )
    return tuple(known[at] for at in sorted(known))


def _ascending(instants: list[int]) -> bool:
    """Whether each instant lies after the one before: then nothing repeats or contradicts."""
    return all(map(lt, instants, instants[1:]))


def _meaning(change: StateChange) -> tuple[str, str | None]:
    return change.state, change.reason if reason_matters(change.state) else None


def _state_name(change: StateChange) -> str:
    return change.state if change.reason is None else f"{change.state} ({change.reason})"


def _counters(counters: tuple[Counter, ...]) -> tuple[Counter, ...]:
    ordered = (
        replace(counter, readings=_readings(counter.readings, f"counters[{index}].readings"))
        for index, counter in enumerate(counters)
    )
    return tuple(dict.fromkeys(ordered))


def _readings(
    readings: tuple[tuple[int, Number], ...], field: str
) -> tuple[tuple[int, Number], ...]:
    if _ascending([at for at, _ in readings]):
        return readings
    known: dict[int, Number] = {}
    for index, (at, value) in enumerate(readings):
        if known.setdefault(at, value) != value:
            raise CaseError(
                f"{field}[{index}]",
                f"two different values at {format_instant(at)}: {known[at]} and {value}",
            )
    return tuple(sorted(known.items()))
