"""The base classes of connectors.

A connector knows addresses and nothing else: no retry, no sleep between attempts, no outage
logging, no queue towards the centre. The runner owns these and calls every method under a
deadline. Construction makes no connection and must be possible inside a running event loop only.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from connectors.clock import PlantClock
from connectors.sdk.config import SourceConfig
from connectors.sdk.connection_check import walk
from connectors.sdk.links import LinkRegistry
from connectors.sdk.messages import Counters, Reading, Sample
from connectors.sdk.steps import Step, StepResult


@dataclass(slots=True, kw_only=True)
class ConnectorContext:
    """What the host gives to a connector.

    Attributes:
        clock: plant clock that stamps samples.
        links: registry for connections that several sources share.
        counters: counters of the source; the connector counts requests, errors and bytes.
        folder: where the host lets connectors keep keys and approvals; None keeps nothing.
    """

    clock: PlantClock
    links: LinkRegistry = field(default_factory=LinkRegistry)
    counters: Counters = field(default_factory=Counters)
    folder: Path | None = None


class Connector(ABC):
    """What every connector offers.

    Attributes:
        open_timeout_s: real seconds after which an `open` counts as failed.
        read_timeout_s: real seconds after which a whole read counts as failed.
        longest_retry_s: most real seconds between two attempts to open.
        test_timeout_s: real seconds in which a connection test must have opened the connection.
        test_steps: the steps that a connection test can tell apart, in the order of the way.
        register_reasons: how reasons begin that speak of an address; others speak of a value.
    """

    open_timeout_s: float = 10.0
    read_timeout_s: float = 10.0
    longest_retry_s: float = 30.0
    test_timeout_s: float = 2.8
    test_steps: ClassVar[tuple[Step, ...]] = (
        Step.NAME,
        Step.PORT,
        Step.PROTOCOL,
        Step.REGISTER,
        Step.VALUE,
    )
    register_reasons: ClassVar[tuple[str, ...]] = ()

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

    async def refusal_may_have_ended(self) -> None:
        """Return when what refused us may have changed, so that waiting longer is pointless.

        The host tries again slowly in any case; it cancels this after a while.
        """
        await asyncio.get_running_loop().create_future()

    async def test(self) -> Sequence[StepResult]:
        """Open, read every tag once, close, and say which step fails, if any.

        An `open` that raises an error with the right step is enough; override only to say more.
        """
        return await walk(self)

    def diagnostics(self) -> Mapping[str, object]:
        """What helps a person who looks for a fault; plain data for JSON, without secrets."""
        return {}


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
    def failing(self) -> tuple[int, str | None]:
        """How many tags cannot be read at present, and the reason of the first of them."""
        return 0, None

    @property
    @abstractmethod
    def covered_until(self) -> int | None:
        """Plant time up to which all changes have been handed out; None before the first data."""
