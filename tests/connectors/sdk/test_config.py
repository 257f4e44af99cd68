"""Source configurations: the contract's example passes, every mistake is named with its field."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.modbus.config import ModbusSource
from connectors.opcua.config import OpcuaSource
from connectors.runtime.configuration import check_source
from connectors.sdk.config import read_secret
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.registry import manifests

MODBUS: dict[str, Any] = {
    "id": "press_plc",
    "protocol": "modbus",
    "link": {"transport": "tcp", "host": "127.0.0.1", "port": 1502},
    "unit": 1,
    "address_base": 0,
    "max_registers": 125,
    "max_gap": 32,
    "timeout_ms": 500,
    "scan_ms": 1000,
    "tags": [
        {"name": "strokes", "table": "holding", "address": 0x10, "type": "uint16"},
        {
            "name": "volts",
            "table": "input",
            "address": 0,
            "type": "int32",
            "order": "CDAB",
            "scale": 0.1,
            "unit": "V",
        },
        {"name": "heater_run", "table": "coil", "address": 0, "type": "bool", "invert": True},
        {
            "name": "pv",
            "table": "input",
            "address": 1000,
            "type": "int16",
            "scale_exponent_from": "pv_dot",
            "bad_values": {31000: "sensor open"},
        },
        {"name": "pv_dot", "table": "input", "address": 1001, "type": "uint16"},
        {"name": "fault", "table": "holding", "address": 0x0E, "type": "bit", "bit": 3},
        {
            "name": "model",
            "table": "holding",
            "address": 40,
            "type": "string",
            "length": 8,
            "encoding": "ascii",
        },
    ],
}
OPCUA: dict[str, Any] = {
    "id": "cnc",
    "protocol": "opcua",
    "endpoint": "opc.tcp://127.0.0.1:4840",
    "security": {"policy": "none", "mode": "none"},
    "allow_insecure": True,
    "tags": [{"name": "state", "node": "nsu=urn:demo:cnc;s=Cnc.State", "publish_ms": 250}],
}


def changed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(document))
    *parents, last = path.split(".")
    node: Any = copy
    for part in parents:
        node = node[int(part) if part.isdecimal() else part]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return copy


def mistakes(model: type[Any], document: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(document)
    return [(e["type"], ".".join(map(str, e["loc"]))) for e in caught.value.errors()]


def output_of(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_example_of_the_contract_is_accepted() -> None:
    assert len(ModbusSource.model_validate(MODBUS).tags) == 7
    assert OpcuaSource.model_validate(OPCUA).tags[0].publish_ms == 250


TOO_SMALL_BAUD = ("greater_than_equal", "link.baud")
PORT_IS_URL = ("serial_port_is_url", "link.serial_port")
RANGE_REVERSED = ("range_reversed", "readable.0.last")
NOT_READABLE = ("address_not_readable", "tags.0.address")


@pytest.mark.parametrize(
    ("path", "value", "code", "field"),
    [
        ("speed", 9, "extra_forbidden", "speed"),
        ("tags.0.sacle", 2, "extra_forbidden", "tags.0.sacle"),
        ("link", "tcp", "mapping_expected", "link"),
        ("link", {"host": "plc"}, "transport_unknown", "link.transport"),
        ("link.transport", "udp", "transport_unknown", "link.transport"),
        ("link", {"transport": "rtu"}, "missing", "link.serial_port"),
        ("link", {"transport": "rtu", "serial_port": "/dev/x", "baud": 9}, *TOO_SMALL_BAUD),
        ("link", {"transport": "rtu", "serial_port": "rfc2217://x"}, *PORT_IS_URL),
        ("link.quiet_ms", 100, "extra_forbidden", "link.quiet_ms"),
        ("readable", [{"table": "holding", "first": 9, "last": 1}], *RANGE_REVERSED),
        ("readable", [{"table": "input", "first": 0, "last": 9}], *NOT_READABLE),
        ("link.port", 70_000, "less_than_equal", "link.port"),
        ("unit", 300, "less_than_equal", "unit"),
        ("unit", "1", "int_type", "unit"),
        ("address_base", 2, "literal_error", "address_base"),
        ("tags.0.type", "uint8", "enum", "tags.0.type"),
        ("tags.0.table", "coil", "type_not_possible", "tags.0.type"),
        ("tags.1.order", "ABDC", "order_not_possible", "tags.1.order"),
        ("tags.0.order", "CDAB", "order_not_possible", "tags.0.order"),
        ("tags.5.bit", None, "bit_mismatch", "tags.5.bit"),
        ("tags.0.bit", 3, "bit_mismatch", "tags.0.bit"),
        ("tags.6.length", None, "length_mismatch", "tags.6.length"),
        ("tags.6.encoding", "klingon", "encoding_unknown", "tags.6.encoding"),
        ("tags.1.name", "strokes", "duplicate_tag", "tags.1.name"),
        ("tags.3.scale_exponent_from", "nothing", "unknown_tag", "tags.3.scale_exponent_from"),
        ("tags.3.valid_if", {"tag": "x", "value": 1}, "unknown_tag", "tags.3.valid_if"),
        ("tags.1.scale", "0.1", "number_expected", "tags.1.scale"),
        ("tags.1.scale", 0, "scale_zero", "tags.1"),
        ("tags.0.address", 65_536, "address_out_of_range", "tags.0.address"),
        ("max_registers", 1, "value_wider_than_read", "tags.1.address"),
        ("tags", [], "too_short", "tags"),
    ],
)
def test_a_modbus_mistake_is_named_with_its_field(
    path: str, value: object, code: str, field: str
) -> None:
    assert (code, field) in mistakes(ModbusSource, changed(MODBUS, path, value))


def test_an_address_zero_with_base_one_is_outside() -> None:
    document = changed(MODBUS, "address_base", 1)
    found = mistakes(ModbusSource, document)
    assert found == [
        ("address_out_of_range", "tags.1.address"),
        ("address_out_of_range", "tags.2.address"),
    ]


@pytest.mark.parametrize(
    ("path", "value", "code", "field"),
    [
        ("security", None, "security_missing", "security"),
        ("allow_insecure", None, "insecure_not_allowed", "security.policy"),
        ("allow_insecure", False, "insecure_not_allowed", "security.policy"),
        ("security.policy", "basic256sha256", "security_mode_mismatch", "security"),
        ("security.trusted", ["12:34"], "string_pattern_mismatch", "security.trusted.0"),
        ("sign_in", {"user": "mes"}, "sign_in_incomplete", "sign_in"),
        ("sign_in", {"user": "a", "password": "b"}, "secret_in_plain_text", "sign_in.password"),
        ("tags.0.path", ["nsu=urn:demo:cnc;Cnc"], "address_missing", "tags.0"),
        ("tags.0.path", ["nsu=urn:x;"], "browse_path_malformed", "tags.0.path.0"),
        ("tags.0.queue_size", 0, "greater_than_equal", "tags.0.queue_size"),
        ("tags.0.filter", {"deadband": -1}, "greater_than_equal", "tags.0.filter.deadband"),
        ("security.policy", "basic128", "enum", "security.policy"),
        ("security.mode", "sign", "security_mode_mismatch", "security"),
        ("endpoint", "http://127.0.0.1", "endpoint_malformed", "endpoint"),
        ("endpoint", "opc.tcp://user:word@host:4840", "secret_in_plain_text", "endpoint"),
        ("tags.0.node", "ns=2;s=Cnc.State", "namespace_by_index", "tags.0.node"),
        ("tags.0.node", "Cnc.State", "node_id_malformed", "tags.0.node"),
        ("tags.0.node", "nsu=urn:demo:cnc;s=Cnc.State\n", "node_id_malformed", "tags.0.node"),
        ("tags.0.node", "nsu=urn:demo:cnc;i=abc", "node_id_malformed", "tags.0.node"),
        ("tags.0.publish_ms", 5, "greater_than_equal", "tags.0.publish_ms"),
    ],
)
def test_an_opcua_mistake_is_named_with_its_field(
    path: str, value: object, code: str, field: str
) -> None:
    assert (code, field) in mistakes(OpcuaSource, changed(OPCUA, path, value))


def test_keys_of_code_tables_may_be_numbers_or_text_from_json() -> None:
    document = changed(MODBUS, "tags.3.bad_values", {"31000": "open", "0x7530": "over"})
    assert ModbusSource.model_validate(document).tags[3].bad_values == {
        31000: "open",
        30000: "over",
    }


def test_an_unknown_protocol_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_source({"id": "x", "protocol": "profibus"})
    assert caught.value.code == "protocol_not_available"
    assert "modbus, mqtt, opcua, replay" in caught.value.detail


def test_a_secret_is_read_from_where_it_lies_and_never_named(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANT_SECRET", "s3cret")
    assert read_secret("env:PLANT_SECRET") == "s3cret"
    (tmp_path / "secret").write_text("from file\n")
    assert read_secret(f"file:{tmp_path / 'secret'}") == "from file"
    with pytest.raises(ConfigurationError, match="env:NOT_SET"):
        read_secret("env:NOT_SET")


def test_manifests_and_configurations_import_no_protocol_library() -> None:
    code = (
        "import sys\n"
        "from connectors.sdk.registry import manifests\n"
        "[manifest.config_model() for manifest in manifests().values()]\n"
        "import connectors.runtime.commands\n"
        "print([name for name in ('asyncua', 'pymodbus', 'paho', 'mes') if name in sys.modules])\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
    assert sorted(manifests()) == ["modbus", "mqtt", "opcua", "replay"]


def test_messages_and_the_clock_need_only_the_standard_library() -> None:
    code = (
        "import sys\n"
        "import connectors.sdk.messages, connectors.clock\n"
        "print([n for n in ('pydantic', 'structlog', 'click') if n in sys.modules])\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
