"""Notices that the whole process stood still: stopped by a signal, a paused machine, starved.

Nobody looked at the sources meanwhile, although no connection was lost.
"""

from __future__ import annotations

import asyncio

from connectors.clock import PlantClock, monotonic_s

TICK_S = 0.5
SHORTEST_S = 2.0
"""A wake-up that comes later than this, in real seconds, is a pause."""


class PauseWatch:
    """Looks at the clock at a steady pace, on the event loop of the sources.

    It runs as a timer and not as a task: after a pause the loop runs overdue timers before any task
    that a late reply has woken, so that no reading from before a pause is taken for one after it.

    Attributes:
        count: pauses so far.
        last_us: how long the last one was, in microseconds of plant time.
    """

    def __init__(self, clock: PlantClock) -> None:
        self.count = 0
        self.last_us = 0
        self._clock = clock
        self._looked_s = 0.0
        self._looked_us = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to look; needs a running event loop."""
        self._look_again()

    def stop(self) -> None:
        """End; twice is harmless."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if monotonic_s() - self._looked_s - TICK_S > SHORTEST_S:
            self.count += 1
            self.last_us = self._clock.now_us() - self._looked_us
        self._look_again()

    def _look_again(self) -> None:
        self._looked_s = monotonic_s()
        self._looked_us = self._clock.now_us()
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._look)
