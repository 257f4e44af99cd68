"""The allow-list of method calls: which method, with which arguments, and how often.

A rule stands for one method of one source. The address is in the words of the protocol; its model
is named in the manifest of the connector. Since SDK 2.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, JsonValue, StrictBool, StrictInt, StrictStr, model_validator
from pydantic_core import PydanticCustomError

from connectors.sdk.config import Number, Strict
from connectors.sdk.messages import Value
from connectors.sdk.write_rules import TAG_PATTERN, Limits, Period

ARGUMENTS_MAX = 20
RESULTS_MAX = 20
TIMEOUT_S_MAX = 15
"""A call must end while the person who asked, and the MES, still wait for it."""


class ArgumentType(StrEnum):
    """Types of arguments; the connector says them in the words of its protocol."""

    BOOL = "bool"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    STRING = "string"

    @property
    def limits(self) -> tuple[int, int] | None:
        """Smallest and largest whole number; None for what is none."""
        signed, _, bits = self.value.partition("int")
        if not bits:
            return None
        span = 1 << int(bits)
        return (0, span - 1) if signed == "u" else (-(span >> 1), (span >> 1) - 1)

    def takes(self, value: Value) -> bool:
        """Whether a value can be of this type, without being changed."""
        if self is ArgumentType.BOOL or isinstance(value, bool):
            return self is ArgumentType.BOOL and isinstance(value, bool)
        if self is ArgumentType.STRING or isinstance(value, str):
            return self is ArgumentType.STRING and isinstance(value, str)
        if self.limits is None:
            return isinstance(value, int | float)
        return isinstance(value, int) and self.limits[0] <= value <= self.limits[1]


class ArgumentRule(Limits):
    """One argument: its type, and its only values.

    Attributes:
        name: what people call it; the order in the rule is that of the method.
    """

    name: Annotated[StrictStr, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
    type: ArgumentType

    @model_validator(mode="after")
    def _limits_fit_the_type(self) -> Self:
        given = [*(self.values or ()), *(each for each in (self.min, self.max) if each is not None)]
        is_text = self.type is ArgumentType.STRING
        if (self.length is not None) > is_text or not all(map(self.type.takes, given)):
            message = f"the limits do not fit the type {self.type}"
            raise PydanticCustomError("argument_limits_type", "{why}", {"why": message})
        return self

    def problem(self, value: Value) -> str | None:
        """Why a value may not be given, in words for people; None: it may."""
        if not self.type.takes(value):
            return f"{value!r} is no {self.type}"
        return super().problem(value)


class ReturnRule(Strict):
    """What a result has to be, for machines that answer an error as a number.

    Attributes:
        position: place of the result, from 0.
        values: those that mean success.
    """

    position: Annotated[StrictInt, Field(ge=0, lt=RESULTS_MAX)] = 0
    values: Annotated[
        tuple[StrictBool | StrictInt | float | StrictStr, ...], Field(min_length=1, max_length=100)
    ]

    def holds(self, results: Sequence[object]) -> bool:
        """Whether the result is there and one of the values."""
        if self.position >= len(results):
            return False
        given = results[self.position]
        return any(
            isinstance(given, bool) is isinstance(each, bool) and given == each
            for each in self.values
        )


class CallRule(Strict):
    """One method that may be called.

    Attributes:
        call: SOURCE/NAME; the name is free.
        address: which method of which object, in the words of the protocol.
        returns: what a result has to be; None: what the device says of the call decides alone.
        every_s: at most one call in so many real seconds.
        timeout_s: real seconds in which the method must have ended.
    """

    call: Annotated[StrictStr, Field(pattern=TAG_PATTERN)]
    address: dict[str, JsonValue]
    arguments: Annotated[tuple[ArgumentRule, ...], Field(max_length=ARGUMENTS_MAX)] = ()
    returns: ReturnRule | None = None
    every_s: Period = 1
    timeout_s: Annotated[Number, Field(gt=0, le=TIMEOUT_S_MAX)] = 5

    @model_validator(mode="after")
    def _names_are_different(self) -> Self:
        names = [argument.name for argument in self.arguments]
        if len(set(names)) != len(names):
            raise PydanticCustomError("duplicate_argument", "two arguments have the same name")
        return self

    def problems(self, arguments: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
        """Name of an argument, and why it may not be so; nothing: they may be given."""
        known = {argument.name: argument for argument in self.arguments}
        for name in arguments:
            if name not in known:
                yield name, f"there is no argument {name!r}"
        for name, argument in known.items():
            if name not in arguments:
                yield name, f"the argument {name!r} is missing"
            elif (problem := argument.problem(arguments[name])) is not None:
                yield name, f"{name}: {problem}"


class MethodAddress(Strict):
    """Base of what a protocol needs to find a method."""

    def argument_problem(self, arguments: Sequence[ArgumentRule]) -> str | None:
        """Why these arguments do not belong to the method, as far as the address tells."""
        del arguments
        return None
