"""What may be written and called: the allow-lists, and what a job sends when it starts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictBool, StrictInt, StrictStr, Tag, model_validator

from connectors.sdk.call_rules import CallRule
from connectors.sdk.write_rules import WriteRule
from mes.features.plant.parts import Part

RoleName = Literal[
    "operator",
    "supervisor",
    "quality",
    "maintenance",
    "manager",
    "integrator",
    "administrator",
]
Sent = StrictBool | StrictInt | float | Annotated[StrictStr, Field(max_length=200)]


class Write(WriteRule):
    """A tag that may be written, and who may ask for it; an administrator always may."""

    roles: Annotated[tuple[RoleName, ...], Field(min_length=1)] = ("supervisor",)


class Call(CallRule):
    """A method that may be called, and who may ask for it; an administrator always may."""

    roles: Annotated[tuple[RoleName, ...], Field(min_length=1)] = ("supervisor",)


class JobWrite(Part):
    """A tag that is written when a job starts on the work unit.

    Attributes:
        send: code of the item, quantity of the job, number of the job, or the value that
            `by_item` has for the item; a job of an item that is not there sends nothing.
    """

    tag: str
    send: Literal["item", "quantity", "job_order", "by_item"]
    by_item: dict[str, Sent] | None = None

    @model_validator(mode="after")
    def _values_stand_with_by_item(self) -> JobWrite:
        if (self.send == "by_item") is not bool(self.by_item):
            raise ValueError("`send: by_item` and `by_item: {ITEM: value}` belong together")
        return self


class ByItem(Part):
    """A value for each item; a job of an item that is not there sends nothing."""

    by_item: Annotated[dict[str, Sent], Field(min_length=1)]


class JobCall(Part):
    """A method that is called when a job starts on the work unit.

    Attributes:
        send: by argument: code of the item, quantity of the job, number of the job, or a value by
            item; the quantity goes as a text where the argument is one.
    """

    call: str
    send: dict[str, Literal["item", "quantity", "job_order"] | ByItem] = Field(default_factory=dict)


A_WRITE, A_CALL = "a write", "a call"
"""How errors name the two; no words of a plant file."""


def _kind(step: Any) -> str:
    names = step if isinstance(step, dict) else vars(step)
    return A_CALL if "call" in names else A_WRITE


JobStep = Annotated[
    Annotated[JobWrite, Tag(A_WRITE)] | Annotated[JobCall, Tag(A_CALL)], Discriminator(_kind)
]
"""One thing that the start of a job does to its machine."""
