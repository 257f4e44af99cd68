"""What the rest of the world knows of a connector before it is loaded.

Manifests are found by the entry-point group `mes.connectors` and import no protocol library; the
classes they name are loaded at first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from connectors.sdk.config import SourceConfig
from connectors.sdk.connector import SDK_VERSION, Capability, Connector
from connectors.sdk.errors import ConfigurationError

ENTRY_POINT_GROUP = "mes.connectors"
BUILT_IN = {
    "modbus": "connectors.modbus.manifest:MANIFEST",
    "opcua": "connectors.opcua.manifest:MANIFEST",
    "replay": "connectors.replay.manifest:MANIFEST",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The description of a connector.

    Attributes:
        protocol: the word a plant file uses in `protocol:`.
        name: name for people, by language.
        config: `module:class` of the Pydantic model of a source.
        connector: `module:class` of the connector.
        capabilities: what it can do.
        sdk_version: version of the SDK it was written for.
    """

    protocol: str
    name: Mapping[str, str]
    config: str
    connector: str
    capabilities: frozenset[Capability]
    sdk_version: int = SDK_VERSION

    def config_model(self) -> type[SourceConfig]:
        """The model that checks a source of this protocol."""
        return cast(type[SourceConfig], _load(self.config))

    def connector_class(self) -> type[Connector]:
        """The connector; this imports the protocol library."""
        return cast(type[Connector], _load(self.connector))


def _load(path: str) -> object:
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)


@cache
def manifests() -> Mapping[str, Manifest]:
    """All usable connectors by protocol: the built-in ones and those of other packages.

    A package whose manifest cannot be loaded or was written for another SDK is left out; its
    sources are then refused by name.
    """
    paths = {entry.name: entry.value for entry in entry_points(group=ENTRY_POINT_GROUP)}
    found: dict[str, Manifest] = {}
    for path in (BUILT_IN | paths).values():
        try:
            manifest = _load(path)
        except (ImportError, AttributeError):
            continue
        if isinstance(manifest, Manifest) and manifest.sdk_version == SDK_VERSION:
            found[manifest.protocol] = manifest
    return found


def manifest_of(protocol: str) -> Manifest:
    """The connector that speaks `protocol`.

    Raises:
        ConfigurationError: `protocol_not_available`, with the known ones in the detail.
    """
    known = manifests()
    if protocol not in known:
        raise ConfigurationError(
            "protocol_not_available",
            f"no connector speaks {protocol!r}; installed: {', '.join(sorted(known))}",
            field="protocol",
        )
    return known[protocol]
