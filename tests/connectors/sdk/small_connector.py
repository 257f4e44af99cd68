"""A connector on the shortest way, and what its device says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal

from connectors.clock import plant_clock
from connectors.sdk.config import TagConfig
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.errors import ConnectorError
from connectors.sdk.messages import Value
from connectors.sdk.simple import SimpleConnector, SimpleSource
from connectors.sdk.steps import Endpoint


class SmallSource(SimpleSource):
    """Tags by name, perhaps at a host and port."""

    protocol: Literal["small"] = "small"
    at: tuple[str, int] | None = None

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        return [] if self.at is None else [Endpoint(*self.at)]


class SmallConnector(SimpleConnector):
    """Says what it was given: a value, or why there is none."""

    register_reasons = ("no_such_",)
    test_timeout_s = 0.3

    def __init__(
        self,
        says: Mapping[str, Value | Exception],
        *,
        refuses: ConnectorError | None = None,
        hangs: bool = False,
        at: tuple[str, int] | None = None,
        tags: Sequence[Mapping[str, object]] = (),
    ) -> None:
        rows = tags or [{"name": name} for name in says]
        config = SmallSource.model_validate({"id": "s", "at": at, "tags": rows})
        super().__init__(config, ConnectorContext(clock=plant_clock()))
        self._says = says
        self._refuses = refuses
        self._hangs = hangs
        self.closed = 0

    async def open(self) -> None:
        if self._refuses is not None:
            raise self._refuses
        if self._hangs:
            await asyncio.Event().wait()

    async def close(self) -> None:
        self.closed += 1

    async def read_tag(self, tag: TagConfig) -> Value:
        said = self._says[tag.name]
        if isinstance(said, Exception):
            raise said
        return said
