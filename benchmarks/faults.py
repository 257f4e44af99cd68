"""How soon a link notices a fault, how soon data flow after it, what healthy neighbours lose.

The same measurements as in the tests of the connectors, Modbus with the scan period and the
time-out of a plant: a scan a second, half a second for a reply. All faults of Modbus run at once,
each on its own device; those of OPC UA and MQTT one after the other on one server each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure
from tests.connectors import push_fault_times as push
from tests.connectors.modbus.fault_times import measure_fault
from tests.connectors.modbus.faulty_relay import Transport
from tests.faults.connections import MqttBroker, OfProcess, OpcuaServer

SCAN_MS, TIMEOUT_MS = 1000, 500
NOTICED_S = HEALED_S = 5.0
NOTICED_PUSH_S = 10.0
SCANS = 0.95


def measure(folder: Path, windows: int) -> list[Figure]:
    """Seconds and shares of every fault, one value a window."""
    polled = [asyncio.run(_modbus(folder / f"modbus-{number}")) for number in range(windows)]
    spoken = [asyncio.run(_push(folder / f"push-{number}")) for number in range(windows)]
    return [
        *(figure for cost in zip(*polled, strict=True) for figure in _figures(cost, NOTICED_S)),
        *(
            figure
            for cost in zip(*spoken, strict=True)
            for figure in _figures(cost, NOTICED_PUSH_S)
        ),
    ]


class Cost:
    """What one fault did once, in the same form for every protocol."""

    def __init__(
        self,
        name: str,
        noticed_s: float | None,
        healed_s: float | None,
        scans: float,
        *,
        has_gap: bool,
        wrong: int,
    ) -> None:
        self.name = name
        self.noticed_s = noticed_s
        self.healed_s = None if noticed_s is None else healed_s
        self.scans = scans
        self.has_gap = has_gap
        self.wrong = wrong


async def _modbus(folder: Path) -> list[Cost]:
    cases = [(transport, fault) for transport in Transport for fault in transport.faults]
    folders = [folder / f"{transport.name}-{fault.name}" for transport, fault in cases]
    for each in folders:
        each.mkdir(parents=True)
    found = await asyncio.gather(
        *(
            measure_fault(fault, where, scan_ms=SCAN_MS, timeout_ms=TIMEOUT_MS, transport=transport)
            for (transport, fault), where in zip(cases, folders, strict=True)
        )
    )
    return [
        Cost(
            f"{transport.value}: {times.fault.value}",
            times.noticed_s,
            times.healed_s,
            times.scans,
            has_gap=times.has_gap,
            wrong=len(times.wrong),
        )
        for (transport, _), times in zip(cases, found, strict=True)
    ]


async def _push(folder: Path) -> list[Cost]:
    servers: list[OfProcess] = [OpcuaServer(1), MqttBroker(2)]
    places = [folder / server.kind for server in servers]
    for each in places:
        each.mkdir(parents=True)
    found = await asyncio.gather(
        *(
            push.measure_faults(server, list(push.Fault), place)
            for server, place in zip(servers, places, strict=True)
        )
    )
    return [
        Cost(
            f"{server.kind}: {times.fault.value}",
            times.noticed_s,
            times.healed_s,
            times.scans,
            has_gap=times.gaps > 0,
            wrong=int(not times.in_order),
        )
        for server, all_of_it in zip(servers, found, strict=True)
        for times in all_of_it
    ]


def _figures(rounds: Sequence[Cost], noticed_within_s: float) -> list[Figure]:
    name = rounds[0].name
    noticed = [cost.noticed_s for cost in rounds if cost.noticed_s is not None]
    healed = [cost.healed_s for cost in rounds if cost.healed_s is not None]
    gaps, wrong = sum(cost.has_gap for cost in rounds), sum(cost.wrong for cost in rounds)
    note = f"gap on record {gaps} of {len(rounds)}, wrong values {wrong}"
    scans = Figure(
        name=f"{name}, neighbours' scans",
        values=[cost.scans for cost in rounds],
        target=SCANS,
        more_is_better=True,
    )
    if not noticed:
        return [scans]
    limit = noticed_within_s
    return [
        Figure(name=f"{name}, noticed", values=noticed, unit="s", target=limit, note=note),
        Figure(name=f"{name}, data again", values=healed, unit="s", target=HEALED_S),
        scans,
    ]
