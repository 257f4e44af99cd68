"""What the routes of hours take."""

from __future__ import annotations

from pydantic import BaseModel, Field

from mes.features.commands.schemas import CommandIn, InstantText, NoteText, Short
from mes.features.publishing.schemas import Day


class HoursQuery(BaseModel):
    """A shift of a line, and whose pieces."""

    day: Day
    shift: str | None = Field(default=None, description="Code; absent: the day's only period.")
    work_unit: str | None = Field(
        default=None, description="Absent: what paces the line, else its last work unit."
    )


class CommentIn(CommandIn):
    """A comment on an hour."""

    hour: InstantText = Field(description="`start` of the hour.")
    text: NoteText = Field(description="Empty: the comment is taken back.")
    replaces: Short | None = Field(
        default=None, description="`command_id` of the comment seen; absent: there was none."
    )
