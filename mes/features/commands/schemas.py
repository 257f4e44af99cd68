"""What every command carries, and how amounts and instants are written."""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
)

from mes.core.instants import parse_instant

Short = Annotated[StrictStr, StringConstraints(min_length=1, max_length=80)]
NoteText = Annotated[StrictStr, StringConstraints(max_length=2000)]
PageMark = Annotated[
    int, Field(ge=1, lt=2**62, description="`next` of the page before; absent: the first page.")
]
Amount = Annotated[
    StrictInt | StrictFloat | Annotated[StrictStr, StringConstraints(max_length=40)],
    Field(description="A number, or decimal text where digits matter; at most six places."),
]


def _checked(value: str) -> str:
    parse_instant(value)
    return value


InstantText = Annotated[
    StrictStr,
    StringConstraints(max_length=40),
    AfterValidator(_checked),
    Field(description="ISO 8601 with an offset or Z.", json_schema_extra={"format": "date-time"}),
]


class CommandIn(BaseModel):
    """A command; a repeat of its `command_id` returns the first answer and changes nothing."""

    model_config = ConfigDict(extra="forbid")

    command_id: Short = Field(description="A UUID of the client, the same in every repeat.")
    device_time: InstantText | None = Field(
        default=None, description="When it happened by the clock of the device; absent: now."
    )
    device_now: InstantText | None = Field(
        default=None, description="What the device's clock shows while it sends; corrects it."
    )


def optional_instant(value: str | None) -> int | None:
    """UTC microseconds of a checked instant."""
    return None if value is None else parse_instant(value)
