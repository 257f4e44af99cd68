"""What a client exchanges with its server: services by name for people, and how long they take.

Only names, sizes and outcomes are recorded: the bytes carry passwords, tokens and signatures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary

from connectors.clock import monotonic_s
from connectors.opcua.failures import status_name
from connectors.sdk.frames import Direction, FrameLog
from connectors.sdk.round_trips import RoundTrips

Send = Callable[..., Coroutine[Any, Any, Any]]


class Traffic:
    """The services of one source, over all of its connections.

    Attributes:
        frames: names, sizes and outcomes, while somebody looks.
        round_trips: from request to answer; a publish request waits for news and is none.
    """

    def __init__(self, round_trips: RoundTrips | None = None) -> None:
        self.frames = FrameLog()
        self.round_trips = RoundTrips() if round_trips is None else round_trips

    def watched(self, send: Send) -> Send:
        """The same way of sending a request, looked at."""

        async def send_request(request: Any, *rest: Any, **more: Any) -> Any:  # the library's own
            name = type(request).__name__.removesuffix("Request")
            if self.frames.is_on:
                self.frames.tell(Direction.SENT, name, len(struct_to_binary(request)))
            asked = monotonic_s()
            try:
                answer = await send(request, *rest, **more)
            except BaseException as error:
                self._failed(name, error)
                raise
            if not isinstance(request, ua.PublishRequest):
                self.round_trips.add(monotonic_s() - asked)
            if self.frames.is_on:
                self.frames.tell(Direction.RECEIVED, f"{name}: answered", len(answer))
            return answer

        return send_request

    def _failed(self, name: str, error: BaseException) -> None:
        if not self.frames.is_on or isinstance(error, asyncio.CancelledError):
            return
        if isinstance(error, ua.UaStatusCodeError):
            outcome = status_name(error.code)
        elif isinstance(error, TimeoutError):
            outcome = "no answer in time"
        else:
            outcome = type(error).__name__
        self.frames.tell(Direction.RECEIVED, f"{name}: {outcome}")
