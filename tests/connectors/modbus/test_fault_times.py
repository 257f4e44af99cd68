"""Every fault is noticed and healed in time, leaves its hole on record, and harms no neighbour.

The figures of `docs/fault-table.md` come from `python -m benchmarks faults`, which measures the
same with the scan period and time-out of a plant.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import pytest_asyncio

from tests.connectors.modbus.fault_times import FaultTimes, measure_fault
from tests.connectors.modbus.faulty_relay import Fault, Transport

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOTICED_S = 5.0
HEALED_S = 5.0
SCANS = 0.95
COSTS_NOTHING = (Fault.TWO_FRAMES,)


CASES = [(transport, fault) for transport in Transport for fault in transport.faults]
Measured = dict[tuple[Transport, Fault], FaultTimes]


def cases(*, cost_nothing: bool) -> pytest.MarkDecorator:
    chosen = [case for case in CASES if (case[1] in COSTS_NOTHING) is cost_nothing]
    return pytest.mark.parametrize("case", chosen, ids=": ".join)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """All faults at once, each on a device of its own."""
    found = await asyncio.gather(*(_measured(*case, tmp_path_factory) for case in CASES))
    return dict(zip(CASES, found, strict=True))


async def _measured(
    transport: Transport, fault: Fault, folders: pytest.TempPathFactory
) -> FaultTimes:
    folder: Path = folders.mktemp("fault")
    return await measure_fault(fault, folder, scan_ms=400, timeout_ms=150, transport=transport)


@cases(cost_nothing=False)
async def test_a_fault_is_noticed_healed_and_recorded_and_no_value_is_wrong(
    measured: Measured, case: tuple[Transport, Fault]
) -> None:
    times = measured[case]
    assert times.noticed_s is not None
    assert times.healed_s is not None
    assert times.noticed_s <= NOTICED_S
    assert times.healed_s <= HEALED_S
    assert times.has_gap
    assert times.wrong == []
    assert times.scans >= SCANS


@cases(cost_nothing=True)
async def test_what_is_no_loss_makes_none(
    measured: Measured, case: tuple[Transport, Fault]
) -> None:
    times = measured[case]
    assert times.noticed_s is None
    assert not times.has_gap
    assert times.wrong == []
    assert times.scans >= SCANS
