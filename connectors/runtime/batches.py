"""Cutting the spool's oldest records into batches for one request. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.runtime.records import parse, skip_record, time_of, unparse
from connectors.runtime.store import Chunk, Snapshot, StreamKey, StreamState
from connectors.sdk.messages import Stream


@dataclass(slots=True, kw_only=True)
class Batch:
    """Records of one stream for one request.

    Attributes:
        covered_until: promise of the wire: everything the source's event stream knew up to this
            plant time is in the records up to and including this batch; None promises nothing.
    """

    source: str
    stream: str
    first_seq: int
    last_seq: int
    covered_until: int | None = None
    texts: list[str] = field(default_factory=list)

    def encoded(self, epoch: str) -> str:
        """The batch as JSON."""
        covered = "null" if self.covered_until is None else self.covered_until
        return (
            f'{{"source":{json.dumps(self.source)},"stream":"{self.stream}","epoch":"{epoch}",'
            f'"covered_until":{covered},"records":[{",".join(self.texts)}]}}'
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What goes into one request.

    Attributes:
        records: number of records in the batches.
        has_more: whether records stay behind.
    """

    batches: list[Batch]
    records: int
    has_more: bool


def cut(
    snapshot: Snapshot,
    acknowledged: Mapping[StreamKey, int],
    *,
    max_records: int,
    max_bytes: int,
) -> Cut:
    """The oldest records that fit, in the order of their sequence numbers per stream."""
    batches: dict[StreamKey, Batch] = {}
    records = size = 0
    has_more = not snapshot.is_complete
    behind: dict[StreamKey, int] = {}
    for chunk in snapshot.chunks:
        key = (chunk.source, chunk.stream)
        rest = _unacknowledged(chunk, acknowledged.get(key, 0))
        if rest is None:
            continue
        room = max_records - records
        count = rest.last_seq - rest.first_seq + 1
        if key in behind or room <= 0 or (records and size + len(rest.records) > max_bytes):
            has_more = True
            behind.setdefault(key, rest.first_us)
            continue
        if count > room and '"s"' not in rest.records[:40]:
            rest, next_us = _head(rest, room)
            behind[key] = next_us
            has_more = True
            count = room
        records += count
        size += len(rest.records)
        _extend(batches, key, rest)
    for key, batch in batches.items():
        if batch.stream == Stream.EVENT.value:
            state = snapshot.streams.get(key, StreamState())
            batch.covered_until = _covered(batch, state, snapshot.chunks, behind.get(key))
    return Cut(batches=list(batches.values()), records=records, has_more=has_more)


def heartbeats(
    streams: Mapping[StreamKey, StreamState], sources: Sequence[str], excluded: set[str]
) -> list[Batch]:
    """Batches without records that carry how far each fully sent source is covered."""
    beats = []
    for source in sources:
        state = streams.get((source, Stream.EVENT.value))
        if state is not None and source not in excluded:
            beats.append(
                Batch(
                    source=source,
                    stream=Stream.EVENT.value,
                    first_seq=state.seq + 1,
                    last_seq=state.seq,
                    covered_until=state.covered_until,
                )
            )
    return beats


def add_skip(batch: Batch, first_missing: int) -> None:
    """Say in front of the batch that records before it are gone for good."""
    batch.texts.insert(0, skip_record(first_missing, batch.first_seq - 1))
    batch.first_seq = first_missing


def _extend(batches: dict[StreamKey, Batch], key: StreamKey, chunk: Chunk) -> None:
    batch = batches.get(key)
    if batch is None:
        batch = batches[key] = Batch(
            source=chunk.source,
            stream=chunk.stream,
            first_seq=chunk.first_seq,
            last_seq=chunk.last_seq,
        )
    batch.texts.append(chunk.records)
    batch.last_seq = chunk.last_seq


def _unacknowledged(chunk: Chunk, acknowledged: int) -> Chunk | None:
    if chunk.last_seq <= acknowledged:
        return None
    if chunk.first_seq > acknowledged:
        return chunk
    records = [record for record in parse(chunk.records) if _last(record) > acknowledged]
    return _with(chunk, records)


def _head(chunk: Chunk, count: int) -> tuple[Chunk, int]:
    records = parse(chunk.records)
    next_us = time_of(records[count])
    return _with(chunk, records[:count]), chunk.first_us if next_us is None else next_us


def _with(chunk: Chunk, records: list[list[object]]) -> Chunk:
    last_us = time_of(records[-1])
    return Chunk(
        source=chunk.source,
        stream=chunk.stream,
        first_seq=_first(records[0]),
        last_seq=_last(records[-1]),
        first_us=chunk.first_us,
        last_us=chunk.last_us if last_us is None else last_us,
        records=unparse(records),
    )


def _first(record: list[object]) -> int:
    seq = record[0]
    assert isinstance(seq, int)
    return seq


def _last(record: list[object]) -> int:
    seq = record[2] if record[1] == "s" else record[0]
    assert isinstance(seq, int)
    return seq


def _covered(
    batch: Batch, state: StreamState, chunks: Sequence[Chunk], next_us: int | None
) -> int | None:
    """Never ahead of unsent records: just before the first record that stays behind."""
    if batch.last_seq >= state.seq or state.covered_until is None:
        return state.covered_until
    last_us = max(
        (
            chunk.last_us
            for chunk in chunks
            if (chunk.source, chunk.stream) == (batch.source, batch.stream)
            and chunk.last_seq <= batch.last_seq
        ),
        default=None,
    )
    if next_us is None and last_us is None:
        return None
    candidates = [last_us, None if next_us is None else next_us - 1, state.covered_until]
    return min(candidate for candidate in candidates if candidate is not None)
