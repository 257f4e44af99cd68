"""OPC UA: what is known of it before asyncua is imported."""

from __future__ import annotations

from connectors.sdk.capabilities import Capability
from connectors.sdk.levels import Level
from connectors.sdk.manifest import Manifest

MANIFEST = Manifest(
    protocol="opcua",
    name={"ko": "OPC UA", "en": "OPC UA"},
    config="connectors.opcua.config:OpcuaSource",
    connector="connectors.opcua.connector:OpcuaConnector",
    sdk_version=(2, 3),
    level=Level.GOLD,
    words="connectors.opcua.words:WORDS",
    commands="connectors.opcua.commands:COMMANDS",
    lists="connectors.opcua.lists:LISTS",
    method="connectors.opcua.methods:OpcuaMethod",
    capabilities=frozenset(
        {
            Capability.PUSH,
            Capability.BROWSE,
            Capability.WRITE,
            Capability.CALL,
            Capability.HISTORY,
            Capability.FRAMES,
        }
    ),
)
