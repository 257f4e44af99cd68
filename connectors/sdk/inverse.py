"""From a value as it is read back to the raw value that a device must be given. Pure.

The opposite of `connectors.sdk.conversion`, and checked against it: a raw value is only handed out
when reading it back gives the value that was asked for.
"""

from __future__ import annotations

import math
from fractions import Fraction

from connectors.sdk.config import TagConfig
from connectors.sdk.conversion import MAX_DECIMALS, Conversion, Lookup, as_written
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.messages import Quality, Value

SAME_VALUE = 1e-9
"""Largest relative difference of two numbers that count as the same."""


def raw_bool(tag: TagConfig, value: Value) -> bool:
    """The raw value of a yes-or-no tag.

    Raises:
        ConfigurationError: `value_not_possible`.
    """
    if not isinstance(value, bool):
        raise _not_possible(tag, value, "true or false is expected")
    return value is not tag.invert


def raw_text(tag: TagConfig, value: Value) -> str:
    """The raw value of a text tag.

    Raises:
        ConfigurationError: `value_not_possible`.
    """
    if not isinstance(value, str):
        raise _not_possible(tag, value, "a text is expected")
    return value


def raw_whole(tag: TagConfig, value: Value, lookup: Lookup) -> int:
    """The raw value of a tag that the device keeps as a whole number.

    Args:
        value: number in the tag's unit, or a word of its `enum`.
        lookup: value and quality of another tag of the source; None when not yet read.

    Raises:
        ConfigurationError: `value_not_possible`; a number between two steps of the device is not
            rounded.
    """
    exact = _raw(tag, value, lookup)
    raw = round(exact)
    if raw != exact and tag.enum is None:
        read = Conversion(tag)(raw, lookup)[0]
        if not _is_same(read, value):
            steps = f"the device keeps steps; the nearest value is {read}"
            raise _not_possible(tag, value, steps)
    _check_meaning(tag, value, raw)
    return raw


def raw_real(tag: TagConfig, value: Value, lookup: Lookup) -> float:
    """The raw value of a tag that the device keeps as a floating-point number.

    Args:
        value: number in the tag's unit, or a word of its `enum`.
        lookup: value and quality of another tag of the source; None when not yet read.

    Raises:
        ConfigurationError: `value_not_possible`.
    """
    try:
        raw = float(_raw(tag, value, lookup))
    except OverflowError as error:
        raise _not_possible(tag, value, "the number is too large") from error
    _check_meaning(tag, value, raw)
    return raw


def _raw(tag: TagConfig, value: Value, lookup: Lookup) -> Fraction:
    if tag.enum is not None:
        codes = [code for code, word in tag.enum.items() if word == value]
        if not codes:
            words = ", ".join(tag.enum.values())
            raise _not_possible(tag, value, f"possible words: {words}")
        return as_written(codes[0])
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _not_possible(tag, value, "a number is expected")
    if (tag.min is not None and value < tag.min) or (tag.max is not None and value > tag.max):
        raise _not_possible(tag, value, f"it must lie between {tag.min} and {tag.max}")
    scale = as_written(tag.scale) if tag.scale is not None else Fraction(1)
    offset = as_written(tag.offset) if tag.offset is not None else Fraction(0)
    power = Fraction(10 ** _decimals(tag, value, lookup))
    return (as_written(value) * power - offset) / scale


def _decimals(tag: TagConfig, value: Value, lookup: Lookup) -> int:
    if tag.scale_exponent_from is None:
        return 0
    other = lookup(tag.scale_exponent_from)
    if other is None or other[1] is Quality.BAD or not isinstance(other[0], int):
        detail = f"the number of decimals in {tag.scale_exponent_from} is not known at present"
        raise _not_possible(tag, value, detail)
    if not 0 <= other[0] <= MAX_DECIMALS:
        detail = f"{tag.scale_exponent_from} says {other[0]} decimals, which cannot be"
        raise _not_possible(tag, value, detail)
    return other[0]


def _check_meaning(tag: TagConfig, value: Value, raw: float) -> None:
    if tag.bad_values and raw in tag.bad_values:
        raise _not_possible(tag, value, f"raw {raw} means {tag.bad_values[raw]!r} to the device")


def _is_same(read: Value, value: Value) -> bool:
    return (
        isinstance(read, int | float)
        and isinstance(value, int | float)
        and math.isclose(read, value, rel_tol=SAME_VALUE)
    )


def _not_possible(tag: TagConfig, value: Value, why: str) -> ConfigurationError:
    return ConfigurationError(
        "value_not_possible", f"{tag.name} cannot take {value!r}: {why}", field="value"
    )
