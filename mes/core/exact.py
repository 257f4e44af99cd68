"""Exact numbers: whole numbers stay `int`, everything else is a `Fraction`; nothing is rounded."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

Number = int | Fraction

DIGITS_MAX = 60
"""Most digits before or after the decimal point that a number of a case may have."""

_DECIMAL_TEXT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def parse_number(value: object) -> Number:
    """Read a JSON number or a decimal string exactly.

    Args:
        value: int, `Decimal`, float (taken at its shortest decimal text) or decimal string.

    Returns:
        An `int` when the value is whole, else a `Fraction`.

    Raises:
        ValueError: not a finite decimal number, or more digits than `DIGITS_MAX`.
    """
    if isinstance(value, bool):
        raise ValueError("is not a number")
    if isinstance(value, int):
        if abs(value) >= 10**DIGITS_MAX:
            raise ValueError(f"has more than {DIGITS_MAX} digits")
        return value
    if isinstance(value, Fraction):
        return simplified(value)
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, str):
        if not _DECIMAL_TEXT.fullmatch(value):
            raise ValueError(f"is not a decimal number: {value[:40]!r}")
        value = Decimal(value)
    if isinstance(value, Decimal):
        return _from_decimal(value)
    raise ValueError("is not a number")


def _from_decimal(value: Decimal) -> Number:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("is not a finite number")
    if len(digits) + exponent > DIGITS_MAX or -exponent > DIGITS_MAX:
        raise ValueError(f"has more than {DIGITS_MAX} digits before or after the point")
    return simplified(Fraction(value))


def simplified(value: Number) -> Number:
    """The same number, as an `int` when it is whole."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    return value


def number_to_json(value: Number) -> int | float | str:
    """A JSON number, or a string where a JSON number would lose digits."""
    value = simplified(value)
    if isinstance(value, int):
        return value
    nearest = float(value)
    if Fraction(repr(nearest)) == value:
        return nearest
    return decimal_text(value)


def decimal_text(value: Number) -> str:
    """All digits of a finite decimal (`-12.050` -> "-12.05"), else "numerator/denominator"."""
    value = Fraction(value)
    places = 0
    rest = value.denominator
    while rest % 10 == 0:
        rest //= 10
        places += 1
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
            places += 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    scaled = abs(value.numerator) * 10**places // value.denominator
    whole, part = divmod(scaled, 10**places)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{part:0{places}d}" if places else f"{sign}{whole}"
