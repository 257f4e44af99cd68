"""Measures what one fault costs a source that speaks by itself: OPC UA and MQTT.

The servers are those of the day of faults: independent ones, whose values grow with the clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from connectors.clock import PlantClock, monotonic_s, real_now_us
from connectors.modbus.connector import ModbusConnector
from connectors.runtime.configuration import SourceDocument, check_source, parse_configuration
from connectors.runtime.runner import SourceRunner
from connectors.runtime.spool import Spool
from connectors.sdk.connector import Connector, ConnectorContext
from connectors.sdk.messages import LinkState, Quality, Stream
from connectors.sdk.registry import manifest_of
from tests.connectors import faulty_link
from tests.connectors.modbus.device import Device, serving
from tests.connectors.modbus.sources import source, tag
from tests.connectors.runtime.test_runner import records
from tests.connectors.support import until
from tests.faults.connections import OfProcess, World

TAG = "t0"
NEIGHBOUR_SCAN_S = 0.2
PATIENCE_S = 40.0


class Fault(StrEnum):
    """What goes wrong."""

    BLACK_HOLE = "black hole"
    RESET = "reset"
    TRICKLE = "one byte a second"
    CUT_IN_FRAME = "frame cut off"
    STALL = "two-second stall"
    STANDSTILL = "server stands still"
    RESTART = "server killed and started again"


OF_NETWORK = {
    Fault.BLACK_HOLE: faulty_link.Fault.BLACK_HOLE,
    Fault.RESET: faulty_link.Fault.RESET,
    Fault.TRICKLE: faulty_link.Fault.TRICKLE,
    Fault.CUT_IN_FRAME: faulty_link.Fault.CUT_IN_FRAME,
}
STALL_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultTimes:
    """What one fault did.

    Attributes:
        noticed_s: real seconds until the source was not up any more; None: nothing was lost.
        healed_s: real seconds from the end of the fault to the next good value.
        gaps: holes on record.
        in_order: whether good values came in their order, none twice.
        scans: share of its scans that a healthy Modbus device kept in the same edge.
    """

    fault: Fault
    noticed_s: float | None
    healed_s: float
    gaps: int
    in_order: bool
    scans: float


async def measure_faults(
    connection: OfProcess, faults: Sequence[Fault], folder: Path
) -> list[FaultTimes]:
    """One fault after the other on one server."""
    clock = PlantClock.starting_at(real_now_us())
    async with AsyncExitStack() as stack:
        world = World(folder=folder, clock=clock, stack=stack)
        (document,) = await connection.start(world)
        (wanted,) = parse_configuration({"revision": 1, "sources": [document]}).sources
        return [await _measure(connection, wanted, fault, folder, clock) for fault in faults]


async def _measure(
    connection: OfProcess, wanted: SourceDocument, fault: Fault, folder: Path, clock: PlantClock
) -> FaultTimes:
    spool = Spool(folder / f"{fault.name}.db")
    config = check_source(wanted.document)
    context = ConnectorContext(clock=clock, folder=folder)
    sick = manifest_of(config.protocol).connector_class()(config, context)
    async with serving(Device()) as device:
        scan_ms = int(NEIGHBOUR_SCAN_S * 1000)
        well = source(device.port, [tag("count", 0)], id="neighbour", scan_ms=scan_ms)
        neighbour = ModbusConnector(well, ConnectorContext(clock=clock))
        async with _running([sick, neighbour], spool, clock) as (runner, _):
            await _flows(runner, spool)
            begun, scans = monotonic_s(), neighbour.context.counters.requests
            await _break(connection, fault)
            noticed_s = await _noticed(runner, begun, fault)
            healed_at = monotonic_s()
            await _heal(connection, fault)
            if fault is Fault.RESTART:  # the fault ends when the server is there
                healed_at = monotonic_s()
            await _flows(runner, spool)
            now = monotonic_s()
            done = neighbour.context.counters.requests - scans
    found = records(spool)
    spool.close()
    values = [r[3] for r in found if r[1] == "v" and r[2] == TAG and r[4] == Quality.GOOD]
    return FaultTimes(
        fault=fault,
        noticed_s=noticed_s,
        healed_s=now - healed_at,
        gaps=sum(r[1] == "g" for r in found),
        in_order=values == sorted(set(values)),
        scans=min(1.0, (done + 1) * NEIGHBOUR_SCAN_S / (now - begun)),
    )


@asynccontextmanager
async def _running(
    connectors: Sequence[Connector], spool: Spool, clock: PlantClock
) -> AsyncIterator[list[SourceRunner]]:
    streams = {TAG: Stream.EVENT}
    runners = [SourceRunner(each, streams, spool, clock) for each in connectors]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    try:
        yield runners
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        spool.flush(5.0)


async def _break(connection: OfProcess, fault: Fault) -> None:
    if fault in OF_NETWORK:
        connection.link.break_with(OF_NETWORK[fault])
    elif fault is Fault.RESTART:
        await connection.kill()
    else:
        connection.freeze()


async def _heal(connection: OfProcess, fault: Fault) -> None:
    if fault in OF_NETWORK:
        connection.link.heal()
    elif fault is Fault.RESTART:
        await connection.revive()
    else:
        connection.thaw()


async def _noticed(runner: SourceRunner, begun: float, fault: Fault) -> float | None:
    """Real seconds until the source was not up any more; None: a stall ended before."""
    end = begun + (STALL_S if fault is Fault.STALL else PATIENCE_S)
    while runner.status.state is LinkState.UP:
        if monotonic_s() > end:
            return None
        await asyncio.sleep(0.005)
    return monotonic_s() - begun


async def _flows(runner: SourceRunner, spool: Spool) -> None:
    """Wait until fresh values of good quality come in."""
    before = runner.status.counters.values
    await until(
        lambda: runner.status.state is LinkState.UP and runner.status.counters.values > before,
        PATIENCE_S,
    )
    count = _good(spool)
    await until(lambda: _good(spool) > count, PATIENCE_S)


def _good(spool: Spool) -> int:
    return sum(record[1] == "v" and record[4] == Quality.GOOD for record in records(spool))
