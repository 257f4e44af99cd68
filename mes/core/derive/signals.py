"""Facts about states, and the four ways of knowing a state: tag, lamp, pulses, by hand.

Signals have one total order, (event_time, source, epoch, seq), so that the order of arrival does
not matter. `state` None means that nothing is known from there on (bad quality, unmapped value).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mes.core.classes import MachineState
from mes.core.derive.runs import JobEvent, JobEventKind, JobId, in_order
from mes.core.exact import Number

State = MachineState

SignalKey = tuple[int, str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSignal:
    """The state from `event_time` on, until the next signal.

    Attributes:
        event_time: UTC microseconds.
        state: None: not known (bad quality or no meaning).
        machine_reason: reason code that the machine itself gives; None: none. It counts only
            where the state is one of a stop; what lingers while running is no reason.
    """

    event_time: int
    source: str
    epoch: str
    seq: int
    state: State | None
    machine_reason: str | None = None

    @property
    def key(self) -> SignalKey:
        """Its place in the order of all signals of a work unit."""
        return (self.event_time, self.source, self.epoch, self.seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonSignal:
    """The machine's own reason code from `event_time` on; None: none or not known."""

    event_time: int
    source: str
    epoch: str
    seq: int
    reason: str | None

    @property
    def key(self) -> SignalKey:
        """Its place in the order of all signals of a work unit."""
        return (self.event_time, self.source, self.epoch, self.seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseFact:
    """A reading of the counter that tells the state of a machine with pulses only.

    Attributes:
        increment: counts since the reading before; None: the reading is bad.
    """

    event_time: int
    source: str
    epoch: str
    seq: int
    increment: Number | None

    @property
    def key(self) -> SignalKey:
        """Its place in the order of all signals of a work unit."""
        return (self.event_time, self.source, self.epoch, self.seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A known hole of a source: the state is unknown in [start, end), for good."""

    start: int
    end: int


def mapped_state(
    value: float | str | bool | None, mapping: Mapping[str, State | str]
) -> State | None:
    """State of a tag's value by the map of its signal; None: bad or not in the map.

    Keys are texts: whole numbers without a point, `true` and `false` (or 1 and 0) for bits.
    """
    found = _mapped(value, mapping)
    return None if found is None else State(found)


def mapped_reason(value: float | str | bool | None, mapping: Mapping[str, str]) -> str | None:
    """Reason code of a tag's value by the map of its signal, keys as for `mapped_state`."""
    return _mapped(value, mapping)


def lamp_state(value: float | bool | None) -> State | None:
    """Run lamp: lit is running, dark is stopped, None (bad) is not known."""
    if value is None:
        return None
    return State.RUNNING if value else State.STOPPED


def with_machine_reasons(
    states: Iterable[StateSignal], reasons: Iterable[ReasonSignal]
) -> list[StateSignal]:
    """State signals that carry the machine reason then known, one more at each change of it."""
    facts: list[StateSignal | ReasonSignal] = [*states, *reasons]
    result: list[StateSignal] = []
    state: State | None = None
    reason: str | None = None
    for signal in sorted(facts, key=lambda fact: fact.key):
        if isinstance(signal, ReasonSignal):
            reason = signal.reason
        else:
            state = signal.state
        result.append(
            StateSignal(
                event_time=signal.event_time,
                source=signal.source,
                epoch=signal.epoch,
                seq=signal.seq,
                state=state,
                machine_reason=reason,
            )
        )
    return result


def states_from_counts(facts: Iterable[PulseFact], idle_after_us: int) -> list[StateSignal]:
    """States of a machine that only counts.

    A reading that counted (and the first good one, or the first after a bad one) means running
    until the next that counted, or stopped from it on when that comes later than `idle_after_us` or
    not at all. So a stop begins at the last piece before it, and the last signal always says
    stopped: while `idle_after_us` has not passed since, a reader shows running instead
    (`reading.LastPulse`). A bad reading means not known.
    """
    marks: list[PulseFact] = []
    for fact in sorted(facts, key=lambda f: f.key):
        known = bool(marks) and marks[-1].increment is not None
        if fact.increment is None or fact.increment > 0 or not known:
            marks.append(fact)
    return [
        StateSignal(
            event_time=mark.event_time,
            source=mark.source,
            epoch=mark.epoch,
            seq=mark.seq,
            state=_state_after(mark, following, idle_after_us),
        )
        for mark, following in zip(marks, [*marks[1:], None], strict=True)
    ]


def states_from_jobs(events: Iterable[JobEvent]) -> list[StateSignal]:
    """States of a machine without a signal: running while a job is started and not paused."""
    running: set[JobId] = set()
    result: list[StateSignal] = []
    for number, event in enumerate(in_order(events)):
        if event.kind in (JobEventKind.START, JobEventKind.RESUME):
            running.add(event.job)
        else:
            running.discard(event.job)
        result.append(
            StateSignal(
                event_time=event.at,
                source="",
                epoch="",
                seq=number,
                state=State.RUNNING if running else State.STOPPED,
            )
        )
    return result


def _state_after(mark: PulseFact, following: PulseFact | None, idle_after_us: int) -> State | None:
    if mark.increment is None:
        return None
    if following is None or following.event_time - mark.event_time > idle_after_us:
        return State.STOPPED
    return State.RUNNING


def _mapped(value: float | str | bool | None, mapping: Mapping[str, str]) -> str | None:
    keys = () if value is None else _map_keys(value)
    return next((mapping[key] for key in keys if key in mapping), None)


def _map_keys(value: float | str | bool) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("true", "1") if value else ("false", "0")
    if isinstance(value, float) and value.is_integer():
        return (str(int(value)), str(value))
    return (str(value),)
