"""The spool: what it took is on disk, numbered without holes, bounded, and survives kill -9."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.runtime.records import gap_tail, value_tail
from connectors.runtime.spool import Spool
from connectors.runtime.store import Append, SpoolReader
from connectors.sdk.messages import Quality, Sample, Stream
from tests.connectors.support import wait_until

EVENT, SAMPLE = Stream.EVENT.value, Stream.SAMPLE.value


def tail(value: int, text: str = "") -> str:
    return value_tail(
        Sample(tag="t", value=text or value, quality=Quality.GOOD, received_time=value), None
    )


def records(path: Path, stream: str = EVENT) -> list[list[object]]:
    reader = SpoolReader(path)
    chunks = reader.snapshot(100_000).chunks
    reader.close()
    return [
        record
        for chunk in chunks
        if chunk.stream == stream
        for record in json.loads(f"[{chunk.records}]")
    ]


def put(spool: Spool, first: int, last: int, **more: object) -> None:
    tails = [tail(n) for n in range(first, last + 1)]
    added = spool.append(
        Append(source="s", events=tails, first_us=first, last_us=last, covered_until=last, **more)  # type: ignore[arg-type]  # only known fields
    )
    assert added


def test_records_are_numbered_without_holes_across_restarts(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    epochs = []
    for start in (1, 4, 7):
        spool = Spool(path)
        put(spool, start, start + 2)
        epochs.append(spool.epoch)
        spool.close()
    assert [record[0] for record in records(path)] == list(range(1, 10))
    assert len(set(epochs)) == 1
    assert len(epochs[0]) == 16


def test_streams_are_numbered_apart(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    spool = Spool(path)
    spool.append(Append(source="s", events=[tail(1)], samples=[tail(2), tail(3)]))
    spool.append(Append(source="other", samples=[tail(4)]))
    spool.close()
    assert [record[0] for record in records(path, EVENT)] == [1]
    assert [record[0] for record in records(path, SAMPLE)] == [1, 2, 1]


def test_an_acknowledged_record_is_forgotten_and_its_number_never_used_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "spool.db"
    spool = Spool(path)
    put(spool, 1, 5)
    assert spool.flush(5.0)
    spool.acknowledge({("s", EVENT): 5})
    assert spool.flush(5.0)
    assert records(path) == []
    assert spool.waiting_records == 0
    put(spool, 6, 6)
    spool.close()
    assert [record[0] for record in records(path)] == [6]


def test_a_partly_acknowledged_chunk_stays(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    spool = Spool(path)
    put(spool, 1, 5)
    spool.flush(5.0)
    spool.acknowledge({("s", EVENT): 3})
    spool.close()
    assert [record[0] for record in records(path)] == [1, 2, 3, 4, 5]


def test_coverage_is_never_stored_ahead_of_its_records(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    spool = Spool(path)
    put(spool, 1, 5)
    spool.append(Append(source="s", covered_until=9))
    assert spool.covered_until("s") == 9
    spool.close()
    reader = SpoolReader(path)
    state = reader.snapshot(10).streams[("s", EVENT)]
    reader.close()
    assert (state.seq, state.covered_until) == (5, 9)
    again = Spool(path)
    assert again.covered_until("s") == 9
    assert again.covered_until("unknown") is None
    again.close()


def test_samples_are_thinned_first_and_leave_a_skip_that_counts_as_present(
    tmp_path: Path,
) -> None:
    path = tmp_path / "spool.db"
    spool = Spool(path, limit_bytes=100_000)
    for number in range(1, 101):
        spool.append(Append(source="s", events=[tail(number)], samples=[tail(number, "x" * 1500)]))
        assert spool.flush(5.0)
    spool.close()
    assert spool.thinned > 0
    assert [record[0] for record in records(path, EVENT)] == list(range(1, 101))
    present = []
    kinds = [record[1] for record in records(path, SAMPLE)]
    assert kinds[0] == "s"
    for record in records(path, SAMPLE):
        last = record[2] if record[1] == "s" else record[0]
        present += list(range(int(str(record[0])), int(str(last)) + 1))
    assert present == list(range(1, 101))
    assert path.stat().st_size < 1_000_000


def test_a_spool_full_of_events_refuses_new_ones_and_takes_them_again_after_an_ack(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path / "spool.db", limit_bytes=2_000)
    taken = 0
    while spool.append(Append(source="s", events=[tail(taken, "x" * 100)])):
        taken += 1
        assert spool.flush(5.0)
    assert taken < 40
    assert spool.is_full
    spool.acknowledge({("s", EVENT): taken})
    assert spool.flush(5.0)
    assert spool.append(Append(source="s", events=[tail(1)]))
    spool.close()


def test_a_damaged_file_is_moved_aside_and_a_new_epoch_begins(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    path.write_bytes(b"this is no database" * 1000)
    spool = Spool(path)
    put(spool, 1, 1)
    spool.close()
    assert [record[0] for record in records(path)] == [1]
    assert len(list(tmp_path.glob("spool.db.damaged-*"))) == 1


def test_one_bad_record_is_put_aside_and_counts_as_present(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    spool = Spool(path)
    put(spool, 1, 3)
    spool.flush(5.0)
    spool.put_aside("s", EVENT, 2, "malformed")
    spool.close()
    assert records(path)[1] == [2, "s", 2]


def test_the_writer_is_told_of_commits(tmp_path: Path) -> None:
    told: list[int] = []
    spool = Spool(tmp_path / "spool.db", on_commit=lambda: told.append(1))
    put(spool, 1, 1)
    wait_until(lambda: bool(told))
    spool.close()
    assert told == [1]


def test_a_gap_record_has_its_own_shape() -> None:
    assert json.loads(f"[1,{gap_tail(5, 9, 'no_reply')}") == [1, "g", 5, 9, "no_reply"]


WRITER = """
import sys
from pathlib import Path
from connectors.runtime.spool import Spool
from connectors.runtime.store import Append
spool = Spool(Path(sys.argv[1]))
print("first", spool.covered_until("s"), flush=True)
number = (spool.covered_until("s") or 0) + 1
while True:
    append = Append(source="s", events=[f'"v","t",{number},0,null,null,{number},null]'],
                    first_us=number, last_us=number, covered_until=number)
    assert spool.append(append)
    if number % 7 == 0:
        spool.flush(5.0)
        print(number, flush=True)
    number += 1
"""


@pytest.mark.parametrize("lines", [3, 10, 25])
def test_kill_9_loses_nothing_that_was_said_to_be_on_disk(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "spool.db"
    promised = 0
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(lines):
            promised = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    found = records(path)
    assert [record[0] for record in found] == list(range(1, len(found) + 1))
    values = [int(str(record[3])) for record in found]
    assert values == sorted(set(values))
    assert promised in values
    spool = Spool(path)
    assert spool.covered_until("s") == found[-1][3]
    spool.close()
