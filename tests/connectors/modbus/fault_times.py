"""Measures what one fault costs: the whole road from the device to the spool, with neighbours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.clock import PlantClock, monotonic_s, real_now_us
from connectors.modbus.connector import ModbusConnector
from connectors.runtime.runner import SourceRunner
from connectors.runtime.spool import Spool
from connectors.runtime.store import SpoolReader
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.links import LinkRegistry
from connectors.sdk.messages import LinkState, Stream
from tests.connectors.modbus.device import Device, serving
from tests.connectors.modbus.faulty_relay import OF_ONE_UNIT, Fault, Transport, faulty_relay
from tests.connectors.modbus.sources import source, tag
from tests.connectors.support import until

FAULT_FOR_S = 2.0
LONGEST_WAIT_S = 15.0
SICK, NEIGHBOUR, ELSEWHERE = "sick", "neighbour", "elsewhere"
EVENTS = {"count": Stream.EVENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultTimes:
    """What one fault did.

    Attributes:
        noticed_s: real seconds until the source was not up any more; None: nothing was lost.
        healed_s: real seconds from the end of the fault to the next good value; None likewise.
        has_gap: whether the hole is recorded.
        wrong: good values that the device did not have.
        scans: share of their scans that the healthy neighbours kept.
    """

    fault: Fault
    noticed_s: float | None
    healed_s: float | None
    has_gap: bool
    wrong: list[object]
    scans: float


@dataclass(kw_only=True)
class Rig:
    """Three sources, one of which will be hit.

    Attributes:
        counted: every value that the device had.
    """

    device: Device
    runners: dict[str, SourceRunner]
    spool: Spool
    counted: set[int]
    scan_s: float

    def count(self) -> None:
        """The machine makes a piece."""
        self.device.registers[0] += 1
        self.counted.add(self.device.registers[0])

    def scans(self) -> dict[str, int]:
        """Scans of the healthy sources so far; each costs one request."""
        return {
            name: runner.status.counters.requests
            for name, runner in self.runners.items()
            if name != SICK
        }

    def answered(self) -> int:
        """Requests of the sick source that brought its values."""
        counters = self.runners[SICK].status.counters
        return counters.requests - counters.errors

    def is_up(self) -> bool:
        """Whether the sick source is well."""
        return self.runners[SICK].status.state is LinkState.UP

    async def flows(self) -> None:
        """Wait until a fresh value of the sick source was read."""
        before = self.runners[SICK].status.counters.values
        self.count()
        await until(
            lambda: self.is_up() and self.runners[SICK].status.counters.values > before,
            LONGEST_WAIT_S,
        )


async def measure_fault(
    fault: Fault,
    folder: Path,
    *,
    scan_ms: int,
    timeout_ms: int,
    transport: Transport = Transport.TCP,
) -> FaultTimes:
    """Break, wait until it is noticed, heal, and wait until data flow again."""
    device = Device(registers={0: 1})
    late_s = 1.5 * timeout_ms / 1000
    async with serving(device), faulty_relay(transport, device.port, 1, late_s, folder) as relay:
        elsewhere = {"transport": "tcp", "host": "127.0.0.1", "port": device.port}
        links = {SICK: relay.link, NEIGHBOUR: relay.link, ELSEWHERE: elsewhere}
        if fault not in OF_ONE_UNIT:
            del links[NEIGHBOUR]
        async with _rig(device, links, folder, scan_ms, timeout_ms) as rig:
            await rig.flows()
            scans, begun, answered = rig.scans(), monotonic_s(), rig.answered()
            await relay.break_with(fault)
            noticed_s = await _noticed(rig, begun, answered)
            await asyncio.sleep(max(0.0, begun + FAULT_FOR_S - monotonic_s()))
            healed_at = monotonic_s()
            if fault is Fault.REBOOT:
                device.registers[0] = 0
                rig.counted.add(0)
            await relay.heal()
            await rig.flows()
            healed_s = monotonic_s() - healed_at
            lasted_s = monotonic_s() - begun
            shares = [_share(n - scans[k], lasted_s / rig.scan_s) for k, n in rig.scans().items()]
        return FaultTimes(
            fault=fault,
            noticed_s=noticed_s,
            healed_s=None if noticed_s is None else healed_s,
            has_gap=_has_gap(rig.spool),
            wrong=[value for value in _good_values(rig.spool) if value not in rig.counted],
            scans=min(shares),
        )


async def _noticed(rig: Rig, begun: float, answered: int) -> float | None:
    """Real seconds until the source was not up any more; None: it was read all the time."""
    usual = FAULT_FOR_S / rig.scan_s
    while monotonic_s() < begun + LONGEST_WAIT_S:
        if not rig.is_up():
            return monotonic_s() - begun
        if monotonic_s() > begun + FAULT_FOR_S and rig.answered() - answered >= usual / 2:
            return None
        await asyncio.sleep(0.005)
    return LONGEST_WAIT_S


def _share(done: int, possible: float) -> float:
    """Scans done of those possible; one may lie across either end of the window."""
    return min(1.0, (done + 1) / possible)


@asynccontextmanager
async def _rig(
    device: Device, links: dict[str, dict[str, Any]], folder: Path, scan_ms: int, timeout_ms: int
) -> AsyncIterator[Rig]:
    spool = Spool(folder / f"{len(list(folder.iterdir()))}.db")
    clock, shared = PlantClock.starting_at(real_now_us()), LinkRegistry()
    runners: dict[str, SourceRunner] = {}
    periods = {"scan_ms": scan_ms, "timeout_ms": timeout_ms}
    for unit, (name, link) in enumerate(links.items(), start=1):
        config = source(0, [tag("count", 0)], id=name, unit=unit, link=link, **periods)
        context = ConnectorContext(clock=clock, links=shared)
        runners[name] = SourceRunner(ModbusConnector(config, context), EVENTS, spool, clock)
    tasks = [asyncio.create_task(runner.run()) for runner in runners.values()]
    try:
        await until(
            lambda: all(each.status.state is LinkState.UP for each in runners.values()),
            LONGEST_WAIT_S,
        )
        yield Rig(device=device, runners=runners, spool=spool, counted={1}, scan_s=scan_ms / 1000)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        spool.flush(5.0)
        spool.close()


def _records(spool: Spool) -> list[list[Any]]:
    reader = SpoolReader(spool.path)
    chunks = reader.snapshot(100_000).chunks
    reader.close()
    return [
        record
        for chunk in chunks
        if chunk.source == SICK
        for record in json.loads(f"[{chunk.records}]")
    ]


def _has_gap(spool: Spool) -> bool:
    """A gap of the source, or a value that says since when it was not seen."""
    return any(
        record[1] == "g" or (record[1] == "v" and record[8] is not None)
        for record in _records(spool)
    )


def _good_values(spool: Spool) -> list[object]:
    return [record[3] for record in _records(spool) if record[1] == "v" and record[4] == 0]
