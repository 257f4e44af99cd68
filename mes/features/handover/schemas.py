"""What the routes of handovers take."""

from __future__ import annotations

from pydantic import Field

from mes.core.handover import Topic
from mes.features.commands.schemas import CommandIn, NoteText, Short
from mes.features.publishing.schemas import Day

PEOPLE_MAX = 100


class ShiftIn(CommandIn):
    """Which shift of the line."""

    day: Day
    shift: Short | None = Field(
        default=None, description="Code; absent, or `day`: the day's only period."
    )


class EntryIn(ShiftIn):
    """An entry, or the correction of one's own."""

    topic: Topic = Topic.NOTE
    text: NoteText = Field(description="Empty in a correction: the entry is taken back.")
    replaces: Short | None = Field(
        default=None, description="`id` of the entry to correct; absent: a new one."
    )


class CrewIn(ShiftIn):
    """Who worked."""

    people: list[Short] = Field(
        default=[], max_length=PEOPLE_MAX, description="Badge numbers of people."
    )
    others: NoteText = Field(default="", description="Names of people without a badge.")
    replaces: Short | None = Field(
        default=None, description="`command_id` of the crew that was seen; absent: there was none."
    )


class ReopenIn(ShiftIn):
    """Opening a closed handover again."""

    reason: NoteText


class SignIn(ShiftIn):
    """Handing or taking over."""

    note: NoteText | None = None
