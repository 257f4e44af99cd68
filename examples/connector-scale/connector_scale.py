"""Weighing indicators by TCP: we send `READ 1`, it answers `1 12.50` or `1 ERR overload`."""

import asyncio
import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StrictInt

from connectors.sdk.capabilities import Capability
from connectors.sdk.config import TagConfig
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.errors import Unavailable
from connectors.sdk.levels import Level
from connectors.sdk.manifest import Manifest
from connectors.sdk.simple import BadValue, SimpleConnector, SimpleTcpSource

_ANSWER = re.compile(r"(\d) (?:ERR (\w+)|([+-]?\d+(?:\.\d+)?))\r\n")


class ScaleTag(TagConfig):
    channel: Annotated[StrictInt, Field(ge=1, le=8)]


class ScaleSource(SimpleTcpSource):
    protocol: Literal["scale"]
    tags: Annotated[Sequence[ScaleTag], Field(min_length=1, max_length=8)]


class ScaleConnector(SimpleConnector):
    register_reasons = ("scale_no_channel",)
    read_timeout_s = 2.0

    def __init__(self, config: ScaleSource, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self._place = config.host, config.port
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> None:
        await self.close()
        try:
            self._stream = await asyncio.open_connection(*self._place)
        except OSError as error:
            raise Unavailable("connect_failed", f"no scale at {self._place}: {error}") from error

    async def close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream[1].transport.abort()

    async def read_tag(self, tag: TagConfig) -> float:
        assert isinstance(tag, ScaleTag)
        found = _ANSWER.fullmatch(await self._ask(f"READ {tag.channel}\r\n".encode()))
        if found is None or found[1] != str(tag.channel):
            raise Unavailable("protocol_error", f"no weight as answer to READ {tag.channel}")
        if found[2]:
            raise BadValue(f"scale_{found[2]}")
        return float(found[3])

    async def _ask(self, request: bytes) -> str:
        if self._stream is None:
            raise Unavailable("connection_lost", "the connector is closed")
        reader, writer = self._stream
        try:
            writer.write(request)
            return (await reader.readuntil(b"\r\n")).decode("ascii", "replace")
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            raise Unavailable("connection_lost", f"the scale is gone: {error}") from error


MANIFEST = Manifest(
    protocol="scale",
    name={"ko": "전자저울 (TCP)", "en": "Weighing indicator (TCP)"},
    config="connector_scale:ScaleSource",
    connector="connector_scale:ScaleConnector",
    capabilities=frozenset({Capability.POLL}),
    sdk_version=(2, 0),
    level=Level.SILVER,
)
