"""A relay in front of a Modbus TCP server that fails as networks, gateways and devices fail."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import StrEnum

from tests.connectors.faulty_link import reset

HEAD = struct.Struct(">HHHB")
LENGTH_FROM_UNIT = 6


class Fault(StrEnum):
    """What goes wrong."""

    BLACK_HOLE = "black hole"
    RESET = "reset"
    HALF_OPEN = "half-open"
    STALL = "two-second stall"
    TRICKLE = "one byte a second"
    LATE_REPLY = "late reply"
    WRONG_UNIT = "wrong unit"
    WRONG_TRANSACTION = "wrong transaction id"
    TRUNCATED_HEADER = "truncated header"
    EXCEPTION_5 = "exception 5"
    EXCEPTION_6 = "exception 6"
    TWO_FRAMES = "two frames in one segment"
    SILENT_UNIT = "silent unit"
    REBOOT = "PLC reboot"


OF_ONE_UNIT = frozenset(Fault) - {
    Fault.BLACK_HOLE,
    Fault.RESET,
    Fault.HALF_OPEN,
    Fault.STALL,
    Fault.TRICKLE,
    Fault.REBOOT,
}
"""Faults that hit one unit while its neighbours on the same connection are well."""


class FaultyRelay:
    """Relays frame by frame to one port of the loopback interface.

    Attributes:
        port: where to connect instead of the server itself.
        fault: what happens from now on; None is nothing.
        unit: unit that is hit by a fault of one unit.
        late_s: how late a late reply is.
    """

    def __init__(self, target: int, unit: int, late_s: float) -> None:
        self.port = 0
        self.fault: Fault | None = None
        self.unit = unit
        self.late_s = late_s
        self._target = target
        self._healed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._dead: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def break_with(self, fault: Fault) -> None:
        """Begin a fault on every connection that stands, and for those to come."""
        self._healed.clear()
        self.fault = fault
        if fault is Fault.HALF_OPEN:
            self._dead |= self._writers
        elif fault is Fault.RESET:
            self._reset_all()
        elif fault is Fault.REBOOT:
            assert self._server is not None
            self._server.close()
            self._reset_all()

    async def heal(self) -> None:
        """Relay again; connections that a fault has broken stay so."""
        if self.fault is Fault.REBOOT:
            await self.start()
        self.fault = None
        self._healed.set()

    async def stop(self) -> None:
        """Close everything."""
        self._healed.set()
        if self._server is not None:
            self._server.close()
        self._reset_all()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2.0)

    def _reset_all(self) -> None:
        for writer in list(self._writers):
            reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self.fault is Fault.RESET:
            reset(writer)
            return
        if self.fault is Fault.HALF_OPEN:
            self._dead.add(writer)
        self._writers.add(writer)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            while True:
                request = await _frame(reader)
                far_writer.write(request)
                await self._answer(request, await _frame(far_reader), writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
            far_writer.close()

    async def _answer(self, request: bytes, reply: bytes, writer: asyncio.StreamWriter) -> None:
        fault = self.fault
        if fault in OF_ONE_UNIT and request[LENGTH_FROM_UNIT] != self.unit:
            fault = None
        if writer in self._dead or fault in (Fault.BLACK_HOLE, Fault.SILENT_UNIT):
            return
        if fault is Fault.STALL:
            await self._healed.wait()
            fault = None
        if fault is Fault.TRICKLE:
            await self._trickle(reply, writer)
        elif fault is Fault.LATE_REPLY:
            asyncio.get_running_loop().call_later(self.late_s, writer.write, reply)
        else:
            writer.write(reply if fault is None else _DISTORTED[fault](reply))
        with suppress(OSError):
            await writer.drain()

    async def _trickle(self, reply: bytes, writer: asyncio.StreamWriter) -> None:
        for byte in reply:
            writer.write(bytes((byte,)))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._healed.wait(), 1.0)


async def _frame(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(LENGTH_FROM_UNIT)
    return head + await reader.readexactly(int.from_bytes(head[4:6], "big"))


def _with_head(reply: bytes, *, transaction: int = 0, unit: int = 0) -> bytes:
    number, protocol, length, own = HEAD.unpack_from(reply)
    head = HEAD.pack((number + transaction) & 0xFFFF, protocol, length, (own + unit) & 0xFF)
    return head + reply[HEAD.size :]


def _exception(reply: bytes, code: int) -> bytes:
    number, protocol, _, unit = HEAD.unpack_from(reply)
    return HEAD.pack(number, protocol, 3, unit) + bytes((reply[HEAD.size] | 0x80, code))


_DISTORTED: dict[Fault, Callable[[bytes], bytes]] = {
    Fault.WRONG_UNIT: lambda reply: _with_head(reply, unit=7),
    Fault.WRONG_TRANSACTION: lambda reply: _with_head(reply, transaction=99),
    Fault.TRUNCATED_HEADER: lambda reply: reply[:5],
    Fault.EXCEPTION_5: lambda reply: _exception(reply, 5),
    Fault.EXCEPTION_6: lambda reply: _exception(reply, 6),
    Fault.TWO_FRAMES: lambda reply: _with_head(reply[:-1] + b"\xee", transaction=-1) + reply,
}


@asynccontextmanager
async def faulty_relay(target: int, unit: int, late_s: float) -> AsyncIterator[FaultyRelay]:
    """A relay to `target` until left."""
    relay = FaultyRelay(target, unit, late_s)
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()
