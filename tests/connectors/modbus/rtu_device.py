"""Units that speak RTU frames over TCP, rightly, late or wrongly, as on one serial bus."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

REQUEST_BYTES = 8


def crc(data: bytes) -> bytes:
    """Checksum of RTU, bit by bit, as the specification describes it."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            odd, value = value & 1, value >> 1
            if odd:
                value ^= 0xA001
    return struct.pack("<H", value)


def framed(body: bytes) -> bytes:
    """Unit, function and data with their checksum."""
    return body + crc(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class RtuRequest:
    """A request of eight bytes as it arrived."""

    unit: int
    function: int
    address: int
    count: int


@dataclass
class RtuBus:
    """Units on one bus; holding register n of every unit holds n.

    Attributes:
        units: units that are there.
        fault: takes over a request when it returns True.
        requests: every request seen.
        corrupt: number of frames with a wrong checksum that were received.
    """

    units: set[int] = field(default_factory=lambda: {1})
    fault: Callable[[RtuRequest, asyncio.StreamWriter], Awaitable[bool]] | None = None
    requests: list[RtuRequest] = field(default_factory=list)
    connections: int = 0
    corrupt: int = 0
    port: int = 0

    def reply(self, request: RtuRequest) -> bytes:
        """The right answer to a read or to a write of one register."""
        head = bytes((request.unit, request.function))
        if request.function in (5, 6):
            return framed(head + struct.pack(">HH", request.address, request.count))
        words = range(request.address, request.address + request.count)
        data = struct.pack(f">{request.count}H", *words)
        return framed(head + bytes((len(data),)) + data)


@asynccontextmanager
async def rtu_serving(bus: RtuBus) -> AsyncIterator[RtuBus]:
    """Serve the bus on the loopback interface until left."""
    writers: set[asyncio.StreamWriter] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        bus.connections += 1
        try:
            while True:
                frame = await reader.readexactly(REQUEST_BYTES)
                if crc(frame[:-2]) != frame[-2:]:
                    bus.corrupt += 1
                    continue
                unit, function, address, count = struct.unpack(">BBHH", frame[:-2])
                request = RtuRequest(unit=unit, function=function, address=address, count=count)
                bus.requests.append(request)
                if bus.fault is not None and await bus.fault(request, writer):
                    continue
                if unit in bus.units:
                    writer.write(bus.reply(request))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            writers.discard(writer)

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    bus.port = server.sockets[0].getsockname()[1]
    try:
        yield bus
    finally:
        server.close()
        for writer in list(writers):
            writer.transport.abort()
        await server.wait_closed()
