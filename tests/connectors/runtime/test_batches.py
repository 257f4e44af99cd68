"""Cutting batches: in order, within limits, and never a promise ahead of unsent records."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from connectors.runtime.batches import Batch, cut
from connectors.runtime.records import numbered
from connectors.runtime.store import Chunk, Snapshot, StreamState


def chunk(first: int, count: int, source: str = "s", at: int | None = None) -> Chunk:
    """Records first..first+count-1, each known at the time of its number (or all at `at`)."""
    times = [at if at is not None else first + n for n in range(count)]
    tails = [f'"v","t",0,0,null,null,{time},null]' for time in times]
    return Chunk(
        source=source,
        stream="event",
        first_seq=first,
        last_seq=first + count - 1,
        first_us=times[0],
        last_us=times[-1],
        records=numbered(tails, first),
    )


def snapshot(chunks: list[Chunk], covered: int) -> Snapshot:
    streams = {
        (entry.source, entry.stream): StreamState(entry.last_seq, covered) for entry in chunks
    }
    return Snapshot(chunks=chunks, streams=streams, is_complete=True)


def sequence(batch: Batch) -> list[int]:
    return [record[0] for record in json.loads(batch.encoded("e"))["records"]]


def test_everything_that_fits_goes_at_once_with_the_full_promise() -> None:
    part = cut(snapshot([chunk(1, 3), chunk(4, 2)], 99), {}, max_records=10, max_bytes=9999)
    (batch,) = part.batches
    assert sequence(batch) == [1, 2, 3, 4, 5]
    assert (batch.covered_until, part.records, part.has_more) == (99, 5, False)


def test_a_backlog_promises_only_up_to_its_last_sent_record() -> None:
    part = cut(snapshot([chunk(1, 3), chunk(4, 2)], 99), {}, max_records=3, max_bytes=9999)
    (batch,) = part.batches
    assert sequence(batch) == [1, 2, 3]
    assert (batch.covered_until, part.has_more) == (3, True)


def test_records_of_one_instant_that_are_cut_apart_do_not_promise_that_instant() -> None:
    part = cut(snapshot([chunk(1, 6, at=50)], 99), {}, max_records=4, max_bytes=9999)
    (batch,) = part.batches
    assert sequence(batch) == [1, 2, 3, 4]
    assert batch.covered_until == 49


def test_acknowledged_records_are_left_out_also_inside_a_chunk() -> None:
    part = cut(
        snapshot([chunk(1, 3), chunk(4, 3)], 99), {("s", "event"): 4}, max_records=9, max_bytes=999
    )
    assert [sequence(batch) for batch in part.batches] == [[5, 6]]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 6)), min_size=1, max_size=12),
    st.integers(1, 9),
    st.integers(1, 400),
)
def test_repeated_cutting_sends_every_record_once_in_order(
    shape: list[tuple[str, int]], max_records: int, max_bytes: int
) -> None:
    next_seq = {"a": 1, "b": 1}
    chunks = []
    for source, count in shape:
        chunks.append(chunk(next_seq[source], count, source))
        next_seq[source] += count
    whole = snapshot(chunks, 10_000)
    acknowledged: dict[tuple[str, str], int] = {}
    sent: dict[str, list[int]] = {"a": [], "b": []}
    for _ in range(200):
        part = cut(whole, acknowledged, max_records=max_records, max_bytes=max_bytes)
        if not part.batches:
            break
        for batch in part.batches:
            sent[batch.source] += sequence(batch)
            acknowledged[(batch.source, batch.stream)] = batch.last_seq
            is_last = batch.last_seq == next_seq[batch.source] - 1
            assert (batch.covered_until == 10_000) == is_last
    assert sent == {name: list(range(1, seq)) for name, seq in next_seq.items()}
