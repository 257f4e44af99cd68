"""Replay: the smallest connector, and the example for writing one."""

from __future__ import annotations

from connectors.sdk.connector import Capability
from connectors.sdk.manifest import Manifest

MANIFEST = Manifest(
    protocol="replay",
    name={"ko": "CSV 재생", "en": "CSV replay"},
    config="connectors.replay.config:ReplaySource",
    connector="connectors.replay.connector:ReplayConnector",
    capabilities=frozenset({Capability.PUSH}),
)
