"""A Modbus TCP server of its own, so that no library stands at both ends of the wire.

Framing after the "MODBUS Messaging on TCP/IP Implementation Guide V1.0b": a request for a unit
that does not exist gets no answer at all, as behind a serial gateway; a frame that is no Modbus
ends the connection. Requests of one connection are answered in their order.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulators.modbus_memory import DeviceMemory
from simulators.modbus_pdu import MAX_READ_REGISTERS, answer, exception

_LOG = logging.getLogger(__name__)
_HEADER = struct.Struct(">HHHB")
_MAX_LENGTH = 254
_MAX_CONNECTIONS = 64
_MAX_UNSENT_BYTES = 256 * 1024


@dataclass(slots=True, kw_only=True)
class UnitFaults:
    """What goes wrong with one unit; all off by default.

    Attributes:
        delay_s: real seconds before each answer.
        silent: no answer, as if the unit had no power.
        exception: answer every request with this exception code; None does not.
        frozen: values stop changing while the unit goes on answering.
    """

    delay_s: float = 0.0
    silent: bool = False
    exception: int | None = None
    frozen: bool = False


@dataclass(slots=True, kw_only=True)
class Unit:
    """A unit behind the server: its memory, and how it takes over what happens in the plant."""

    memory: DeviceMemory
    refresh: Callable[[], None] = lambda: None
    written: Callable[[], None] = lambda: None
    max_registers: int = MAX_READ_REGISTERS
    faults: UnitFaults = field(default_factory=UnitFaults)


@dataclass(slots=True)
class Counters:
    """What the server saw, for people and tests."""

    requests: int = 0
    refused_connections: int = 0
    broken_frames: int = 0
    slow_readers: int = 0


class ModbusServer:
    """Serves units on one port of one address.

    Args:
        units: by unit id.
        before_request: called before each request is looked at; the plant catches up with its
            clock there, so that an answer is never older than the request.
    """

    def __init__(
        self, units: Mapping[int, Unit], before_request: Callable[[], None] = lambda: None
    ) -> None:
        self.units = dict(units)
        self.before_request = before_request
        self.counters = Counters()
        self.connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._address = ("127.0.0.1", 0)

    @property
    def port(self) -> int:
        """The port it listens on, or listened on before `stop`; 0 before the first start."""
        return self._address[1]

    async def start(self, host: str, port: int) -> int:
        """Listen; port 0 takes a free one.

        Returns:
            The port.

        Raises:
            OSError: the address is in use or not ours.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), host, port)
        bound = int(self._server.sockets[0].getsockname()[1])
        self._address = (host, bound)
        return bound

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self.connections):
            connection.abort()

    async def resume(self) -> None:
        """Listen again where the server listened before `stop`."""
        if self._server is None:
            await self.start(*self._address)

    def respond(self, unit_id: int, request: bytes) -> tuple[bytes | None, float]:
        """The response to a request and the real seconds to hold it back; None is silence."""
        self.counters.requests += 1
        unit = self.units.get(unit_id)
        if unit is None or unit.faults.silent:
            return None, 0.0
        self.before_request()
        if not unit.faults.frozen:
            unit.refresh()
        if unit.faults.exception is not None:
            return exception(request[0], unit.faults.exception), unit.faults.delay_s
        response = answer(request, unit.memory, max_registers=unit.max_registers)
        unit.written()
        return response, unit.faults.delay_s


class _Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, server: ModbusServer) -> None:
        self._server = server
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if len(self._server.connections) >= _MAX_CONNECTIONS:
            self._server.counters.refused_connections += 1
            transport.abort()
            return
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._transport = None

    def abort(self) -> None:
        """End the connection at once, as a pulled plug does."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= _HEADER.size and self._transport is not None:
            transaction, protocol, length, unit_id = _HEADER.unpack_from(self._received)
            if protocol != 0 or not 2 <= length <= _MAX_LENGTH:
                self._server.counters.broken_frames += 1
                _LOG.info("a client sent what is no Modbus frame")
                self.abort()
                return
            if len(self._received) < 6 + length:
                return
            request = bytes(self._received[_HEADER.size : 6 + length])
            del self._received[: 6 + length]
            response, delay_s = self._server.respond(unit_id, request)
            if response is None:
                continue
            frame = _HEADER.pack(transaction, 0, len(response) + 1, unit_id) + response
            if delay_s > 0:
                asyncio.get_running_loop().call_later(delay_s, self._send, frame)
            else:
                self._send(frame)

    def _send(self, frame: bytes) -> None:
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size() > _MAX_UNSENT_BYTES:
            self._server.counters.slow_readers += 1
            self.abort()
            return
        self._transport.write(frame)
