"""The records of a stream as they travel: JSON arrays `[seq, kind, ...]`.

    [seq, "v", tag, value, quality, reason, source_time, received_time, gap_from]
    [seq, "h", ...]                     the same for a value that the source had kept: it belongs to
                                        source_time and is never the last value of its tag
    [seq, "g", from, to, reason]        a known hole of the source: state unknown in [from, to)
    [seq, "s", to_seq]                  seq..to_seq were thinned away and count as present

The sequence number is only known when the record is committed, so a *tail* is everything behind it.
"""

from __future__ import annotations

import json

from connectors.sdk.messages import Sample, Value


class _Heads(dict[str, str]):
    """Beginning of a value record by tag name, made at its first use."""

    def __missing__(self, tag: str) -> str:
        head = self[tag] = f'"v",{_encode(tag)},'
        return head


_heads = _Heads()
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def value_tail(sample: Sample, gap_from: int | None) -> str:
    """Tail of a value record.

    Args:
        gap_from: plant time since which nothing was known of the tag; None when it was known.
    """
    text = _value(sample.value)
    reason = "null" if sample.reason is None else _encode(sample.reason)
    source_time = "null" if sample.source_time is None else sample.source_time
    gap = "null" if gap_from is None else gap_from
    head = _heads[sample.tag]
    return f"{head}{text},{sample.quality:d},{reason},{source_time},{sample.received_time},{gap}]"


def kept_tail(sample: Sample, gap_from: int | None) -> str:
    """Tail of the record of a value that the source had kept; its source time is always given."""
    at = sample.received_time if sample.source_time is None else sample.source_time
    return '"h"' + value_tail(sample._replace(source_time=at), gap_from)[3:]


def good_end(received_time: int, gap_from: int | None) -> str:
    """End of the records of good values without a source time that arrived together."""
    gap = "null" if gap_from is None else gap_from
    return f",0,null,null,{received_time},{gap}]"


def good_tail(tag: str, value: Value, end: str) -> str:
    """The same as `value_tail` for a good value, with what `good_end` has made once for many."""
    return f"{_heads[tag]}{_value(value)}{end}"


def _value(value: Value) -> str:
    kind = type(value)
    return repr(value) if kind is float or kind is int else _encode(value)


def gap_tail(since: int, until: int, reason: str) -> str:
    """Tail of a gap record."""
    return f'"g",{since},{until},{_encode(reason)}]'


def numbered(tails: list[str], first_seq: int) -> str:
    """Records without the outer brackets, numbered from `first_seq`."""
    return ",".join([f"[{seq},{tail}" for seq, tail in enumerate(tails, first_seq)])


def skip_record(first_seq: int, last_seq: int) -> str:
    """A record that stands for thinned ones."""
    return f'[{first_seq},"s",{last_seq}]'


def parse(records: str) -> list[list[object]]:
    """The records of a chunk, for the rare case that a part of it is wanted."""
    parsed: list[list[object]] = json.loads(f"[{records}]")
    return parsed


def unparse(records: list[list[object]]) -> str:
    """The opposite of `parse`."""
    return ",".join(_encode(record) for record in records)


def time_of(record: list[object]) -> int | None:
    """Plant time at which the edge knew the record; None for a skip."""
    position = {"v": 7, "h": 7, "g": 3}.get(str(record[1]))
    time = record[position] if position is not None else None
    return time if isinstance(time, int) else None
