"""The part of JSON Schema that our schemas use, read literally: no dependency for a few words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float, Decimal),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
KNOWN = {
    "$schema", "title", "description", "type", "const", "enum", "anyOf", "pattern", "minLength",
    "minimum", "properties", "required", "additionalProperties", "items", "prefixItems",
    "minItems", "maxItems", "uniqueItems",
}  # fmt: skip


def violations(value: Any, schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Where and how a value differs from a schema."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "anyOf" in schema and all(any(violations(value, one, at)) for one in schema["anyOf"]):
        yield f"{at}: none of the alternatives"
    if "const" in schema and value != schema["const"]:
        yield f"{at}: not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is not in the list"
    if "type" in schema and not _has_type(value, schema["type"]):
        yield f"{at}: not of type {schema['type']}"
    elif isinstance(value, dict):
        yield from _of_object(value, schema, at)
    elif isinstance(value, list):
        yield from _of_list(value, schema, at)
    elif isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            yield f"{at}: too short"
        if not re.search(schema.get("pattern", ""), value):
            yield f"{at}: {value!r} does not fit the pattern"
    elif isinstance(value, int) and value < schema.get("minimum", value):
        yield f"{at}: too small"


def _has_type(value: Any, wanted: str | list[str]) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    return any(
        isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
        for name in names
    )


def _of_object(value: dict[str, Any], schema: Mapping[str, Any], at: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{at}.{key}: missing"
    for key, part in value.items():
        other = schema.get("additionalProperties", True)
        if key in properties:
            yield from violations(part, properties[key], f"{at}.{key}")
        elif other is False:
            yield f"{at}.{key}: unknown"
        elif isinstance(other, dict):
            yield from violations(part, other, f"{at}.{key}")


def _of_list(value: list[Any], schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{at}: {len(value)} entries"
    first = schema.get("prefixItems", [])
    for index, part in enumerate(value):
        wanted = first[index] if index < len(first) else schema.get("items", {})
        yield from violations(part, wanted, f"{at}[{index}]")
