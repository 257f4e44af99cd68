"""The base classes of connectors.

A connector knows addresses and nothing else: no retry, no sleep between attempts, no outage
logging, no queue towards the centre. The runner owns these and calls every method under a
deadline. Construction makes no connection and must be possible inside a running event loop only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from connectors.clock import PlantClock
from connectors.sdk.config import SourceConfig
from connectors.sdk.links import LinkRegistry
from connectors.sdk.messages import Counters, Reading, Sample

SDK_VERSION = 1


class Capability(StrEnum):
    """What a connector can do; declared in its manifest."""

    POLL = "poll"
    PUSH = "push"


@dataclass(slots=True, kw_only=True)
class ConnectorContext:
    """What the host gives to a connector.

    Attributes:
        clock: plant clock that stamps samples.
        links: registry for connections that several sources share.
        counters: counters of the source; the connector counts requests, errors and bytes.
    """

    clock: PlantClock
    links: LinkRegistry = field(default_factory=LinkRegistry)
    counters: Counters = field(default_factory=Counters)


class Connector(ABC):
    """What every connector offers.

    Attributes:
        open_timeout_s: real seconds after which an `open` counts as failed.
        read_timeout_s: real seconds after which a whole read counts as failed.
    """

    open_timeout_s: float = 10.0
    read_timeout_s: float = 10.0

    def __init__(self, config: SourceConfig, context: ConnectorContext) -> None:
        self.source_config = config
        self.context = context

    @abstractmethod
    async def open(self) -> None:
        """Reach the device.

        Raises:
            Unavailable: it cannot be reached; the detail names the endpoint.
            Refused: it refuses us.
            ConfigurationError: the configuration cannot work.
        """

    @abstractmethod
    async def read_all(self) -> Reading:
        """Read every configured tag: each appears exactly once, a bad one with its reason.

        Raises:
            Unavailable: nothing could be read at all.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything; twice is harmless, and it never raises a `ConnectorError`."""


class PollingConnector(Connector):
    """A connector that is asked at the rhythm of the plant clock."""

    @property
    @abstractmethod
    def scan_periods_ms(self) -> Sequence[int]:
        """The scan periods of the configured tags, plant time, ascending."""

    @abstractmethod
    def tags_of(self, period_ms: int) -> Sequence[str]:
        """The tags that are read every `period_ms`."""

    @abstractmethod
    async def read(self, period_ms: int) -> Reading:
        """Read the tags of one scan period; tags with an unchanged raw reply may be left out.

        Raises:
            Unavailable: nothing could be read at all.
        """


class PushConnector(Connector):
    """A connector whose source speaks by itself."""

    @abstractmethod
    async def next_samples(self) -> Sequence[Sample]:
        """Wait for samples; an empty answer after at most one real second means "still alive".

        Raises:
            Unavailable: the source fell silent or the connection is lost.
        """

    @property
    @abstractmethod
    def covered_until(self) -> int | None:
        """Plant time up to which all changes have been handed out; None before the first data."""
