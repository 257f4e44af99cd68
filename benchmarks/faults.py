"""How soon a Modbus link notices a fault, how soon data flow after it, what neighbours lose.

The same measurement as in the tests of the connector, with the scan period and the time-out of a
plant: a scan a second, half a second for a reply. All faults run at once, each on its own device.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks.figures import Figure
from tests.connectors.modbus.fault_times import FaultTimes, measure_fault
from tests.connectors.modbus.faulty_relay import Fault

SCAN_MS, TIMEOUT_MS = 1000, 500
NOTICED_S = HEALED_S = 5.0
SCANS = 0.95


def measure(folder: Path, windows: int) -> list[Figure]:
    """Seconds and shares of every fault, one value a window."""
    rounds = [asyncio.run(_all_faults(folder, number)) for number in range(windows)]
    return [figure for fault in Fault for figure in _figures([each[fault] for each in rounds])]


async def _all_faults(folder: Path, number: int) -> dict[Fault, FaultTimes]:
    folders = [folder / f"{number}-{fault.name}" for fault in Fault]
    for each in folders:
        each.mkdir()
    found = await asyncio.gather(
        *(
            measure_fault(fault, each, scan_ms=SCAN_MS, timeout_ms=TIMEOUT_MS)
            for fault, each in zip(Fault, folders, strict=True)
        )
    )
    return {times.fault: times for times in found}


def _figures(rounds: list[FaultTimes]) -> list[Figure]:
    name = rounds[0].fault.value
    noticed = [times.noticed_s for times in rounds if times.noticed_s is not None]
    healed = [times.healed_s for times in rounds if times.healed_s is not None]
    wrong = sum(len(times.wrong) for times in rounds)
    gaps = sum(times.has_gap for times in rounds)
    note = f"gap on record {gaps} of {len(rounds)}, wrong values {wrong}"
    figures = []
    if noticed:
        figures += [
            Figure(name=f"{name}, noticed", values=noticed, unit="s", target=NOTICED_S, note=note),
            Figure(name=f"{name}, data again", values=healed, unit="s", target=HEALED_S),
        ]
    scans = [times.scans for times in rounds]
    return [
        *figures,
        Figure(name=f"{name}, neighbours' scans", values=scans, target=SCANS, more_is_better=True),
    ]
