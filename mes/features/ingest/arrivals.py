"""Sorting out the records of one stream: what is new, what it is, what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

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
        last_values: by tag name the last record, as it came.
        last_received: latest received time among the readings; None: there is none.
    """

    values: list[tuple[Value, int]] = field(default_factory=list)
    samples: list[SampleRow] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    presence: Presence = field(default_factory=Presence)
    last_values: dict[str, Any] = field(default_factory=dict)
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
    taken = False
    if not event and presence.complete and records:
        taken = _ordinary_samples(records, seen, tags, clock_offset_us, now_us, skew_us, arrived)
    for record in () if taken else records:
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
            if not parsed.historical:
                arrived.last_values[parsed.tag] = record
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


_length: Callable[[Any], int] = len


def _ordinary_samples(
    records: Sequence[object],
    seen: _Seen,
    tags: Mapping[str, int],
    clock_offset_us: int,
    now_us: int,
    skew_us: int,
    arrived: Arrived,
) -> bool:
    """Take a whole batch of samples column by column, if each is ordinary and follows the last.

    Several times faster than looking at each record: the checks run over columns.

    Returns:
        False: nothing was taken, every record needs a closer look.
    """
    if {*map(type, records)} != {list} or {*map(_length, records)} != {9}:
        return False
    columns: tuple[tuple[Any, ...], ...] = tuple(zip(*records, strict=True))
    seqs, kinds, names, values, qualities, reasons, source_times, received, gaps = columns
    nothing = (None,) * len(seqs)
    try:
        moments = {*received}
        tag_ids = itemgetter(*names, names[0])(tags)
        ordinary = (
            type(seqs[0]) is type(seqs[-1]) is int
            and seqs == tuple(range(seen.next_seq, seen.next_seq + len(seqs)))
            and {*kinds} == {"v"}
            and gaps == nothing
            and {*qualities} <= _QUALITIES
            and {*map(type, moments)} == {int}
            and min(moments) >= EARLIEST_US
            and max(moments) <= now_us + FUTURE_US
            and (reasons == nothing or {*map(type, reasons)} <= _TEXT_OR_NONE)
            and (source_times == nothing or {*map(type, source_times)} <= _WHOLE_OR_NONE)
        )
    except (KeyError, TypeError):  # an unknown tag, or something that cannot be compared
        return False
    stored = _stored_values(values, qualities) if ordinary else None
    if stored is None:
        return False
    numbers, texts = stored
    times: Sequence[int] = received
    if source_times != nothing:
        times = [
            at if given is None or abs(given - at - clock_offset_us) > skew_us else given
            for given, at in zip(source_times, received, strict=True)
        ]
    arrived.samples.extend(zip(times, tag_ids, numbers, texts, qualities, strict=False))
    arrived.last_values = dict(zip(names, records, strict=True))
    arrived.last_received = max(moments)
    seen.ranges.append((seqs[0], seqs[-1]))
    seen.next_seq = seqs[-1] + 1
    return True


_QUALITIES = {0, 1, 2}
_TEXT_OR_NONE = {str, type(None)}
_WHOLE_OR_NONE = {int, type(None)}
_NUMBERS = {float, int, bool}
BAD = 2


def _stored_values(
    values: Sequence[Any], qualities: Sequence[int]
) -> tuple[Sequence[float | None], Sequence[str | None]] | None:
    """Numbers and texts of a column of values; None: one of them is not allowed."""
    kinds = {*map(type, values)}
    nothing = (None,) * len(values)
    if kinds == {float}:
        return (values, nothing) if math.isfinite(sum(values)) else None
    if not kinds <= _NUMBERS | _TEXT_OR_NONE:
        return None
    numbers = [float(v) if type(v) in _NUMBERS else None for v in values]
    if type(None) in kinds and any(
        v is None and q != BAD for v, q in zip(values, qualities, strict=True)
    ):
        return None
    if not all(n is None or math.isfinite(n) for n in numbers) or any(
        type(v) is int and abs(v) >= 2**63 for v in values
    ):
        return None
    if str not in kinds:
        return numbers, nothing
    texts = [v if type(v) is str else None for v in values]
    if any(t is not None and (len(t) > TEXT_MAX or "\x00" in t) for t in texts):
        return None
    return numbers, texts


def _take(value: Value, tag_id: int, event: bool, arrived: Arrived) -> None:
    if event:
        arrived.values.append((value, tag_id))
    else:
        number = float(value.value) if isinstance(value.value, int | float) else None
        text = value.value if isinstance(value.value, str) else None
        arrived.samples.append((value.event_time, tag_id, number, text, value.quality))
    if value.historical:
        return
    if arrived.last_received is None or value.received_time > arrived.last_received:
        arrived.last_received = value.received_time
