"""The sink: brings the spool's records to the MES in order and forgets what it has committed.

An own thread with one HTTP connection. It posts after each commit of the spool, whose pace is the
pace of the edge, backs off with jitter when the MES is away, and sends a heartbeat each second.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus

import structlog

from connectors.clock import monotonic_s, real_now_us
from connectors.runtime.applied import Applied
from connectors.runtime.backoff import Backoff
from connectors.runtime.batches import Batch, Cut, add_skip, cut, heartbeats
from connectors.runtime.centre import Answer, CentreConnection, CentreUnreachable
from connectors.runtime.spool import Spool
from connectors.runtime.store import SpoolReader, StreamKey
from connectors.sdk.messages import LinkStatus

INGEST_PATH = "/api/v1/ingest"
HEARTBEAT_S = 1.0
COVER_WAIT_S = 0.1
CHUNKS_AT_ONCE = 400
MAX_RECORDS = 5000
MAX_BYTES = 1_000_000
ZIP_FROM_BYTES = 64_000
SLOW_RETRY_S = 10.0
HELD_S = 60.0
LONGEST_BACKOFF_S = 5.0
LONGEST_CLOCK_TRIP_US = 200_000

log = structlog.get_logger()


class Outcome(Enum):
    """What one attempt came to."""

    DONE = auto()
    MORE = auto()
    WAIT = auto()
    WAIT_LONG = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeReport:
    """What the edge says of itself with each heartbeat.

    `applied`: by source which configuration of it really runs.
    """

    revision: int
    links: Sequence[LinkStatus]
    applied: Mapping[str, Applied] = field(default_factory=dict)


class Sink:
    """Sends until stopped. `wake` and `status_changed` are safe from any thread.

    Attributes:
        is_connected: whether the last request was answered by the MES.
        quarantined: records that the MES or the edge has put aside.
    """

    def __init__(
        self,
        connection: CentreConnection,
        edge: str,
        spool: Spool,
        report: Callable[[], EdgeReport],
    ) -> None:
        self.is_connected = False
        self.quarantined = 0
        self._connection = connection
        self._edge = edge
        self._spool = spool
        self._report = report
        self._acknowledged: dict[StreamKey, int] = {}
        self._missing: dict[StreamKey, int] = {}
        self._held: dict[str, float] = {}
        self._max_records = MAX_RECORDS
        self._max_bytes = MAX_BYTES
        self._retry_after_s: float | None = None
        self._clock_offset_us = 0
        self._heartbeat_due_s = 0.0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._said: str | None = None
        self._thread = threading.Thread(target=self._run, name="sink", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def wake(self) -> None:
        """There may be new records."""
        self._wake.set()

    def status_changed(self) -> None:
        """A link state changed: send a heartbeat now."""
        self._heartbeat_due_s = 0.0
        self._wake.set()

    def stop(self, timeout_s: float) -> None:
        """Send what is there, if the MES answers within `timeout_s`, and end."""
        self._heartbeat_due_s = 0.0
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self._connection.abort()
            self._thread.join(1.0)

    def _run(self) -> None:
        reader = SpoolReader(self._spool.path)
        backoff = Backoff(0.5, LONGEST_BACKOFF_S)
        wait_s = 0.0
        while True:
            self._wait(wait_s)
            try:
                outcome = self._send_once(reader)
            except CentreUnreachable as error:
                self._say("centre_unreachable", str(error))
                self._heartbeat_due_s = 0.0
                self.is_connected = False
                outcome = Outcome.WAIT
            if self._stopping.is_set() and outcome is not Outcome.MORE:
                break
            if outcome is Outcome.WAIT:
                wait_s = self._retry_after_s or backoff.next_s()
            elif outcome is Outcome.WAIT_LONG:
                wait_s = SLOW_RETRY_S
            else:
                wait_s = 0.0
                backoff.reset()
                if outcome is Outcome.MORE:
                    self._wake.set()
        reader.close()
        self._connection.close()

    def _wait(self, wait_s: float) -> None:
        """Wait out a back-off, or until there is something to send."""
        if wait_s:
            self._stopping.wait(wait_s)
            return
        self._wake.wait(max(0.0, self._heartbeat_due_s - monotonic_s()))
        self._wake.clear()

    def _send_once(self, reader: SpoolReader) -> Outcome:
        now = monotonic_s()
        self._retry_after_s = None
        self._held = {source: until for source, until in self._held.items() if until > now}
        is_heartbeat = now >= self._heartbeat_due_s
        if is_heartbeat:
            self._heartbeat_due_s = now + HEARTBEAT_S
            self._spool.commit_covers(COVER_WAIT_S)
        snapshot = reader.snapshot(CHUNKS_AT_ONCE, self._held)
        part = cut(
            snapshot,
            self._acknowledged,
            max_records=self._max_records,
            max_bytes=self._max_bytes,
        )
        if not part.batches and not is_heartbeat:
            return Outcome.DONE
        report = self._report()
        beats: list[Batch] = []
        if is_heartbeat:
            busy = {batch.source for batch in part.batches} | set(self._held)
            if part.has_more:
                busy |= reader.sources_waiting()
            beats = heartbeats(snapshot.streams, [link.source for link in report.links], busy)
        for batch in part.batches:
            if (batch.source, batch.stream) in self._missing:
                add_skip(batch, self._missing[batch.source, batch.stream])
        body = self._body([*part.batches, *beats], report, with_links=is_heartbeat)
        answer = self._post(body)
        if answer.status != HTTPStatus.OK:
            self._heartbeat_due_s = 0.0
        return self._judge(answer, part)

    def _body(self, batches: Sequence[Batch], report: EdgeReport, *, with_links: bool) -> bytes:
        reported = [link for link in report.links if link.source not in self._held]
        spool = {
            "spool_records": self._spool.waiting_records,
            "spool_thinned": self._spool.thinned,
        }
        applied = report.applied
        links = [_link(link, spool, applied) for link in reported] if with_links else []
        head = {
            "edge": self._edge,
            "config_revision": report.revision,
            "clock_offset_us": self._clock_offset_us,
            "links": links,
        }
        encoded = ",".join(batch.encoded(self._spool.epoch) for batch in batches)
        text = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
        return f'{text[:-1]},"batches":[{encoded}]}}'.encode()

    def _post(self, body: bytes) -> Answer:
        zipped = len(body) > ZIP_FROM_BYTES
        payload = gzip.compress(body, compresslevel=1) if zipped else body
        sent = real_now_us()
        answer = self._connection.request("POST", INGEST_PATH, body=payload, zipped=zipped)
        self._measure_clock(answer.document.get("server_time_us"), sent, real_now_us())
        return answer

    def _measure_clock(self, server_time: object, sent: int, received: int) -> None:
        """What to add to the edge's times to have the server's; slow answers tell nothing."""
        if isinstance(server_time, int) and received - sent <= LONGEST_CLOCK_TRIP_US:
            self._clock_offset_us = server_time - (sent + received) // 2

    def _judge(self, answer: Answer, part: Cut) -> Outcome:
        status = answer.status
        if status == HTTPStatus.OK:
            return self._accepted(answer, part)
        if status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY):
            return self._too_much(answer, part)
        if status == HTTPStatus.FORBIDDEN and self._hold_refused(answer):
            return Outcome.MORE
        self._say("centre_refuses", answer.code)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return Outcome.WAIT_LONG
        self._retry_after_s = answer.retry_after_s
        return Outcome.WAIT

    def _accepted(self, answer: Answer, part: Cut) -> Outcome:
        self._say(None)
        self.is_connected = True
        quarantined = answer.document.get("quarantined")
        if isinstance(quarantined, int):
            self.quarantined += quarantined
        fresh: dict[StreamKey, int] = {}
        stuck = False
        for batch in part.batches:
            key = (batch.source, batch.stream)
            seq = _acked(answer.document, batch, self._spool.epoch)
            if seq is None or seq < batch.first_seq - 1:
                stuck = True
                if seq is not None:
                    self._missing[key] = seq + 1
                    log.warning("centre_misses_records", source=batch.source, after_seq=seq)
                continue
            stuck = stuck or seq < batch.last_seq
            self._missing.pop(key, None)
            fresh[key] = seq
        self._acknowledged.update(fresh)
        if fresh:
            self._spool.acknowledge(fresh)
        self._max_records = min(MAX_RECORDS, 2 * self._max_records)
        self._max_bytes = min(MAX_BYTES, 2 * self._max_bytes)
        if stuck:
            return Outcome.WAIT
        return Outcome.MORE if part.has_more else Outcome.DONE

    def _too_much(self, answer: Answer, part: Cut) -> Outcome:
        """Ask for half as much; a single record that is refused as a whole is put aside."""
        self._say("centre_refuses", answer.code)
        if part.records > 1:
            self._max_records = max(1, part.records // 2)
            self._max_bytes = max(1, self._max_bytes // 2)
            return Outcome.MORE
        if part.records == 1:
            (batch,) = part.batches
            self.quarantined += 1
            self._spool.put_aside(batch.source, batch.stream, batch.last_seq, answer.code)
            self._spool.flush(1.0)
        return Outcome.WAIT

    def _hold_refused(self, answer: Answer) -> bool:
        """Keep the sources that this token may not send; the others go on."""
        details = answer.document.get("details")
        sources = answer.document.get("sources") or (
            details.get("sources") if isinstance(details, dict) else None
        )
        if answer.code != "source_not_allowed" or not isinstance(sources, list) or not sources:
            return False
        news = [str(source) for source in sources if str(source) not in self._held]
        for source in news:
            self._held[source] = monotonic_s() + HELD_S
            log.warning("source_not_allowed", source=source, edge=self._edge)
        return bool(news)

    def _say(self, event: str | None, detail: str = "") -> None:
        """Log a change once, not every attempt."""
        if event == self._said:
            return
        if event is None:
            log.info("centre_back", edge=self._edge)
        else:
            log.warning(event, edge=self._edge, detail=detail)
        self._said = event


def _acked(document: dict[str, object], batch: Batch, epoch: str) -> int | None:
    acked = document.get("acked")
    of_source = acked.get(batch.source) if isinstance(acked, dict) else None
    entry = of_source.get(batch.stream) if isinstance(of_source, dict) else None
    if not isinstance(entry, dict) or entry.get("epoch") != epoch:
        return None
    seq = entry.get("seq")
    return seq if isinstance(seq, int) else None


def _link(
    status: LinkStatus, spool: Mapping[str, int], applied: Mapping[str, Applied]
) -> dict[str, object]:
    configuration = applied.get(status.source)
    return {
        "configuration": None if configuration is None else configuration.as_dict(),
        "source": status.source,
        "state": status.state.value,
        "since": status.since,
        "reason": status.reason,
        "detail": status.detail,
        "counters": {**status.counters.as_dict(), **spool},
    }
