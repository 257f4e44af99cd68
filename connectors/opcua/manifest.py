"""OPC UA: what is known of it before asyncua is imported."""

from __future__ import annotations

from connectors.sdk.connector import Capability
from connectors.sdk.manifest import Manifest

MANIFEST = Manifest(
    protocol="opcua",
    name={"ko": "OPC UA", "en": "OPC UA"},
    config="connectors.opcua.config:OpcuaSource",
    connector="connectors.opcua.connector:OpcuaConnector",
    capabilities=frozenset({Capability.PUSH}),
)
