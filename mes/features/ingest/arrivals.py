"""Sorting out the records of one stream: what is new, what it is, what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mes.features.ingest.acknowledgement import Presence
from mes.features.ingest.wire import (
    CLOCK_SKEW_US,
    EARLIEST_US,
    FUTURE_US,
    TEXT_MAX,
    Bad,
    Gap,
    Skip,
    Value,
    parse_record,
)

SampleRow = tuple[int, int, float | None, str | None, int]
"""Instant, tag id, number, text, quality."""


@dataclass(slots=True)
class Arrived:
    """New records of one stream.

    Attributes:
        values: readings to be stored as facts, with their tag ids.
        samples: readings to be stored as samples.
        presence: of the stream after them.
        last_values: by tag name: [value, quality, reason, received_time].
        last_received: latest received time among the readings; None: there is none.
    """

    values: list[tuple[Value, int]] = field(default_factory=list)
    samples: list[SampleRow] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    presence: Presence = field(default_factory=Presence)
    last_values: dict[str, list[object]] = field(default_factory=dict)
    last_received: int | None = None


def sort_out(
    records: Sequence[object],
    presence: Presence,
    *,
    tags: Mapping[str, int],
    clock_offset_us: int,
    now_us: int,
    event: bool,
    skew_us: int = CLOCK_SKEW_US,
) -> Arrived:
    """Check records and leave out those that have arrived before.

    Args:
        presence: of the stream so far.
        tags: tag ids of the source by name.
        event: whether the readings become facts.
        skew_us: `CLOCK_SKEW_US` in plant time.
    """
    arrived = Arrived()
    seen = _Seen(presence)
    begin = 0
    if not event and presence.complete:
        begin = _ordinary_samples(records, seen, tags, clock_offset_us, now_us, skew_us, arrived)
    for record in records[begin:]:
        parsed = parse_record(
            record, clock_offset_us=clock_offset_us, now_us=now_us, tags=tags, skew_us=skew_us
        )
        if isinstance(parsed, Bad) and parsed.seq == 0:
            parsed = Bad(seen.next_seq, parsed.code, parsed.message, parsed.record)
        last = parsed.last if isinstance(parsed, Skip) else parsed.seq
        if not seen.is_new(parsed.seq, last):
            continue
        if isinstance(parsed, Value):
            _take(parsed, tags[parsed.tag], event, arrived)
        elif isinstance(parsed, Gap):
            arrived.gaps.append(parsed)
        elif isinstance(parsed, Bad):
            arrived.bad.append(parsed)
    arrived.presence = presence.with_ranges(seen.ranges)
    return arrived


class _Seen:
    """Which numbers are new."""

    __slots__ = ("_base", "next_seq", "ranges")

    def __init__(self, presence: Presence) -> None:
        self._base = presence
        self.ranges: list[tuple[int, int]] = []
        self.next_seq = presence.acked + 1

    def is_new(self, seq: int, last: int) -> bool:
        """Whether `seq` is new; the range up to `last` counts as arrived from now on."""
        if self.ranges and seq == self.ranges[-1][1] + 1 and self._base.complete:
            if self._in_ranges(seq):
                return False
            self.ranges[-1] = (self.ranges[-1][0], last)
        elif self._base.has(seq) or self._in_ranges(seq):
            if last > seq:
                self.ranges.append((seq, last))
            return False
        else:
            self.ranges.append((seq, last))
        self.next_seq = last + 1
        return True

    def _in_ranges(self, seq: int) -> bool:
        return any(first <= seq <= last for first, last in self.ranges)


def _ordinary_samples(
    records: Sequence[object],
    seen: _Seen,
    tags: Mapping[str, int],
    clock_offset_us: int,
    now_us: int,
    skew_us: int,
    arrived: Arrived,
) -> int:
    """Take samples without ceremony as long as each is ordinary and follows the one before.

    Returns:
        How many were taken; the rest needs a closer look.
    """
    latest = now_us + FUTURE_US
    first = expected = seen.next_seq
    take = arrived.samples.append
    last_values = arrived.last_values
    last_received = 0
    for record in records:
        if type(record) is not list or len(record) != 9:
            break
        seq, kind, tag, value, quality, reason, source_time, received, gap_from = record
        if (
            seq != expected
            or kind != "v"
            or type(seq) is not int
            or type(tag) is not str
            or tag not in tags
            or type(quality) is not int
            or not 0 <= quality <= 2
            or type(received) is not int
            or not EARLIEST_US <= received <= latest
            or gap_from is not None
            or (reason is not None and type(reason) is not str)
        ):
            break
        at = received
        if source_time is not None:
            if type(source_time) is not int:
                break
            if -skew_us <= source_time - received - clock_offset_us <= skew_us:
                at = source_time
        kind = type(value)
        if kind is float:
            if value - value != 0.0:
                break
            take((at, tags[tag], value, None, quality))
        elif kind is int or kind is bool:
            if not -(2**63) <= value < 2**63:
                break
            take((at, tags[tag], float(value), None, quality))
        elif kind is str:
            if len(value) > TEXT_MAX or "\x00" in value:
                break
            take((at, tags[tag], None, value, quality))
        elif value is None and quality == 2:
            take((at, tags[tag], None, None, quality))
        else:
            break
        last_values[tag] = [value, quality, reason, received]
        if received > last_received:
            last_received = received
        expected += 1
    if expected > first:
        seen.ranges.append((first, expected - 1))
        seen.next_seq = expected
        arrived.last_received = last_received
    return expected - first


def _take(value: Value, tag_id: int, event: bool, arrived: Arrived) -> None:
    if event:
        arrived.values.append((value, tag_id))
    else:
        number = float(value.value) if isinstance(value.value, int | float) else None
        text = value.value if isinstance(value.value, str) else None
        arrived.samples.append((value.event_time, tag_id, number, text, value.quality))
    arrived.last_values[value.tag] = [
        value.value,
        value.quality,
        value.reason,
        value.received_time,
    ]
    if arrived.last_received is None or value.received_time > arrived.last_received:
        arrived.last_received = value.received_time
