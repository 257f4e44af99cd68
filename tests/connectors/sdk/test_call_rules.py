"""The allow-list of calls: each argument has a type and limits, and nothing else is let through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.opcua.methods import OpcuaMethod
from connectors.sdk.call_rules import ArgumentRule, ArgumentType, CallRule, ReturnRule
from connectors.sdk.messages import Value

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-70_000, 70_000), st.floats(), st.text(max_size=5)
)
NUMBER = {"name": "number", "type": "int16", "values": [1, 2]}
TEXT = {"name": "text", "type": "string", "length": 3}


def rule(*arguments: dict[str, Any], **more: Any) -> CallRule:
    return CallRule.model_validate(
        {"call": "cnc/go", "address": {"any": "place"}, "arguments": arguments, **more}
    )


@given(value=VALUES, kind=st.sampled_from(ArgumentType))
def test_a_type_takes_exactly_its_own_values(value: Value, kind: ArgumentType) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is ArgumentType.BOOL:
        expected = isinstance(value, bool)
    elif kind is ArgumentType.STRING:
        expected = isinstance(value, str)
    elif kind in (ArgumentType.FLOAT32, ArgumentType.FLOAT64):
        expected = is_number
    else:
        bits = int(kind.value.partition("int")[2])
        low, high = (0, 2**bits) if kind.value[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1))
        expected = is_number and isinstance(value, int) and low <= value < high
    assert kind.takes(value) is expected


@given(given_=st.dictionaries(st.sampled_from(["number", "text", "more"]), VALUES))
def test_only_all_arguments_inside_their_limits_are_let_through(given_: dict[str, Value]) -> None:
    number, text = given_.get("number"), given_.get("text")
    allowed = (
        set(given_) == {"number", "text"}
        and number in (1, 2)
        and isinstance(number, int)
        and not isinstance(number, bool)
        and isinstance(text, str)
        and len(text) <= 3
        and text.isprintable()
    )
    assert (not list(rule(NUMBER, TEXT).problems(given_))) is allowed


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"name": "a", "type": "int16"}, "write_without_limit"),
        ({"name": "a", "type": "int16", "min": 0, "max": 40_000}, "argument_limits_type"),
        ({"name": "a", "type": "int16", "length": 3}, "argument_limits_type"),
        ({"name": "a", "type": "bool", "values": [0, 1]}, "argument_limits_type"),
        ({"name": "a", "type": "string", "min": 0, "max": 1}, "argument_limits_type"),
        ({"name": "a", "type": "uint9", "values": [1]}, "enum"),
        ({"name": "a b", "type": "int16", "values": [1]}, "string_pattern_mismatch"),
    ],
)
def test_limits_that_the_type_cannot_have_are_named(document: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as error:
        ArgumentRule.model_validate(document)
    assert error.value.errors()[0]["type"] == code


def test_a_result_means_success_only_when_it_is_listed() -> None:
    second = ReturnRule(position=1, values=(0, "ok"))
    assert [second.holds(r) for r in ([9, 0], [9, "ok"], [9, False], [0], [0, 9], [])] == [
        True, True, False, False, False, False,
    ]  # fmt: skip


def test_two_arguments_of_one_name_and_long_times_are_refused() -> None:
    for more, code in (
        ({"arguments": [NUMBER, NUMBER]}, "duplicate_argument"),
        ({"timeout_s": 16}, "less_than_equal"),
        ({"every_s": 0}, "greater_than"),
        ({"retry": 1}, "extra_forbidden"),
    ):
        with pytest.raises(ValidationError) as error:
            rule(**more)
        assert error.value.errors()[0]["type"] == code


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ({"method": "nsu=urn:a;i=1"}, "object_missing"),
        ({"object": "nsu=urn:a;i=1", "path": ["A"], "name": "B"}, "object_missing"),
        ({"object": "nsu=urn:a;i=1"}, "method_missing"),
        ({"path": ["A"], "name": "B", "job_order": "store"}, "method_missing"),
        ({"object": "nsu=urn:a;i=1", "job_order": "store"}, "object_missing"),
        ({"object": "ns=2;i=1", "name": "B"}, "namespace_by_index"),
        ({"path": ["A"], "name": "nsu=;B"}, "browse_path_malformed"),
        ({"path": ["A"], "job_order": "stop"}, "enum"),
    ],
)
def test_an_address_names_one_object_and_one_method(address: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as error:
        OpcuaMethod.model_validate(address)
    assert error.value.errors()[0]["type"] == code


def job(**types: str) -> list[ArgumentRule]:
    limits: dict[str, dict[str, Any]] = {"string": {"length": 9}}
    return [
        ArgumentRule.model_validate(
            {"name": name, "type": kind, **limits.get(kind, {"values": [True]})}
            if kind in ("string", "bool")
            else {"name": name, "type": kind, "min": 0, "max": 9}
        )
        for name, kind in types.items()
    ]


def test_a_job_has_a_number_an_item_and_a_quantity() -> None:
    store = OpcuaMethod.model_validate({"path": ["A"], "job_order": "store"})
    begin = OpcuaMethod.model_validate({"path": ["A"], "job_order": "start"})
    plain = OpcuaMethod.model_validate({"path": ["A"], "name": "B"})
    whole = {"job_order": "string", "item": "string", "quantity": "float64"}
    assert store.argument_problem(job(**whole, feed="int16")) is None
    assert begin.argument_problem(job(job_order="string")) is None
    assert plain.argument_problem([]) is None
    for name in whole:
        left = {key: kind for key, kind in whole.items() if key != name}
        assert name in str(store.argument_problem(job(**left)))
        assert name in str(store.argument_problem(job(**{**whole, name: "bool"})))
    assert begin.argument_problem(job(**whole)) is not None
