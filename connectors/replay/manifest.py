"""Replay: the smallest connector, and the example for writing one."""

from __future__ import annotations

from connectors.sdk.capabilities import Capability
from connectors.sdk.levels import Level
from connectors.sdk.manifest import Manifest

MANIFEST = Manifest(
    protocol="replay",
    name={"ko": "CSV 재생", "en": "CSV replay"},
    config="connectors.replay.config:ReplaySource",
    connector="connectors.replay.connector:ReplayConnector",
    sdk_version=(2, 0),
    level=Level.BRONZE,
    words="connectors.replay.words:WORDS",
    capabilities=frozenset({Capability.PUSH}),
)
