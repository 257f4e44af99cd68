"""The Modbus connector: reads blocks by plan and hands out what changed; writes one tag at a time.

Function codes 1 to 6, 15 and 16 over TCP, a serial line or RTU over TCP, all types and byte orders
of the plant file. One block that the device refuses or does not answer marks only its own tags bad.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.clock import monotonic_s
from connectors.modbus.blocks import FIRST_PROBE_S, BlockState
from connectors.modbus.client import LeftAlone, ModbusLink
from connectors.modbus.config import ModbusSource
from connectors.modbus.link_config import quiet_s
from connectors.modbus.pdu import DeviceRefusal, ReadRequest, WrongLength
from connectors.modbus.plan import Span
from connectors.modbus.reads import Probe, ReadPlan
from connectors.modbus.registers import RegisterTable
from connectors.modbus.values import TagValues
from connectors.modbus.writing import TagWriter
from connectors.sdk.capabilities import FrameLogging, Writing, Written
from connectors.sdk.connector import ConnectorContext, PollingConnector
from connectors.sdk.errors import (
    Busy,
    ConfigurationError,
    ConnectorError,
    SilentUnit,
    Unavailable,
    count_error,
)
from connectors.sdk.frames import FrameLog
from connectors.sdk.messages import Reading, Sample, Value
from connectors.sdk.steps import Step, StepResult

REFUSED_ADDRESS = (2, 3)
REFUSED_FOR_LONG = (1, 2, 3)
"""Any other exception is a state of the device, which may be over at any moment."""
BUSY_WAITS_S = (0.05, 0.2)
LONGEST_SILENT_PROBE_S = 60.0
LONGEST_REFUSED_PROBE_S = 86_400.0
REQUESTS_UNTIL_SILENT = 2
TRIES_PER_REQUEST = 3
SCANS_PER_SEARCH = 3
"""Each request of a search makes at most two more in the plan, which are read at once."""
SILENCE_TOLD_S = 2.4
"""Real seconds in which a connection test says that a unit is silent, the time on the line in."""
ASKED_TWICE_S = 1.9
"""It asks a second time when that takes no longer, so that the whole answer stays quick."""
SHORTEST_TEST_TIMEOUT_S = 0.2


class ModbusConnector(PollingConnector, Writing, FrameLogging, RegisterTable):
    """Reads, and where the host allows it writes, one unit behind a shared link."""

    test_steps = (Step.NAME, Step.PORT, Step.PROTOCOL, Step.UNIT, Step.REGISTER, Step.VALUE)
    register_reasons = ("illegal_", "no_reply", "short_reply", "long_reply")
    longest_retry_s = 3.0

    def __init__(self, config: ModbusSource, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self.config = config
        self._timeout_s = config.timeout_ms / 1000
        self._link: ModbusLink | None = None
        self._link_key: Hashable = None
        self._values = TagValues(config.tags)
        self._plan = ReadPlan(config, self._values.readers, self._values.needed)
        self._names = {
            period: [tag.name for tag in tags] for period, tags in self._plan.tags.items()
        }
        self._requests_until_silent = REQUESTS_UNTIL_SILENT
        self._writer = TagWriter(config, context.clock, self._values.value_of)
        self.open_timeout_s = max(5.0, 2 * self._timeout_s)
        self.read_timeout_s = self._read_timeout_s()

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
            self._link = self._joined_link()
        self._start_anew()
        await self._link.ensure_open(self.open_timeout_s)

    async def close(self) -> None:
        """Give the connection back; the last holder closes it."""
        if self._link is not None:
            self._link.leave(self.config.unit)
            self._link = None
            self.context.links.release(self._link_key)

    @property
    def link(self) -> ModbusLink | None:
        """The shared connection; None when closed."""
        return self._link

    @property
    def frame_log(self) -> FrameLog | None:
        """What goes over the shared connection; None when closed."""
        return None if self._link is None else self._link.frames

    @property
    def refused(self) -> Sequence[Span]:
        """Addresses that the device has refused, as learned."""
        return self._plan.refused

    async def read_all(self) -> Reading:
        """Read every tag once."""
        self._start_anew()
        readings = [await self.read(period) for period in self.scan_periods_ms]
        samples = [sample for reading in readings for sample in reading.samples]
        if len(readings) > 1:  # a tag may need one of a longer scan period
            latest_at = max(reading.read_at for reading in readings)
            self._values.take_dependents(self._plan.all_states(), latest_at, samples)
        latest = {sample.tag: sample for sample in samples}
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
        self._plan.begin_scan()
        scan = _Scan()
        await self._read_due(period_ms, scan)
        if scan.silent:
            await self._ask_silent_again(period_ms, scan)
            await self._read_due(period_ms, scan)
        self.read_timeout_s = self._read_timeout_s()
        now = self.context.clock.now_us()
        states = self._plan.states(period_ms)
        if scan.read_at is not None:
            self._values.take_dependents(states, scan.read_at, scan.samples)
        reasons = [state.reason for state in states if state.reason is not None]
        return Reading(
            samples=scan.samples,
            read_at=scan.read_at or now,
            failed=sum(len(state.readers) for state in states if state.reason is not None),
            reason=reasons[0] if reasons else None,
        )

    async def test(self) -> Sequence[StepResult]:
        """The same way, with as much patience as a person who waits has.

        A second request would only be sent when its reply, and on RTU the rest before it, still
        fit into the time.
        """
        usual = self._timeout_s, self._requests_until_silent
        on_line_s = self._plan.longest_on_line_s(self.config.link)
        left_s = max(SILENCE_TOLD_S - on_line_s, SHORTEST_TEST_TIMEOUT_S)
        self._timeout_s = min(self._timeout_s, left_s)
        rest_s = quiet_s(self.config.link, self._timeout_s)
        if 2 * (self._timeout_s + on_line_s) + rest_s > ASKED_TWICE_S:
            self._requests_until_silent = 1
        try:
            return await super().test()
        finally:
            self._timeout_s, self._requests_until_silent = usual

    async def write(self, tag: str, value: Value) -> Written:
        """Send one value once; see `Writing`."""
        return await self._writer.write(self._open_link(), tag, value)

    async def read_back(self, tag: str) -> Sample:
        """Ask the device for one tag now; see `Writing`."""
        return await self._writer.read_back(self._open_link(), tag)

    def diagnostics(self) -> Mapping[str, object]:
        """The link, the requests and what was learned of the device."""
        link = self._link
        return {
            "link": self.config.link.name,
            "local_port": None if link is None else link.local_port,
            "requests_per_reading": self._plan.requests,
            "refused": [f"{s.table} {s.start}..{s.end - 1}" for s in self._plan.refused],
        }

    def _joined_link(self) -> ModbusLink:
        settings = self.config.link
        self._link_key = settings.key  # a device file may be another one when it is given back
        link = self.context.links.acquire(self._link_key, lambda: ModbusLink(settings))
        if link.settings != settings:
            self.context.links.release(self._link_key)
            detail = (
                f"another source uses {link.endpoint} with other settings; "
                "write the same `link` in all sources of one line"
            )
            raise ConfigurationError("link_settings_differ", detail, field="link")
        link.join(self.config.unit, self.config.pause_ms / 1000, self._timeout_s)
        return link

    def _open_link(self) -> ModbusLink:
        if self._link is None:
            raise Unavailable("connection_lost", "the connector is closed")
        return self._link

    def _read_timeout_s(self) -> float:
        """Each request waits for its own reply and, at worst, for those of silent neighbours."""
        request_s = self._timeout_s + quiet_s(self.config.link, self._timeout_s)
        neighbours = 0 if self._link is None else self._link.holders - 1
        requests = TRIES_PER_REQUEST * (self._plan.requests + neighbours)
        return 10.0 + request_s * requests + SCANS_PER_SEARCH * self._plan.search_s

    def _start_anew(self) -> None:
        self._plan.start_anew()
        self._values.forget()

    async def _read_due(self, period_ms: int, scan: _Scan) -> None:
        """Read what is due; as soon as the requests are planned anew, the new ones count."""
        while (states := self._plan.states(period_ms)) is not scan.states:
            scan.states = states
            for state in states:
                if self._plan.states(period_ms) is not states:
                    break
                if id(state) in scan.asked:
                    continue
                scan.asked[id(state)] = state
                if state.reason is None or monotonic_s() >= state.probe_at:
                    await self._read_block(state, scan)
                    if scan.silent and not scan.answered:
                        self._give_up_if_silent(scan)

    async def _read_block(self, state: BlockState, scan: _Scan) -> None:
        try:
            data = await self._request(state.request)
        except SilentUnit as error:
            scan.silent.append(state)
            scan.error = error
            return
        except (Busy, WrongLength) as error:
            scan.answered = True
            self._fail(state, error.code, FIRST_PROBE_S, scan)
            state.probe_at = 0.0
            return
        except DeviceRefusal as error:
            scan.answered = True
            await self._refused(state, error, scan)
            return
        scan.answered = True
        now = self.context.clock.now_us()
        if state.reason is not None:
            state.reason = None
            state.probe_delay_s = FIRST_PROBE_S
            if self._plan.is_refused(state):
                self._plan.allow(state)
        if scan.read_at is None:
            scan.read_at = now
        self._values.take(state, data, now, scan.samples)

    async def _refused(self, state: BlockState, error: DeviceRefusal, scan: _Scan) -> None:
        if error.exception not in REFUSED_ADDRESS or self._plan.is_refused(state):
            is_lasting = error.exception in REFUSED_FOR_LONG
            longest_s = LONGEST_REFUSED_PROBE_S if is_lasting else FIRST_PROBE_S
            self._fail(state, error.code, longest_s, scan)
            return
        fresh = await self._plan.search(state.block, self._probe)
        if not fresh:
            self._fail(state, error.code, LONGEST_REFUSED_PROBE_S, scan)
        for each in fresh:
            if self._plan.is_refused(each):
                self._fail(each, error.code, LONGEST_REFUSED_PROBE_S, scan)

    async def _probe(self, request: ReadRequest) -> Probe:
        try:
            await self._request(request)
        except DeviceRefusal as error:
            return Probe.REFUSED if error.exception in REFUSED_ADDRESS else Probe.UNCLEAR
        except (SilentUnit, Busy, WrongLength):
            return Probe.UNCLEAR
        return Probe.ANSWERED

    def _give_up_if_silent(self, scan: _Scan) -> None:
        """Raise when nothing answers: two requests, or the one probe of a unit known as silent."""
        link = self._open_link()
        enough = 1 if link.is_silent(self.config.unit) else self._requests_until_silent
        if scan.error is not None and len(scan.silent) >= enough:
            self._give_up(scan.error)

    def _give_up(self, error: SilentUnit) -> None:
        if not isinstance(error, LeftAlone) and self._link is not None:
            self._link.leave_alone(self.config.unit, self._timeout_s)
        raise error

    async def _ask_silent_again(self, period_ms: int, scan: _Scan) -> None:
        """A request without a reply is sent once more, when the unit is known to be there."""
        silent, scan.silent = scan.silent, []
        elsewhere = None if scan.answered else self._usable_elsewhere(period_ms)
        if elsewhere is not None:
            try:
                await self._request(elsewhere.request)
            except SilentUnit as error:
                self._give_up(error)
            except (Busy, DeviceRefusal, WrongLength):
                pass
            scan.answered = True
        for state in silent:
            if not self._plan.holds(state):
                continue
            await self._read_block(state, scan)
            if scan.silent and not scan.answered and scan.error is not None:
                self._give_up(scan.error)
        for state in filter(self._plan.holds, scan.silent):
            reason = scan.error.code if scan.error is not None else "no_reply"
            self._fail(state, reason, LONGEST_SILENT_PROBE_S, scan)

    def _usable_elsewhere(self, period_ms: int) -> BlockState | None:
        """A request of another scan period that was answered last time."""
        here = self._plan.states(period_ms)
        others = (state for state in self._plan.all_states() if state not in here)
        return next((state for state in others if state.reason is None), None)

    async def _request(self, request: ReadRequest) -> bytes:
        """Ask once, and again while the device says it is busy."""
        waits = iter(BUSY_WAITS_S)
        while True:
            try:
                return await self._ask(request)
            except Busy:
                wait_s = next(waits, None)
                if wait_s is None:
                    raise
                await asyncio.sleep(wait_s)

    async def _ask(self, request: ReadRequest) -> bytes:
        link = self._link
        if link is None:
            raise Unavailable("connection_lost", "the connector is closed")
        counters = self.context.counters
        try:
            data = await link.read(request, self._timeout_s)
        except LeftAlone:
            raise
        except ConnectorError as error:
            counters.requests += 1
            count_error(counters, error)
            counters.skipped += link.take_skipped()
            raise
        counters.requests += 1
        counters.bytes += len(data)
        counters.round_trips.add(link.round_trip_s)
        return data

    def _fail(self, state: BlockState, reason: str, longest_s: float, scan: _Scan) -> None:
        """Mark the tags of one block bad, and only these."""
        is_news = state.reason != reason
        state.postpone(reason, longest_s)
        now = self.context.clock.now_us()
        self._values.take_failure(state, reason, now, scan.samples, is_news=is_news)


@dataclass(slots=True)
class _Scan:
    """What happened in one scan so far.

    Attributes:
        read_at: plant time of the first reply; None before.
        answered: whether the unit said anything.
        silent: requests that had no reply.
        states: the requests as planned when the scan last looked; None before.
        asked: requests that had their turn, by identity.
    """

    samples: list[Sample] = field(default_factory=list)
    read_at: int | None = None
    answered: bool = False
    silent: list[BlockState] = field(default_factory=list)
    error: SilentUnit | None = None
    states: Sequence[BlockState] | None = None
    asked: dict[int, BlockState] = field(default_factory=dict)
