"""Which sources read the same device."""

from __future__ import annotations

from typing import Any

import pytest

from mes.features.plant.check import check
from mes.features.plant.targets import target_of

MODBUS: dict[str, Any] = {"protocol": "modbus", "link": {"transport": "tcp", "host": "Plc-1"}}


@pytest.mark.parametrize(
    "other",
    [
        {**MODBUS, "unit": 1},
        {**MODBUS, "link": {"transport": "tcp", "host": "plc-1", "port": 502}},
        {**MODBUS, "id": "another", "scan_ms": 50},
    ],
)
def test_defaults_and_case_make_no_other_device(other: dict[str, Any]) -> None:
    assert target_of(other) == target_of(MODBUS)


@pytest.mark.parametrize(
    "other",
    [
        {**MODBUS, "unit": 2},
        {**MODBUS, "link": {"transport": "tcp", "host": "plc-1", "port": 503}},
        {"protocol": "opcua", "endpoint": "opc.tcp://plc-1:502"},
    ],
)
def test_another_unit_port_or_protocol_is_another_device(other: dict[str, Any]) -> None:
    assert target_of(other) != target_of(MODBUS)


def test_units_of_one_serial_line_are_different_devices() -> None:
    line = {"protocol": "modbus", "link": {"transport": "rtu", "serial_port": "/dev/ttyS0"}}
    assert target_of({**line, "unit": 1}) != target_of({**line, "unit": 2})


def test_a_broker_is_no_device() -> None:
    assert target_of({"protocol": "mqtt", "broker": {"host": "b"}}) is None


SECOND = """
  - id: again
    protocol: modbus
    link: {transport: tcp, host: PLC-1, port: 502}
    unit: %s
    tags: [{name: x, table: holding, address: 0, type: uint16}]
"""
FILE = """schema: plant/1
site: {id: busan, name: {ko: 부산, en: Busan}, time_zone: Asia/Seoul, day_starts: "08:00"}
sources:
  - id: first
    protocol: modbus
    link: {transport: tcp, host: plc-1}
    tags: [{name: x, table: holding, address: 0, type: uint16}]
"""


def test_a_plant_file_that_reads_one_device_twice_is_told_so_at_its_line() -> None:
    text = FILE + SECOND.removeprefix("\n") % 1
    (mistake,) = check(text).mistakes
    assert (mistake.code, mistake.field) == ("source_target_taken", "sources[1].link")
    assert "'first'" in mistake.message
    assert "host: PLC-1" in text.splitlines()[mistake.line - 1]


def test_two_units_behind_one_gateway_are_no_mistake() -> None:
    assert check(FILE + SECOND.removeprefix("\n") % 2).mistakes == ()
