"""One timer for the deadlines of all connections on an event loop.

A timer of its own for each request costs a heap entry, a handle and its cancellation; a timer that
is left to ring costs a wake-up of the whole process, which is far dearer (about 0.2 ms of processor
time when the process was asleep). One shared timer rings at most once per time-out, however many
connections there are.
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import Protocol
from weakref import WeakKeyDictionary


class Waiting(Protocol):
    """A connection with at most one pending request.

    Attributes:
        deadline: event-loop time at which the pending request has failed; infinite without one.
    """

    deadline: float

    def expire(self) -> None:
        """Fail the pending request; sets `deadline` to infinite."""


class Deadlines:
    """The shared timer of one event loop.

    Attributes:
        rings_at: event-loop time of the next look at the deadlines; infinite when none is due.
    """

    __slots__ = ("_timer", "_waiting", "rings_at")

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: set[Waiting] = set()
        self.rings_at = inf

    def join(self, waiting: Waiting) -> None:
        """Watch the deadline of this connection until it leaves."""
        self._waiting.add(waiting)

    def leave(self, waiting: Waiting) -> None:
        """Watch it no longer; the last one stops the timer. Twice is harmless."""
        self._waiting.discard(waiting)
        if not self._waiting:
            self._set(inf)

    def ring_by(self, deadline: float) -> None:
        """Make sure that the timer rings by `deadline`; call it when `rings_at` is later."""
        self._set(deadline)

    def _set(self, rings_at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.rings_at = rings_at
        self._timer = None
        if rings_at < inf:
            self._timer = asyncio.get_running_loop().call_at(rings_at, self._ring)

    def _ring(self) -> None:
        now = max(asyncio.get_running_loop().time(), self.rings_at)
        for waiting in [each for each in self._waiting if each.deadline <= now]:
            waiting.expire()
        self._set(min((each.deadline for each in self._waiting), default=inf))


_of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Deadlines] = WeakKeyDictionary()


def deadlines() -> Deadlines:
    """The shared timer of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _of_loop.get(loop)
    if found is None:
        found = _of_loop[loop] = Deadlines()
    return found
