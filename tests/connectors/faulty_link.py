"""A relay between a connector and a server that fails as networks fail."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum

CHUNK = 65_536


class Fault(StrEnum):
    """What the link does to the bytes, in both directions, and to new connections."""

    NONE = "none"
    BLACK_HOLE = "black hole"
    RESET = "reset"
    TRICKLE = "one byte a second"
    CUT_IN_FRAME = "frame cut off"


class FaultyLink:
    """Relays to one port of the loopback interface.

    Attributes:
        port: where to connect instead of the server itself.
        fault: what happens from now on; connections that a reset closed do not come back.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self.fault = Fault.NONE
        self._target = target
        self._changed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._clients: set[asyncio.StreamWriter] = set()

    def say(self, data: bytes) -> None:
        """Tell every client what its server never said."""
        for writer in self._clients:
            writer.write(data)

    def break_with(self, fault: Fault) -> None:
        """Begin a fault on every connection that stands, and for those to come."""
        self.fault = fault
        self._changed.set()
        if fault in (Fault.RESET, Fault.CUT_IN_FRAME):
            for writer in list(self._writers):
                if fault is Fault.CUT_IN_FRAME:
                    writer.write(b"MSGF\x40\x00\x00\x00")
                else:
                    reset(writer)

    def heal(self) -> None:
        """Relay again; what was swallowed stays lost, so old connections end."""
        self.fault = Fault.NONE
        self._changed.set()
        for writer in list(self._writers):
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways, until either side ends."""
        if self.fault is Fault.RESET:
            reset(writer)
            return
        self._writers.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        self._writers.add(far_writer)
        self._clients.add(writer)
        try:
            await asyncio.gather(self._relay(reader, far_writer), self._relay(far_reader, writer))
        finally:
            self._clients.discard(writer)
            for each in (writer, far_writer):
                self._writers.discard(each)
                each.close()

    def _is_over(self, fault: Fault) -> bool:
        return self.fault is not fault

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._pass_on(data, writer)
        writer.close()

    async def _pass_on(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        if self.fault is Fault.TRICKLE:
            for byte in data:
                writer.write(bytes([byte]))
                self._changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 1.0)
                if self._is_over(Fault.TRICKLE):
                    return
        elif self.fault is Fault.NONE:
            writer.write(data)
            await writer.drain()


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset; one that is closed already stays so."""
    connection = writer.get_extra_info("socket")
    if connection is not None and not writer.transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def faulty_link(target: int) -> AsyncIterator[FaultyLink]:
    """A relay to `target` until left."""
    link = FaultyLink(target)
    server = await asyncio.start_server(link.serve, "127.0.0.1", 0)
    link.port = server.sockets[0].getsockname()[1]
    try:
        yield link
    finally:
        server.close()
        link.heal()
