"""What went over a connection, frame by frame, for people who look for a fault.

Nothing is kept until somebody looks, and not for long after: recording costs time and memory.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from connectors.clock import real_now_us

FRAMES_MAX = 500
BYTES_MAX = 300
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
        data: at most `BYTES_MAX` bytes of it.
        size: bytes it had.
    """

    seq: int
    at: int
    direction: Direction
    data: bytes
    size: int


class FrameLog:
    """The latest frames of one connection. `is_on` is what the connection asks for each frame."""

    def __init__(self) -> None:
        self.is_on = False
        self._frames: deque[Frame] = deque(maxlen=FRAMES_MAX)
        self._count = 0
        self._end: asyncio.TimerHandle | None = None

    def add(self, direction: Direction, data: bytes) -> None:
        """Keep a frame; the oldest one goes when there are too many."""
        self._count += 1
        self._frames.append(
            Frame(
                seq=self._count,
                at=real_now_us(),
                direction=direction,
                data=data[:BYTES_MAX],
                size=len(data),
            )
        )

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

    def _stop(self) -> None:
        self.is_on = False
        self._end = None
        self._frames.clear()


class FrameLogging(ABC):
    """A connector that can show its frames."""

    @property
    @abstractmethod
    def frame_log(self) -> FrameLog | None:
        """The log of its connection; None while it has none."""
