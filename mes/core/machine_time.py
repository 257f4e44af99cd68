"""What the machine did, as a gapless sweep over states, intervals and runs up to `as_of`.

Shifts and planned stops are not looked at here, so that a stop keeps its whole length across
them; `mes.core.partition` lays them over.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

from mes.core.case_checks import run_end
from mes.core.case_model import Case, StateChange, StatedInterval, effective_window
from mes.core.classes import CLASS_ORDER, MachineState, TimeClass, machine_class
from mes.core.intervals import Cursor, cuts, union


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineStretch:
    """A stretch of one state and reason.

    Attributes:
        time_class: class of the state; short stops are already `minor_stop`.
        stop_start: start of the whole stop it belongs to, None outside a stop.
        stop_end: end of that stop so far.
        stop_open: that stop was still open at `as_of`.
    """

    start: int
    end: int
    time_class: TimeClass
    state: MachineState
    reason: str | None
    stop_start: int | None = None
    stop_end: int | None = None
    stop_open: bool = False


_Raw = tuple[int, int, TimeClass, MachineState, str | None]


def machine_stretches(case: Case) -> list[MachineStretch]:
    """The machine's time from its first fact (or the window's start) to `as_of`.

    Args:
        case: a case in canonical form (`normalised`): its lists are in order of time.
    """
    return _with_stops(_sweep(case), case.minor_stop_limit_us, case.as_of)


def loaded_stretches(case: Case) -> list[tuple[int, int]] | None:
    """When an order was loaded, in order; None: always."""
    if case.runs is None:
        return None
    return union((run.start, run_end(run, case.as_of)) for run in case.runs)


def _sweep(case: Case) -> list[_Raw]:
    horizon = case.as_of
    begin = min(
        effective_window(case).start,
        *(one.at for one in case.states[:1]),
        *(one.start for one in case.intervals[:1]),
        horizon,
    )
    if begin >= horizon:
        return []
    loaded = loaded_stretches(case)
    boundaries = cuts(
        [
            *((one.at, one.at) for one in case.states),
            *((one.start, one.end) for one in case.intervals),
            *(loaded or ()),
        ],
        begin,
        horizon,
    )
    layer = _Layer(case)
    order = None if loaded is None else Cursor(loaded)
    return [
        (start, end, *layer.at(start, loaded=order is None or order.covers(start)))
        for start, end in pairwise(boundaries)
    ]


class _Layer:
    """The state that holds at an instant, asked in ascending order.

    Two heaps hold the intervals in force, ranked by the class they have with and without a
    loaded order, failures before other reasons of one class; what ended is dropped when it comes
    to the top.
    """

    def __init__(self, case: Case) -> None:
        self._reasons = case.reasons
        self._states = case.states
        self._intervals = case.intervals
        self._next_state = 0
        self._next_interval = 0
        self._base = StateChange(at=0, state=MachineState.UNKNOWN)
        self._heaps: dict[bool, list[tuple[int, bool, str, str, int]]] = {True: [], False: []}
        self._failures = case.failures or frozenset()

    def at(self, instant: int, *, loaded: bool) -> tuple[TimeClass, MachineState, str | None]:
        self._advance(instant)
        heap = self._heaps[loaded]
        while heap and heap[0][4] <= instant:
            heappop(heap)
        if heap:
            _, _, state, reason, _ = heap[0]
            return self._classed(MachineState(state), reason or None, loaded=loaded)
        return self._classed(self._base.state, self._base.reason, loaded=loaded)

    def _advance(self, instant: int) -> None:
        while self._next_state < len(self._states) and (
            self._states[self._next_state].at <= instant
        ):
            self._base = self._states[self._next_state]
            self._next_state += 1
        while self._next_interval < len(self._intervals) and (
            self._intervals[self._next_interval].start <= instant
        ):
            self._put_in_force(self._intervals[self._next_interval])
            self._next_interval += 1

    def _put_in_force(self, interval: StatedInterval) -> None:
        for loaded, heap in self._heaps.items():
            time_class = machine_class(
                interval.state, interval.reason, self._reasons, loaded=loaded
            )
            heappush(
                heap,
                (
                    CLASS_ORDER[time_class],
                    interval.reason not in self._failures,
                    interval.state,
                    interval.reason or "",
                    interval.end,
                ),
            )

    def _classed(
        self, state: MachineState, reason: str | None, *, loaded: bool
    ) -> tuple[TimeClass, MachineState, str | None]:
        return machine_class(state, reason, self._reasons, loaded=loaded), state, reason


def _with_stops(raw: list[_Raw], limit_us: int, horizon: int) -> list[MachineStretch]:
    stretches: list[MachineStretch] = []
    index = 0
    while index < len(raw):
        start, end, time_class, state, reason = raw[index]
        if time_class is not TimeClass.UNPLANNED_STOP:
            stretches.append(
                MachineStretch(
                    start=start, end=end, time_class=time_class, state=state, reason=reason
                )
            )
            index += 1
            continue
        last = index
        while last < len(raw) and raw[last][2] is TimeClass.UNPLANNED_STOP:
            last += 1
        stretches += _stop(raw[index:last], limit_us, horizon)
        index = last
    return stretches


def _stop(parts: list[_Raw], limit_us: int, horizon: int) -> list[MachineStretch]:
    stop_start, stop_end = parts[0][0], parts[-1][1]
    minor = stop_end - stop_start <= limit_us
    return [
        MachineStretch(
            start=start,
            end=end,
            time_class=TimeClass.MINOR_STOP if minor else TimeClass.UNPLANNED_STOP,
            state=state,
            reason=reason,
            stop_start=stop_start,
            stop_end=stop_end,
            stop_open=stop_end == horizon,
        )
        for start, end, _, state, reason in parts
    ]
