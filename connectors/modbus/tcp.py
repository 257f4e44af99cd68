"""Modbus TCP on one socket: framing, one request at a time, and nothing believed by chance.

A reply is taken when transaction id, unit, function and length are those of the pending request.
Every other well-formed frame (a late reply, a foreign unit) is skipped and counted; anything that
is no frame ends the connection, because the place of the next frame is then unknown.

Facts of the standard library that shape this file: a buffered protocol reads into one small buffer
of ours, where a plain one makes a fresh buffer of 256 kB for each reply.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from math import inf
from typing import Any, cast

from connectors.modbus.deadlines import deadlines
from connectors.modbus.pdu import ReadRequest, judge
from connectors.sdk.errors import ConnectorError, SilentUnit, Unavailable

LARGEST_FRAME = 260
SMALLEST_LENGTH, LARGEST_LENGTH = 3, 254
HEAD = struct.Struct(">HHHB")
UNIT_STARTS, DATA_STARTS = 6, 9
LARGEST_ID = 0xFFFF
MOST_SKIPPED = 1000
KEEPALIVE_IDLE_S, KEEPALIVE_EVERY_S, KEEPALIVE_PROBES = 10, 5, 3


class TcpConnection(asyncio.BufferedProtocol):
    """One connection to a device or gateway; the caller sees to it that requests do not overlap.

    Attributes:
        endpoint: host and port for people.
        skipped: replies that were not believed, since the connection was made.
        ended: why the connection is gone; None while it stands.
        deadline: event-loop time at which the pending request has failed; infinite without one.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.skipped = 0
        self.ended: Unavailable | None = None
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(2 * LARGEST_FRAME)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._id = 0
        self._request: ReadRequest | None = None
        self._answer = b""
        self._size = 0
        self._waiting: asyncio.Future[bytes] | None = None
        self._believed_at = 0
        self.deadline = inf
        self._deadlines = deadlines()

    @property
    def local_port(self) -> int:
        """TCP port of our side."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    async def exchange(self, request: ReadRequest, timeout_s: float) -> bytes:
        """Send one request and wait for its reply; the data of the reply.

        Raises:
            Unavailable: `connection_lost` or `protocol_error`; the connection is gone.
            SilentUnit: `no_reply` within `timeout_s`, or from the unit behind a gateway.
            Busy: the device asks to wait.
            WrongLength: the reply holds another number of bytes.
            DeviceRefusal: any other Modbus exception.
        """
        transport = self._transport
        if self.ended is not None or transport is None:
            raise self._lost("connection_lost", f"no connection to {self.endpoint}")
        self._id = self._id % LARGEST_ID + 1
        number = self._id.to_bytes(2, "big")
        self._answer = number + request.mbap_answer
        self._size = DATA_STARTS + request.data_bytes
        self._request = request
        # What stands here is the beginning of a reply whose request has timed out. It cannot be
        # part of the coming one; should its rest follow, it is no frame and ends the connection.
        self._filled = 0
        waiting: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting = waiting
        transport.write(number + request.mbap_tail)
        self.deadline = deadline = self._loop.time() + timeout_s
        if self._deadlines.rings_at > deadline:
            self._deadlines.ring_by(deadline)
        try:
            return await waiting
        finally:
            self._waiting = None
            self.deadline = inf

    def close(self) -> None:
        """End the connection at once."""
        self._end("connection_lost", f"the connection to {self.endpoint} was closed")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.Transport, transport)
        self._deadlines.join(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop: the pending request fails at once."""
        self._end("connection_lost", f"the connection to {self.endpoint} was lost")
        self._transport = None

    def get_buffer(self, sizehint: int) -> memoryview:
        """Called by the event loop; never empty, because less than one frame is kept."""
        return self._view[self._filled :] if self._filled else self._view

    def buffer_updated(self, nbytes: int) -> None:
        """Called by the event loop: nearly always, this is exactly the reply to the request."""
        filled = self._filled + nbytes
        waiting = self._waiting
        if (
            filled == self._size
            and waiting is not None
            and self._buffer.startswith(self._answer)
            and not waiting.done()
        ):
            self._filled = 0
            self._waiting = None
            self._believed_at = self.skipped
            waiting.set_result(bytes(self._view[DATA_STARTS:filled]))
            return
        self._filled = filled
        self._cut()

    def _cut(self) -> None:
        """Take whole frames from the buffer; move the rest to its beginning."""
        buffer, at = self._buffer, 0
        while self._filled - at > UNIT_STARTS:
            number, protocol, length, unit = HEAD.unpack_from(buffer, at)
            if protocol != 0 or not SMALLEST_LENGTH <= length <= LARGEST_LENGTH:
                self._end("protocol_error", f"{self.endpoint} sent something that is no Modbus")
                return
            end = at + UNIT_STARTS + length
            if end > self._filled:
                break
            self._take(number, unit, bytes(buffer[at + HEAD.size : end]))
            if self.ended is not None:
                return
            at = end
        if at:
            rest = bytes(buffer[at : self._filled])
            buffer[: len(rest)] = rest
            self._filled = len(rest)

    def _take(self, number: int, unit: int, pdu: bytes) -> None:
        """Hand a frame to the request that it answers, or skip it."""
        request, waiting = self._request, self._waiting
        if waiting is not None and request is not None and not waiting.done():
            answer = judge(request, pdu) if (number, unit) == (self._id, request.unit) else None
            if answer is not None:
                self._waiting = None
                self._believed_at = self.skipped
                if isinstance(answer, ConnectorError):
                    waiting.set_exception(answer)
                else:
                    waiting.set_result(answer)
                return
        self.skipped += 1
        if self.skipped - self._believed_at > MOST_SKIPPED:
            detail = f"{self.endpoint} sent more than {MOST_SKIPPED} replies that nobody asked for"
            self._end("protocol_error", detail)

    def expire(self) -> None:
        """The pending request has no reply by its deadline."""
        self.deadline = inf
        waiting, request = self._waiting, self._request
        if waiting is None or request is None or waiting.done():
            return
        waiting.set_exception(SilentUnit("no_reply", self._silence(request)))
        if self._transport is not None and self._transport.get_write_buffer_size():
            self._end("connection_lost", f"{self.endpoint} takes no more bytes")

    def _silence(self, request: ReadRequest) -> str:
        detail = f"unit {request.unit} at {self.endpoint} gave no reply in time"
        strange = self.skipped - self._believed_at
        if strange:
            detail += f"; {strange} replies to other requests or of other units were skipped"
        return detail

    def _end(self, code: str, detail: str) -> None:
        if self.ended is None:
            self.ended = Unavailable(code, detail)
            self._deadlines.leave(self)
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_exception(self._lost(code, detail))
        self._filled = 0
        if self._transport is not None:
            self._transport.abort()

    def _lost(self, code: str, detail: str) -> Unavailable:
        known = self.ended
        return Unavailable(code, detail) if known is None else Unavailable(known.code, known.detail)


async def connect(host: str, port: int, endpoint: str) -> TcpConnection:
    """Connect to the first address of `host` that accepts.

    Raises:
        OSError: no address accepted; the last failure. `socket.gaierror` when there is none.
        UnicodeError: the host name cannot be a name.
    """
    loop = asyncio.get_running_loop()
    found = _numeric(host, port) or await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError | None = None
    for family, kind, protocol, _, address in found:
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setblocking(False)
            await loop.sock_connect(opened, address)
            _tune(opened)
            _, connection = await loop.create_connection(
                lambda: TcpConnection(endpoint), sock=opened
            )
        except OSError as error:
            opened.close()
            failure = error
        except BaseException:
            opened.close()
            raise
        else:
            return connection
    raise failure or socket.gaierror(socket.EAI_NONAME, "no address")


def _numeric(host: str, port: int) -> list[Any]:
    """The address of a host that is written in numbers, without the threads of a look-up."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return []


def _tune(opened: socket.socket) -> None:
    """Small requests leave at once, and a dead peer is noticed while nothing is asked."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", KEEPALIVE_IDLE_S),
        ("TCP_KEEPINTVL", KEEPALIVE_EVERY_S),
        ("TCP_KEEPCNT", KEEPALIVE_PROBES),
    ):
        if hasattr(socket, name):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
