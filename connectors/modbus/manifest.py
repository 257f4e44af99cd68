"""Modbus: what is known of it before its modules are imported."""

from __future__ import annotations

from connectors.sdk.capabilities import Capability
from connectors.sdk.levels import Level
from connectors.sdk.manifest import Manifest
from connectors.sdk.registers import RegisterArea

MANIFEST = Manifest(
    protocol="modbus",
    name={"ko": "Modbus (TCP, RTU)", "en": "Modbus (TCP, RTU)"},
    config="connectors.modbus.config:ModbusSource",
    connector="connectors.modbus.connector:ModbusConnector",
    sdk_version=(2, 2),
    level=Level.GOLD,
    words="connectors.modbus.words:WORDS",
    lists="connectors.modbus.lists:LISTS",
    register_areas=(
        RegisterArea(
            name="holding", title={"ko": "보유 레지스터 (4xxxx)", "en": "holding (4xxxx)"}
        ),
        RegisterArea(name="input", title={"ko": "입력 레지스터 (3xxxx)", "en": "input (3xxxx)"}),
    ),
    capabilities=frozenset(
        {Capability.POLL, Capability.WRITE, Capability.FRAMES, Capability.REGISTERS}
    ),
)
