"""Calls for help (andon): raised, acknowledged, resolved or cancelled, with timed escalation. Pure.

Instants and lengths are microseconds. A call is the fold of its events, whatever order they arrive
in; its level follows from the time alone, so that nothing has to be filed when a limit passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any


class CallKind(StrEnum):
    """What help is needed."""

    MATERIAL = "material"
    MAINTENANCE = "maintenance"
    QUALITY = "quality"
    LEAD = "lead"


class CallAction(StrEnum):
    """What a person says about a call."""

    RAISE = "raise"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    CANCEL = "cancel"


class CallState(StrEnum):
    """Where a call stands."""

    OPEN = "open"
    """Nobody has said yet that they come."""
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to the call."""
        return self in (CallState.RESOLVED, CallState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A level: whom to tell of a call that nobody has acknowledged for so long.

    Attributes:
        after_us: since the call was raised.
        to: role that is told.
        kinds: calls that it is for; empty: all.
    """

    after_us: int
    to: str
    kinds: frozenset[CallKind] = frozenset()

    def is_for(self, kind: CallKind) -> bool:
        """Whether calls of this kind have the level."""
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One thing that was said about a call.

    Attributes:
        at: when it was said.
        who: name of the person or terminal.
        kind: of a raised call; None otherwise.
        levels: (length since the raising, role) of a raised call, as the plant had set them then.
        expected_at: when whoever acknowledges will be there; None: they did not say.
    """

    action: CallAction
    command_id: str
    at: int
    who: str
    kind: CallKind | None = None
    levels: tuple[tuple[int, str], ...] = ()
    note: str | None = None
    expected_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as its events tell it; `ended` is how it was resolved or cancelled."""

    id: str
    kind: CallKind
    raised: CallEvent
    acknowledged: CallEvent | None = None
    ended: CallEvent | None = None

    @property
    def state(self) -> CallState:
        """Where it stands."""
        if self.ended is not None:
            resolved = self.ended.action is CallAction.RESOLVE
            return CallState.RESOLVED if resolved else CallState.CANCELLED
        return CallState.OPEN if self.acknowledged is None else CallState.ACKNOWLEDGED

    @property
    def answered_at(self) -> int | None:
        """When somebody first came or said so; None: nobody did."""
        if self.acknowledged is not None:
            return self.acknowledged.at
        return self.ended.at if self.ended and self.state is CallState.RESOLVED else None

    @property
    def response_us(self) -> int | None:
        """From raising to the first answer; None: there was none."""
        return None if self.answered_at is None else self.answered_at - self.raised.at

    @property
    def repair_us(self) -> int | None:
        """From the first answer to the end; None: not resolved."""
        if self.ended is None or self.state is not CallState.RESOLVED or self.answered_at is None:
            return None
        return self.ended.at - self.answered_at

    def level(self, now: int) -> int:
        """How many limits passed before anybody answered; 0: none."""
        until = self.answered_at
        if until is None:
            until = now if self.ended is None else self.ended.at
        return sum(1 for at, _ in self.escalates_at() if at <= until)

    def escalates_at(self) -> list[tuple[int, str]]:
        """Instant and role of each level, in time order."""
        return [(self.raised.at + after, to) for after, to in self.raised.levels]

    def next_level_at(self, now: int) -> int | None:
        """When the next level is reached; None: never, because it was answered or has no more."""
        if self.state is not CallState.OPEN:
            return None
        return min((at for at, _ in self.escalates_at() if at > now), default=None)


def call_of(events: Iterable[CallEvent]) -> Call | None:
    """The call that events tell of; None: it was not raised.

    Told in the order of their times, then of their identities: what was said behind the end of a
    call changes nothing, nor does a second acknowledgement.
    """
    known = sorted(events, key=lambda event: (event.at, event.command_id))
    raised = next((event for event in known if event.action is CallAction.RAISE), None)
    if raised is None or raised.kind is None:
        return None
    acknowledged: CallEvent | None = None
    for event in known:
        if event.action is CallAction.ACKNOWLEDGE and acknowledged is None:
            acknowledged = event
        if event.action in (CallAction.RESOLVE, CallAction.CANCEL):
            return Call(
                id=raised.command_id,
                kind=raised.kind,
                raised=raised,
                acknowledged=acknowledged,
                ended=event,
            )
    return Call(id=raised.command_id, kind=raised.kind, raised=raised, acknowledged=acknowledged)


def levels_of(kind: CallKind, steps: Iterable[Escalation]) -> tuple[tuple[int, str], ...]:
    """The levels of a new call by the settings of the plant, in time order."""
    return tuple(sorted((step.after_us, step.to) for step in steps if step.is_for(kind)))


def escalation_from(level: Mapping[str, Any]) -> Escalation:
    """A level as the plant file and the settings of a site write it, with `after_min` minutes."""
    return Escalation(
        after_us=int(Fraction(str(level["after_min"])) * 60_000_000),
        to=level["to"],
        kinds=frozenset(CallKind(kind) for kind in level.get("kinds") or ()),
    )


def call_to_json(call: Call) -> dict[str, Any]:
    """A call as the projection of a work unit keeps it."""
    events = [event for event in (call.raised, call.acknowledged, call.ended) if event is not None]
    return {"events": [_event_to_json(event) for event in events]}


def call_from_json(data: Mapping[str, Any]) -> Call:
    """A call from its JSON form."""
    call = call_of(_event_from_json(event) for event in data["events"])
    assert call is not None, "a call is kept with its raising"
    return call


def _event_to_json(event: CallEvent) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "action": event.action.value,
        "command_id": event.command_id,
        "at": event.at,
        "who": event.who,
    }
    if event.kind is not None:
        kept |= {"kind": event.kind.value, "levels": [list(level) for level in event.levels]}
    if event.note is not None:
        kept["note"] = event.note
    if event.expected_at is not None:
        kept["expected_at"] = event.expected_at
    return kept


def _event_from_json(data: Mapping[str, Any]) -> CallEvent:
    kind = data.get("kind")
    return CallEvent(
        action=CallAction(data["action"]),
        command_id=data["command_id"],
        at=data["at"],
        who=data["who"],
        kind=None if kind is None else CallKind(kind),
        levels=_levels(data.get("levels", ())),
        note=data.get("note"),
        expected_at=data.get("expected_at"),
    )


def _levels(rows: Sequence[Sequence[Any]]) -> tuple[tuple[int, str], ...]:
    return tuple((int(after), str(to)) for after, to in rows)
