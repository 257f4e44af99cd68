"""A second, slow reading of the contract: asks every microsecond-free minute what holds there.

It shares nothing with the kernel but the words of the contract and works on minutes as integers,
so that a fault of the sweep cannot hide in both.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ORDER = [
    "not_scheduled",
    "break",
    "planned_stop",
    "unknown",
    "unplanned_stop",
    "setup",
    "waiting",
    "no_order",
    "running",
]
BY_STATE = {"stopped": "unplanned_stop", "down": "unplanned_stop", "off": "unplanned_stop"}
Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Mess:
    """A case on a grid of minutes, in any disorder."""

    window: Span
    as_of: int
    limit: int
    adds: bool
    reasons: dict[str, str]
    shifts: list[Span] | None
    planned: list[tuple[int, int, str]]
    runs: list[Span] | None
    states: dict[int, tuple[str, str | None]]
    intervals: list[tuple[int, int, str, str | None]] = field(default_factory=list)

    @property
    def minutes(self) -> range:
        """Minutes of the window before `as_of`."""
        return range(self.window[0], max(self.window[0], min(self.window[1], self.as_of)))


def holds(spans: list[Span], minute: int) -> bool:
    return any(start <= minute < end for start, end in spans)


def loaded(mess: Mess, minute: int) -> bool:
    return mess.runs is None or holds(mess.runs, minute)


def class_of(mess: Mess, minute: int, state: str, reason: str | None) -> str:
    if state in ("running", "unknown"):
        return state
    if reason in mess.reasons:
        return mess.reasons[reason]
    if not loaded(mess, minute) and state in ("stopped", "off", "waiting"):
        return "no_order"
    return BY_STATE.get(state, state)


def machine_class(mess: Mess, minute: int) -> str:
    over = [
        class_of(mess, minute, state, reason)
        for start, end, state, reason in mess.intervals
        if start <= minute < end
    ]
    if over:
        return min(over, key=ORDER.index)
    earlier = [at for at in mess.states if at <= minute]
    if not earlier:
        return "unknown"
    return class_of(mess, minute, *mess.states[max(earlier)])


def fails(mess: Mess, minute: int, failure: str) -> bool:
    """Whether a minute is a stop for that reason."""
    over = [
        (class_of(mess, minute, state, reason), reason)
        for start, end, state, reason in mess.intervals
        if start <= minute < end
    ]
    if not over:
        earlier = [at for at in mess.states if at <= minute]
        state, reason = mess.states[max(earlier)] if earlier else ("unknown", None)
        over = [(class_of(mess, minute, state, reason), reason)]
    first = min((found for found, _ in over), key=ORDER.index)
    return first == "unplanned_stop" and ("unplanned_stop", failure) in over


def stop_length(mess: Mess, minute: int, lowest: int) -> tuple[int, bool]:
    """Length of the whole stop at a minute, and whether it is open at `as_of`."""
    first = last = minute
    while first - 1 >= lowest and machine_class(mess, first - 1) == "unplanned_stop":
        first -= 1
    while last + 1 < mess.as_of and machine_class(mess, last + 1) == "unplanned_stop":
        last += 1
    return last + 1 - first, last + 1 == mess.as_of


def plan_class(mess: Mess, minute: int) -> str | None:
    if mess.shifts is not None and not holds(mess.shifts, minute):
        return "not_scheduled"
    kinds = [
        "break" if mess.reasons.get(reason) == "break" else "planned_stop"
        for start, end, reason in mess.planned
        if start <= minute < end
    ]
    return min(kinds, key=ORDER.index, default=None)


def final_class(mess: Mess, minute: int, lowest: int) -> tuple[str, bool, bool]:
    """Class of a minute, whether it is provisional, and whether it runs outside the plan."""
    plan, machine = plan_class(mess, minute), machine_class(mess, minute)
    if machine == "running":
        return (machine if mess.adds or plan is None else plan), False, plan is not None
    found = machine if plan is None else min((plan, machine), key=ORDER.index)
    if found != "unplanned_stop":
        return found, False, False
    length, still_open = stop_length(mess, minute, lowest)
    minor = length <= mess.limit
    return ("minor_stop" if minor else found), minor and still_open, False
