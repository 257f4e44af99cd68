"""From a raw value to a value with quality: bad values, scale, limits, tables. Pure.

Whole numbers are scaled exactly: raw * scale + offset is a fraction of integers and is rounded
once, so that 2305 * 0.1 is 230.5 and not 230.50000000000003.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from connectors.sdk.config import TagConfig
from connectors.sdk.messages import Quality, Value

Outcome = tuple[Value, Quality, str | None]
Lookup = Callable[[str], tuple[Value, Quality] | None]

MAX_DECIMALS = 12


def bad(reason: str) -> Outcome:
    """A bad outcome: never a number, always a reason."""
    return None, Quality.BAD, reason


class Conversion:
    """The conversion of one tag, prepared once.

    Attributes:
        depends_on: the other tags of the source whose values are needed.
    """

    __slots__ = (
        "_bad_values",
        "_denominator",
        "_enum",
        "_exponent_from",
        "_invert",
        "_is_of_numbers",
        "_max",
        "_min",
        "_numerator",
        "_offset",
        "_valid_if",
        "depends_on",
        "is_plain",
    )

    def __init__(self, tag: TagConfig) -> None:
        scale = as_written(tag.scale) if tag.scale is not None else Fraction(1)
        offset = as_written(tag.offset) if tag.offset is not None else Fraction(0)
        denominator = math.lcm(scale.denominator, offset.denominator)
        self._numerator = int(scale * denominator)
        self._offset = int(offset * denominator)
        self._denominator = denominator
        self._exponent_from = tag.scale_exponent_from
        self._invert = tag.invert
        self._enum = tag.enum
        self._bad_values: Mapping[float, str] | None = tag.bad_values
        self._valid_if = tag.valid_if
        self._min = tag.min
        self._max = tag.max
        self.depends_on = tag.needs
        self._is_of_numbers = (
            tag.scale_exponent_from is not None
            or tag.min is not None
            or tag.max is not None
            or (self._numerator, self._offset, denominator) != (1, 0, 1)
        )
        self.is_plain = not (
            self.depends_on or tag.invert or tag.enum or tag.bad_values or self._is_of_numbers
        )

    def __call__(self, raw: Value, lookup: Lookup) -> Outcome:
        """Convert one raw value.

        Args:
            raw: the decoded value as the device gave it.
            lookup: value and quality of another tag of the source; None when not yet read.
        """
        if raw is None:
            return bad("no_value")
        if isinstance(raw, float) and not math.isfinite(raw):
            return bad("not_a_number")
        if self.is_plain:
            return raw, Quality.GOOD, None
        if self._valid_if is not None:
            reason = self._why_not_valid(lookup)
            if reason:
                return bad(reason)
        if isinstance(raw, bool):
            return raw is not self._invert, Quality.GOOD, None
        if isinstance(raw, str):
            return bad("not_a_number") if self._is_of_numbers else (raw, Quality.GOOD, None)
        if self._bad_values and raw in self._bad_values:
            return bad(self._bad_values[raw])
        if self._enum is not None:
            return self._label(raw)
        return self._scaled(raw, lookup)

    def _why_not_valid(self, lookup: Lookup) -> str | None:
        assert self._valid_if is not None
        other = lookup(self._valid_if.tag)
        if other is None or other[1] is Quality.BAD:
            return f"depends_on:{self._valid_if.tag}"
        return None if other[0] == self._valid_if.value else "not_valid"

    def _label(self, raw: float) -> Outcome:
        assert self._enum is not None
        label = self._enum.get(raw)
        return (label, Quality.GOOD, None) if label is not None else bad("not_in_enum")

    def _scaled(self, raw: float, lookup: Lookup) -> Outcome:
        denominator = self._denominator
        if self._exponent_from is not None:
            other = lookup(self._exponent_from)
            if other is None or other[1] is Quality.BAD:
                return bad(f"depends_on:{self._exponent_from}")
            if not isinstance(other[0], int) or not 0 <= other[0] <= MAX_DECIMALS:
                return bad(f"decimals_out_of_range:{self._exponent_from}")
            denominator *= 10 ** other[0]
        try:
            value = raw * self._numerator + self._offset
            if denominator != 1:
                value = value / denominator
            is_number = math.isfinite(value)
        except OverflowError:
            is_number = False
        if not is_number:
            return bad("not_a_number")
        if (self._min is not None and value < self._min) or (
            self._max is not None and value > self._max
        ):
            return bad("out_of_range")
        return value, Quality.GOOD, None


def later_time(own: int | None, others: int | None) -> int | None:
    """When a value came about that follows from two; None when one of them has no source time."""
    return None if own is None or others is None else max(own, others)


def as_written(number: float) -> Fraction:
    """The number as people write it: 0.1 is one tenth."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)
