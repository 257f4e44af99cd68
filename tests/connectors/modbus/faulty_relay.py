"""Relays in front of a Modbus TCP server that fail as networks, gateways and devices fail."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.connectors.faulty_link import reset
from tests.connectors.modbus.rtu_device import REQUEST_BYTES, framed
from tests.peers.processes import joined_line

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
    WRONG_CHECKSUM = "wrong checksum"
    ADAPTER_PULLED = "serial adapter pulled"


class Transport(StrEnum):
    """How the link carries Modbus."""

    TCP = "tcp"
    RTU_OVER_TCP = "rtu_over_tcp"
    RTU = "rtu"

    @property
    def faults(self) -> list[Fault]:
        """Those that can happen to it."""
        return [fault for fault in Fault if fault not in _IMPOSSIBLE[self]]


_IMPOSSIBLE = {
    Transport.TCP: {Fault.WRONG_CHECKSUM, Fault.ADAPTER_PULLED},
    Transport.RTU_OVER_TCP: {Fault.WRONG_TRANSACTION, Fault.ADAPTER_PULLED},
    Transport.RTU: {Fault.WRONG_TRANSACTION, Fault.RESET, Fault.HALF_OPEN},
}
OF_ONE_UNIT = frozenset(Fault) - {
    Fault.BLACK_HOLE,
    Fault.RESET,
    Fault.HALF_OPEN,
    Fault.STALL,
    Fault.TRICKLE,
    Fault.REBOOT,
    Fault.ADAPTER_PULLED,
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

    @property
    def link(self) -> dict[str, Any]:
        """The `link` of a source that goes through it."""
        return {"transport": "tcp", "host": "127.0.0.1", "port": self.port}

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
                request = await self._request(reader)
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
            await self._trickle(self._sent(reply), writer)
        elif fault is Fault.LATE_REPLY:
            loop = asyncio.get_running_loop()
            loop.call_later(self.late_s, writer.write, self._sent(reply))
        else:
            writer.write(self._sent(reply) if fault is None else self._distorted(fault, reply))
        with suppress(OSError):
            await writer.drain()

    async def _request(self, reader: asyncio.StreamReader) -> bytes:
        """The next request as Modbus TCP has it."""
        return await _frame(reader)

    def _sent(self, reply: bytes) -> bytes:
        """What goes over the wire for a reply of Modbus TCP."""
        return reply

    def _distorted(self, fault: Fault, reply: bytes) -> bytes:
        """The same under a fault that changes what is said."""
        return _DISTORTED[fault](reply)

    async def _trickle(self, reply: bytes, writer: asyncio.StreamWriter) -> None:
        for byte in reply:
            writer.write(bytes((byte,)))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._healed.wait(), 1.0)


class RtuRelay(FaultyRelay):
    """A gateway from RTU over TCP."""

    @property
    def link(self) -> dict[str, Any]:
        return {**super().link, "transport": "rtu_over_tcp"}

    async def _request(self, reader: asyncio.StreamReader) -> bytes:
        request = await reader.readexactly(REQUEST_BYTES)
        body = request[:-2]
        return HEAD.pack(0, 0, len(body), body[0]) + body[1:]

    def _sent(self, reply: bytes) -> bytes:
        return framed(reply[LENGTH_FROM_UNIT:])

    def _distorted(self, fault: Fault, reply: bytes) -> bytes:
        return _DISTORTED_RTU[fault](reply[LENGTH_FROM_UNIT:])


class SerialRelay(RtuRelay):
    """The same behind a serial port, whose adapter can be pulled.

    Attributes:
        end: device file of the port.
    """

    def __init__(self, target: int, unit: int, late_s: float, end: Path) -> None:
        super().__init__(target, unit, late_s)
        self.end = end
        self._line = AsyncExitStack()

    @property
    def link(self) -> dict[str, Any]:
        return {"transport": "rtu", "serial_port": str(self.end), "parity": "none"}

    async def start(self) -> None:
        await super().start()
        await self._plug_in()

    async def break_with(self, fault: Fault) -> None:
        if fault is Fault.REBOOT:  # the line stands, only nobody answers
            fault = Fault.BLACK_HOLE
        await super().break_with(fault)
        if fault is Fault.ADAPTER_PULLED:
            await self._line.aclose()

    async def heal(self) -> None:
        if self.fault is Fault.ADAPTER_PULLED:
            await self._plug_in()
        await super().heal()

    async def stop(self) -> None:
        await self._line.aclose()
        await super().stop()

    async def _plug_in(self) -> None:
        await self._line.enter_async_context(joined_line(self.end, self.port))


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


def _wrong_checksum(body: bytes) -> bytes:
    frame = framed(body)
    return frame[:-1] + bytes((frame[-1] ^ 0x5A,))


def _of_another_unit(body: bytes) -> bytes:
    return framed(bytes((body[0] + 7,)) + body[1:])


_DISTORTED_RTU: dict[Fault, Callable[[bytes], bytes]] = {
    Fault.WRONG_UNIT: _of_another_unit,
    Fault.WRONG_CHECKSUM: _wrong_checksum,
    Fault.TRUNCATED_HEADER: lambda body: body[:2],
    Fault.EXCEPTION_5: lambda body: framed(bytes((body[0], body[1] | 0x80, 5))),
    Fault.EXCEPTION_6: lambda body: framed(bytes((body[0], body[1] | 0x80, 6))),
    Fault.TWO_FRAMES: lambda body: _of_another_unit(body) + framed(body),
}


@asynccontextmanager
async def faulty_relay(
    transport: Transport, target: int, unit: int, late_s: float, folder: Path
) -> AsyncIterator[FaultyRelay]:
    """A relay to `target` until left; `folder` takes the device file of a serial port."""
    relay = FaultyRelay(target, unit, late_s)
    if transport is Transport.RTU_OVER_TCP:
        relay = RtuRelay(target, unit, late_s)
    elif transport is Transport.RTU:
        relay = SerialRelay(target, unit, late_s, folder / "line")
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()
