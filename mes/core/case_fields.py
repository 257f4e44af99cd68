"""Readers for single fields of an OEE case; each names the field when it refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from mes.core.case_error import CaseError, choices, is_name
from mes.core.exact import Number, parse_number
from mes.core.instants import parse_instant

Fields = Mapping[str, object]


def read_fields(value: object, at: str, known: Sequence[str]) -> Fields:
    """The fields of an object without those that are null (null means absent).

    Raises:
        CaseError: not an object, or a field that is not in `known`.
    """
    if not isinstance(value, dict):
        raise CaseError(at, "is not an object")
    for key in value:
        if key not in known:
            raise CaseError(f"{at}.{key}" if at else str(key), f"unknown field; {choices(known)}")
    return {key: content for key, content in value.items() if content is not None}


def entries(fields: Fields, field: str, parent: str = "") -> Iterator[tuple[str, object]]:
    """The entries of a list with their paths; nothing when the field is absent."""
    path = f"{parent}.{field}" if parent else field
    value = fields.get(field, [])
    if not isinstance(value, list | tuple):
        raise CaseError(path, "is not a list")
    for index, entry in enumerate(value):
        yield f"{path}[{index}]", entry


def row(value: object, at: str, form: str, *, required: int, length: int) -> list[object]:
    """An entry that is itself a list, filled up with None to `length`."""
    if not isinstance(value, list | tuple) or not required <= len(value) <= length:
        raise CaseError(at, f"is not {form}")
    return [*value, *[None] * (length - len(value))]


def span(value: object, at: str) -> tuple[int, int]:
    """A `[start, end)` pair of instants."""
    start, end = row(value, at, "[start, end]", required=2, length=2)
    return instant(start, f"{at}[0]"), instant(end, f"{at}[1]")


def instant(value: object, at: str) -> int:
    """UTC microseconds of an ISO 8601 instant."""
    if value is None:
        raise CaseError(at, "is missing")
    try:
        return parse_instant(value)
    except ValueError as error:
        raise CaseError(at, str(error)) from None


def name(value: object, at: str) -> str:
    """A text that is not empty and can be written as UTF-8."""
    if not isinstance(value, str) or not is_name(value):
        raise CaseError(at, "is not a name")
    return value


def optional_name(value: object, at: str) -> str | None:
    """A name, or None when absent."""
    return None if value is None else name(value, at)


def choice(value: object, at: str, known: type[StrEnum], what: str) -> str:
    """One of the values of an enum."""
    if value is None:
        raise CaseError(at, f"is missing; {choices(known)}")
    if not isinstance(value, str) or value not in list(known):
        raise CaseError(at, f"unknown {what} {value!r}; {choices(known)}")
    return value


def number(value: object, at: str) -> Number:
    """An exact number."""
    try:
        return parse_number(value)
    except ValueError as error:
        raise CaseError(at, str(error)) from None


def positive(value: object, at: str) -> Number:
    """An exact number above 0."""
    result = number(value, at)
    if result <= 0:
        raise CaseError(at, "is not above 0")
    return result


def at_least_zero(value: object, at: str) -> Number:
    """An exact number from 0."""
    result = number(value, at)
    if result < 0:
        raise CaseError(at, "is below 0")
    return result
