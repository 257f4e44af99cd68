"""What went over a connection, frame by frame, for people who look for a fault.

Nothing is kept until somebody looks, and not for long after: recording costs time and memory. A
protocol whose frames carry secrets or cannot be read as bytes records words instead of bytes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from connectors.clock import real_now_us

FRAMES_MAX = 500
BYTES_MAX = 300
TEXT_MAX = 300
WATCHED_S = 30.0
"""Real seconds that recording goes on after somebody looked."""


class Direction(StrEnum):
    """Which way a frame went."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame.

    Attributes:
        seq: number since the connection's first frame that was recorded, from 1.
        at: real time, UTC microseconds.
        data: at most `BYTES_MAX` bytes of it; empty where only words are shown.
        size: bytes it had; None when nobody counted them.
        text: what it was, without secrets; None where the bytes say all.
    """

    seq: int
    at: int
    direction: Direction
    data: bytes
    size: int | None
    text: str | None = None


class FrameLog:
    """The latest frames of one connection. `is_on` is what the connection asks for each frame."""

    def __init__(self) -> None:
        self.is_on = False
        self._frames: deque[Frame] = deque(maxlen=FRAMES_MAX)
        self._count = 0
        self._end: asyncio.TimerHandle | None = None

    def add(self, direction: Direction, data: bytes) -> None:
        """Keep a frame; the oldest one goes when there are too many."""
        self._keep(direction, data[:BYTES_MAX], len(data), None)

    def tell(self, direction: Direction, text: str, size: int | None = None) -> None:
        """Keep what a frame was in words without secrets.

        Args:
            size: bytes it had; None when nobody counted them.
        """
        self._keep(direction, b"", size, text[:TEXT_MAX])

    def watch(self) -> None:
        """Record from now on, until nobody has looked for `WATCHED_S`."""
        self.is_on = True
        if self._end is not None:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(WATCHED_S, self._stop)

    def after(self, seq: int, limit: int) -> tuple[Sequence[Frame], int]:
        """The frames after `seq`, at most `limit`, and how many of them are lost already."""
        first = self._count - len(self._frames) + 1
        found = [frame for frame in self._frames if frame.seq > seq][:limit]
        return found, max(0, first - seq - 1)

    def _keep(self, direction: Direction, data: bytes, size: int | None, text: str | None) -> None:
        self._count += 1
        self._frames.append(
            Frame(
                seq=self._count,
                at=real_now_us(),
                direction=direction,
                data=data,
                size=size,
                text=text,
            )
        )

    def _stop(self) -> None:
        self.is_on = False
        self._end = None
        self._frames.clear()
