"""Turning samples of one source into records: which stream, and since when a tag was unknown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from connectors.runtime.records import good_end, good_tail, kept_tail, value_tail
from connectors.runtime.store import Append
from connectors.sdk.messages import Quality, Sample, Stream

BELIEVED_WITHIN_US = 2_000_000
"""As the MES judges event times (data model, section 2)."""


class Recording:
    """Remembers which tags are events and which are unknown at present.

    Attributes:
        events: the tags that are events; all others are samples.
    """

    def __init__(self, believed_within_us: int = BELIEVED_WITHIN_US) -> None:
        """Begin with nothing known.

        Args:
            believed_within_us: plant time by which a time given by the source may differ from ours
                and is still the time of an event.
        """
        self._believed_within_us = believed_within_us
        self._last_at: dict[str, int] = {}
        self.events: frozenset[str] = frozenset()
        self._streams: Mapping[str, Stream] = {}
        self._bad_since: dict[str, int | None] = {}

    def set_streams(self, streams: Mapping[str, Stream]) -> None:
        """Say which tags are events; a tag that is not named goes to the sample stream."""
        self._streams = dict(streams)
        self.events = frozenset(tag for tag, stream in streams.items() if stream is Stream.EVENT)

    def add(
        self, records: Append, news: Sequence[Sample], gap_from: int | None, covered: int | None
    ) -> None:
        """Add what was read.

        Args:
            gap_from: plant time since which nothing was known of the source; None: it was known.
            covered: plant time up to which the source was known before.
        """
        streams, bad_since = self._streams, self._bad_since
        end, end_for = "", None
        for sample in news:
            if sample.quality is Quality.GOOD and sample.source_time is None and not bad_since:
                if sample.received_time != end_for:
                    end_for = sample.received_time
                    end = good_end(end_for, gap_from)
                tail = good_tail(sample.tag, sample.value, end)
                if streams.get(sample.tag) is Stream.EVENT:
                    records.events.append(tail)
                else:
                    records.samples.append(tail)
                continue
            tag_gap = gap_from
            if sample.quality is Quality.BAD:
                bad_since.setdefault(sample.tag, covered)
            elif bad_since:
                since = bad_since.get(sample.tag)
                tag_gap = since if tag_gap is None else tag_gap
            tail = value_tail(self._in_order(sample), tag_gap)
            if streams.get(sample.tag) is Stream.EVENT:
                records.events.append(tail)
            else:
                records.samples.append(tail)
        _reach(records, news)

    def add_kept(
        self, records: Append, kept: Sequence[Sample], gap_from: int | None = None
    ) -> None:
        """Add what the source had kept: it goes to its own time and leaves the present as it is.

        Args:
            gap_from: plant time since which the tags were unknown before their first value.
        """
        begun: set[str] = set()
        for sample in kept:
            tail = kept_tail(sample, None if sample.tag in begun else gap_from)
            begun.add(sample.tag)
            is_event = self._streams.get(sample.tag) is Stream.EVENT
            (records.events if is_event else records.samples).append(tail)
        _reach(records, kept)

    def _in_order(self, sample: Sample) -> Sample:
        """The sample, without its own time where that would put it before what came before it.

        The first value of a subscription may be old, so that it counts from when we received it;
        the next change may have happened a moment before that. Their order is never in doubt.
        """
        given, at = sample.source_time, sample.received_time
        last = self._last_at.get(sample.tag)
        if given is not None and abs(given - at) <= self._believed_within_us:
            if last is not None and given < last:
                sample = sample._replace(source_time=None)
            else:
                at = given
        self._last_at[sample.tag] = at if last is None else max(at, last)
        return sample

    def unknown_since(self, since: int, tags: Collection[str]) -> None:
        """These tags, and no others, were unknown until now."""
        self._bad_since = dict.fromkeys(tags, since)

    def committed(self, news: Sequence[Sample]) -> None:
        """What was added is safe: its good tags are known again."""
        for sample in news if self._bad_since else ():
            if sample.quality is not Quality.BAD:
                self._bad_since.pop(sample.tag, None)


def _reach(records: Append, samples: Sequence[Sample]) -> None:
    if samples:
        records.first_us = records.first_us or samples[0].received_time
        records.last_us = max(records.last_us, samples[-1].received_time)
