"""Modbus TCP on one socket: framing, one request at a time, and nothing believed by chance.

A reply is taken when transaction id, unit, function and length are those of the pending request.
Every other well-formed frame (a late reply, a foreign unit) is skipped and counted; anything that
is no frame ends the connection, because the place of the next frame is then unknown.

Facts of the standard library that shape this file: a buffered protocol reads into one small buffer
of ours, where a plain one makes a fresh buffer of 256 kB for each reply.
"""

from __future__ import annotations

import asyncio
import struct
from math import inf

from connectors.modbus.connection import MOST_SKIPPED, TLS_ALERT, PendingRequest
from connectors.modbus.pdu import ModbusRequest
from connectors.sdk.frames import Direction
from connectors.sdk.steps import Step

__all__ = ["MOST_SKIPPED", "TcpConnection"]

LARGEST_FRAME = 260
SMALLEST_LENGTH, LARGEST_LENGTH = 3, 254
HEAD = struct.Struct(">HHHB")
UNIT_STARTS, DATA_STARTS = 6, 9
LARGEST_ID = 0xFFFF


class TcpConnection(PendingRequest, asyncio.BufferedProtocol):
    """One connection to a device or gateway; the caller sees to it that requests do not overlap."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self._buffer = bytearray(2 * LARGEST_FRAME)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._id = 0
        self._answer = b""
        self._size = 0

    async def exchange(self, request: ModbusRequest, timeout_s: float) -> bytes:
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
        frame = number + request.mbap_tail
        transport.write(frame)
        if self.frames.is_on:
            self.frames.add(Direction.SENT, frame)
        self.deadline = deadline = self._loop.time() + timeout_s
        if self._deadlines.rings_at > deadline:
            self._deadlines.ring_by(deadline)
        try:
            return await waiting
        finally:
            self._waiting = None
            self.deadline = inf

    def get_buffer(self, sizehint: int) -> memoryview:
        """Called by the event loop; never empty, because less than one frame is kept."""
        return self._view[self._filled :] if self._filled else self._view

    def buffer_updated(self, nbytes: int) -> None:
        """Called by the event loop: nearly always, this is exactly the reply to the request."""
        filled = self._filled + nbytes
        if self.frames.is_on:
            self.frames.add(Direction.RECEIVED, bytes(self._view[self._filled : filled]))
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
                self._end_strange(bytes(buffer[at : self._filled]))
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

    def _end_strange(self, data: bytes) -> None:
        if data.startswith(TLS_ALERT):
            self._end_tls()
        else:
            detail = f"{self.endpoint} sent something that is no Modbus"
            self._end("protocol_error", detail, Step.PROTOCOL)

    def _take(self, number: int, unit: int, pdu: bytes) -> None:
        """Hand a frame to the request that it answers, or skip it."""
        request, waiting = self._request, self._waiting
        if waiting is not None and request is not None and not waiting.done():
            answer = request.judge(pdu) if (number, unit) == (self._id, request.unit) else None
            if answer is not None:
                self._settle(waiting, answer)
                return
        self._skip()

    def _forget_rest(self) -> None:
        self._filled = 0
