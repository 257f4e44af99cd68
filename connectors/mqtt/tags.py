"""From what a message holds to samples, with the tags that depend on others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from connectors.sdk.config import TagConfig
from connectors.sdk.conversion import Conversion, Outcome, bad, later_time
from connectors.sdk.dependence import Dependence
from connectors.sdk.messages import Quality, Sample, Value

TEXT_MAX = 1000
MESSAGE_LOST = "message_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A value as it arrived.

    Attributes:
        grade: what the sender says of it.
        reason: why its quality is not good; None when it is good.
        source_time: UTC microseconds; None when the sender does not say.
        received_time: plant time, UTC microseconds.
    """

    value: Value
    received_time: int
    grade: Quality = Quality.GOOD
    reason: str | None = None
    source_time: int | None = None
    historical: bool = False


class TagBook:
    """Converts what arrives for each tag and remembers the last sample of each."""

    def __init__(self, tags: Sequence[TagConfig]) -> None:
        self._units = {tag.name: tag.unit for tag in tags}
        self._conversions = {tag.name: Conversion(tag) for tag in tags}
        self._dependence = Dependence({tag.name: tag.needs for tag in tags})
        self._arrived: dict[str, Arrived] = {}
        self._last: dict[str, Sample] = {}
        self._reasons: dict[str, str | None] = {}

    def forget(self) -> None:
        """Know nothing any more."""
        self._arrived.clear()
        self._last.clear()
        self._reasons.clear()

    def last(self, tag: str) -> Sample | None:
        """The newest sample of a tag; None when nothing has arrived."""
        return self._last.get(tag)

    def all(self, now: int, missing: str) -> list[Sample]:
        """The newest sample of every tag; one that never arrived is bad with this reason."""
        return [self._last.get(tag) or self._bad(tag, missing, now) for tag in self._units]

    def failing(self, missing: str) -> tuple[int, str | None]:
        """How many tags are bad or never arrived, and the reason of the first of them."""
        never = len(self._units) - len(self._last)
        first = next(iter(self._reasons.values()), missing if never else None)
        return never + len(self._reasons), first

    def take(self, tag: str, arrived: Arrived) -> list[Sample]:
        """The samples that follow from one arrival: of the tag and of those that depend on it."""
        sample = self._sample(tag, arrived)
        if arrived.historical:
            return [sample]
        self._arrived[tag] = arrived
        self._remember(sample)
        samples = [sample]
        for other in self._dependence.following(tag):
            again = self._arrived.get(other)
            if again is not None:
                at = later_time(again.source_time, arrived.source_time)
                now = replace(again, source_time=at, received_time=arrived.received_time)
                samples.append(self._sample(other, now))
                self._remember(samples[-1])
        return samples

    def lose(self, tags: Iterable[str], reason: str, now: int) -> list[Sample]:
        """Nothing is known of these tags any more."""
        samples = []
        for tag in tags:
            self._arrived.pop(tag, None)
            samples.append(self._bad(tag, reason, now))
            self._remember(samples[-1])
        return samples

    def _remember(self, sample: Sample) -> None:
        self._last[sample.tag] = sample
        if sample.quality is Quality.BAD:
            self._reasons[sample.tag] = sample.reason
        else:
            self._reasons.pop(sample.tag, None)

    def _sample(self, tag: str, arrived: Arrived) -> Sample:
        value, quality, reason = self._outcome(tag, arrived)
        return Sample(
            tag=tag,
            value=value,
            quality=quality,
            reason=reason,
            unit=self._units[tag],
            source_time=arrived.source_time,
            received_time=arrived.received_time,
            historical=arrived.historical,
        )

    def _outcome(self, tag: str, arrived: Arrived) -> Outcome:
        if arrived.grade is Quality.BAD:
            return bad(arrived.reason or "sender_says_bad")
        if isinstance(arrived.value, str) and len(arrived.value) > TEXT_MAX:
            return bad("too_long")
        if arrived.value is None:
            return bad("no_value")
        value, quality, reason = self._conversions[tag](arrived.value, self._known)
        if quality is Quality.GOOD and arrived.grade is Quality.UNCERTAIN:
            return value, Quality.UNCERTAIN, arrived.reason or "sender_says_uncertain"
        return value, quality, reason

    def _known(self, tag: str) -> tuple[Value, Quality] | None:
        last = self._last.get(tag)
        return None if last is None else (last.value, last.quality)

    def _bad(self, tag: str, reason: str, now: int) -> Sample:
        return Sample(
            tag=tag,
            value=None,
            quality=Quality.BAD,
            reason=reason,
            unit=self._units[tag],
            received_time=now,
        )
