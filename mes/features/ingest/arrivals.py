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
    for record in records:
        if not event and _quick_sample(
            record, seen, tags, clock_offset_us, now_us, skew_us, arrived
        ):
            continue
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
    """Which numbers are new, with the common case of an unbroken row made cheap."""

    __slots__ = ("_base", "_single", "next_seq", "ranges")

    def __init__(self, presence: Presence) -> None:
        self._base = presence
        self._single: set[int] = set()
        self.ranges: list[tuple[int, int]] = []
        self.next_seq = presence.acked + 1

    def is_new(self, seq: int, last: int) -> bool:
        if self.ranges and seq == self.ranges[-1][1] + 1 and not self._base.islands:
            if seq in self._single:
                return False
            self.ranges[-1] = (self.ranges[-1][0], last)
        elif self._base.has(seq) or seq in self._single or self._in_ranges(seq):
            if last > seq:
                self.ranges.append((seq, last))
            return False
        else:
            self.ranges.append((seq, last))
        self.next_seq = last + 1
        return True

    def _in_ranges(self, seq: int) -> bool:
        return any(first <= seq <= last for first, last in self.ranges)


def _quick_sample(
    record: object,
    seen: _Seen,
    tags: Mapping[str, int],
    clock_offset_us: int,
    now_us: int,
    skew_us: int,
    arrived: Arrived,
) -> bool:
    """Take an ordinary sample record without ceremony; False: look at it closely."""
    if type(record) is not list or len(record) != 9 or record[1] != "v":
        return False
    seq, _, tag, value, quality, reason, source_time, received, gap_from = record
    if (
        type(seq) is not int
        or seq < 1
        or type(received) is not int
        or not EARLIEST_US <= received <= now_us + FUTURE_US
        or quality not in (0, 1, 2)
        or quality is True
        or quality is False
        or (reason is not None and type(reason) is not str)
        or gap_from is not None
        or type(tag) is not str
        or tag not in tags
    ):
        return False
    at = received
    if source_time is not None:
        if type(source_time) is not int:
            return False
        if abs(source_time - received - clock_offset_us) <= skew_us:
            at = source_time
    number: float | None = None
    text: str | None = None
    kind = type(value)
    if kind is float:
        if value - value != 0.0:
            return False
        number = value
    elif kind is int or kind is bool:
        if not -(2**63) <= value < 2**63:
            return False
        number = float(value)
    elif kind is str:
        if len(value) > TEXT_MAX or "\x00" in value:
            return False
        text = value
    elif value is not None or quality != 2:
        return False
    if seen.is_new(seq, seq):
        arrived.samples.append((at, tags[tag], number, text, quality))
        arrived.last_values[tag] = [value, quality, reason, received]
        if arrived.last_received is None or received > arrived.last_received:
            arrived.last_received = received
    return True


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
