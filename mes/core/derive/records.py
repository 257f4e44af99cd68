"""The fold of signals to a partition of time, and the records that a derivation ends in.

Inside a derivation time is a list of `Piece`, gapless from its first instant to `FOREVER`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NamedTuple, TypeVar

from mes.core.derive.signals import Gap, State, StateSignal

FOREVER = 1 << 62
"""End of what is still open, inside a derivation only."""


class ReasonSource(StrEnum):
    """Who gave the reason of a record; `declaration`: a person, who declared its state too."""

    STATEMENT = "statement"
    DECLARATION = "declaration"
    MACHINE = "machine"


class StopFamily(Enum):
    """States of one family make one stop (S1)."""

    STOP = frozenset({State.STOPPED, State.DOWN, State.OFF})
    SETUP = frozenset({State.SETUP})
    WAITING = frozenset({State.WAITING})


_FAMILY = {state: family for family in StopFamily for state in family.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRecord:
    """One piece of the partition of a work unit's time.

    Attributes:
        start: UTC microseconds.
        end: None: still open.
        stop_start: start of the stop it belongs to (S1); None: it belongs to none. Unknown time
            that a stop bridges belongs to it and stays unknown, without a reason.
        reason: None: no reason is known, or the state takes none (running, unknown).
        reason_source: None: neither a reason nor a declared state.
        command_id: statement that gave reason or declared state; None: the machine, or nobody.
    """

    start: int
    end: int | None
    state: State
    stop_start: int | None = None
    reason: str | None = None
    reason_source: ReasonSource | None = None
    command_id: str | None = None

    @property
    def said_by_person(self) -> bool:
        """Whether a person gave its reason or state; the machine's own reason does not count."""
        return self.reason_source in (ReasonSource.STATEMENT, ReasonSource.DECLARATION)

    def says_the_same_as(self, other: StateRecord) -> bool:
        """Whether both would be one record if they were adjacent."""
        return (
            self.state is other.state
            and self.stop_start == other.stop_start
            and self.reason == other.reason
            and self.reason_source is other.reason_source
            and self.command_id == other.command_id
        )


class Piece(NamedTuple):
    """A stretch [start, end) of one state while a derivation is under way."""

    start: int
    end: int
    state: State
    machine_reason: str | None = None
    declared_by: str | None = None
    declared_reason: str | None = None


class StopPieces(NamedTuple):
    """The pieces first..last (inclusive) of one stop, bridged unknown ones among them."""

    family: StopFamily
    first: int
    last: int


Cover = TypeVar("Cover")


def family_of(state: State) -> StopFamily | None:
    """The family whose stops a state makes; None: it makes none (running, unknown)."""
    return _FAMILY.get(state)


def fold(
    at: int, before: StateSignal | None, signals: Iterable[StateSignal], gaps: Iterable[Gap]
) -> list[Piece]:
    """The base partition of [at, FOREVER).

    Args:
        before: the last signal before `at`; None: nothing is known until the first signal.
        signals: in any order; those before `at` other than the last are without effect.
        gaps: in any order, may overlap; they win over every signal inside them.
    """
    ordered = sorted(signals, key=lambda signal: signal.key)
    state, reason = (None, None) if before is None else (before.state, before.machine_reason)
    pieces: list[Piece] = []
    start = at
    for signal in ordered:
        if signal.state is state and signal.machine_reason == reason:
            continue
        if signal.event_time > start:
            pieces.append(_piece(start, signal.event_time, state, reason))
            start = signal.event_time
        state, reason = signal.state, signal.machine_reason
    pieces.append(_piece(start, FOREVER, state, reason))
    holes = [(gap.start, gap.end, gap) for gap in sorted(gaps, key=lambda g: (g.start, g.end))]
    if holes:
        pieces = overlay(
            pieces, disjoint(holes), lambda piece, _: Piece(piece.start, piece.end, State.UNKNOWN)
        )
    return merged(pieces)


def overlay(
    pieces: Sequence[Piece],
    covers: Sequence[tuple[int, int, Cover]],
    change: Callable[[Piece, Cover], Piece],
) -> list[Piece]:
    """The pieces, cut at the covers and changed under them.

    Args:
        covers: (start, end, what), sorted and disjoint.
        change: what a covered piece becomes.
    """
    result: list[Piece] = []
    index = 0
    for piece in pieces:
        at = piece.start
        while at < piece.end:
            while index < len(covers) and covers[index][1] <= at:
                index += 1
            if index == len(covers) or covers[index][0] >= piece.end:
                result.append(piece._replace(start=at))
                break
            start, end, cover = covers[index]
            if at < start:
                result.append(piece._replace(start=at, end=start))
                at = start
            end = min(end, piece.end)
            result.append(change(piece._replace(start=at, end=end), cover))
            at = end
    return result


def disjoint(covers: Sequence[tuple[int, int, Cover]]) -> list[tuple[int, int, Cover]]:
    """Covers sorted by start, each cut to what lies behind those before it."""
    result = []
    reached = -FOREVER
    for start, end, cover in covers:
        if end > max(start, reached):
            result.append((max(start, reached), end, cover))
            reached = end
    return result


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces with equal neighbours joined."""
    result: list[Piece] = []
    for piece in pieces:
        if result and result[-1][2:] == piece[2:]:
            result[-1] = result[-1]._replace(end=piece.end)
        else:
            result.append(piece)
    return result


def find_stops(pieces: Sequence[Piece], bridge_us: int) -> list[StopPieces]:
    """The stops of a partition (S1).

    Args:
        bridge_us: longest unknown time between two pieces of one family that does not end a stop.
    """
    stops: list[StopPieces] = []
    for index, piece in enumerate(pieces):
        family = _FAMILY.get(piece.state)
        if family is None:
            continue
        if (
            stops
            and stops[-1].family is family
            and _bridged(pieces, stops[-1].last, index, bridge_us)
        ):
            stops[-1] = stops[-1]._replace(last=index)
        else:
            stops.append(StopPieces(family, index, index))
    return stops


def _bridged(pieces: Sequence[Piece], last: int, index: int, bridge_us: int) -> bool:
    if pieces[index].start - pieces[last].end > bridge_us:
        return False
    return all(piece.state is State.UNKNOWN for piece in pieces[last + 1 : index])


def _piece(start: int, end: int, state: State | None, reason: str | None) -> Piece:
    known = state or State.UNKNOWN
    return Piece(start, end, known, reason if family_of(known) else None)
