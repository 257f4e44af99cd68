"""The allow-list of writes and calls: which values, and how often.

A plant without such rules writes and calls nothing. The MES and the edge ask the same rule, each
for itself.
"""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator
from pydantic_core import PydanticCustomError

from connectors.sdk.config import Number, Strict
from connectors.sdk.messages import Value

TAG_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}/[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"


Period = Annotated[Number, Field(gt=0, le=86_400)]
"""At most once in so many real seconds."""


class Limits(Strict):
    """Which values are allowed; exactly one of a range, a list and a length of text.

    Attributes:
        min: smallest number; goes with `max`.
        max: largest number.
        values: the only values, such as `[true, false]`.
        length: texts of at most so many characters.
    """

    min: Number | None = None
    max: Number | None = None
    values: (
        Annotated[
            tuple[StrictBool | StrictInt | float | StrictStr, ...],
            Field(min_length=1, max_length=1000),
        ]
        | None
    ) = None
    length: Annotated[StrictInt, Field(ge=1, le=200)] | None = None

    @model_validator(mode="after")
    def _exactly_one_limit(self) -> Self:
        if (self.min is None) != (self.max is None):
            raise PydanticCustomError("write_range_open", "give both min and max")
        ways = [self.min, self.values, self.length]
        if sum(way is not None for way in ways) != 1:
            raise PydanticCustomError(
                "write_without_limit",
                "say what may be written: min and max, or values, or length of a text",
            )
        if self.min is not None and self.max is not None and not self.min <= self.max:
            raise PydanticCustomError("limits_reversed", "min is larger than max")
        return self

    def problem(self, value: Value) -> str | None:
        """Why a value may not be written, in words for people; None: it may."""
        if self.values is not None:
            if any(_is_same(value, each) for each in self.values):
                return None
            return f"{value!r} is none of: {', '.join(map(str, self.values))}"
        if self.length is not None:
            if isinstance(value, str) and len(value) <= self.length and value.isprintable():
                return None
            return f"{value!r} is no text of at most {self.length} printable characters"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{value!r} is no number"
        assert self.min is not None
        assert self.max is not None
        if math.isfinite(value) and self.min <= value <= self.max:
            return None
        return f"{value} does not lie between {self.min} and {self.max}"


class WriteRule(Limits):
    """What one tag may be given, in the tag's unit or the words of its `enum`.

    Attributes:
        tag: SOURCE/TAG.
        every_s: at most one write in so many real seconds.
    """

    tag: Annotated[StrictStr, Field(pattern=TAG_PATTERN)]
    every_s: Period = 1


def _is_same(one: Value, other: Value) -> bool:
    return isinstance(one, bool) is isinstance(other, bool) and one == other
