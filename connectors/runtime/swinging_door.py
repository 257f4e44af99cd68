"""Swinging door: a number goes on only when a straight line can no longer stand for it. Pure.

Source of the algorithm: Bristol, "Swinging door trending" (ISA, 1990). Straight lines through the
reported values miss no reading by more than the deviation; the proof is a test.
"""

from __future__ import annotations

import math

from connectors.sdk.messages import Quality, Sample

ROUNDING = 2.0**-50
"""Eight times the relative error of one operation on floats; the door is narrower by it."""


class SwingingDoor:
    """The readings of one tag.

    The latest reading is held back until it is clear whether the line goes on through it.

    Attributes:
        last: the latest reading; None before the first.
    """

    __slots__ = ("_anchor", "_deviation", "_held", "_high", "_longest_us", "_low", "last")

    def __init__(self, deviation: float, longest_us: int) -> None:
        """Prepare.

        Args:
            deviation: most that a line may miss a reading by, in the unit of the tag.
            longest_us: a reading is reported at least this often, in microseconds of plant time.
        """
        self.last: Sample | None = None
        self._deviation = deviation
        self._longest_us = longest_us
        self._anchor: Sample | None = None
        self._held: Sample | None = None
        self._low = -math.inf
        self._high = math.inf

    def accept(self, sample: Sample) -> list[Sample]:
        """What must be reported now that this was read, in order."""
        before, self.last = self.last, sample
        anchor = self._anchor
        if anchor is None or not (_is_plain(anchor) and _is_plain(sample)):
            if before is not None and anchor is not None and _is_same(before, sample):
                return []
            return self._report(sample)
        elapsed = time_of(sample) - time_of(anchor)
        if elapsed <= 0 or (self._held is not None and time_of(sample) <= time_of(self._held)):
            return self._report(sample)
        return self._on_line(anchor, sample, elapsed)

    def repeat(self, now: int) -> list[Sample]:
        """The same as `accept` for a reading that has found the last value unchanged at `now`."""
        last = self.last
        if last is None or not _is_plain(last) or now <= time_of(last):
            return []
        return self.accept(last._replace(received_time=now, source_time=None))

    def release(self) -> list[Sample]:
        """The reading that is held back, because the line ends here."""
        held, self._held = self._held, None
        self._anchor = None
        return [] if held is None else [held]

    def _on_line(self, anchor: Sample, sample: Sample, elapsed: int) -> list[Sample]:
        old, new = _number(anchor), _number(sample)
        slope = (new - old) / elapsed
        if not math.isfinite(slope):
            return self._report(sample)
        if self._held is not None and not self._low <= slope <= self._high:
            held = self._held
            self._begin(held)
            return [held, *self._on_line(held, sample, time_of(sample) - time_of(held))]
        if elapsed >= self._longest_us:
            self._begin(sample)
            return [sample]
        door = self._deviation - (abs(new) + abs(old) + self._deviation) * ROUNDING
        self._low = max(self._low, (new - old - door) / elapsed)
        self._high = min(self._high, (new - old + door) / elapsed)
        self._held = sample
        return []

    def _report(self, sample: Sample) -> list[Sample]:
        held = self.release()
        self._begin(sample)
        return [*held, sample]

    def _begin(self, anchor: Sample) -> None:
        self._anchor, self._held = anchor, None
        self._low, self._high = -math.inf, math.inf


def time_of(sample: Sample) -> int:
    """Instant of a reading: the device's own, if it gives one."""
    return sample.received_time if sample.source_time is None else sample.source_time


def _is_plain(sample: Sample) -> bool:
    value = sample.value
    return (
        sample.quality is Quality.GOOD
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def _is_same(one: Sample, other: Sample) -> bool:
    return (one.value, one.quality, one.reason) == (other.value, other.quality, other.reason)


def _number(sample: Sample) -> float:
    assert isinstance(sample.value, int | float)
    return float(sample.value)
