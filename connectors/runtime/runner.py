"""One task per source: opens the connector, reads at the plant's rhythm, survives every loss.

The runner owns what connectors must not: deadlines, back-off without an end, report by exception,
bad quality at once on loss, and the record of every hole in what is known.
"""

from __future__ import annotations

import asyncio
import heapq
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

import structlog

from connectors.clock import PlantClock, monotonic_s
from connectors.runtime.backfill import Backfill, Kept, unknown_from
from connectors.runtime.backoff import Backoff
from connectors.runtime.pauses import PauseWatch
from connectors.runtime.recording import BELIEVED_WITHIN_US, Recording
from connectors.runtime.records import gap_tail
from connectors.runtime.report import ExceptionReport
from connectors.runtime.spool import Spool
from connectors.runtime.store import Append
from connectors.sdk.capabilities import HistoryReading
from connectors.sdk.connector import Connector, PollingConnector, PushConnector
from connectors.sdk.errors import (
    ConfigurationError,
    ConnectorError,
    Refused,
    Unavailable,
    count_error,
)
from connectors.sdk.messages import LinkState, LinkStatus, Reading, Sample, Stream

SLOW_RETRY_S = 60.0
CLOSE_TIMEOUT_S = 1.0
SCANS_PER_HOLE = 2
SCANS_PER_PAUSE = 3
SPOOL_FULL = "spool_full"
EDGE_PAUSED = "edge_paused"
SLOT_S = 0.1
NOTHING_KEPT = Kept()

T = TypeVar("T")
log = structlog.get_logger()


class SourceRunner:
    """Runs one source until cancelled.

    Attributes:
        status: present link state, shown to people and sent with each heartbeat.
    """

    def __init__(
        self,
        connector: Connector,
        streams: Mapping[str, Stream],
        spool: Spool,
        clock: PlantClock,
        on_status: Callable[[], None] = lambda: None,
        pauses: PauseWatch | None = None,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            streams: stream of each tag; a tag that is not named goes to the sample stream.
            on_status: called after each change of the link state.
            pauses: tells when the process stood still; None: it is not watched.
        """
        self.source = connector.source_config.id
        self.status = LinkStatus(
            source=self.source, since=clock.now_us(), counters=connector.context.counters
        )
        self._connector = connector
        self._clock = clock
        self._spool = spool
        self._on_status = on_status
        self._pauses = pauses
        self._pauses_seen = 0 if pauses is None else pauses.count
        self._report = ExceptionReport(connector.source_config.tag_list)
        self._recording = Recording(int(BELIEVED_WITHIN_US * clock.speed))
        self._periods_with_events: list[int] | None = None
        self._needs_all = True
        self.set_streams(streams)
        self._backoff = Backoff(longest_s=connector.longest_retry_s)
        self._covered = spool.covered_until(self.source)
        self._hole = (self._covered, "edge_down") if self._covered is not None else None
        self._bad_at: int | None = None
        self._backfill: Backfill | None = None
        if isinstance(connector, HistoryReading):
            counters = connector.context.counters
            self._backfill = Backfill(connector, self.source, counters)
        self._was_lost = False

    @property
    def connector(self) -> Connector:
        """The connector of the source, for a write that somebody asked for."""
        return self._connector

    def set_streams(self, streams: Mapping[str, Stream]) -> None:
        """Change which tags are events, without touching the link."""
        self._recording.set_streams(streams)
        self._report.set_events(self._recording.events)
        self._periods_with_events = None
        self._needs_all = True

    async def run(self) -> None:
        """Open, read, and begin again after each loss; ends only by cancellation."""
        try:
            while True:
                try:
                    await self._live()
                except ConnectorError as error:
                    await self._lost(error)
                except Exception as error:  # one source must not end the others
                    log.exception("connector_fault", source=self.source)
                    detail = f"{type(error).__name__}: {error}"
                    await self._lost(Unavailable("connector_fault", detail))
        finally:
            self._report_held()
            await self._close()
            self._change(LinkState.STOPPED)

    async def _live(self) -> None:
        connector = self._connector
        if not self._was_lost:
            self._change(LinkState.CONNECTING)
        await self._within(connector.open_timeout_s, connector.open(), "open_timeout")
        self._needs_all = True
        if isinstance(connector, PollingConnector):
            await self._poll(connector)
        elif isinstance(connector, PushConnector):
            await self._listen(connector)
        else:
            raise ConfigurationError("connector_kind", "the connector neither polls nor listens")

    async def _poll(self, connector: PollingConnector) -> None:
        await self._read_everything()
        read_at = dict.fromkeys(connector.scan_periods_ms, self._covered or 0)
        phase = zlib.crc32(self.source.encode()) / 2**32
        due: list[tuple[float, int]] = []
        for period in connector.scan_periods_ms:
            heapq.heappush(due, (self._next_due(period, phase), period))
        while True:
            at, period = due[0]
            await asyncio.sleep(max(0.0, at - monotonic_s()))
            self._note_pause()
            if self._needs_all:
                await self._read_everything()
                read_at = dict.fromkeys(read_at, self._covered or 0)
            else:
                read = connector.read(period)
                reading = await self._within(connector.read_timeout_s, read, "read_timeout")
                if self._note_pause():
                    continue
                read_at[period] = reading.read_at
                tags = connector.tags_of(period)
                covered = min(read_at[each] for each in self._event_periods(connector))
                self._take(reading, tags, covered, period)
            real_s = self._clock.real_seconds(period / 1000)
            late = int((monotonic_s() - at) / real_s)
            connector.context.counters.late_scans += late
            heapq.heapreplace(due, (self._next_due(period, phase), period))

    def _event_periods(self, connector: PollingConnector) -> Sequence[int]:
        """The scan periods that carry events; all of them when none does."""
        if self._periods_with_events is None:
            periods = connector.scan_periods_ms
            self._periods_with_events = [
                period
                for period in periods
                if not self._recording.events.isdisjoint(connector.tags_of(period))
            ] or list(periods)
        return self._periods_with_events

    async def _listen(self, connector: PushConnector) -> None:
        await self._read_everything()
        tags = [tag.name for tag in connector.source_config.tag_list]
        while True:
            self._note_pause()
            if self._needs_all:
                await self._read_everything()
            samples = await self._within(
                connector.read_timeout_s, connector.next_samples(), "read_timeout"
            )
            failed, reason = connector.failing
            fresh = [sample for sample in samples if not sample.historical]
            late = [sample for sample in samples if sample.historical]
            covered = connector.covered_until
            if self._note_pause():
                covered = fresh[0].received_time if fresh else self._clock.now_us()
            elif covered is None:
                covered = self._covered or self._clock.now_us()
            reading = Reading(samples=fresh, read_at=covered, failed=failed, reason=reason)
            self._take(reading, tags, covered, 0, Kept(samples=late))

    async def _read_everything(self) -> None:
        """The first reading after each opening: every tag is reported, and the hole is closed."""
        connector = self._connector
        timeout_s = connector.read_timeout_s
        reading = await self._within(timeout_s, connector.read_all(), "read_timeout")
        self._note_pause()
        self._report.forget()
        self._needs_all = False
        self._backoff.reset()
        if self._was_lost:
            self._was_lost = False
            log.info("source_back", source=self.source)
        periods = connector.scan_periods_ms if isinstance(connector, PollingConnector) else [0]
        kept = await self._kept_by_source(reading.read_at, periods[0])
        self._take(reading, (), reading.read_at, periods[0], kept)

    def _take(
        self,
        reading: Reading,
        tags: Sequence[str],
        covered_until: int,
        period_ms: int,
        kept: Kept = NOTHING_KEPT,
    ) -> None:
        """Report what changed, close an open hole, and say how far the source is covered."""
        news = self._report.accept(reading.samples)
        if tags:
            news += self._report.overdue(tags, reading.read_at)
        records = Append(source=self.source, covered_until=covered_until)
        gap_from = self._close_hole(records, reading.read_at, period_ms, kept)
        self._recording.add(records, news, gap_from, self._covered)
        if self._commit(records, news, len(kept.samples)):
            state = LinkState.DEGRADED if reading.failed else LinkState.UP
            self._change(state, reading.reason)

    async def _kept_by_source(self, until: int, period_ms: int) -> Kept:
        """What the source kept of the open hole; events first, as they close it."""
        hole = self._open_hole(until, period_ms)
        if hole is None or self._backfill is None:
            return NOTHING_KEPT
        names = [tag.name for tag in self._connector.source_config.tag_list]
        names.sort(key=lambda name: name not in self._recording.events)
        kept = await self._backfill.kept(names, hole[0], until, self._bad_at)
        _pass_on_cancellation()
        self._connector.context.counters.backfilled += len(kept.samples)
        return kept

    def _open_hole(self, until: int, period_ms: int) -> tuple[int, str] | None:
        """The hole that ends now; None when nobody would have looked meanwhile."""
        hole = self._hole
        if hole is None or until - hole[0] <= SCANS_PER_HOLE * period_ms * 1000:
            return None
        return hole

    def _close_hole(self, records: Append, until: int, period_ms: int, kept: Kept) -> int | None:
        """Say what is not known: of the source as a whole, or of each tag by itself."""
        recording = self._recording
        hole = self._open_hole(until, period_ms)
        if hole is None:
            recording.add_kept(records, kept.samples)
            return None
        since, reason = hole
        if kept.fills(recording.events):
            recording.add_kept(records, unknown_from(recording.events, since, until))
            recording.add_kept(records, kept.samples, since)
            recording.unknown_since(since, recording.events - kept.tags)
            return None
        recording.add_kept(records, kept.samples, since)
        records.events.append(gap_tail(since, until, reason))
        records.first_us = records.last_us = until
        return since

    def _commit(self, records: Append, news: Sequence[Sample], kept: int = 0) -> bool:
        counters = self._connector.context.counters
        if not self._spool.append(records):
            counters.dropped += len(news) + kept
            self._needs_all = True
            self._begin_hole(SPOOL_FULL)
            if self.status.reason != SPOOL_FULL:
                log.error("spool_full", source=self.source)
            self._change(LinkState.DEGRADED, SPOOL_FULL, "the spool is full; records are refused")
            return False
        counters.values += len(news) + kept
        if records.covered_until is not None:
            self._hole = self._bad_at = None
            self._covered = max(records.covered_until, self._covered or 0)
            self._recording.committed(news)
        return True

    def _begin_hole(self, reason: str) -> None:
        """From the last good scan on nothing is known; an older hole stays open."""
        if self._hole is None and self._covered is not None:
            self._hole = (self._covered, reason)

    def _note_pause(self) -> bool:
        """Open a hole when the process stood still for a few scans; read everything after it."""
        pauses, connector = self._pauses, self._connector
        if pauses is None or pauses.count == self._pauses_seen:
            return False
        self._pauses_seen = pauses.count
        periods: Sequence[int] = [0]
        if isinstance(connector, PollingConnector):
            periods = self._event_periods(connector)
        if pauses.last_us <= SCANS_PER_PAUSE * max(periods) * 1000:
            return False
        self._begin_hole(EDGE_PAUSED)
        self._needs_all = True
        return True

    def _report_held(self) -> None:
        held = self._report.held_back()
        if held:
            records = Append(source=self.source)
            self._recording.add(records, held, None, self._covered)
            self._commit(records, held)

    async def _lost(self, error: ConnectorError) -> None:
        """Bad quality at once, the hole begins at the last good scan, and wait."""
        counters = self._connector.context.counters
        count_error(counters, error)
        is_refused = isinstance(error, Refused | ConfigurationError)
        if not self._was_lost:
            self._was_lost = True
            counters.reconnects += 1
            log.warning("source_lost", source=self.source, reason=error.code, detail=error.detail)
        self._begin_hole(error.code)
        news = self._report.all_bad(error.code, self._clock.now_us())
        records = Append(source=self.source)
        self._recording.add(records, news, None, self._covered)
        if news:
            self._bad_at = news[-1].received_time
            self._commit(records, news)
        await self._close()
        state = LinkState.REFUSED if is_refused else LinkState.BACKING_OFF
        self._change(state, error.code, error.detail)
        if is_refused:
            await self._wait_until_worth_trying()
        else:
            await asyncio.sleep(self._backoff.next_s())

    async def _wait_until_worth_trying(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SLOW_RETRY_S):
                await self._connector.refusal_may_have_ended()

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._connector.close()
        except (TimeoutError, ConnectorError, OSError) as error:
            log.warning("source_close_failed", source=self.source, error=str(error))

    def _change(
        self, state: LinkState, reason: str | None = None, detail: str | None = None
    ) -> None:
        status = self.status
        if status.state is state and status.reason == reason:
            return
        if status.state is not state:
            status.since = self._clock.now_us()
        status.state, status.reason, status.detail = state, reason, detail
        self._on_status()

    def _next_due(self, period_ms: int, phase: float) -> float:
        """The next point of the source's own time grid.

        Sources are spread over the period in slots that they share: a wake-up of a sleeping
        process costs more than a whole reading.
        """
        real_s = self._clock.real_seconds(period_ms / 1000)
        slots = int(real_s / SLOT_S)
        offset_s = real_s * (int(phase * slots) / slots if slots > 1 else phase)
        return (monotonic_s() - offset_s) // real_s * real_s + real_s + offset_s

    async def _within(self, seconds: float, call: Awaitable[T], code: str) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await call
        except TimeoutError as error:
            raise Unavailable(code, f"no end within {seconds:g} s") from error
        finally:
            _pass_on_cancellation()


def _pass_on_cancellation() -> None:
    """Raise a cancellation that a library swallowed.

    `asyncio.wait_for` of Python 3.11, used by asyncua, drops it when the reply arrives in the same
    turn of the loop; the task would then run for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
