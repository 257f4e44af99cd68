"""What the routes of sign-offs and published figures take."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mes.features.commands.schemas import CommandIn, NoteText, PageMark, Short
from mes.features.publishing.queries import LIMIT, LIMIT_MAX, Asked

Day = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"),
    Field(description="Production day YYYY-MM-DD."),
]


class SignOffIn(CommandIn):
    """Sign a shift of a line off."""

    day: Day
    shift: Short | None = Field(
        default=None, description="Code; absent, or `day`: the day's only period."
    )
    note: NoteText | None = Field(
        default=None, description="Needed when the checklist is not empty."
    )


class ReopenIn(CommandIn):
    """Open a signed-off shift again."""

    day: Day
    shift: Short | None = None
    reason: NoteText = Field(description="Why; shown with the figures.")


class ShiftQuery(BaseModel):
    """A shift of a line."""

    day: Day
    shift: str | None = None


class PublishedQuery(BaseModel):
    """Conditions on published figures; all are optional."""

    model_config = ConfigDict(populate_by_name=True)

    scope: str | None = Field(default=None, description="Code of a work unit or line.")
    line: str | None = Field(default=None, description="A line with its work units.")
    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None
    day: Day | None = Field(default=None, description="Instead of from and to.")
    shift: str | None = None
    revisions: bool = Field(default=False, description="All revisions, not only the last ones.")
    before: PageMark | None = None
    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX)

    def asked(self) -> Asked:
        """As the query takes it."""
        return Asked(
            scope=self.scope,
            line=self.line,
            first=self.day or self.from_,
            last=self.day or self.to,
            shift=self.shift,
            every=self.revisions,
            before=self.before,
            limit=self.limit,
        )
