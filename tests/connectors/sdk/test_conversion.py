"""Conversion: exact, and a bad value is never a number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sdk.config import TagConfig
from connectors.sdk.conversion import Conversion
from connectors.sdk.messages import Quality, Value

Known = dict[str, tuple[Value, Quality]]


def convert(raw: Value, known: Known | None = None, **more: Any) -> Any:
    conversion = Conversion(TagConfig.model_validate({"name": "a", **more}))
    return conversion(raw, (known or {}).get)


@pytest.mark.parametrize(
    ("raw", "more", "expected"),
    [
        (2305, {"scale": 0.1}, 230.5),
        (15.25, {"scale": 1000}, 15250.0),
        (100, {"scale": 2, "offset": 5}, 205),
        (20, {"scale": 0.5, "offset": -273.15}, -263.15),
        (True, {"invert": True}, False),
        (3, {"enum": {3: "auto"}}, "auto"),
        ("text", {}, "text"),
    ],
)
def test_a_good_value_is_converted(raw: Value, more: dict[str, Any], expected: Value) -> None:
    assert convert(raw, **more) == (expected, Quality.GOOD, None)


@pytest.mark.parametrize(
    ("raw", "more", "reason"),
    [
        (float("nan"), {}, "not_a_number"),
        (float("inf"), {"scale": 2}, "not_a_number"),
        (1e308, {"scale": 1e10}, "not_a_number"),
        (31_000, {"bad_values": {31000: "sensor open"}}, "sensor open"),
        (501, {"max": 500}, "out_of_range"),
        (-1, {"min": 0}, "out_of_range"),
        (9, {"enum": {3: "auto"}}, "not_in_enum"),
        (5, {"scale_exponent_from": "dot"}, "depends_on:dot"),
        (5, {"valid_if": {"tag": "ok", "value": 1}}, "depends_on:ok"),
        (None, {}, "no_value"),
        (None, {"scale": 2}, "no_value"),
        ("12", {"scale": 0.1}, "not_a_number"),
        ("error", {"min": 0}, "not_a_number"),
        (10**400, {"scale": 0.1}, "not_a_number"),
        (10**400, {"min": 0}, "not_a_number"),
        (2**64, {"scale": 1e300}, "not_a_number"),
    ],
)
def test_a_bad_value_carries_a_reason_and_no_number(
    raw: Value, more: dict[str, Any], reason: str
) -> None:
    assert convert(raw, **more) == (None, Quality.BAD, reason)


@pytest.mark.parametrize(("dot", "expected"), [(0, 2005), (1, 200.5), (2, 20.05), (3, 2.005)])
def test_the_decimal_point_is_read_from_the_device(dot: int, expected: float) -> None:
    known: Known = {"dot": (dot, Quality.GOOD)}
    assert convert(2005, known, scale_exponent_from="dot")[0] == expected


@pytest.mark.parametrize("dot", [-1, 13, 1.5, "1"])
def test_a_senseless_decimal_point_makes_the_value_bad(dot: Value) -> None:
    known: Known = {"dot": (dot, Quality.GOOD)}
    assert convert(5, known, scale_exponent_from="dot")[2] == "decimals_out_of_range:dot"


@given(st.integers(-(2**31), 2**31), st.integers(-100_000, 100_000), st.integers(0, 6))
def test_a_decimal_scale_gives_the_correctly_rounded_value(
    raw: int, mantissa: int, digits: int
) -> None:
    scale = float(Decimal(mantissa).scaleb(-digits))
    if scale == 0 or "e" in repr(scale):
        return
    assert convert(raw, scale=scale)[0] == float(raw * Decimal(repr(scale)))
