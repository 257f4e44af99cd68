"""The allow-list: exactly one limit, and nothing outside it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.sdk.messages import Value
from connectors.sdk.write_rules import WriteRule

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=20)
)


def rule(**more: Any) -> WriteRule:
    return WriteRule.model_validate({"tag": "plc/target", **more})


@given(value=VALUES)
def test_a_range_lets_through_numbers_inside_it_and_nothing_else(value: Value) -> None:
    inside = isinstance(value, int | float) and not isinstance(value, bool) and -5 <= value <= 10.5
    assert (rule(min=-5, max=10.5).problem(value) is None) is inside


@given(value=VALUES)
def test_a_list_lets_through_what_stands_in_it_and_nothing_else(value: Value) -> None:
    listed = rule(values=[1, True, "auto"])
    allowed = value is True or value == "auto" or (value == 1 and not isinstance(value, bool))
    assert (listed.problem(value) is None) is allowed


@given(value=VALUES)
def test_a_length_lets_through_short_printable_texts_and_nothing_else(value: Value) -> None:
    allowed = isinstance(value, str) and len(value) <= 8 and value.isprintable()
    assert (rule(length=8).problem(value) is None) is allowed


def test_true_is_no_one_and_one_is_not_true() -> None:
    assert rule(values=[True, False]).problem(1) is not None
    assert rule(values=[0, 1]).problem(True) is not None


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({}, "write_without_limit"),
        ({"min": 0}, "write_range_open"),
        ({"max": 0}, "write_range_open"),
        ({"min": 0, "max": 1, "values": [1]}, "write_without_limit"),
        ({"values": [1], "length": 3}, "write_without_limit"),
        ({"min": 2, "max": 1}, "limits_reversed"),
        ({"min": float("nan"), "max": 1}, "limits_reversed"),
        ({"values": []}, "too_short"),
        ({"length": 3, "every_s": 0}, "greater_than"),
        ({"length": 3, "tag": "no-source"}, "string_pattern_mismatch"),
        ({"length": 3, "always": True}, "extra_forbidden"),
    ],
)
def test_a_rule_has_exactly_one_limit(parts: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as error:
        rule(**parts)
    assert error.value.errors()[0]["type"] == code
