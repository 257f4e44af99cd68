"""What is written reads back as what was asked for, or it is refused with the reason."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sdk.config import TagConfig
from connectors.sdk.conversion import Conversion
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.inverse import raw_bool, raw_real, raw_text, raw_whole
from connectors.sdk.messages import Quality, Value

NOTHING: dict[str, tuple[Value, Quality]] = {}


def tag(**more: Any) -> TagConfig:
    return TagConfig(name="setpoint", **more)


@pytest.mark.parametrize(
    ("rules", "value", "raw"),
    [
        ({}, 7, 7),
        ({}, 7.0, 7),
        ({"scale": 0.1}, 230.5, 2305),
        ({"scale": 0.1, "offset": -40}, -39.9, 1),
        ({"scale": -2, "offset": 1}, 7, -3),
        ({"scale": 0.001}, 0.3, 300),
        ({"scale": 0.1}, 0.1 + 0.2, 3),
        ({"enum": {0: "off", 3: "auto"}}, "auto", 3),
        ({"min": 0, "max": 10}, 10, 10),
    ],
)
def test_a_number_becomes_the_raw_number_that_reads_as_it(
    rules: dict[str, Any], value: Value, raw: int
) -> None:
    assert raw_whole(tag(**rules), value, NOTHING.get) == raw


@pytest.mark.parametrize(
    ("rules", "value", "why"),
    [
        ({"scale": 0.1}, 230.57, "nearest value is 230.6"),
        ({}, 1.5, "nearest value is 2"),
        ({"min": 0, "max": 10}, 10.5, "between 0 and 10"),
        ({"max": 10}, -math.inf, "a number is expected"),
        ({}, math.nan, "a number is expected"),
        ({}, "7", "a number is expected"),
        ({}, True, "a number is expected"),
        ({}, None, "a number is expected"),
        ({"enum": {0: "off", 3: "auto"}}, "manual", "possible words: off, auto"),
        ({"enum": {0: "off", 3: "auto"}}, 3, "possible words: off, auto"),
        ({"bad_values": {31000: "sensor open"}}, 31000, "sensor open"),
        ({"scale_exponent_from": "dot"}, 1.5, "decimals in dot is not known"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    rules: dict[str, Any], value: Value, why: str
) -> None:
    with pytest.raises(ConfigurationError, match=why) as caught:
        raw_whole(tag(**rules), value, NOTHING.get)
    assert (caught.value.code, caught.value.field) == ("value_not_possible", "value")


def test_the_number_of_decimals_of_another_tag_is_used() -> None:
    known: dict[str, tuple[Value, Quality]] = {"dot": (2, Quality.GOOD)}
    assert raw_whole(tag(scale_exponent_from="dot"), 20.05, known.get) == 2005
    known["dot"] = (40, Quality.GOOD)
    with pytest.raises(ConfigurationError, match="says 40 decimals"):
        raw_whole(tag(scale_exponent_from="dot"), 20.05, known.get)


def test_yes_and_no_are_inverted_and_nothing_else_is_taken_for_them() -> None:
    assert raw_bool(tag(), True) is True
    assert raw_bool(tag(invert=True), True) is False
    with pytest.raises(ConfigurationError, match="true or false"):
        raw_bool(tag(), 1)


def test_text_stays_text_and_a_real_number_needs_no_step() -> None:
    assert raw_text(tag(), "RECIPE-7") == "RECIPE-7"
    with pytest.raises(ConfigurationError, match="a text"):
        raw_text(tag(), 7)
    assert raw_real(tag(scale=0.5), 1.23, NOTHING.get) == 2.46
    with pytest.raises(ConfigurationError, match="too large"):
        raw_real(tag(scale=1e-300), 1e300, NOTHING.get)


SCALES = st.sampled_from([None, 1, 0.1, 0.01, 0.25, 2, -1, -0.5, 1e-6, 3.3, 1 / 3, 100])
OFFSETS = st.sampled_from([None, 0, -40, 273.15, 1e-3])


@given(st.integers(-(2**31), 2**31 - 1), SCALES, OFFSETS, st.integers(0, 4))
def test_every_value_that_is_read_can_be_written_and_reads_the_same(
    raw: int, scale: float | None, offset: float | None, decimals: int
) -> None:
    known: dict[str, tuple[Value, Quality]] = {"dot": (decimals, Quality.GOOD)}
    rules = tag(scale=scale, offset=offset, scale_exponent_from="dot")
    convert = Conversion(rules)
    value, quality, _ = convert(raw, known.get)
    assert quality is Quality.GOOD
    written = raw_whole(rules, value, known.get)
    again = convert(written, known.get)[0]
    assert isinstance(value, int | float)
    assert isinstance(again, int | float)
    assert math.isclose(again, value, rel_tol=1e-9, abs_tol=1e-300)
