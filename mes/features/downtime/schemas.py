"""What the routes of stops take."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

from mes.core.derive.signals import State
from mes.core.derive.statements import StatementKind
from mes.core.instants import parse_instant
from mes.features.commands.schemas import (
    CommandIn,
    InstantText,
    NoteText,
    Short,
    optional_instant,
)
from mes.features.downtime.checks import SEEN_MAX, Seen, StatementDraft

WindowText = Annotated[str, StringConstraints(max_length=80)]


class SeenIn(BaseModel):
    """A further stop as it was shown."""

    model_config = ConfigDict(extra="forbid")

    seen_start: InstantText
    seen_end: InstantText | None = None
    seen_statement: Short | None = None

    def seen(self) -> Seen:
        """As the service takes it."""
        return Seen(
            start=parse_instant(self.seen_start),
            end=optional_instant(self.seen_end),
            statement=self.seen_statement,
        )


class StatementIn(CommandIn):
    """What a person says about a stop, and what the person saw of it."""

    kind: StatementKind
    seen_start: InstantText | None = None
    seen_end: InstantText | None = None
    seen_statement: Short | None = None
    also_seen: list[SeenIn] = Field(
        default=[], max_length=SEEN_MAX, description="Further stops that a part covers."
    )
    start: InstantText | None = Field(default=None, validation_alias=AliasChoices("from", "start"))
    end: InstantText | None = Field(default=None, validation_alias=AliasChoices("to", "end"))
    state: State | None = None
    reason: Short | None = None
    note: NoteText | None = None
    replaces: Short | None = None

    def draft(self) -> StatementDraft:
        """As the service takes it."""
        return StatementDraft(
            kind=self.kind,
            seen_start=optional_instant(self.seen_start),
            seen_end=optional_instant(self.seen_end),
            seen_statement=self.seen_statement,
            also_seen=tuple(one.seen() for one in self.also_seen),
            start=optional_instant(self.start),
            end=optional_instant(self.end),
            state=self.state,
            reason=self.reason,
            note=self.note,
            replaces=self.replaces,
        )


class StopsQuery(BaseModel):
    """A window (two instants, or a production day and maybe a shift), by default this shift.

    `needs_reason`: only stops that still need one.
    """

    start: WindowText | None = Field(default=None, validation_alias="from")
    end: WindowText | None = Field(default=None, validation_alias="to")
    day: WindowText | None = None
    shift: WindowText | None = None
    needs_reason: bool = False

    def arguments(self) -> dict[str, str]:
        """The window as the address named it."""
        named = {"from": self.start, "to": self.end, "day": self.day, "shift": self.shift}
        return {name: text for name, text in named.items() if text is not None}
