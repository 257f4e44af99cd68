"""The plant clock of the simulators: the same idea and format as every other process has.

Plant time = anchor + speed x monotonic time since the anchor was set. A parent process hands it
down in `MES_CLOCK` (`anchor_us:monotonic_ns:speed`); only without it a speed of one's own counts.
Instants are UTC microseconds since 1970.
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
    """Seconds of the monotonic clock, for time-outs and real-time schedules."""
    return time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantClock:
    """A clock that runs `speed` times as fast as real time."""

    anchor_us: int
    monotonic_ns: int
    speed: Fraction = Fraction(1)

    def now_us(self) -> int:
        """Present plant time in UTC microseconds."""
        elapsed_ns = time.monotonic_ns() - self.monotonic_ns
        return self.anchor_us + int(elapsed_ns * self.speed) // 1000

    def real_seconds_until(self, instant_us: int) -> float:
        """Real seconds until plant time `instant_us`; negative when it is past."""
        return (instant_us - self.now_us()) / 1e6 / float(self.speed)

    def to_environment(self) -> str:
        """The value of `MES_CLOCK` that makes another process share this clock."""
        return f"{self.anchor_us}:{self.monotonic_ns}:{self.speed}"


def clock_from_environment(
    *, speed: Fraction = Fraction(1), start_us: int | None = None
) -> PlantClock:
    """The clock handed down by the parent.

    Args:
        speed: used only when no clock is handed down.
        start_us: plant time at which such a clock begins; None means real time now.

    Raises:
        ValueError: `MES_CLOCK` is not `anchor_us:monotonic_ns:speed`.
    """
    text = os.environ.get(ENVIRONMENT_KEY)
    if not text:
        anchor = real_now_us() if start_us is None else start_us
        return PlantClock(anchor_us=anchor, monotonic_ns=time.monotonic_ns(), speed=speed)
    parts = text.split(":")
    if len(parts) != 3:
        raise ValueError(f"{ENVIRONMENT_KEY} must be anchor_us:monotonic_ns:speed, not {text!r}")
    return PlantClock(anchor_us=int(parts[0]), monotonic_ns=int(parts[1]), speed=Fraction(parts[2]))
