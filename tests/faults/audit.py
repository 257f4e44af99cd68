"""Reading the data folder of a plant that has ended: is every record there, and once?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.faults.pusher import EPOCH, FIRST, TAG


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        yield connection


def holes(data: Path) -> list[str]:
    """Streams whose records are not exactly 1 to the acknowledged number.

    Facts of event streams are counted; a stream also has skips and gaps, whose numbers count.
    """
    found: list[str] = []
    with _reading(data / "mes.db") as connection:
        streams = connection.execute(
            "SELECT s.code, t.source_id, t.stream, t.epoch, t.acked_seq, t.islands"
            " FROM source_stream t JOIN source s ON s.id = t.source_id"
        ).fetchall()
        for code, source, stream, epoch, acknowledged, islands in streams:
            if islands not in (None, "[]"):
                found.append(f"{code}/{stream}/{epoch}: islands {islands}")
            if stream != "event":
                continue
            numbers = [
                row[0]
                for table in ("signal_fact", "gap_fact")
                for row in connection.execute(
                    f"SELECT seq FROM {table} WHERE source_id = ? AND stream = ? AND epoch = ?",
                    (source, stream, epoch),
                )
            ]
            if sorted(numbers) != list(range(1, acknowledged + 1)):
                found.append(
                    f"{code}/{stream}/{epoch}: {len(numbers)} records of {acknowledged},"
                    f" {len(set(numbers))} different"
                )
    return found


def pushed(data: Path) -> list[int]:
    """Sequence numbers of the pusher's samples, in order, repeats included."""
    with _reading(data / "mes.db") as connection:
        rows = connection.execute(
            "SELECT CAST(m.number AS INTEGER) FROM sample m JOIN tag t ON t.id = m.tag_id"
            " WHERE t.name = ? AND m.number >= ? ORDER BY 1",
            (TAG, FIRST),
        ).fetchall()
    return [row[0] - FIRST for row in rows]


def acknowledged_of_pusher(data: Path) -> int:
    """The number up to which the database says it has the pusher's samples."""
    with _reading(data / "mes.db") as connection:
        row = connection.execute(
            "SELECT acked_seq FROM source_stream WHERE epoch = ?", (EPOCH,)
        ).fetchone()
    return int(row[0])


def unsent(data: Path) -> int:
    """Records that the edge still holds in its spool."""
    (spool,) = data.glob("spool-*.db")
    with _reading(spool) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
        assert "chunk" in tables, tables
        rows = connection.execute("SELECT first_seq, last_seq FROM chunk").fetchall()
    return sum(last - first + 1 for first, last in rows)
