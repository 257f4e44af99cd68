"""What the routes of stops take."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, BaseModel, Field, StringConstraints

from mes.core.derive.signals import State
from mes.core.derive.statements import StatementKind
from mes.features.commands.schemas import (
    CommandIn,
    InstantText,
    NoteText,
    Short,
    optional_instant,
)
from mes.features.downtime.service import StatementDraft

WindowText = Annotated[str, StringConstraints(max_length=80)]


class StatementIn(CommandIn):
    """What a person says about a stop, and what the person saw of it."""

    kind: StatementKind
    seen_start: InstantText | None = None
    seen_end: InstantText | None = None
    seen_statement: Short | None = None
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
