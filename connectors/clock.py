"""The plant clock of the edge: connectors never import `mes`, so this is their own copy.

One scaled clock that simulators, edge and web share.

Plant time = anchor + speed x monotonic time since the anchor was set. It stamps facts, statements
and calendars. Everything about the machine itself (time-outs, sessions, data age, audit) uses
`real_now_us`. The parent process hands the clock down in the environment variable `MES_CLOCK`
(`anchor_us:monotonic_ns:speed`); without it plant time is real time at speed 1.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from fractions import Fraction

ENVIRONMENT_KEY = "MES_CLOCK"


def real_now_us() -> int:
    """Real UTC time in microseconds since 1970."""
    return time.time_ns() // 1000


def monotonic_s() -> float:
    """Seconds of the monotonic clock, for time-outs and back-off."""
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class PlantClock:
    """A clock that runs `speed` times as fast as real time; instants are UTC microseconds."""

    anchor_us: int
    monotonic_ns: int
    speed: Fraction = Fraction(1)

    def now_us(self) -> int:
        """Present plant time in UTC microseconds."""
        elapsed_ns = time.monotonic_ns() - self.monotonic_ns
        return self.anchor_us + elapsed_ns * self.speed.numerator // (1000 * self.speed.denominator)

    def real_seconds(self, plant_seconds: float) -> float:
        """How long `plant_seconds` of plant time last in real seconds, at least 10 ms."""
        return max(0.010, plant_seconds / float(self.speed))

    def to_environment(self) -> str:
        """The value of `MES_CLOCK` that makes a child process share this clock."""
        return f"{self.anchor_us}:{self.monotonic_ns}:{self.speed}"

    @classmethod
    def starting_at(cls, anchor_us: int, speed: Fraction = Fraction(1)) -> PlantClock:
        """A clock that shows `anchor_us` now."""
        return cls(anchor_us, time.monotonic_ns(), speed)

    @classmethod
    def from_environment(cls) -> PlantClock:
        """The clock handed down by the parent, or real time at speed 1."""
        text = os.environ.get(ENVIRONMENT_KEY)
        if not text:
            return cls.starting_at(real_now_us())
        anchor, monotonic, speed = text.split(":")
        return cls(int(anchor), int(monotonic), Fraction(speed))


_clock: PlantClock | None = None


def plant_clock() -> PlantClock:
    """The clock of this process."""
    global _clock
    if _clock is None:
        _clock = PlantClock.from_environment()
    return _clock


def set_plant_clock(clock: PlantClock | None) -> None:
    """Replace the clock of this process; None reads the environment again at the next use."""
    global _clock
    _clock = clock


def plant_now_us() -> int:
    """Present plant time in UTC microseconds."""
    return plant_clock().now_us()
