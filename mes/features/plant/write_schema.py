"""What may be written to machines: the allow-list, and what a job sends when it starts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

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
