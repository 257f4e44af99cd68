"""What the rest of the world knows of a connector before it is loaded.

A manifest imports no protocol library; the classes that it names are loaded at first use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from connectors.sdk.call_rules import MethodAddress
from connectors.sdk.capabilities import (
    Browsing,
    Calling,
    Capability,
    FrameLogging,
    HistoryReading,
    RegisterViewing,
    Writing,
)
from connectors.sdk.config import SourceConfig
from connectors.sdk.connector import Connector, PollingConnector, PushConnector
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.levels import Level
from connectors.sdk.register_lists import RegisterLists
from connectors.sdk.registers import RegisterArea
from connectors.sdk.words import Words

CLASS_OF: Mapping[Capability, type] = {
    Capability.POLL: PollingConnector,
    Capability.PUSH: PushConnector,
    Capability.BROWSE: Browsing,
    Capability.WRITE: Writing,
    Capability.HISTORY: HistoryReading,
    Capability.FRAMES: FrameLogging,
    Capability.REGISTERS: RegisterViewing,
    Capability.CALL: Calling,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The description of a connector.

    Attributes:
        protocol: the word a plant file uses in `protocol:`.
        name: name for people, by language; `ko` and `en` are needed.
        config: `module:class` of the Pydantic model of a source.
        connector: `module:class` of the connector.
        capabilities: what it can do, exactly one of poll and push among them.
        sdk_version: major and minor version of the SDK it was written for, in numbers.
        level: what the conformance kit has shown; its tests fail when the claim is not earned.
        words: `module:attribute` of titles and help texts of the configuration's fields; None when
            there are none.
        commands: `module:attribute` of click commands by name that join `mes source`; None when the
            connector has none of its own.
        register_areas: for the capability `registers`, what people choose from; since SDK 2.2.
        lists: `module:attribute` of `RegisterLists`; None when no template can be made of a
            register list. Since SDK 2.2.
        method: for the capability `call`, `module:class` of the `MethodAddress`. Since SDK 2.3.
    """

    protocol: str
    name: Mapping[str, str]
    config: str
    connector: str
    capabilities: frozenset[Capability]
    sdk_version: tuple[int, int]
    level: Level = Level.NONE
    words: str | None = None
    commands: str | None = None
    register_areas: Sequence[RegisterArea] = ()
    lists: str | None = None
    method: str | None = None

    def config_model(self) -> type[SourceConfig]:
        """The model that checks a source of this protocol.

        Raises:
            ConfigurationError: `connector_broken`, with the reason in the detail.
        """
        found = self._load(self.config)
        if not (isinstance(found, type) and issubclass(found, SourceConfig)):
            raise self._broken(f"{self.config} is no SourceConfig")
        return found

    def field_words(self) -> Mapping[str, Words]:
        """Titles and help texts of the fields of a source, by path; those that all share apart.

        Raises:
            ConfigurationError: `connector_broken`, with the reason in the detail.
        """
        if self.words is None:
            return {}
        found = self._load(self.words)
        if not isinstance(found, Mapping):
            raise self._broken(f"{self.words} is no mapping")
        return found

    def connector_class(self) -> type[Connector]:
        """The connector, compared with its declared capabilities; imports the protocol library.

        Raises:
            ConfigurationError: `connector_broken`, with the reason in the detail.
        """
        found = self._load(self.connector)
        if not (isinstance(found, type) and issubclass(found, Connector)):
            raise self._broken(f"{self.connector} is no Connector")
        missing: frozenset[str] = getattr(found, "__abstractmethods__", frozenset())
        if missing:
            raise self._broken(f"{self.connector} lacks {', '.join(sorted(missing))}")
        able = {capability for capability, kind in CLASS_OF.items() if issubclass(found, kind)}
        for capability in sorted(self.capabilities ^ able):
            side = "declared but not in the class" if capability not in able else "not declared"
            raise self._broken(f"the capability {capability} is {side}")
        return found

    def own_commands(self) -> Mapping[str, Any]:
        """The click commands of the connector by name; none is imported before they are asked for.

        Raises:
            ConfigurationError: `connector_broken`, with the reason in the detail.
        """
        if self.commands is None:
            return {}
        found = self._load(self.commands)
        if not isinstance(found, Mapping):
            raise self._broken(f"{self.commands} is no mapping of commands by name")
        return found

    def register_lists(self) -> RegisterLists | None:
        """How templates are made of register lists; None when they are not.

        Raises:
            ConfigurationError: `connector_broken`, with the reason in the detail.
        """
        if self.lists is None:
            return None
        found = self._load(self.lists)
        if not isinstance(found, RegisterLists):
            raise self._broken(f"{self.lists} is no RegisterLists")
        return found

    def method_model(self) -> type[MethodAddress]:
        """The model that checks the address of a method.

        Raises:
            ConfigurationError: `call_not_possible`: the protocol has no methods, or
                `connector_broken`, with the reason in the detail.
        """
        if self.method is None or Capability.CALL not in self.capabilities:
            detail = f"a source of {self.protocol} has no methods to call"
            raise ConfigurationError("call_not_possible", detail)
        found = self._load(self.method)
        if not (isinstance(found, type) and issubclass(found, MethodAddress)):
            raise self._broken(f"{self.method} is no MethodAddress")
        return found

    def _load(self, path: str) -> object:
        try:
            return load(path)
        except (Exception, SystemExit) as error:  # code of others, run at import
            raise self._broken(f"{path}: {type(error).__name__}: {error}") from error

    def _broken(self, reason: str) -> ConfigurationError:
        return ConfigurationError("connector_broken", reason, field="protocol")


def load(path: str) -> object:
    """The object that `module:attribute` names."""
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)
