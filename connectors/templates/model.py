"""What a device template says: a register or node map with its meaning, as data.

A template is data only. It holds the keys of a source as its connector wants them, with the
parameters of a place (`{host}`) left open, and says of each tag what it means for a work unit.
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator
from pydantic_core import InitErrorDetails

from connectors.sdk.config import Name, Number, Strict, field_error, raise_field_errors

SCHEMA = "device-template/1"
TAGS_MAX = 2000
VECTORS_MAX = 500
PARAMETERS_MAX = 30

Text = Annotated[StrictStr, Field(min_length=1, max_length=300)]
Code = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
Version = Annotated[StrictInt, Field(ge=1, le=10_000)]
RawWords = Annotated[StrictStr, Field(pattern=r"^[0-9A-Fa-f]{4}( [0-9A-Fa-f]{4}){0,124}$")]
Scalar = StrictBool | StrictInt | float | StrictStr
ParameterValue = Scalar | list[StrictStr]


class Meaning(StrEnum):
    """What a tag is for a work unit."""

    STATE = "state"
    LAMP = "lamp"
    TOTAL = "total"
    GOOD = "good"
    SCRAP = "scrap"
    ALARM = "alarm"
    MODE = "mode"
    TELEMETRY = "telemetry"

    @property
    def counts(self) -> bool:
        """Whether the tag counts pieces."""
        return self in (Meaning.TOTAL, Meaning.GOOD, Meaning.SCRAP)


class UnitState(StrEnum):
    """States of a work unit, as a plant file maps them."""

    RUNNING = "running"
    STOPPED = "stopped"
    DOWN = "down"
    SETUP = "setup"
    WAITING = "waiting"
    OFF = "off"
    UNKNOWN = "unknown"


class Names(Strict):
    """A name in both languages."""

    ko: Text
    en: Text


class CounterRule(Strict):
    """How a counter tag counts, as in a plant file.

    Attributes:
        modulus: distinct values, for mode rollover only.
        max_per_s: most counts a second that are believed; None: no limit.
    """

    mode: Literal["rollover", "resettable", "absolute", "pulse"]
    modulus: Annotated[StrictInt, Field(ge=2, le=2**64)] | None = None
    max_per_s: Annotated[Number, Field(gt=0, le=1_000_000)] | None = None

    @model_validator(mode="after")
    def _only_rollover_has_a_modulus(self) -> Self:
        if (self.mode == "rollover") != (self.modulus is not None):
            message = "mode rollover needs `modulus`, and no other mode has one"
            raise_field_errors("counter", [field_error("modulus_mismatch", message, ("modulus",))])
        return self


class ReasonSuggestion(Strict):
    """A stop reason that a plant may take over."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    code: Code
    name: Names
    time_class: Literal["break", "planned_stop", "setup", "unplanned_stop", "waiting"] = Field(
        alias="class"
    )
    failure: StrictBool = False


class ParameterKind(StrEnum):
    """What a parameter takes."""

    TEXT = "text"
    WHOLE = "whole"
    YES_NO = "yes_no"
    PATH = "path"
    """A list of texts, such as browse names."""


class Parameter(Strict):
    """What differs from place to place.

    Attributes:
        default: None: it must be given, unless it is optional.
        example: stands for the value when the template is checked; needed without a default.
        optional: without a value its key is left out.
        choices: the only texts allowed; empty: any.
        min: smallest whole number.
        max: largest whole number.
    """

    name: Name
    label: Names
    kind: ParameterKind = ParameterKind.TEXT
    default: ParameterValue | None = None
    example: ParameterValue | None = None
    optional: StrictBool = False
    choices: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    min: StrictInt | None = None
    max: StrictInt | None = None

    @property
    def stand_in(self) -> ParameterValue | None:
        """A value for checking the template."""
        return self.default if self.default is not None else self.example

    def why_not(self, value: object) -> str | None:
        """Why a value cannot be taken; None when it can."""
        if self.kind is ParameterKind.WHOLE:
            return self._why_no_number(value)
        if self.kind is ParameterKind.YES_NO:
            return None if isinstance(value, bool) else "true or false is expected"
        if self.kind is ParameterKind.PATH:
            is_path = isinstance(value, list) and bool(value)
            return None if is_path else "a list of texts is expected"
        if not isinstance(value, str) or not value:
            return "a text is expected; put it in quotes"
        if self.choices and value not in self.choices:
            return f"{value!r} is not possible; possible: {', '.join(self.choices)}"
        return None

    def _why_no_number(self, value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return "a whole number is expected"
        low, high = self.min, self.max
        if (low is not None and value < low) or (high is not None and value > high):
            return f"{value} lies outside {low} to {high}"
        return None

    @model_validator(mode="after")
    def _can_be_checked(self) -> Self:
        errors = []
        if self.stand_in is None and not self.optional:
            errors.append(field_error("example_missing", "give a default or an example", ()))
        for field in ("default", "example"):
            value = getattr(self, field)
            reason = None if value is None else self.why_not(value)
            if reason is not None:
                errors.append(field_error("parameter_value", reason, (field,)))
        raise_field_errors("parameter", errors)
        return self


class TemplateTag(Strict):
    """One tag: the keys below, and those of the connector, which checks them.

    Attributes:
        label: what the maker calls it.
        map: values that mean a state; for meaning state.
        reasons: values that mean a reason; for meaning alarm and mode.
        stride: by parameter, what one more of it adds to the address.
        unverified: what about this tag nobody has confirmed; None: the source of the map is sure.
    """

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    name: Name
    label: Names | None = None
    meaning: Meaning = Meaning.TELEMETRY
    counter: CounterRule | None = None
    map: dict[StrictInt | StrictStr, UnitState] | None = None
    reasons: dict[StrictInt | StrictStr, Code] | None = None
    stride: dict[Name, Annotated[StrictInt, Field(ge=1, le=1000)]] = Field(default_factory=dict)
    unverified: Text | None = None

    @property
    def plain(self) -> dict[str, object]:
        """The tag as the connector knows it; the address is that without strides."""
        return {"name": self.name, **(self.model_extra or {})}

    @property
    def signal(self) -> dict[str, object] | None:
        """What a plant file writes under `signals`, without the tag; None for telemetry."""
        if self.meaning.counts and self.counter is not None:
            return {"counter": self.counter.model_dump(mode="json", exclude_none=True)}
        if self.meaning is Meaning.STATE and self.map is not None:
            return {"map": {key: str(state) for key, state in self.map.items()}}
        if self.meaning in (Meaning.ALARM, Meaning.MODE) and self.reasons is not None:
            return {"map": dict(self.reasons)}
        return {} if self.meaning is Meaning.LAMP else None

    @model_validator(mode="after")
    def _says_what_its_meaning_needs(self) -> Self:
        errors = []
        needs = {"counter": self.meaning.counts, "map": self.meaning is Meaning.STATE}
        for field, needed in needs.items():
            if needed != (getattr(self, field) is not None):
                word = "needs" if needed else "has no"
                message = f"meaning {self.meaning} {word} `{field}`"
                errors.append(field_error(f"{field}_mismatch", message, (field,)))
        if self.reasons is not None and self.meaning not in (Meaning.ALARM, Meaning.MODE):
            message = f"meaning {self.meaning} has no `reasons`"
            errors.append(field_error("reasons_mismatch", message, ("reasons",)))
        raise_field_errors("tag", errors)
        return self


class Vector(Strict):
    """A published example: registers as they arrive, and what the tags must then show.

    Attributes:
        words: by tag, its registers in hex (`4366 8000`); a bit is `0000` or `0001`.
        values: by tag, the value with good quality.
        bad: by tag, the reason for which it is bad.
        origin: where the example was published.
    """

    words: Annotated[dict[Name, RawWords], Field(min_length=1, max_length=50)]
    values: dict[Name, Scalar] = Field(default_factory=dict)
    bad: dict[Name, Text] = Field(default_factory=dict)
    origin: Text

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not (self.values or self.bad):
            message = "say in `values` or `bad` what the tags must show"
            raise_field_errors("vector", [field_error("nothing_expected", message, ())])
        return self


class TestedWith(Strict):
    """With what a template has been tried, and how far that goes."""

    what: Text
    result: Text


class Template(Strict):
    """A whole device template.

    Attributes:
        variant: None when the maker has one map for the model.
        author: who wrote the template down.
        origin: where the map comes from, such as a manual with its page.
        unverified: what nobody has confirmed.
        source: keys of a source, with `{parameter}` where a place differs.
        identification: tags that show whether it is this device; their limits are in the tag.
    """

    schema_name: Literal["device-template/1"] = Field(alias="schema")
    id: Code
    version: Version
    name: Names
    vendor: Text
    model: Text
    variant: Text | None = None
    author: Text
    origin: Annotated[tuple[Text, ...], Field(min_length=1, max_length=20)]
    tested_with: Annotated[tuple[TestedWith, ...], Field(max_length=20)] = ()
    unverified: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
    parameters: Annotated[tuple[Parameter, ...], Field(max_length=PARAMETERS_MAX)] = ()
    source: Mapping[StrictStr, object]
    reasons: Annotated[tuple[ReasonSuggestion, ...], Field(max_length=200)] = ()
    identification: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    tags: Annotated[tuple[TemplateTag, ...], Field(min_length=1, max_length=TAGS_MAX)]
    vectors: Annotated[tuple[Vector, ...], Field(max_length=VECTORS_MAX)] = ()

    @property
    def key(self) -> str:
        """Identity and version in one word."""
        return f"{self.id}@{self.version}"

    @property
    def protocol(self) -> str:
        """The protocol of the source."""
        return str(self.source.get("protocol"))

    def tag(self, name: str) -> TemplateTag | None:
        """The tag of that name; None when there is none."""
        return next((tag for tag in self.tags if tag.name == name), None)

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        raise_field_errors("template", [*self._repeated(), *self._unknown_names()])
        return self

    def _repeated(self) -> Iterator[InitErrorDetails]:
        for section, key in (("parameters", "name"), ("reasons", "code"), ("tags", "name")):
            rows: Sequence[object] = getattr(self, section)
            names = [getattr(row, key) for row in rows]
            often = Count(names)
            for index, name in enumerate(names):
                if often[name] > 1 and names.index(name) != index:
                    message = f"{name!r} stands in {section} twice"
                    yield field_error("duplicate", message, (section, index, key))

    def _unknown_names(self) -> Iterator[InitErrorDetails]:
        tags = {tag.name for tag in self.tags}
        parameters = {parameter.name for parameter in self.parameters}
        reasons = {reason.code for reason in self.reasons}
        for index, name in enumerate(self.identification):
            if name not in tags:
                yield _unknown("tag", name, ("identification", index))
        for index, tag in enumerate(self.tags):
            for name in tag.stride.keys() - parameters:
                yield _unknown("parameter", name, ("tags", index, "stride"))
            for value, code in (tag.reasons or {}).items():
                if code not in reasons:
                    yield _unknown("reason", code, ("tags", index, "reasons", value))
        for index, vector in enumerate(self.vectors):
            for part in ("words", "values", "bad"):
                for name in getattr(vector, part).keys() - tags:
                    yield _unknown("tag", name, ("vectors", index, part))


def _unknown(what: str, name: str, path: tuple[str | int, ...]) -> InitErrorDetails:
    return field_error(f"{what}_unknown", f"there is no {what} {name!r} in this template", path)


class TemplateReference(Strict):
    """`template:` of a source in a plant file.

    Attributes:
        without: tags of the template that are not read here.
        written_out: the keys and tags beside it are all there are; the template is only named.
    """

    id: Code
    version: Version
    parameters: dict[Name, ParameterValue] = Field(default_factory=dict)
    without: Annotated[tuple[Name, ...], Field(max_length=TAGS_MAX)] = ()
    written_out: StrictBool = False
