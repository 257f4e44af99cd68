"""Machine states, reason classes and the time classes that partition a window (ISO 22400-2)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class MachineState(StrEnum):
    """What a work unit does, as the machine or a person says it."""

    RUNNING = "running"
    STOPPED = "stopped"
    DOWN = "down"
    SETUP = "setup"
    WAITING = "waiting"
    OFF = "off"
    UNKNOWN = "unknown"


class TimeClass(StrEnum):
    """Exactly one holds at every instant of a window; see `CLASS_ORDER` for precedence."""

    NOT_SCHEDULED = "not_scheduled"
    BREAK = "break"
    PLANNED_STOP = "planned_stop"
    UNKNOWN = "unknown"
    UNPLANNED_STOP = "unplanned_stop"
    MINOR_STOP = "minor_stop"
    SETUP = "setup"
    WAITING = "waiting"
    NO_ORDER = "no_order"
    RUNNING = "running"


class ReasonClass(StrEnum):
    """The time class that a stop reason stands for."""

    BREAK = "break"
    PLANNED_STOP = "planned_stop"
    SETUP = "setup"
    UNPLANNED_STOP = "unplanned_stop"
    WAITING = "waiting"


CLASS_ORDER: Mapping[TimeClass, int] = {
    time_class: rank
    for rank, time_class in enumerate(
        (
            TimeClass.NOT_SCHEDULED,
            TimeClass.BREAK,
            TimeClass.PLANNED_STOP,
            TimeClass.UNKNOWN,
            TimeClass.UNPLANNED_STOP,
            TimeClass.MINOR_STOP,
            TimeClass.SETUP,
            TimeClass.WAITING,
            TimeClass.NO_ORDER,
            TimeClass.RUNNING,
        )
    )
}
"""Precedence: of two classes that hold at once the one with the lower rank is taken."""

_BY_STATE: Mapping[MachineState, TimeClass] = {
    MachineState.RUNNING: TimeClass.RUNNING,
    MachineState.STOPPED: TimeClass.UNPLANNED_STOP,
    MachineState.DOWN: TimeClass.UNPLANNED_STOP,
    MachineState.OFF: TimeClass.UNPLANNED_STOP,
    MachineState.SETUP: TimeClass.SETUP,
    MachineState.WAITING: TimeClass.WAITING,
    MachineState.UNKNOWN: TimeClass.UNKNOWN,
}
_WITHOUT_REASON = frozenset({MachineState.RUNNING, MachineState.UNKNOWN})
_EXPLAINED_BY_NO_ORDER = frozenset({MachineState.STOPPED, MachineState.OFF, MachineState.WAITING})


def reason_matters(state: MachineState) -> bool:
    """Whether a reason given with `state` can change its class (not for running and unknown)."""
    return state not in _WITHOUT_REASON


def machine_class(
    state: MachineState, reason: str | None, reasons: Mapping[str, ReasonClass], *, loaded: bool
) -> TimeClass:
    """Class of a state by itself, before shifts, planned stops and the minor-stop limit.

    Args:
        state: what the machine does.
        reason: why, None when nobody said.
        reasons: classes of the listed reasons.
        loaded: whether an order is loaded.
    """
    if reason_matters(state):
        if reason is not None and reason in reasons:
            return TimeClass(reasons[reason].value)
        if not loaded and state in _EXPLAINED_BY_NO_ORDER:
            return TimeClass.NO_ORDER
    return _BY_STATE[state]


def first_class(one: TimeClass, other: TimeClass) -> TimeClass:
    """The one of two classes that takes precedence."""
    return one if CLASS_ORDER[one] <= CLASS_ORDER[other] else other
