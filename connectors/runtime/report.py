"""Report by exception: only what changed goes on. Pure.

A sample tag with `swinging_door` is reported by straight lines instead; an event never is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from connectors.runtime.swinging_door import SwingingDoor
from connectors.sdk.config import TagConfig
from connectors.sdk.messages import Quality, Sample, Value

LONGEST_LINE_S = 60.0
"""Longest line of a swinging door, plant seconds, where the tag has no `max_age_s`."""


class ExceptionReport:
    """Remembers the last reported sample of each tag and lets through what differs from it."""

    def __init__(self, tags: Sequence[TagConfig]) -> None:
        self._names = [tag.name for tag in tags]
        self._units = {tag.name: tag.unit for tag in tags}
        self._deadbands = {tag.name: float(tag.deadband) for tag in tags if tag.deadband}
        self._max_age_us = {
            tag.name: int(tag.max_age_s * 1_000_000) for tag in tags if tag.max_age_s is not None
        }
        self._last: dict[str, Sample] = {}
        self._lines = {
            tag.name: (float(tag.swinging_door), int((tag.max_age_s or LONGEST_LINE_S) * 1_000_000))
            for tag in tags
            if tag.swinging_door
        }
        self._doors: dict[str, SwingingDoor] = {}
        self._owed: list[Sample] = []

    def set_events(self, events: Collection[str]) -> None:
        """Say which tags are events; all others may be reported by lines."""
        for name, door in self._doors.items():
            if name in events:
                self._owed += door.release()
        self._doors = {
            name: self._doors.get(name) or SwingingDoor(*line)
            for name, line in self._lines.items()
            if name not in events
        }

    def accept(self, samples: Iterable[Sample]) -> list[Sample]:
        """The samples that must be reported, in their order."""
        last, deadbands, doors = self._last, self._deadbands, self._doors
        news, self._owed = self._owed, []
        for sample in samples:
            tag = sample.tag
            if doors and (door := doors.get(tag)) is not None:
                last[tag] = sample
                news += door.accept(sample)
                continue
            old = last.get(tag)
            if (
                old is not None
                and (
                    old.value == sample.value or (deadbands and self._within_deadband(old, sample))
                )
                and old.quality is sample.quality
                and old.reason == sample.reason
            ):
                continue
            last[tag] = sample
            news.append(sample)
        return news

    def last(self, tag: str) -> Sample | None:
        """The last reported sample of a tag; None when there is none since `forget`."""
        return self._last.get(tag)

    def overdue(self, tags: Iterable[str], now: int) -> list[Sample]:
        """Unchanged good values of these tags that are older than their `max_age_s`, as of `now`,
        and ends of lines that do not hold any more.

        Call it only for tags that were read successfully at `now`.
        """
        if not self._max_age_us and not self._doors:
            return []
        again: list[Sample] = []
        for tag in tags:
            if (door := self._doors.get(tag)) is not None:
                again += door.repeat(now)
                continue
            max_age, old = self._max_age_us.get(tag), self._last.get(tag)
            if (
                max_age is not None
                and old is not None
                and old.quality is not Quality.BAD
                and now - old.received_time >= max_age
            ):
                fresh = old._replace(received_time=now, source_time=None)
                self._last[tag] = fresh
                again.append(fresh)
        return again

    def all_bad(self, reason: str, now: int) -> list[Sample]:
        """A bad sample for every tag that is not bad already."""
        return self.accept(
            Sample(
                tag=name,
                value=None,
                quality=Quality.BAD,
                reason=reason,
                unit=self._units[name],
                received_time=now,
            )
            for name in self._names
            if (old := self._last.get(name)) is None or old.quality is not Quality.BAD
        )

    def forget(self) -> None:
        """Report every tag again at its next reading."""
        self._last.clear()
        for door in self._doors.values():
            self._owed += door.release()

    def held_back(self) -> list[Sample]:
        """Readings that wait for the end of their line; they are handed out once."""
        self._owed += [sample for door in self._doors.values() for sample in door.release()]
        held, self._owed = self._owed, []
        return held

    def _within_deadband(self, old: Sample, new: Sample) -> bool:
        band = self._deadbands.get(new.tag)
        before, after = _number(old.value), _number(new.value)
        if band is None or before is None or after is None:
            return False
        return abs(after - before) <= band


def _number(value: Value) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
