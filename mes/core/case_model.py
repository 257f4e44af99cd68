"""The OEE case: everything that one figure depends on (contract section 1).

Instants are UTC microseconds, spans are half-open `[start, end)`, numbers are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mes.core.classes import MachineState, ReasonClass
from mes.core.exact import Number
from mes.core.policies import ISO22400, Policy

SCHEMA = "oee-case/1"
DEFAULT_MINOR_STOP_LIMIT_US = 300 * 1_000_000


class CounterRole(StrEnum):
    """What a counter counts."""

    TOTAL = "total"
    GOOD = "good"
    SCRAP = "scrap"


class CounterMode(StrEnum):
    """How a counter behaves between two readings."""

    ROLLOVER = "rollover"
    RESETTABLE = "resettable"
    ABSOLUTE = "absolute"
    PULSE = "pulse"


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time; empty when both ends are equal."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSpan:
    """A break or a planned stop; the class of `reason` decides which."""

    start: int
    end: int
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """The ideal rate of a material; `ideal_cycle_s` None: no rate is known."""

    ideal_cycle_s: Number | None = None
    pieces_per_cycle: Number = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """When an order was loaded; `end` None: still loaded at `as_of`."""

    start: int
    end: int | None
    material: str | None = None
    order: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """A state that begins at an instant and holds until the next."""

    at: int
    state: MachineState
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedInterval:
    """A state that replaces whatever the state changes say between its ends."""

    start: int
    end: int
    state: MachineState
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """Pieces booked at an instant; `material` None: that of the run then loaded."""

    at: int
    material: str | None = None
    good: Number = 0
    scrap: Number = 0
    rework: Number = 0
    startup_scrap: Number = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Readings `(instant, value)` of one counter.

    Attributes:
        modulus: number of distinct values of a rollover counter, else None.
        max_per_s: most counts a second that are believed, None for no limit.
    """

    role: CounterRole
    mode: CounterMode
    modulus: Number | None = None
    max_per_s: Number | None = None
    readings: tuple[tuple[int, Number], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything one figure depends on.

    Attributes:
        window: span the figure speaks of.
        as_of: instant up to which facts are known.
        minor_stop_limit_us: whole stops of at most this length are minor.
        shifts: planned operation time; None: the whole window; empty: none.
        reasons: class of each listed reason.
        failures: which of them are failures of the equipment; None: nobody said.
        runs: loaded orders; None: loaded all the time with the only material, or with no named
            one unless there is exactly one; empty: nothing was loaded.
        time_zone: IANA name, for printing only.
    """

    window: Span
    as_of: int
    policy: Policy = ISO22400
    minor_stop_limit_us: int = DEFAULT_MINOR_STOP_LIMIT_US
    shifts: tuple[Span, ...] | None = None
    planned: tuple[PlannedSpan, ...] = ()
    reasons: Mapping[str, ReasonClass] = field(default_factory=dict)
    failures: frozenset[str] | None = None
    materials: Mapping[str, Material] = field(default_factory=dict)
    runs: tuple[Run, ...] | None = None
    states: tuple[StateChange, ...] = ()
    intervals: tuple[StatedInterval, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    counters: tuple[Counter, ...] = ()
    time_zone: str = "UTC"


def effective_window(case: Case) -> Span:
    """The window as far as it lies before `as_of`; empty when `as_of` precedes it."""
    return Span(case.window.start, max(case.window.start, min(case.window.end, case.as_of)))
