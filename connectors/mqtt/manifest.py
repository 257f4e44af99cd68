"""MQTT: what is known of it before its modules are imported."""

from __future__ import annotations

from connectors.sdk.capabilities import Capability
from connectors.sdk.levels import Level
from connectors.sdk.manifest import Manifest

MANIFEST = Manifest(
    protocol="mqtt",
    name={"ko": "MQTT (JSON, Sparkplug B)", "en": "MQTT (JSON, Sparkplug B)"},
    config="connectors.mqtt.config:MqttSource",
    connector="connectors.mqtt.connector:MqttConnector",
    sdk_version=(2, 1),
    level=Level.GOLD,
    words="connectors.mqtt.words:WORDS",
    capabilities=frozenset({Capability.PUSH, Capability.BROWSE, Capability.FRAMES}),
)
