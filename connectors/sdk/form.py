"""The form of a source: one description for screens, documents and the command line.

It is made from the Pydantic model that also checks a plant file, so that what a form offers is what
the check accepts; the words beside the fields come from the connector.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from connectors.sdk.config import SECRET_FORMAT
from connectors.sdk.manifest import Manifest
from connectors.sdk.words import COMMON, Words


class Kind(StrEnum):
    """What a field takes. GROUP has fields, LIST has rows of fields, TABLE pairs keys with text."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    VALUE = "value"
    GROUP = "group"
    LIST = "list"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field; None where a limit does not exist.

    Attributes:
        path: names joined by dots, such as `tags.address`; a list adds no number.
        title: by language; empty when the connector gives no words.
        help: by language; empty when the connector gives no words.
        default: None also when the field may be left out.
        choices: allowed values; empty when any value of the kind is allowed.
        is_secret: takes `env:NAME` or `file:PATH`, never the secret itself.
        only_with: other fields by path and the values of each with which this one exists.
        fields: what is inside a group or in a row of a list.
    """

    path: str
    kind: Kind
    required: bool
    title: Mapping[str, str] = field(default_factory=dict)
    help: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None
    default: object = None
    choices: Sequence[object] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    is_secret: bool = False
    only_with: Mapping[str, Sequence[object]] = field(default_factory=dict)
    fields: Sequence[FormField] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form of a source of one protocol."""

    protocol: str
    name: Mapping[str, str]
    fields: Sequence[FormField]

    def all_fields(self) -> Iterator[FormField]:
        """Every field, those inside groups and lists too."""
        waiting = list(reversed(self.fields))
        while waiting:
            each = waiting.pop()
            yield each
            waiting.extend(reversed(each.fields))


def form_of(manifest: Manifest) -> Form:
    """The form of a source of this connector.

    Raises:
        ConfigurationError: `connector_broken`, with the reason in the detail.
    """
    schema = manifest.config_model().model_json_schema()
    words = {**COMMON, **manifest.field_words()}
    reader = _Reader(schema.get("$defs", {}), words)
    return Form(
        protocol=manifest.protocol,
        name=manifest.name,
        fields=reader.fields(schema, "", {}),
    )


class _Reader:
    """Reads JSON schemas as Pydantic makes them."""

    def __init__(self, definitions: Mapping[str, Any], words: Mapping[str, Words]) -> None:
        self._definitions = definitions
        self._words = words

    def fields(
        self, schema: Mapping[str, Any], prefix: str, only_with: Mapping[str, Sequence[object]]
    ) -> list[FormField]:
        required = schema.get("required", ())
        return [
            self._field(f"{prefix}{name}", inner, name in required, only_with)
            for name, inner in schema.get("properties", {}).items()
        ]

    def _field(
        self,
        path: str,
        schema: Mapping[str, Any],
        required: bool,
        only_with: Mapping[str, Sequence[object]],
    ) -> FormField:
        inner = self._resolved(schema)
        kind = _kind(inner)
        words = self._words.get(path)
        const = [inner["const"]] if "const" in inner else []
        row = self._resolved(inner.get("items", {})) if kind is Kind.LIST else inner
        return FormField(
            path=path,
            kind=kind,
            required=required,
            title=words.title if words else {},
            help=words.help if words else {},
            unit=words.unit if words else None,
            default=schema.get("default"),
            choices=tuple(inner.get("enum", const)),
            minimum=_first(inner, "minimum", "exclusiveMinimum", "ge", "gt"),
            maximum=_first(inner, "maximum", "exclusiveMaximum", "le", "lt"),
            pattern=inner.get("pattern"),
            is_secret=inner.get("format") == SECRET_FORMAT,
            only_with=only_with,
            fields=self._inside(row, path) if kind in (Kind.GROUP, Kind.LIST) else (),
        )

    def _inside(self, schema: Mapping[str, Any], path: str) -> list[FormField]:
        """Fields of an object, or of all its variants with what each of them is bound to."""
        variants = schema.get("oneOf")
        if variants is None:
            return self.fields(schema, f"{path}.", {})
        key = schema["discriminator"]["propertyName"]
        found: dict[str, FormField] = {}
        names: dict[str, list[object]] = {}
        for variant in map(self._resolved, variants):
            name = variant["properties"][key]["const"]
            for each in self.fields(variant, f"{path}.", {}):
                found.setdefault(each.path, each)
                names.setdefault(each.path, []).append(name)
        whole = list(names[f"{path}.{key}"])
        return [_bound(each, f"{path}.{key}", names[each.path], whole) for each in found.values()]

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema behind references and "or nothing", with what is said beside them."""
        beside = {k: v for k, v in schema.items() if k not in ("$ref", "anyOf", "default", "title")}
        if "$ref" in schema:
            definition = self._definitions[schema["$ref"].rpartition("/")[2]]
            return {**self._resolved(definition), **beside}
        options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
        if len(options) == 1:
            return {**self._resolved(options[0]), **beside}
        if options:
            types = sorted({str(each.get("type")) for each in options})
            is_number = types == ["integer", "number"]
            return {"type": "number" if is_number else None, **beside}
        return schema


def _kind(schema: Mapping[str, Any]) -> Kind:
    if schema.get("enum") or "const" in schema:
        return Kind.CHOICE
    if schema.get("properties") or schema.get("oneOf"):
        return Kind.GROUP
    return _KINDS.get(str(schema.get("type")), Kind.VALUE)


_KINDS = {
    "string": Kind.TEXT,
    "integer": Kind.WHOLE,
    "number": Kind.NUMBER,
    "boolean": Kind.SWITCH,
    "array": Kind.LIST,
    "object": Kind.TABLE,
}


def _first(schema: Mapping[str, Any], *keys: str) -> float | None:
    return next((schema[key] for key in keys if key in schema), None)


def _bound(
    each: FormField, key: str, names: Sequence[object], whole: Sequence[object]
) -> FormField:
    """The field with the variants that have it; the key itself offers all of them."""
    if each.path == key:
        return replace(each, choices=tuple(whole), default=None)
    return each if len(names) == len(whole) else replace(each, only_with={key: tuple(names)})
