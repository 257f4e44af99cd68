"""The wire format between edge and MES: checking a request and its records, without a database.

A malformed request is refused as a whole; a single bad record only gets a `Bad` with a code, is
kept in quarantine and counts as arrived, so that it never blocks its stream.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mes.core.refusal import Refusal

RECORDS_MAX = 20_000
"""Most records in one request."""
TEXT_MAX = 2000
CLOCK_SKEW_US = 2_000_000
"""A source time farther than this from the received time, in real time, is not believed."""
FUTURE_US = 86_400_000_000
"""A received time farther ahead of plant time than this is impossible."""
EARLIEST_US = 946_684_800_000_000
"""2000-01-01: nothing older is believed."""
STREAMS = ("event", "sample")
LINK_STATES = ("connecting", "up", "degraded", "backing_off", "refused", "stopped")


@dataclass(frozen=True, slots=True)
class Value:
    """A reading of a tag; `event_time` follows from the two times (UTC microseconds).

    Attributes:
        historical: the source had kept it and told it late; it is never the last value of a tag.
    """

    seq: int
    tag: str
    value: float | int | str | bool | None
    quality: int
    reason: str | None
    source_time: int | None
    received_time: int
    event_time: int
    gap_from: int | None
    clock_skew: bool
    historical: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A known hole [start, end) of a source."""

    seq: int
    start: int
    end: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Skip:
    """Records seq..last were thinned away by the edge."""

    seq: int
    last: int


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that is kept in quarantine; `seq` 0: it has no readable number."""

    seq: int
    code: str
    message: str
    record: object


Record = Value | Gap | Skip | Bad


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The records of one stream of a source; `covered_until` None: nothing is promised."""

    source: str
    stream: str
    epoch: str
    covered_until: int | None
    records: Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What an edge says about its link to a source."""

    source: str
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A whole request of an edge."""

    edge: str
    config_revision: int | None
    clock_offset_us: int
    links: tuple[Link, ...]
    batches: tuple[Batch, ...]

    @property
    def sources(self) -> frozenset[str]:
        """All sources it speaks of."""
        return frozenset([*(b.source for b in self.batches), *(x.source for x in self.links)])


def parse_request(data: object) -> Request:
    """Check the frame of a request.

    Raises:
        Refusal: `ingest_malformed` (422) with the field, or `ingest_too_large` (413).
    """
    body = _object(data, "(body)")
    batches = tuple(
        _batch(entry, f"batches[{number}]")
        for number, entry in enumerate(_list(body.get("batches", []), "batches"))
    )
    if sum(len(batch.records) for batch in batches) > RECORDS_MAX:
        raise Refusal(
            "ingest_too_large",
            f"more than {RECORDS_MAX} records in one request; split it",
            status=413,
        )
    revision = body.get("config_revision")
    return Request(
        edge=_text(body.get("edge"), "edge"),
        config_revision=None if revision is None else _whole(revision, "config_revision"),
        clock_offset_us=_whole(body.get("clock_offset_us", 0), "clock_offset_us"),
        links=tuple(
            _link(entry, f"links[{number}]")
            for number, entry in enumerate(_list(body.get("links", []), "links"))
        ),
        batches=batches,
    )


def parse_record(
    record: object,
    *,
    clock_offset_us: int,
    now_us: int,
    tags: Mapping[str, int],
    skew_us: int = CLOCK_SKEW_US,
) -> Record:
    """Check one record and give it its event time.

    Args:
        clock_offset_us: what to add to the edge's times to compare them with source times.
        now_us: present plant time.
        tags: the names of the tags of the source.
        skew_us: `CLOCK_SKEW_US` in plant time: the way of a reading takes real time.
    """
    if not isinstance(record, list | tuple) or len(record) < 2 or not _is_whole(record[0]):
        return Bad(0, "bad_shape", "a record is a list that begins with its number", record)
    seq, kind = record[0], record[1]
    if seq < 1:
        return Bad(0, "bad_shape", "a record number is 1 or more", record)
    if kind == "h" and len(record) == 9:
        return _kept(record, seq, now_us, tags)
    if kind == "v" and len(record) == 9:
        return _value(record, seq, clock_offset_us, now_us, tags, skew_us)
    if kind == "g" and len(record) == 5:
        return _gap(record, seq, now_us)
    if kind == "s" and len(record) == 3 and _is_whole(record[2]) and record[2] >= seq:
        return Skip(seq, record[2])
    return Bad(seq, "bad_shape", "not a value, gap or skip record of the wire format", record)


def _value(
    record: Sequence[Any],
    seq: int,
    clock_offset_us: int,
    now_us: int,
    tags: Mapping[str, int],
    skew_us: int,
) -> Record:
    _, _, tag, value, quality, reason, source_time, received, gap_from = record
    if not isinstance(tag, str) or tag not in tags:
        return Bad(seq, "unknown_tag", f"the source has no tag {str(tag)[:80]!r}", record)
    if quality not in (0, 1, 2) or isinstance(quality, bool):
        return Bad(seq, "bad_quality", "quality is 0 good, 1 uncertain or 2 bad", record)
    if not _is_value(value):
        return Bad(seq, "bad_value", "a value is a finite number, a short text or a bit", record)
    if value is None and quality != 2:
        return Bad(seq, "bad_value", "a value that is not bad cannot be absent", record)
    if reason is not None and not (isinstance(reason, str) and len(reason) <= TEXT_MAX):
        return Bad(seq, "bad_shape", "a quality reason is a short text", record)
    if not _is_time(received, now_us):
        return Bad(seq, "impossible_time", "received_time is no time of this plant", record)
    if source_time is not None and not _is_whole(source_time):
        return Bad(seq, "impossible_time", "source_time is not a time", record)
    if gap_from is not None and not (_is_time(gap_from, now_us) and gap_from <= received):
        return Bad(seq, "impossible_time", "gap_from is not a time before the reading", record)
    skewed = source_time is not None and abs(source_time - (received + clock_offset_us)) > skew_us
    event = received if source_time is None or skewed else source_time
    if gap_from is not None and gap_from > event:
        gap_from = None
    return Value(seq, tag, value, quality, reason, source_time, received, event, gap_from, skewed)


def _kept(record: Sequence[Any], seq: int, now_us: int, tags: Mapping[str, int]) -> Record:
    """A value that the source kept belongs to the source's own time, however long ago that is."""
    source_time, received = record[6], record[7]
    if not (_is_time(source_time, now_us) and _is_time(received, now_us)):
        return Bad(seq, "impossible_time", "a kept value has the times of then and now", record)
    parsed = _value(record, seq, source_time - received, now_us, tags, CLOCK_SKEW_US)
    return replace(parsed, historical=True) if isinstance(parsed, Value) else parsed


def _gap(record: Sequence[Any], seq: int, now_us: int) -> Record:
    _, _, start, end, reason = record
    if not (_is_time(start, now_us) and _is_time(end, now_us) and start < end):
        return Bad(seq, "impossible_time", "a gap has a start before its end", record)
    if reason is not None and not (isinstance(reason, str) and len(reason) <= TEXT_MAX):
        return Bad(seq, "bad_shape", "a gap reason is a short text", record)
    return Gap(seq, start, end, reason)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62


def _is_time(value: object, now_us: int) -> bool:
    return _is_whole(value) and EARLIEST_US <= value <= now_us + FUTURE_US  # type: ignore[operator]  # checked to be a whole number


def _is_value(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return len(value) <= TEXT_MAX and "\x00" not in value
    if isinstance(value, int):
        return abs(value) < 2**64
    return isinstance(value, float) and math.isfinite(value)


def _batch(data: object, at: str) -> Batch:
    entry = _object(data, at)
    stream = _text(entry.get("stream"), f"{at}.stream")
    if stream not in STREAMS:
        raise _malformed(f"{at}.stream", "is neither event nor sample")
    covered = entry.get("covered_until")
    return Batch(
        source=_text(entry.get("source"), f"{at}.source"),
        stream=stream,
        epoch=_text(entry.get("epoch"), f"{at}.epoch"),
        covered_until=None if covered is None else _whole(covered, f"{at}.covered_until"),
        records=_list(entry.get("records", []), f"{at}.records"),
    )


def _link(data: object, at: str) -> Link:
    entry = _object(data, at)
    state = _text(entry.get("state"), f"{at}.state")
    if state not in LINK_STATES:
        raise _malformed(f"{at}.state", "is no link state; known: " + ", ".join(LINK_STATES))
    counters = _object(entry.get("counters") or {}, f"{at}.counters")
    report = {
        "state": state,
        "since": _whole(entry.get("since", 0), f"{at}.since"),
        "reason": _optional_text(entry.get("reason"), f"{at}.reason"),
        "detail": _optional_text(entry.get("detail"), f"{at}.detail"),
        "counters": {
            str(key)[:80]: value for key, value in list(counters.items())[:50] if _is_value(value)
        },
        "configuration": _configuration(entry.get("configuration"), f"{at}.configuration"),
    }
    return Link(source=_text(entry.get("source"), f"{at}.source"), report=report)


def _configuration(data: object, at: str) -> dict[str, Any] | None:
    """Which configuration of a source runs, and which could not; None: the edge does not say."""
    if data is None:
        return None
    entry = _object(data, at)
    revisions = {
        name: None if entry.get(name) is None else _whole(entry[name], f"{at}.{name}")
        for name in ("revision", "refused_revision")
    }
    words = {name: _optional_text(entry.get(name), f"{at}.{name}") for name in ("reason", "detail")}
    return {**revisions, **words}


def _malformed(field: str, problem: str) -> Refusal:
    return Refusal("ingest_malformed", f"{field} {problem}", status=422, field=field)


def _object(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(field, "is not an object")
    return value


def _list(value: object, field: str) -> Sequence[object]:
    if not isinstance(value, list):
        raise _malformed(field, "is not a list")
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 80:
        raise _malformed(field, "is not a text of 1 to 80 characters")
    return value


def _optional_text(value: object, field: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise _malformed(field, "is not a text")
    return value[:TEXT_MAX]


def _whole(value: object, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**62:
        raise _malformed(field, "is not a whole number")
    return value
