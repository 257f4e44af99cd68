"""Report by exception: only what changed goes on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connectors.sdk.config import TagConfig
from connectors.sdk.messages import Quality, Sample, Value


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

    def accept(self, samples: Iterable[Sample]) -> list[Sample]:
        """The samples that must be reported, in their order."""
        last, deadbands = self._last, self._deadbands
        news = []
        for sample in samples:
            tag = sample.tag
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
        """Unchanged good values of these tags that are older than their `max_age_s`, as of `now`.

        Call it only for tags that were read successfully at `now`.
        """
        if not self._max_age_us:
            return []
        again = []
        for tag in tags:
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

    def _within_deadband(self, old: Sample, new: Sample) -> bool:
        band = self._deadbands.get(new.tag)
        before, after = _number(old.value), _number(new.value)
        if band is None or before is None or after is None:
            return False
        return abs(after - before) <= band


def _number(value: Value) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
