"""The least that reads Modbus registers: no errors, no time-outs, one request at a time."""

from __future__ import annotations

import asyncio
import struct
from typing import cast

REQUEST = struct.Struct(">HHHBBHH")
HEAD = 9


class RawModbus(asyncio.Protocol):
    """One connection to a device."""

    def __init__(self) -> None:
        self._number = 0
        self._got = b""
        self._wanted = 0
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, port: int) -> RawModbus:
        """Connect to a device on this machine."""
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(cls, "127.0.0.1", port)
        return protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Collect bytes until the reply is whole."""
        self._got += data
        if len(self._got) >= self._wanted and self._answer is not None:
            got, self._got = self._got, b""
            self._answer.set_result(got[HEAD:])

    async def read(self, address: int, count: int) -> bytes:
        """The bytes of holding registers."""
        assert self._transport is not None
        self._number = self._number + 1 & 0xFFFF
        self._wanted = HEAD + 2 * count
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(REQUEST.pack(self._number, 0, 6, 1, 3, address, count))
        return await asyncio.wait_for(self._answer, 2)

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()
