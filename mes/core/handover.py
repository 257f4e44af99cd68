"""Handing a shift over: notes, crew, who hands over and who takes over. Pure.

Instants are UTC microseconds. A handover is the fold of its events; nothing of it is ever changed:
a correction replaces an entry of the same author, and what is written behind the take-over is an
addition. Opening it again withdraws both signatures and keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Topic(StrEnum):
    """What an entry is about."""

    NOTE = "note"
    SAFETY = "safety"
    QUALITY = "quality"
    MACHINE = "machine"
    MATERIAL = "material"


class HandoverAction(StrEnum):
    """What a person does to a handover."""

    ENTRY = "entry"
    CREW = "crew"
    HAND_OVER = "hand_over"
    TAKE_OVER = "take_over"
    REOPEN = "reopen"


class HandoverState(StrEnum):
    """Where a handover stands."""

    DRAFT = "draft"
    HANDED_OVER = "handed_over"
    """The outgoing lead has written it; the incoming lead has not read it yet."""
    CLOSED = "closed"
    """The incoming lead has taken over; what follows is an addition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverEvent:
    """One thing that was said.

    Attributes:
        author: identity of who said it, the same in all that one person says.
        who: how they are called.
        body: of an entry `topic` and `text`; of the crew `people` (badge numbers) and `others`; of
            handing over `note` and `figures`; of taking over and opening again `note`.
        replaces: identity of the entry that this one corrects; None: a new one.
    """

    action: HandoverAction
    command_id: str
    at: int
    who: str
    author: str
    body: Mapping[str, Any] = field(default_factory=dict)
    replaces: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A note as it now reads; `text` empty: taken back.

    Attributes:
        id: identity of its first wording, which corrections name.
        at: when it was first written; `corrected_at`: its present wording, None: the first.
        addition: it was written behind the take-over.
    """

    id: str
    topic: Topic
    text: str
    who: str
    author: str
    at: int
    corrected_at: int | None = None
    before: tuple[str, ...] = ()
    addition: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Who worked: badge numbers, and names of people without one; `id`: identity of its telling."""

    id: str
    people: tuple[str, ...]
    others: str
    who: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who handed or took over, when, and with which words."""

    who: str
    author: str
    at: int
    note: str = ""
    figures: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """Who opened a closed handover again, why, and the signatures that this withdrew."""

    by: Signature
    handed_over: Signature
    taken_over: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A handover as its events tell it."""

    entries: tuple[Entry, ...] = ()
    crew: Crew | None = None
    handed_over: Signature | None = None
    taken_over: Signature | None = None
    reopened: tuple[Reopening, ...] = ()

    @property
    def state(self) -> HandoverState:
        """Where it stands."""
        if self.taken_over is not None:
            return HandoverState.CLOSED
        return HandoverState.DRAFT if self.handed_over is None else HandoverState.HANDED_OVER

    def entry(self, entry_id: str) -> Entry | None:
        """The entry of that identity; None: there is none."""
        return next((one for one in self.entries if one.id == entry_id), None)


def handover_of(events: Iterable[HandoverEvent]) -> Handover:
    """The handover that events tell of, in the order of their times, then of their identities.

    The first take-over behind a hand-over closes it. Handing over again before that replaces the
    signature; a take-over without one says nothing, nor does a crew told behind the close. Opening
    it again says something of a closed one only; additions stay additions.
    """
    entries: dict[str, Entry] = {}
    crew: Crew | None = None
    handed: Signature | None = None
    taken: Signature | None = None
    reopened: list[Reopening] = []
    for event in sorted(events, key=lambda one: (one.at, one.command_id)):
        match event.action:
            case HandoverAction.ENTRY:
                _enter(entries, event, closed=taken is not None)
            case HandoverAction.CREW if taken is None:
                crew = _crew(event)
            case HandoverAction.HAND_OVER if taken is None:
                handed = _signature(event)
            case HandoverAction.TAKE_OVER if taken is None and handed is not None:
                taken = _signature(event)
            case HandoverAction.REOPEN if taken is not None and handed is not None:
                reopened.append(
                    Reopening(by=_signature(event), handed_over=handed, taken_over=taken)
                )
                handed = taken = None
            case _:
                pass
    return Handover(
        entries=tuple(entries.values()),
        crew=crew,
        handed_over=handed,
        taken_over=taken,
        reopened=tuple(reopened),
    )


def _enter(entries: dict[str, Entry], event: HandoverEvent, *, closed: bool) -> None:
    """Add an entry, or put a correction of its author into its place."""
    topic, text = Topic(event.body["topic"]), str(event.body["text"])
    if event.replaces is None:
        entries[event.command_id] = Entry(
            id=event.command_id,
            topic=topic,
            text=text,
            who=event.who,
            author=event.author,
            at=event.at,
            addition=closed,
        )
        return
    old = entries.get(event.replaces)
    if old is None or old.author != event.author or (closed and not old.addition):
        return
    entries[old.id] = Entry(
        id=old.id,
        topic=topic,
        text=text,
        who=old.who,
        author=old.author,
        at=old.at,
        corrected_at=event.at,
        before=(*old.before, old.text),
        addition=old.addition,
    )


def _crew(event: HandoverEvent) -> Crew:
    return Crew(
        id=event.command_id,
        people=tuple(event.body.get("people") or ()),
        others=str(event.body.get("others") or ""),
        who=event.who,
        at=event.at,
    )


def _signature(event: HandoverEvent) -> Signature:
    return Signature(
        who=event.who,
        author=event.author,
        at=event.at,
        note=str(event.body.get("note") or ""),
        figures=tuple(event.body.get("figures") or ()),
    )
