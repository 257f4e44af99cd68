"""The spool file: one SQLite file per edge that keeps every record until the centre has it.

Records of one stream lie in chunks of JSON text in the form in which they are sent. A stream is
named by source and kind, has the file's epoch and a sequence number that grows strictly by one.
`covered_until` of a source is written in the transaction of the records that it speaks of.

One object per thread: `SpoolStore` is the only writer, `SpoolReader` reads snapshots.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite

from connectors.runtime.records import numbered, parse, skip_record, unparse
from connectors.sdk.messages import Stream

LARGEST_CHUNK = 500
THIN_AT_ONCE = 200
BUSY_TIMEOUT_MS = 5000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS stream (
    source TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, covered_until INTEGER,
    PRIMARY KEY (source, stream)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunk (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, stream TEXT NOT NULL,
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
    first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,
    skipped INTEGER NOT NULL DEFAULT 0, records TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS chunk_by_seq ON chunk (source, stream, first_seq);
CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL,
    reason TEXT NOT NULL, record TEXT NOT NULL);
"""

_OLDEST = "SELECT source, stream, first_seq, last_seq, first_us, last_us, records FROM chunk"

StreamKey = tuple[str, str]
SpoolFileError: type[Exception] = sqlite.Error


@dataclass(slots=True, kw_only=True)
class Append:
    """Records of one source to be committed together.

    Attributes:
        events: tails of the event stream, in order.
        samples: tails of the sample stream, in order.
        first_us: plant time of the first record.
        last_us: plant time of the last record.
        covered_until: plant time up to which the event stream is complete with these records;
            None leaves it as it was.
    """

    source: str
    events: list[str] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    first_us: int = 0
    last_us: int = 0
    covered_until: int | None = None


@dataclass(slots=True)
class StreamState:
    """What the file knows of one stream."""

    seq: int = 0
    covered_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Neighbouring records of one stream."""

    source: str
    stream: str
    first_seq: int
    last_seq: int
    first_us: int
    last_us: int
    records: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The oldest chunks, and the streams as they were at the same moment."""

    chunks: list[Chunk]
    streams: Mapping[StreamKey, StreamState]
    is_complete: bool


def _connect(path: Path) -> Any:  # the driver is untyped
    connection = sqlite.connect(str(path), isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    return connection


class SpoolStore:
    """The one writer of a spool file.

    Attributes:
        epoch: 16 hexadecimal digits, minted when the file was made.
        streams: state of every stream as committed.
        bytes: characters of record text in the file.
        records: records waiting in the file.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            SpoolFileError: the file is damaged or cannot be written.
        """
        self._connection = _connect(path)
        self._connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("PRAGMA journal_size_limit=16777216")
        self._connection.executescript(_SCHEMA)
        with self._transaction():
            self._execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?)", secrets.token_hex(8))
        self.epoch: str = self._execute("SELECT value FROM meta WHERE key='epoch'").fetchone()[0]
        self.streams = _read_streams(self._connection)
        row = self._execute(
            "SELECT coalesce(sum(length(records)), 0), coalesce(sum(last_seq - first_seq + 1), 0)"
            " FROM chunk"
        ).fetchone()
        self.bytes: int = row[0]
        self.records: int = row[1]

    def write(self, appends: Iterable[Append], acks: Mapping[StreamKey, int]) -> None:
        """Commit records and forget acknowledged ones, in one transaction.

        Args:
            acks: highest acknowledged sequence number of each stream.

        Raises:
            SpoolFileError: nothing was changed (disk full, file damaged).
        """
        changed: dict[StreamKey, StreamState] = {}
        grown_bytes = grown_records = 0
        with self._transaction():
            for append in appends:
                for chunk in self._number(append, changed):
                    self._insert(chunk)
                    grown_bytes += len(chunk.records)
                    grown_records += chunk.last_seq - chunk.first_seq + 1
            for (source, stream), state in changed.items():
                self._execute(
                    "INSERT INTO stream VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                    " seq=excluded.seq, covered_until=excluded.covered_until",
                    *(source, stream, state.seq, state.covered_until),
                )
            shrunk = [self._forget(key, seq) for key, seq in acks.items()]
        self.streams.update(changed)
        self.bytes += grown_bytes - sum(size for size, _ in shrunk)
        self.records += grown_records - sum(count for _, count in shrunk)

    def thin(self, target_bytes: int) -> int:
        """Replace the oldest samples by skip records until the file holds `target_bytes`.

        Events are never thinned.

        Returns:
            number of sample records that were dropped.
        """
        dropped = 0
        while self.bytes > target_bytes:
            rows = self._execute(
                "SELECT id, source, first_seq, last_seq, length(records) FROM chunk"
                " WHERE stream=? AND skipped=0 ORDER BY id LIMIT ?",
                *(Stream.SAMPLE.value, THIN_AT_ONCE),
            ).fetchall()
            if not rows:
                break
            with self._transaction():
                for row in rows:
                    self._skip(*row)
            dropped += sum(last - first + 1 for _, _, first, last, _ in rows)
        return dropped

    def quarantine(self, source: str, stream: str, seq: int, reason: str) -> None:
        """Put one record aside that the centre cannot take, so that the stream goes on."""
        row = self._execute(
            "SELECT id, records FROM chunk WHERE source=? AND stream=? AND first_seq<=?"
            " AND last_seq>=?",
            *(source, stream, seq, seq),
        ).fetchone()
        if row is None:
            return
        records = parse(row[1])
        position = next(i for i, record in enumerate(records) if record[0] == seq)
        aside = unparse([records[position]])
        records[position] = [seq, "s", seq]
        text = unparse(records)
        with self._transaction():
            self._execute(
                "INSERT INTO quarantine (source, stream, seq, reason, record) VALUES (?,?,?,?,?)",
                *(source, stream, seq, reason, aside),
            )
            self._execute("UPDATE chunk SET records=? WHERE id=?", text, row[0])
        self.bytes += len(text) - len(row[1])

    def compact(self) -> None:
        """Give free pages back to the disk and shorten the write-ahead log."""
        self._execute("PRAGMA incremental_vacuum(1000)").fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _number(self, append: Append, changed: dict[StreamKey, StreamState]) -> Iterator[Chunk]:
        for stream, tails in ((Stream.EVENT, append.events), (Stream.SAMPLE, append.samples)):
            covers = append.covered_until is not None and stream is Stream.EVENT
            if not tails and not covers:
                continue
            key = (append.source, stream.value)
            old = changed.get(key) or self.streams.get(key) or StreamState()
            covered = append.covered_until if covers else old.covered_until
            if covered is not None and old.covered_until is not None:
                covered = max(covered, old.covered_until)
            changed[key] = StreamState(old.seq + len(tails), covered)
            for start in range(0, len(tails), LARGEST_CHUNK):
                part = tails[start : start + LARGEST_CHUNK]
                first = old.seq + 1 + start
                yield Chunk(
                    source=append.source,
                    stream=stream.value,
                    first_seq=first,
                    last_seq=first + len(part) - 1,
                    first_us=append.first_us,
                    last_us=append.last_us,
                    records=numbered(part, first),
                )

    def _insert(self, chunk: Chunk) -> None:
        self._execute(
            "INSERT INTO chunk"
            " (source, stream, first_seq, last_seq, first_us, last_us, records)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(chunk.source, chunk.stream, chunk.first_seq, chunk.last_seq),
            *(chunk.first_us, chunk.last_us, chunk.records),
        )

    def _forget(self, key: StreamKey, seq: int) -> tuple[int, int]:
        rows = self._execute(
            "DELETE FROM chunk WHERE source=? AND stream=? AND first_seq<=? AND last_seq<=?"
            " RETURNING length(records), last_seq - first_seq + 1",
            *(*key, seq, seq),
        ).fetchall()
        return sum(size for size, _ in rows), sum(count for _, count in rows)

    def _skip(self, row_id: int, source: str, first: int, last: int, size: int) -> None:
        before = self._execute(
            "SELECT id, first_seq, length(records) FROM chunk"
            " WHERE source=? AND stream=? AND skipped=1 AND last_seq=?",
            *(source, Stream.SAMPLE.value, first - 1),
        ).fetchone()
        if before is not None:
            self._execute("DELETE FROM chunk WHERE id=?", row_id)
            row_id, first = before[0], before[1]
            size += before[2]
        record = skip_record(first, last)
        self._execute(
            "UPDATE chunk SET last_seq=?, records=?, skipped=1 WHERE id=?", last, record, row_id
        )
        self.bytes += len(record) - size

    def _execute(self, sql: str, *parameters: object) -> Any:  # untyped driver
        return self._connection.execute(sql, parameters)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


class SpoolReader:
    """Reads consistent snapshots of a spool file from another thread than the writer's."""

    def __init__(self, path: Path) -> None:
        self._connection = _connect(path)
        self._connection.execute("PRAGMA query_only=ON")

    def snapshot(self, limit: int, held: Collection[str] = ()) -> Snapshot:
        """The oldest `limit` chunks, without those of the `held` sources."""
        marks = ",".join("?" * len(held))
        self._connection.execute("BEGIN")
        try:
            query = f"{_OLDEST} WHERE source NOT IN ({marks}) ORDER BY id LIMIT ?"
            rows = self._connection.execute(query, (*held, limit + 1)).fetchall()
            streams = _read_streams(self._connection)
        finally:
            self._connection.execute("COMMIT")
        names = ("source", "stream", "first_seq", "last_seq", "first_us", "last_us", "records")
        chunks = [Chunk(**dict(zip(names, row, strict=True))) for row in rows[:limit]]
        return Snapshot(chunks=chunks, streams=streams, is_complete=len(rows) <= limit)

    def sources_waiting(self) -> set[str]:
        """Sources that have event records in the file."""
        rows = self._connection.execute(
            "SELECT DISTINCT source FROM chunk WHERE stream=?", (Stream.EVENT.value,)
        )
        return {source for (source,) in rows}

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _read_streams(connection: Any) -> dict[StreamKey, StreamState]:  # untyped
    rows = connection.execute("SELECT source, stream, seq, covered_until FROM stream")
    return {(source, stream): StreamState(seq, covered) for source, stream, seq, covered in rows}
