"""Characteristics of a quality check and the judgement of what was measured. Pure and exact.

A characteristic is numeric (with unit, target, lower and upper limit, decimals shown), pass or
fail, or text. Values are texts: decimal digits, `pass` or `fail`, or what was written.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from mes.core.exact import decimal_text, parse_number

CHARACTERISTICS_MAX = 30
PLACES_MAX = 6
DIGITS_MAX = 12
TEXT_MAX = 500


class Kind(StrEnum):
    """What is written down of a characteristic."""

    NUMBER = "number"
    PASS_FAIL = "pass_fail"  # noqa: S105 - a kind, not a secret
    TEXT = "text"


class Verdict(StrEnum):
    """Judgement of a value or of a whole check."""

    PASS = "pass"  # noqa: S105 - a judgement, not a secret
    FAIL = "fail"


class FollowUp(StrEnum):
    """What was done about a value out of range."""

    MACHINE_ADJUSTED = "machine_adjusted"
    TOOL_CHANGED = "tool_changed"
    PARTS_SORTED = "parts_sorted"
    PARTS_HELD = "parts_held"
    LEAD_CALLED = "lead_called"
    OTHER = "other"
    """The note says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """One thing to look at in a check.

    Attributes:
        key: identity in results, the same in every version of the plan.
        unit, target, lower, upper, decimals: of numbers; None: there is none.
        required: whether a result needs a value for it.
    """

    key: str
    names: Mapping[str, str]
    kind: Kind
    unit: str = ""
    target: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    decimals: int = 0
    required: bool = True

    def to_json(self) -> dict[str, Any]:
        """JSON data that `characteristic_from` reads back; numbers are decimal texts."""
        kept: dict[str, Any] = {
            "key": self.key,
            "name": dict(self.names),
            "kind": self.kind.value,
            "required": self.required,
        }
        if self.kind is Kind.NUMBER:
            kept |= {
                "unit": self.unit,
                "target": _text(self.target),
                "lower": _text(self.lower),
                "upper": _text(self.upper),
                "decimals": self.decimals,
            }
        return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A value with its verdict; None: a text is not judged."""

    key: str
    value: str
    verdict: Verdict | None

    def to_json(self) -> dict[str, Any]:
        """As a result keeps it."""
        verdict = None if self.verdict is None else self.verdict.value
        return {"key": self.key, "value": self.value, "verdict": verdict}


def characteristic_from(data: Mapping[str, Any]) -> Characteristic:
    """Read what `Characteristic.to_json` wrote."""
    return Characteristic(
        key=data["key"],
        names=data["name"],
        kind=Kind(data["kind"]),
        unit=data.get("unit") or "",
        target=_decimal(data.get("target")),
        lower=_decimal(data.get("lower")),
        upper=_decimal(data.get("upper")),
        decimals=data.get("decimals") or 0,
        required=data.get("required", True),
    )


def measure_of(text: object) -> Decimal:
    """An exact number as people type it: full-width digits and signs are read as plain ones.

    Zeros behind the point stay, they tell how finely was measured.

    Raises:
        ValueError: not a finite decimal number, more than `PLACES_MAX` decimal places or more than
            `DIGITS_MAX` digits before the point.
    """
    if isinstance(text, str):
        text = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-")
        if len(text) > 40:
            raise ValueError("has too many digits")
    number = Fraction(parse_number(text))
    scaled = number * 10**PLACES_MAX
    if scaled.denominator != 1:
        raise ValueError(f"has more than {PLACES_MAX} decimal places")
    if abs(number) >= 10**DIGITS_MAX:
        raise ValueError(f"has more than {DIGITS_MAX} digits before the point")
    typed = Decimal(str(text))
    fine = typed.as_tuple().exponent
    plain = isinstance(fine, int) and -PLACES_MAX <= fine <= 0
    return typed if plain else Decimal(decimal_text(number))


def mistakes_of(characteristics: Sequence[Characteristic]) -> dict[str, str]:
    """What is wrong with the characteristics of a plan, by `NUMBER.FIELD`; empty: nothing."""
    found: dict[str, str] = {}
    if not characteristics:
        found["characteristics"] = "give at least one characteristic"
    if len(characteristics) > CHARACTERISTICS_MAX:
        found["characteristics"] = f"at most {CHARACTERISTICS_MAX} characteristics in one plan"
    for number, one in enumerate(characteristics):
        for field, message in _mistakes_of_one(one):
            found[f"{number}.{field}"] = message
    return found


def _mistakes_of_one(one: Characteristic) -> Iterable[tuple[str, str]]:
    for language in ("ko", "en"):
        name = one.names.get(language, "")
        if not name or len(name) > 200 or not name.isprintable():
            yield language, "a name has 1 to 200 characters in one line"
    if one.kind is not Kind.NUMBER:
        return
    if len(one.unit) > 20 or not one.unit.isprintable():
        yield "unit", "a unit has at most 20 characters"
    if not 0 <= one.decimals <= PLACES_MAX:
        yield "decimals", f"0 to {PLACES_MAX} decimals are shown"
    if one.lower is not None and one.upper is not None and one.lower > one.upper:
        yield "upper", "the upper limit lies below the lower limit"
    elif one.target is not None and not within(one, one.target):
        yield "target", "the target lies outside the limits"


def within(one: Characteristic, value: Decimal) -> bool:
    """Whether a number lies in the range; the limits belong to it."""
    return (one.lower is None or value >= one.lower) and (one.upper is None or value <= one.upper)


def judged(
    characteristics: Sequence[Characteristic], values: Mapping[str, object]
) -> tuple[list[Judged], dict[str, str]]:
    """Judge the values of a check.

    Args:
        values: by key; None or an empty text: not given.

    Returns:
        The values in the order of the plan, and what is wrong by key (empty: nothing).
    """
    found: list[Judged] = []
    mistakes = dict.fromkeys(values.keys() - _keys(characteristics), "this is not in the plan")
    for one in characteristics:
        value = values.get(one.key)
        if value is None or (isinstance(value, str) and not value.strip()):
            if one.required:
                mistakes[one.key] = "a value is missing"
            continue
        try:
            found.append(_judged_one(one, value))
        except ValueError as mistake:
            mistakes[one.key] = str(mistake)
    if not found and not mistakes:
        mistakes["values"] = "enter at least one value"
    return found, mistakes


def verdict_of(values: Iterable[Judged]) -> Verdict:
    """The judgement of a whole check: one value out of range fails it."""
    failed = any(one.verdict is Verdict.FAIL for one in values)
    return Verdict.FAIL if failed else Verdict.PASS


def _keys(characteristics: Iterable[Characteristic]) -> set[str]:
    return {one.key for one in characteristics}


def _judged_one(one: Characteristic, value: object) -> Judged:
    match one.kind:
        case Kind.NUMBER:
            number = measure_of(value)
            verdict = Verdict.PASS if within(one, number) else Verdict.FAIL
            return Judged(key=one.key, value=format(number, "f"), verdict=verdict)
        case Kind.PASS_FAIL:
            if value not in set(Verdict):
                raise ValueError("is neither pass nor fail")
            return Judged(key=one.key, value=str(value), verdict=Verdict(str(value)))
        case Kind.TEXT:
            text = str(value).strip()
            if len(text) > TEXT_MAX:
                raise ValueError(f"has more than {TEXT_MAX} characters")
            if not all(char.isprintable() or char == "\n" for char in text):
                raise ValueError("has control characters")
            return Judged(key=one.key, value=text, verdict=None)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
