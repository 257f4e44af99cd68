"""The Modbus connector: reads blocks by plan and hands out what changed.

Supported: function codes 1 to 4 over TCP, all types and byte orders of the plant file. Reads only.
One block that the device refuses or does not answer marks only its own tags bad; a merged block
with a refused address is cut in halves until the address is found, and that is remembered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from math import isfinite

from connectors.clock import monotonic_s
from connectors.modbus.blocks import FIRST_PROBE_S, BlockState, Columns, TagReader
from connectors.modbus.client import DeviceRefusal, ModbusLink, ReadRequest, WrongLength
from connectors.modbus.config import ModbusSource
from connectors.modbus.decoder import Raw
from connectors.modbus.plan import Block, halves, plan_reads, scan_period_of
from connectors.sdk.connector import ConnectorContext, PollingConnector
from connectors.sdk.conversion import Outcome, bad
from connectors.sdk.errors import Busy, ConnectorError, SilentUnit, Unavailable
from connectors.sdk.messages import Quality, Reading, Sample, Value
from connectors.sdk.steps import Step

REFUSED_ADDRESS = (2, 3)
BUSY_WAITS_S = (0.05, 0.2)
LONGEST_SILENT_PROBE_S = 60.0
LONGEST_REFUSED_PROBE_S = 86_400.0


class ModbusConnector(PollingConnector):
    """Reads one unit behind a shared link."""

    test_steps = (Step.NAME, Step.PORT, Step.PROTOCOL, Step.UNIT, Step.REGISTER, Step.VALUE)
    register_reasons = ("illegal_", "no_reply", "short_reply", "long_reply")

    def __init__(self, config: ModbusSource, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self.config = config
        self._timeout_s = config.timeout_ms / 1000
        self._link: ModbusLink | None = None
        self._readers = {tag.name: TagReader(tag) for tag in config.tags}
        self._needed = {name for reader in self._readers.values() for name in reader.depends_on}
        self._values: dict[str, tuple[Value, Quality]] = {}
        self._raw_of_dependents: dict[str, Raw] = {}
        self._names: dict[int, list[str]] = {}
        for tag in config.tags:
            self._names.setdefault(scan_period_of(config, tag), []).append(tag.name)
        self._blocks = {
            period: [self._state(block) for block in self._plan(period)]
            for period in self.scan_periods_ms
        }
        requests = sum(len(states) for states in self._blocks.values())
        self.open_timeout_s = max(5.0, 2 * self._timeout_s)
        self.read_timeout_s = 10.0 + 3 * self._timeout_s * requests

    @property
    def scan_periods_ms(self) -> Sequence[int]:
        """Scan periods of the tags, ascending."""
        return sorted(self._names)

    def tags_of(self, period_ms: int) -> Sequence[str]:
        """Tags read every `period_ms`."""
        return self._names[period_ms]

    async def open(self) -> None:
        """Connect, or join the connection that another source has."""
        if self._link is None:
            self._link = self.context.links.acquire(
                self.config.link.key, lambda: ModbusLink(self.config.link)
            )
        for states in self._blocks.values():
            for state in states:
                state.reset()
        await self._link.ensure_open(self.open_timeout_s)

    async def close(self) -> None:
        """Give the connection back; the last holder closes it."""
        if self._link is not None:
            self._link = None
            self.context.links.release(self.config.link.key)

    @property
    def link(self) -> ModbusLink | None:
        """The shared connection; None when closed."""
        return self._link

    async def read_all(self) -> Reading:
        """Read every tag once."""
        for states in self._blocks.values():
            for state in states:
                state.reset()
        readings = [await self.read(period) for period in self.scan_periods_ms]
        latest = {sample.tag: sample for reading in readings for sample in reading.samples}
        return Reading(
            samples=[latest[tag.name] for tag in self.config.tags if tag.name in latest],
            read_at=min(reading.read_at for reading in readings),
            failed=sum(reading.failed for reading in readings),
            reason=next((r.reason for r in readings if r.reason is not None), None),
        )

    async def read(self, period_ms: int) -> Reading:
        """Read the blocks of one scan period."""
        if self._link is not None:
            self.context.counters.skipped += self._link.take_skipped()
        scan = _Scan()
        states = self._blocks[period_ms]
        for state in tuple(states):
            if state.reason is not None and monotonic_s() < state.probe_at:
                continue
            await self._read_block(state, states, scan)
            if scan.silent > 1 and not scan.answered:
                raise scan.silence()
        if scan.silent and not scan.answered and not await self._answers_elsewhere(period_ms):
            raise scan.silence()
        if self._raw_of_dependents:
            self._convert_dependents(period_ms, scan)
        reasons = [state.reason for state in states if state.reason is not None]
        failed = sum(len(state.readers) for state in states if state.reason is not None)
        return Reading(
            samples=scan.samples,
            read_at=scan.read_at or self.context.clock.now_us(),
            failed=failed,
            reason=reasons[0] if reasons else None,
        )

    async def _read_block(self, state: BlockState, states: list[BlockState], scan: _Scan) -> None:
        try:
            data = await self._request(state.request)
        except SilentUnit as error:
            scan.silent += 1
            scan.error = error
            self._fail(state, error.code, LONGEST_SILENT_PROBE_S, scan)
            return
        except (Busy, WrongLength) as error:
            scan.answered = True
            self._fail(state, error.code, FIRST_PROBE_S, scan)
            state.probe_at = 0.0
            return
        except DeviceRefusal as error:
            scan.answered = True
            await self._refused(state, states, error, scan)
            return
        scan.answered = True
        now = self.context.clock.now_us()
        state.reason = None
        state.probe_delay_s = FIRST_PROBE_S
        scan.read_at = min(scan.read_at or now, now)
        self._take(state, data, now, scan)

    async def _refused(
        self, state: BlockState, states: list[BlockState], error: DeviceRefusal, scan: _Scan
    ) -> None:
        parts = halves(state.block) if error.exception in REFUSED_ADDRESS else None
        if parts is None:
            self._fail(state, error.code, LONGEST_REFUSED_PROBE_S, scan)
            return
        smaller = [self._state(part) for part in parts]
        position = states.index(state)
        states[position : position + 1] = smaller
        for half in smaller:
            await self._read_block(half, states, scan)

    async def _request(self, request: ReadRequest) -> bytes:
        """Ask once, once more after silence, and again while the device says it is busy."""
        silences, waits = 0, list(BUSY_WAITS_S)
        while True:
            try:
                return await self._ask(request)
            except SilentUnit:
                silences += 1
                if silences > 1:
                    raise
            except Busy:
                if not waits:
                    raise
                await asyncio.sleep(waits.pop(0))

    async def _ask(self, request: ReadRequest) -> bytes:
        if self._link is None:
            raise Unavailable("connection_lost", "the connector is closed")
        counters = self.context.counters
        counters.requests += 1
        try:
            data = await self._link.read(request, self._timeout_s)
        except ConnectorError:
            counters.errors += 1
            counters.skipped += self._link.take_skipped()
            raise
        counters.bytes += len(data)
        return data

    async def _answers_elsewhere(self, period_ms: int) -> bool:
        """Whether the unit answers a request of another scan period."""
        for period, states in self._blocks.items():
            usable = [state for state in states if state.reason is None]
            if period != period_ms and usable:
                try:
                    await self._ask(usable[0].request)
                except SilentUnit:
                    return False
                except (Busy, DeviceRefusal, WrongLength):
                    return True
                return True
        return False

    def _take(self, state: BlockState, data: bytes, now: int, scan: _Scan) -> None:
        readers, samples, good = state.readers, scan.samples, Quality.GOOD
        changes: Iterable[tuple[int, Raw]]
        if state.columns is None:
            changes = state.decoder.changes(data)
        else:
            found = state.decoder.columns(data)
            if found is None:
                return
            plain = state.columns.samples(*found, now)
            if plain is not None:
                samples += plain
                return
            changes = compress(enumerate(found[0]), found[1])
        for index, raw in changes:
            reader = readers[index]
            if reader.depends_on:
                self._raw_of_dependents[reader.name] = raw
            elif reader.direct and not isinstance(raw, bytes) and isfinite(raw):
                samples.append(Sample(reader.name, raw, good, now, None, reader.unit))
                if reader.name in self._needed:
                    self._values[reader.name] = (raw, good)
            else:
                outcome = reader.outcome(raw, self._values)
                samples.append(_sample(reader, outcome, now))
                if reader.name in self._needed:
                    self._values[reader.name] = outcome[:2]

    def _convert_dependents(self, period_ms: int, scan: _Scan) -> None:
        now = scan.read_at
        if now is None:
            return
        for state in self._blocks[period_ms]:
            for reader in state.readers:
                if reader.depends_on and reader.name in self._raw_of_dependents:
                    raw = self._raw_of_dependents[reader.name]
                    scan.samples.append(_sample(reader, reader.outcome(raw, self._values), now))

    def _fail(self, state: BlockState, reason: str, longest_s: float, scan: _Scan) -> None:
        """Mark the tags of one block bad, and only these."""
        is_news = state.reason != reason
        state.postpone(reason, longest_s)
        now = self.context.clock.now_us()
        for reader in state.readers:
            self._raw_of_dependents.pop(reader.name, None)
            if reader.name in self._needed:
                self._values[reader.name] = (None, Quality.BAD)
            if is_news:
                scan.samples.append(_sample(reader, bad(reason), now))

    def _plan(self, period_ms: int) -> list[Block]:
        names = set(self.tags_of(period_ms))
        return plan_reads(self.config, [tag for tag in self.config.tags if tag.name in names])

    def _state(self, block: Block) -> BlockState:
        request = ReadRequest(self.config.unit, block.table, block.start, block.count)
        readers = [self._readers[part.tag.name] for part in block.fields]
        state = BlockState(block, request, readers)
        are_plain = all(each.direct and each.name not in self._needed for each in readers)
        if are_plain and state.decoder.has_columns:
            state.columns = Columns(readers)
        return state


@dataclass(slots=True)
class _Scan:
    """What happened in one scan so far."""

    samples: list[Sample] = field(default_factory=list)
    read_at: int | None = None
    answered: bool = False
    silent: int = 0
    error: SilentUnit | None = None

    def silence(self) -> SilentUnit:
        """The error to raise when nothing answered."""
        return self.error or SilentUnit("no_reply", "the unit gave no reply")


def _sample(reader: TagReader, outcome: Outcome, now: int) -> Sample:
    value, quality, reason = outcome
    return Sample(
        tag=reader.name,
        value=value,
        quality=quality,
        reason=reason,
        unit=reader.unit,
        received_time=now,
    )
