"""Amounts of pieces as people and other systems give them: exact, at most six decimal places."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from mes.core.exact import number_to_json, parse_number
from mes.core.refusal import Refusal

PLACES = 6
"""Decimal places of a stored amount (millionths)."""
LARGEST = Decimal(10**9)
"""Largest amount of one entry; a typing error above it is refused."""


def parse_amount(value: object, field: str, *, allow_negative: bool = False) -> Decimal:
    """An exact amount from a JSON number or decimal text.

    Args:
        value: int, float (taken at its shortest decimal text), `Decimal` or decimal text.
        field: name of the input field, named in the refusal.
        allow_negative: for adjustments that take pieces back.

    Raises:
        Refusal: `impossible_quantity` (422): not a number, negative, more than six decimal places
            or larger than `LARGEST`.
    """
    try:
        number = Fraction(parse_number(value))
    except ValueError as mistake:
        raise impossible(field, str(mistake)) from None
    if number < 0 and not allow_negative:
        raise impossible(field, "is negative; void the entry or enter an adjustment instead")
    if abs(number) > LARGEST:
        raise impossible(field, f"is larger than {LARGEST}; check the number")
    scaled = number * 10**PLACES
    if scaled.denominator != 1:
        raise impossible(field, f"has more than {PLACES} decimal places")
    return exact(scaled.numerator)


def parse_positive(value: object, field: str) -> Decimal:
    """As `parse_amount`, and not zero."""
    amount = parse_amount(value, field)
    if amount == 0:
        raise impossible(field, "is zero; give an amount above zero")
    return amount


def exact(millionths: int) -> Decimal:
    """A decimal from whole millionths, whole numbers without a decimal point."""
    whole, rest = divmod(millionths, 10**PLACES)
    return Decimal(whole) if rest == 0 else Decimal(millionths).scaleb(-PLACES).normalize()


def amount_json(amount: Decimal | int) -> int | float | str:
    """A JSON number, or text where a JSON number would lose digits."""
    return number_to_json(Fraction(amount))


def impossible(field: str, message: str) -> Refusal:
    """The refusal of an amount that cannot be."""
    return Refusal("impossible_quantity", f"{field} {message}", status=422, field=field)
