"""Faults of OPC UA and MQTT: noticed in time, data soon after, the hole on record, all in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.connectors.push_fault_times import Fault, FaultTimes, measure_faults
from tests.faults.connections import MqttBroker, OfProcess, OpcuaServer

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOTICED_S = 10.0
HEALED_S = 5.0
SCANS = 0.95
SERVERS: dict[str, Callable[[], OfProcess]] = {
    "opcua": lambda: OpcuaServer(1),
    "mqtt": lambda: MqttBroker(2),
}
FAULTS = [fault for fault in Fault if fault is not Fault.STANDSTILL]
Measured = dict[tuple[str, Fault], FaultTimes]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Both protocols at once, one fault after the other on one server each."""
    found = await asyncio.gather(
        *(
            measure_faults(make(), FAULTS, Path(tmp_path_factory.mktemp(name)))
            for name, make in SERVERS.items()
        )
    )
    times = dict(zip(SERVERS, found, strict=True))
    return {(name, each.fault): each for name, all_of_it in times.items() for each in all_of_it}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("protocol", SERVERS)
async def test_a_fault_is_noticed_in_time_and_its_hole_recorded(
    measured: Measured, protocol: str, fault: Fault
) -> None:
    times = measured[protocol, fault]
    costs_nothing = fault is Fault.STALL
    assert (times.noticed_s is None) is costs_nothing
    assert (times.noticed_s or 0.0) <= NOTICED_S
    assert times.healed_s <= HEALED_S
    assert times.gaps == (0 if costs_nothing else 1)
    assert times.in_order
    assert times.scans >= SCANS
