"""The spool as the runners see it: hand records over, they are on disk a moment later.

One thread writes. It commits at once when idle and groups while busy: whatever arrives while a
commit runs, or within `GROUP_S` after its beginning, shares the next one. This is the only grouping
of the edge: the sink follows each commit. What the centre has acknowledged waits for the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from connectors.clock import monotonic_s, real_now_us
from connectors.runtime.store import Append, SpoolFileError, SpoolStore, StreamKey
from connectors.sdk.messages import Stream

GROUP_S = 0.09
"""Least real time between the beginnings of two commits; a little less than a slot of the scans."""
GATHER_S = 0.005
"""How long a commit waits for what arrives in the same moment: sources share slots."""
ACKNOWLEDGE_S = 0.5
COVER_S = 2.0
RETRY_S = 1.0
COMPACT_S = 60.0
DEFAULT_LIMIT_BYTES = 512 * 1024 * 1024
LARGEST_PENDING = 50_000
THIN_FROM = 0.9
THIN_TO = 0.8

log = structlog.get_logger()


class Spool:
    """A bounded, durable queue between the runners and the sink. Safe from any thread.

    Attributes:
        path: the spool file.
        epoch: identity of the file's streams.
        thinned: sample records that were dropped to keep the limit.
    """

    def __init__(
        self,
        path: Path,
        *,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        """Open or make the file and start the writing thread.

        A damaged file is moved aside, so that the edge goes on with a new epoch.
        """
        self.path = path
        self.thinned = 0
        self._limit_bytes = limit_bytes
        self._on_commit = on_commit
        self._store = _open(path)
        self.epoch = self._store.epoch
        self._covered = {
            source: state.covered_until
            for (source, stream), state in self._store.streams.items()
            if stream == Stream.EVENT.value and state.covered_until is not None
        }
        self._condition = threading.Condition()
        self._pending: list[Append] = []
        self._pending_records = 0
        self._pending_since = float("-inf")
        self._covers: dict[str, int] = {}
        self._covers_since: float | None = None
        self._acks: dict[StreamKey, int] = {}
        self._aside: list[tuple[str, str, int, str]] = []
        self._writing = False
        self._stopping = False
        self._flushing = False
        self._failing = False
        self._last_commit_s = float("-inf")
        self._next_compact_s = monotonic_s() + COMPACT_S
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    @property
    def is_full(self) -> bool:
        """Whether records are refused at present."""
        return self._store.bytes >= self._limit_bytes or self._pending_records >= LARGEST_PENDING

    @property
    def waiting_records(self) -> int:
        """Records in the file that are not yet acknowledged."""
        return self._store.records

    def covered_until(self, source: str) -> int | None:
        """How far a source is covered by what was taken; None when it never delivered."""
        return self._covered.get(source)

    def append(self, records: Append) -> bool:
        """Take records, all or none.

        Returns:
            False when the spool is full; the caller must then treat the time as a hole.
        """
        count = len(records.events) + len(records.samples)
        with self._condition:
            if self._stopping or (count and self.is_full):
                return False
            if count:
                covered = self._covers.pop(records.source, None)
                if covered is not None and records.covered_until is not None:
                    records.covered_until = max(covered, records.covered_until)
                if not self._pending:
                    self._pending_since = monotonic_s()
                self._pending.append(records)
                self._pending_records += count
                self._condition.notify_all()
            elif records.covered_until is not None:
                self._cover(records.source, records.covered_until)
            if records.covered_until is not None:
                known = self._covered.get(records.source, records.covered_until)
                self._covered[records.source] = max(known, records.covered_until)
        return True

    def acknowledge(self, acks: dict[StreamKey, int]) -> None:
        """Forget what the centre has committed."""
        with self._condition:
            self._acks.update(acks)
            self._condition.notify_all()

    def put_aside(self, source: str, stream: str, seq: int, reason: str) -> None:
        """Quarantine one record that the centre refuses as a whole."""
        with self._condition:
            self._aside.append((source, stream, seq, reason))
            self._condition.notify_all()

    def commit_covers(self, timeout_s: float) -> None:
        """Bring the latest `covered_until` of all sources to disk, for a heartbeat."""
        with self._condition:
            if self._covers:
                self._covers_since = float("-inf")
                self._condition.notify_all()
                self._condition.wait_for(lambda: not self._covers and not self._writing, timeout_s)

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything taken so far is on disk; False after `timeout_s`."""
        with self._condition:
            self._flushing = True
            if self._covers:
                self._covers_since = float("-inf")
            self._condition.notify_all()
            empty = self._condition.wait_for(lambda: not self._has_work(), timeout_s)
            self._flushing = False
            return empty

    def close(self) -> None:
        """Commit what is pending and end the thread."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        self._thread.join(timeout=5.0)

    def _cover(self, source: str, covered_until: int) -> None:
        self._covers[source] = covered_until
        if self._covers_since is None:
            self._covers_since = monotonic_s()
            self._condition.notify_all()

    def _has_work(self) -> bool:
        return bool(self._pending or self._covers or self._acks or self._aside or self._writing)

    def _run(self) -> None:
        while self._wait_for_work():
            self._commit()
        self._store.close()

    def _wait_for_work(self) -> bool:
        """Wait until something must be committed; False when the thread must end."""
        with self._condition:
            while True:
                now = monotonic_s()
                if self._stopping:
                    return self._has_work() and not self._failing
                due = self._due_at()
                if due is not None and due <= now:
                    self._writing = True
                    return True
                self._condition.wait(None if due is None else due - now)

    def _due_at(self) -> float | None:
        if self._failing:
            return self._last_commit_s + RETRY_S
        if self._pending or self._aside or (self._acks and self._flushing):
            return max(self._last_commit_s + GROUP_S, self._pending_since + GATHER_S)
        if self._acks:
            return self._last_commit_s + ACKNOWLEDGE_S
        return None if self._covers_since is None else self._covers_since + COVER_S

    def _commit(self) -> None:
        with self._condition:
            pending, self._pending = self._pending, []
            covers, self._covers = self._covers, {}
            acks, self._acks = self._acks, {}
            aside, self._aside = self._aside, []
            self._covers_since = None
            self._writing = True
            self._last_commit_s = monotonic_s()
        late = [Append(source=source, covered_until=at) for source, at in covers.items()]
        try:
            self._store.write([*pending, *late], acks)
            for refused in aside:
                self._store.quarantine(*refused)
            self._keep_limit()
        except SpoolFileError as error:
            self._failed(error, pending, covers, acks)
            return
        with self._condition:
            self._pending_records -= sum(len(a.events) + len(a.samples) for a in pending)
            self._writing = self._failing = False
            self._condition.notify_all()
        if pending:
            self._on_commit()

    def _keep_limit(self) -> None:
        if self._store.bytes > THIN_FROM * self._limit_bytes:
            dropped = self._store.thin(int(THIN_TO * self._limit_bytes))
            if dropped:
                self.thinned += dropped
                log.warning("spool_thinned", dropped=dropped, total=self.thinned)
        if monotonic_s() > self._next_compact_s:
            self._next_compact_s = monotonic_s() + COMPACT_S
            self._store.compact()

    def _failed(
        self,
        error: Exception,
        pending: list[Append],
        covers: dict[str, int],
        acks: dict[StreamKey, int],
    ) -> None:
        """Keep everything in memory (bounded by LARGEST_PENDING) and try again later."""
        if not self._failing:
            log.error("spool_not_writable", error=str(error), path=self.path.name)
        with self._condition:
            self._pending = pending + self._pending
            self._covers = covers | self._covers
            self._acks = acks | self._acks
            self._last_commit_s = monotonic_s()
            self._writing = False
            self._failing = True
            self._condition.notify_all()


def _open(path: Path) -> SpoolStore:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return SpoolStore(path)
    except SpoolFileError as error:
        aside = path.with_name(f"{path.name}.damaged-{real_now_us()}")
        if not path.exists():
            raise
        path.rename(aside)
        for suffix in ("-wal", "-shm"):
            beside = path.with_name(path.name + suffix)
            beside.unlink(missing_ok=True)
        log.error("spool_damaged", moved_to=aside.name, error=str(error))
        return SpoolStore(path)
