"""RTU frames on a connection: a serial line, or a TCP connection to a serial server.

A reply is taken when unit, function, length and checksum are those of the pending request. That is
all a frame says: which request it answers, it does not. Keeping late replies apart is therefore the
business of the link (`connectors.modbus.client`), which hears of every reply that nobody awaits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf

from connectors.modbus.connection import TLS_ALERT, PendingRequest
from connectors.modbus.pdu import ModbusRequest
from connectors.modbus.rtu_frames import (
    CHECK_BYTES,
    UNIT_BYTES,
    cut_reply,
    rtu_frame,
)
from connectors.sdk.errors import ConnectorError, SilentUnit
from connectors.sdk.frames import Direction

TLS_ALERT_BYTES = 7


class GarbledReply(SilentUnit):
    """Enough bytes came in time, but no frame with a right checksum: `bad_checksum`."""


class RtuConnection(PendingRequest, asyncio.Protocol):
    """One connection with RTU frames; the caller sees to it that requests do not overlap."""

    def __init__(
        self,
        endpoint: str,
        on_stray: Callable[[int], None],
        character_s: float = 0.0,
    ) -> None:
        """Prepare.

        Args:
            on_stray: called with the unit of every reply that no request awaited.
            character_s: seconds that one character takes on the line; 0 when that is hidden.
        """
        super().__init__(endpoint)
        self._on_stray = on_stray
        self._character_s = character_s
        self._buffer = bytearray()
        self._heard = 0

    async def exchange(self, request: ModbusRequest, timeout_s: float) -> bytes:
        """Send one request and wait for its reply; the data of the reply.

        Args:
            timeout_s: real time for the device; the time on the line is added.

        Raises:
            Unavailable: `connection_lost` or `protocol_error`; the connection is gone.
            SilentUnit: `no_reply` in time; `bad_checksum` (a `GarbledReply`).
            Busy: the device asks to wait.
            WrongLength: the reply holds another number of bytes.
            DeviceRefusal: any other Modbus exception.
        """
        transport = self._transport
        if self.ended is not None or transport is None:
            raise self._lost("connection_lost", f"no connection to {self.endpoint}")
        frame = rtu_frame(request.unit, request.pdu)
        self._buffer.clear()
        self._heard = 0
        self._request = request
        waiting: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting = waiting
        transport.write(frame)
        if self.frames.is_on:
            self.frames.add(Direction.SENT, frame)
        now = self._loop.time()
        self.idle_from = now + len(frame) * self._character_s
        on_the_line = (len(frame) + self._expected_bytes(request)) * self._character_s
        self.deadline = now + timeout_s + on_the_line
        if self._deadlines.rings_at > self.deadline:
            self._deadlines.ring_by(self.deadline)
        try:
            return await waiting
        finally:
            self._waiting = None
            self.deadline = inf

    @property
    def kept_bytes(self) -> int:
        """Bytes that may still become a reply; never more than a frame."""
        return len(self._buffer)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self.idle_from = max(self.idle_from, self._loop.time())
        self._heard += len(data)
        if self.frames.is_on:
            self.frames.add(Direction.RECEIVED, data)
        buffer = self._buffer
        buffer += data
        if self._is_tls_alert():
            self._end_tls()
            return
        while self.ended is None and (found := cut_reply(buffer)) is not None:
            self._take(*found)

    def _is_tls_alert(self) -> bool:
        """Whether TLS answers, where no unit can be meant: 21 is also the number of a unit."""
        request = self._request
        return (
            self._character_s == 0
            and request is not None
            and request.unit != TLS_ALERT[0]
            and self._believed_at == self.skipped == 0
            and len(self._buffer) == TLS_ALERT_BYTES
            and self._buffer.startswith(TLS_ALERT)
        )

    def _take(self, unit: int, pdu: bytes) -> None:
        request, waiting = self._request, self._waiting
        if waiting is not None and request is not None and not waiting.done():
            answer = request.judge(pdu) if unit == request.unit else None
            if answer is not None:
                self._settle(waiting, answer)
                return
        self._skip()
        self._on_stray(unit)

    def _silence(self, request: ModbusRequest) -> ConnectorError:
        if self._heard >= self._expected_bytes(request) and self.skipped == self._believed_at:
            detail = (
                f"unit {request.unit} at {self.endpoint}: {self._heard} bytes with a bad checksum"
            )
            return GarbledReply("bad_checksum", detail)
        return super()._silence(request)

    def _expected_bytes(self, request: ModbusRequest) -> int:
        return UNIT_BYTES + request.reply_bytes + CHECK_BYTES

    def _forget_rest(self) -> None:
        self._buffer.clear()
