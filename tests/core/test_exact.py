"""Exact numbers: reading and writing without losing a digit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from mes.core.exact import decimal_text, number_to_json, parse_number


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        (-5, -5),
        (0.1, Fraction(1, 10)),
        (Decimal("1.50"), Fraction(3, 2)),
        ("1.0", 1),
        ("+7", 7),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("1.5e3", 1500),
        ("25e-1", Fraction(5, 2)),
        (Fraction(4, 2), 2),
        (2**64, 2**64),
    ],
)
def test_a_number_is_read_exactly_and_whole_ones_are_int(
    value: object, expected: int | Fraction
) -> None:
    read = parse_number(value)
    assert read == expected
    assert type(read) is type(expected)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [],
        "",
        " 1",
        "1_000",
        "1,5",
        "NaN",
        "Infinity",
        "１",
        "0x10",
        "1/3",
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("Infinity"),
        10**60,
        "1e60",
        "1e-61",
        "1e9999",
        Decimal("1e-99999"),
        Decimal("1e99999"),
    ],
)
def test_what_is_no_finite_decimal_of_sane_length_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_number(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(-241, 20), "-12.05"),
        (Fraction(1, 8), "0.125"),
        (Fraction(1, 40), "0.025"),
        (Fraction(1000), "1000"),
        (-7, "-7"),
        (Fraction(1, 3), "1/3"),
    ],
)
def test_a_number_is_written_with_all_its_digits(value: Fraction, expected: str) -> None:
    assert decimal_text(value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", 3),
        ("3.0", 3),
        ("0.1", 0.1),
        ("-2.5", -2.5),
        ("12345678.875", 12345678.875),
        ("0.12345678901234567", "0.12345678901234567"),
        ("0.123456789012345678", "0.123456789012345678"),
        ("9007199254740993.5", "9007199254740993.5"),
    ],
)
def test_json_gets_a_number_or_a_string_where_a_number_would_lose_digits(
    text: str, expected: object
) -> None:
    written = number_to_json(parse_number(text))
    assert written == expected
    assert parse_number(written) == parse_number(text)


def test_a_whole_number_stays_whole_however_large() -> None:
    assert number_to_json(Fraction(2**70)) == 2**70
