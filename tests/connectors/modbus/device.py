"""A scriptable Modbus TCP device on a raw socket: answers rightly, wrongly, late or not at all."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HEADER = struct.Struct(">HHHBBHH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A read request as it arrived."""

    transaction: int
    unit: int
    function: int
    address: int
    count: int


@dataclass
class Device:
    """Registers and bits, and how to misbehave.

    Attributes:
        fault: takes over a request when it returns True.
        refused: register addresses that are answered with exception 2.
        silent_units: units that never answer.
        requests: every request seen.
        connections: peer port of every connection seen.
    """

    registers: dict[int, int] = field(default_factory=dict)
    bits: dict[int, bool] = field(default_factory=dict)
    fault: Callable[[Request, asyncio.StreamWriter], Awaitable[bool]] | None = None
    refused: set[int] = field(default_factory=set)
    silent_units: set[int] = field(default_factory=set)
    requests: list[Request] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)
    port: int = 0

    def reply(self, request: Request) -> bytes:
        """The right answer to a request."""
        addresses = range(request.address, request.address + request.count)
        if self.refused.intersection(addresses):
            return frame(request, bytes([request.function | 0x80, 2]))
        if request.function in (1, 2):
            packed = bytearray((request.count + 7) // 8)
            for offset, address in enumerate(addresses):
                packed[offset >> 3] |= self.bits.get(address, False) << (offset & 7)
            data = bytes(packed)
        else:
            data = b"".join(struct.pack(">H", self.registers.get(a, 0)) for a in addresses)
        return frame(request, bytes([request.function, len(data)]) + data)


def frame(request: Request, body: bytes, *, transaction: int | None = None) -> bytes:
    """A Modbus TCP frame in answer to a request."""
    number = request.transaction if transaction is None else transaction
    return struct.pack(">HHHB", number, 0, len(body) + 1, request.unit) + body


@asynccontextmanager
async def serving(device: Device, port: int = 0) -> AsyncIterator[Device]:
    """Serve the device on the loopback interface until left; open connections are cut."""
    writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        writers.add(writer)
        device.connections.append(writer.get_extra_info("peername")[1])
        try:
            while True:
                raw = HEADER.unpack(await reader.readexactly(HEADER.size))
                request = Request(
                    transaction=raw[0], unit=raw[3], function=raw[4], address=raw[5], count=raw[6]
                )
                device.requests.append(request)
                if request.unit in device.silent_units:
                    continue
                if device.fault is not None and await device.fault(request, writer):
                    continue
                writer.write(device.reply(request))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            writers.discard(writer)
            tasks.discard(task)

    server = await asyncio.start_server(connection, "127.0.0.1", port)
    device.port = server.sockets[0].getsockname()[1]
    try:
        yield device
    finally:
        server.close()
        for writer in list(writers):
            writer.transport.abort()
        if tasks:
            await asyncio.wait(tasks, timeout=2.0)
        await server.wait_closed()
