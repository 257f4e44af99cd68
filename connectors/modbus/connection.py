"""What all transports of Modbus have in common: one pending request, its deadline, and the end."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Protocol, cast

from connectors.modbus.deadlines import deadlines
from connectors.modbus.pdu import ModbusRequest
from connectors.sdk.errors import ConnectorError, SilentUnit, Unavailable
from connectors.sdk.frames import FrameLog
from connectors.sdk.steps import Step

MOST_SKIPPED = 1000
TLS_ALERT = b"\x15\x03"
"""How a server of TLS answers first when it is spoken to without (RFC 8446, 5.1)."""


class Connection(Protocol):
    """A connection to one or more units; the caller sees to it that requests do not overlap.

    Attributes:
        skipped: replies that were not believed, since the connection was made.
        ended: why the connection is gone; None while it stands.
        idle_from: event-loop time since which nothing was sent or received.
        frames: where frames are shown to people.
    """

    skipped: int
    ended: Unavailable | None
    idle_from: float
    frames: FrameLog

    @property
    def local_port(self) -> int | None:
        """TCP port of our side; None when there is none."""

    async def exchange(self, request: ModbusRequest, timeout_s: float) -> bytes:
        """Send one request and wait for its reply; the data of the reply."""

    def close(self) -> None:
        """End the connection at once."""


class PendingRequest(asyncio.BaseProtocol):
    """The part of a connection that does not depend on how frames look.

    Attributes:
        endpoint: the other end for people.
        skipped: replies that were not believed, since the connection was made.
        ended: why the connection is gone; None while it stands.
        deadline: event-loop time at which the pending request has failed; infinite without one.
        idle_from: event-loop time since which nothing was sent or received.
        frames: where frames are shown to people.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.skipped = 0
        self.ended: Unavailable | None = None
        self.deadline = inf
        self.idle_from = 0.0
        self.frames = FrameLog()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._request: ModbusRequest | None = None
        self._waiting: asyncio.Future[bytes] | None = None
        self._believed_at = 0
        self._deadlines = deadlines()

    @property
    def local_port(self) -> int | None:
        """TCP port of our side; None on a serial line."""
        if self._transport is None:
            return None
        address = self._transport.get_extra_info("sockname")
        return int(address[1]) if address else None

    def close(self) -> None:
        """End the connection at once."""
        self._end("connection_lost", f"the connection to {self.endpoint} was closed")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.Transport, transport)
        self._deadlines.join(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop: the pending request fails at once."""
        self._transport = None
        self._end("connection_lost", f"the connection to {self.endpoint} was lost")

    def expire(self) -> None:
        """The pending request has no reply by its deadline."""
        self.deadline = inf
        waiting, request = self._waiting, self._request
        if waiting is None or request is None or waiting.done():
            return
        waiting.set_exception(self._silence(request))
        if self._transport is not None and self._transport.get_write_buffer_size():
            self._end("connection_lost", f"{self.endpoint} takes no more bytes")

    def _end_tls(self) -> None:
        detail = f"{self.endpoint} wants TLS, which this link does not speak; is it the port?"
        self._end("tls_expected", detail, Step.PROTOCOL)

    def _settle(self, waiting: asyncio.Future[bytes], answer: bytes | ConnectorError) -> None:
        self._waiting = None
        self._believed_at = self.skipped
        if isinstance(answer, ConnectorError):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)

    def _skip(self) -> None:
        self.skipped += 1
        if self.skipped - self._believed_at > MOST_SKIPPED:
            detail = f"{self.endpoint} sent more than {MOST_SKIPPED} replies that nobody asked for"
            self._end("protocol_error", detail)

    def _silence(self, request: ModbusRequest) -> ConnectorError:
        detail = f"unit {request.unit} at {self.endpoint} gave no reply in time"
        strange = self.skipped - self._believed_at
        if strange:
            detail += f"; {strange} replies to other requests or of other units were skipped"
        return SilentUnit("no_reply", detail)

    def _forget_rest(self) -> None:
        """What was received and not understood counts no more."""

    def _end(self, code: str, detail: str, step: Step | None = None) -> None:
        if self.ended is None:
            self.ended = Unavailable(code, detail, step=step)
            self._deadlines.leave(self)
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_exception(self._lost(code, detail))
        self._forget_rest()
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    def _lost(self, code: str, detail: str) -> Unavailable:
        known = self.ended
        if known is None:
            return Unavailable(code, detail)
        return Unavailable(known.code, known.detail, step=known.step)
