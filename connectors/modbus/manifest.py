"""Modbus: what is known of it before its modules are imported."""

from __future__ import annotations

from connectors.sdk.capabilities import Capability
from connectors.sdk.levels import Level
from connectors.sdk.manifest import Manifest

MANIFEST = Manifest(
    protocol="modbus",
    name={"ko": "Modbus (TCP, RTU)", "en": "Modbus (TCP, RTU)"},
    config="connectors.modbus.config:ModbusSource",
    connector="connectors.modbus.connector:ModbusConnector",
    sdk_version=(2, 1),
    level=Level.GOLD,
    words="connectors.modbus.words:WORDS",
    commands="connectors.modbus.commands:COMMANDS",
    capabilities=frozenset(
        {Capability.POLL, Capability.WRITE, Capability.FRAMES, Capability.REGISTERS}
    ),
)
