"""The same registers in all orders: known values, hints, and what holds for any registers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.modbus.codec import ORDERS, REGISTERS, DataType, decode
from connectors.modbus.connector import ModbusConnector
from connectors.modbus.orders import in_all_orders
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.registers import Candidate

REGISTER = st.integers(0, 0xFFFF)


def plausible(candidates: object) -> set[tuple[str, str]]:
    assert isinstance(candidates, list)
    return {(each.type.value, each.order) for each in candidates if each.is_plausible}


def one(candidates: object, data_type: DataType, order: str) -> Candidate:
    assert isinstance(candidates, list)
    (found,) = [each for each in candidates if (each.type, each.order) == (data_type, order)]
    assert isinstance(found, Candidate)
    return found


def test_a_float_is_shown_in_each_order_and_the_usual_sizes_are_marked() -> None:
    found = in_all_orders([0x4248, 0xF5C3])
    value = one(found, DataType.FLOAT32, "ABCD").value
    assert isinstance(value, float)
    assert math.isclose(value, 50.24, rel_tol=1e-6)
    assert one(found, DataType.UINT32, "ABCD").value == 1_112_077_763
    assert ("float32", "ABCD") in plausible(found)
    assert not {("float32", "CDAB"), ("uint32", "ABCD")} & plausible(found)


def test_the_value_on_the_display_leaves_one_way_only() -> None:
    assert plausible(in_all_orders([0x4248, 0xF5C3], 50.24)) == {("float32", "ABCD")}


def test_a_decimal_point_that_the_device_leaves_out_becomes_a_scale() -> None:
    found = in_all_orders([502], 50.2)
    assert one(found, DataType.UINT16, "AB").scale == 0.1
    assert ("uint16", "BA") not in plausible(found)


def test_what_is_no_number_has_no_value_and_is_never_plausible() -> None:
    found = one(in_all_orders([0x7FC0, 0x0000]), DataType.FLOAT32, "ABCD")
    assert (found.value, found.is_plausible) == (None, False)
    assert one(in_all_orders([0xABCD]), DataType.BCD16, "AB").value is None


def test_three_registers_hold_no_number() -> None:
    assert in_all_orders([1, 2, 3]) == []


@given(st.sampled_from([1, 2, 4]).flatmap(lambda n: st.lists(REGISTER, min_size=n, max_size=n)))
def test_each_way_is_what_the_connector_would_read(registers: list[int]) -> None:
    data = b"".join(each.to_bytes(2, "big") for each in registers)
    found = in_all_orders(registers)
    assert {each.order for each in found} == set(ORDERS[len(registers)])
    for each in found:
        assert REGISTERS[DataType(each.type)] == len(registers)
        if each.value is not None:
            assert decode(data, DataType(each.type), each.order) == each.value


def test_registers_are_those_of_the_wire_whatever_the_manual_counts_from() -> None:
    source = {"id": "s", "address_base": 1, "readable": [1], "tags": [2], "unit": 3}
    asked = ModbusConnector.register_source(source, "holding", 0xFFFE, 4)
    assert (asked["address_base"], asked["unit"], "readable" in asked) == (0, 3, False)
    tags = asked["tags"]
    assert isinstance(tags, list)
    assert [each["address"] for each in tags] == [0xFFFE, 0xFFFF]
    with pytest.raises(ConfigurationError, match="request_malformed"):
        ModbusConnector.register_source(source, "coil", 0, 4)
