"""The part of a source's configuration that all connectors share (plant file, `sources:`).

Each connector derives its own models from `SourceConfig` and `TagConfig`. Unknown keys are errors,
and every error carries the path of its field, so that a plant-file checker can name the line.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from connectors.sdk.dependence import circle_in
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.steps import Endpoint


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number_expected", "a number is expected here")
    return value


def _secret(text: str) -> str:
    kind, _, rest = text.partition(":")
    if kind not in ("env", "file") or not rest:
        raise PydanticCustomError(
            "secret_in_plain_text", "write a secret as env:NAME or file:PATH, never in plain text"
        )
    return text


def _key_text(value: object) -> object:
    """Mapping keys may be written as numbers or text in YAML; JSON only has text."""
    return {_code_key(k): v for k, v in value.items()} if isinstance(value, Mapping) else value


def _code_key(key: object) -> object:
    if isinstance(key, str):
        try:
            return int(key, 0)
        except ValueError:
            return key
    return key


Number = Annotated[float | int, BeforeValidator(_number)]
SECRET_FORMAT = "secret-reference"  # noqa: S105  # a word of the schema
Secret = Annotated[
    StrictStr, AfterValidator(_secret), Field(json_schema_extra={"format": SECRET_FORMAT})
]
Name = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$")]
ScanPeriod = Annotated[StrictInt, Field(ge=10, le=86_400_000)]
CodeTable = Annotated[
    dict[StrictInt | float, Annotated[StrictStr, Field(min_length=1, max_length=100)]],
    BeforeValidator(_key_text),
]


class Strict(BaseModel):
    """A model that knows all its keys and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ValidIf(Strict):
    """The value is valid only while another tag of the same source has this value."""

    tag: Name
    value: StrictBool | StrictInt | float | StrictStr


class TagConfig(Strict):
    """What every tag may say, whatever the protocol.

    Attributes:
        scale: factor applied to the raw number, before `offset`.
        scale_exponent_from: tag that holds the number of decimals; the value is divided by 10**n.
        bad_values: raw values that mean a fault, with the reason each stands for.
        valid_if: condition under which the value means anything.
        min: smallest plausible value; below it the value is bad.
        max: largest plausible value; above it the value is bad.
        deadband: a number is reported only when it moved by more than this.
        swinging_door: a number of no work-unit signal is reported when a straight line through
            what was reported would miss a reading by more than this.
        max_age_s: an unchanged value is reported again after this many plant seconds.
    """

    name: Name
    unit: Annotated[StrictStr, Field(max_length=20)] | None = None
    scale: Number | None = None
    offset: Number | None = None
    scale_exponent_from: Name | None = None
    invert: StrictBool = False
    enum: CodeTable | None = None
    bad_values: CodeTable | None = None
    valid_if: ValidIf | None = None
    min: Number | None = None
    max: Number | None = None
    deadband: Annotated[Number, Field(ge=0)] | None = None
    swinging_door: Annotated[Number, Field(ge=1e-9)] | None = None
    max_age_s: Annotated[Number, Field(gt=0, le=86_400)] | None = None

    @property
    def needs(self) -> Sequence[str]:
        """The other tags of the source whose values the conversion needs."""
        names = (self.scale_exponent_from, self.valid_if.tag if self.valid_if else None)
        return tuple(name for name in names if name is not None)

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError("limits_reversed", "min is larger than max")
        if self.scale == 0:
            raise PydanticCustomError("scale_zero", "scale 0 would make every value 0")
        if self.deadband is not None and self.swinging_door is not None:
            raise PydanticCustomError(
                "deadband_and_swinging_door", "a tag has a deadband or a swinging_door, not both"
            )
        return self


class SourceConfig(Strict):
    """What every source says."""

    id: Name
    protocol: StrictStr
    name: dict[StrictStr, StrictStr] | None = None

    @property
    def tag_list(self) -> Sequence[TagConfig]:
        """The tags in the order of the file."""
        return ()

    @property
    def shared_link(self) -> tuple[Hashable, object] | None:
        """What makes the link of two sources one, and its settings, which must then be equal.

        None: the source has a connection of its own.
        """
        return None

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The places in the network that the source needs; none for a file or a serial line."""
        return ()


def field_error(code: str, message: str, path: tuple[str | int, ...]) -> InitErrorDetails:
    """One mistake with the path of its field, for `raise_field_errors`."""
    return InitErrorDetails(
        type=PydanticCustomError(code, message),
        loc=path,
        input=None,
    )


def check_tags(tags: Sequence[TagConfig]) -> list[InitErrorDetails]:
    """Mistakes between tags: names used twice, references that lead nowhere or in a circle."""
    errors: list[InitErrorDetails] = []
    names = [tag.name for tag in tags]
    known = set(names)
    for index, tag in enumerate(tags):
        path = ("tags", index)
        if names.index(tag.name) != index:
            message = f"the tag name {tag.name!r} is used twice"
            errors.append(field_error("duplicate_tag", message, (*path, "name")))
        references = {
            "scale_exponent_from": tag.scale_exponent_from,
            "valid_if": tag.valid_if.tag if tag.valid_if else None,
        }
        for field, name in references.items():
            if name is not None and (name not in known or name == tag.name):
                message = f"{field} names {name!r}, which is no other tag of this source"
                errors.append(field_error("unknown_tag", message, (*path, field)))
    return errors or _circles(tags)


def _circles(tags: Sequence[TagConfig]) -> list[InitErrorDetails]:
    circle = circle_in({tag.name: tag.needs for tag in tags})
    if not circle:
        return []
    index = next(number for number, tag in enumerate(tags) if tag.name == circle[0])
    is_exponent = tags[index].scale_exponent_from == circle[1]
    field = "scale_exponent_from" if is_exponent else "valid_if"
    message = f"tags need each other in a circle: {' -> '.join(circle)}"
    return [field_error("tags_in_circle", message, ("tags", index, field))]


def raise_field_errors(title: str, errors: Sequence[InitErrorDetails]) -> None:
    """Raise all mistakes at once, each with its own path.

    Raises:
        ValidationError: when there is at least one mistake.
    """
    if errors:
        raise ValidationError.from_exception_data(title, list(errors), hide_input=True)


def read_secret(reference: str) -> str:
    """The secret behind `env:NAME` or `file:PATH`.

    Raises:
        ConfigurationError: `secret_missing`; the detail names the reference, never the secret.
    """
    kind, _, rest = reference.partition(":")
    if kind == "env" and rest in os.environ:
        return os.environ[rest]
    if kind == "file":
        try:
            return Path(rest).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            detail = f"the secret {reference} cannot be read: {type(error).__name__}"
            raise ConfigurationError("secret_missing", detail) from error
    raise ConfigurationError("secret_missing", f"the secret {reference} is not set")
