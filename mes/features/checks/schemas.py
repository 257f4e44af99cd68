"""What the routes of data checks take."""

from __future__ import annotations

from pydantic import BaseModel, Field

from mes.core.derive.increments import CountDecision
from mes.core.instants import parse_instant
from mes.features.checks.clearing import CLEARED_MAX
from mes.features.checks.service import Draft
from mes.features.checks.suspects import LIMIT, LIMIT_MAX, Status
from mes.features.commands.schemas import (
    Amount,
    CommandIn,
    InstantText,
    NoteText,
    PageMark,
    Short,
)


class Seen(BaseModel):
    """A suspect count as it was shown, and what is decided about it."""

    work_unit: Short
    tag: Short = Field(description="SOURCE/TAG")
    at: InstantText
    since: InstantText
    seen_amount: Amount
    seen_decision: Short | None = None
    decision: CountDecision
    counts: Amount | None = Field(
        default=None, description="Decision `amount`: counts that are believed instead."
    )
    note: NoteText | None = None

    def draft(self) -> Draft:
        """As the service takes it."""
        return Draft(
            tag=self.tag,
            at=parse_instant(self.at),
            since=parse_instant(self.since),
            seen_amount=self.seen_amount,
            seen_decision=self.seen_decision,
            decision=self.decision,
            counts=self.counts,
            note=self.note,
        )


class DecisionIn(Seen, CommandIn):
    """A decision about a suspect count."""


class EffectIn(Seen):
    """A decision that is only tried out."""


class SuspectsQuery(BaseModel):
    """Which suspect counts; `before` is `next` of the page before."""

    status: Status = Status.OPEN
    work_unit: str | None = Field(default=None, max_length=80)
    before: PageMark | None = None
    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX)


class KeptAsideQuery(BaseModel):
    """Which refused records; `before` is `next` of the page before."""

    cleared: bool = Field(default=False, description="Those that somebody has cleared.")
    source: str | None = Field(default=None, max_length=80)
    before: PageMark | None = None
    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX)


class ClearIn(CommandIn):
    """Records kept aside that somebody has looked at; `note` says why they may go."""

    ids: list[int] = Field(min_length=1, max_length=CLEARED_MAX)
    note: NoteText


class OrphansQuery(BaseModel):
    """How many days back."""

    days: int = Field(default=31, ge=1, le=400)
