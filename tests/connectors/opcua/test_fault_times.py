"""Faults of the network: noticed in time, data soon after, the hole on record, nothing repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.connectors.faulty_link import Fault
from tests.connectors.opcua.fault_times import flows, measure_fault
from tests.peers.opcua_sources import SCRIPT, running, source
from tests.peers.processes import Peer, node_peer

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOTICED_S = 10.0
HEALED_S = 5.0


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def peer() -> AsyncIterator[Peer]:
    """One server for all faults; they happen in front of it."""
    async with node_peer(SCRIPT, 0) as server:
        yield server


@pytest.mark.parametrize(
    "fault", [Fault.BLACK_HOLE, Fault.RESET, Fault.TRICKLE, Fault.CUT_IN_FRAME]
)
async def test_a_fault_is_noticed_in_time_and_its_hole_recorded(
    peer: Peer, tmp_path: Path, fault: Fault
) -> None:
    times = await measure_fault(fault, peer.port, tmp_path)
    assert times.noticed_s <= NOTICED_S
    assert times.healed_s <= HEALED_S
    assert times.gaps == 1
    assert times.counts == sorted(set(times.counts))


async def test_a_server_that_stalls_for_two_seconds_costs_nothing(
    peer: Peer, tmp_path: Path
) -> None:
    async with running(source(peer.port), tmp_path) as run:
        await flows(run)
        peer.freeze()
        await asyncio.sleep(2.0)
        peer.thaw()
        await flows(run)
        assert run.gaps() == []
        assert run.runner.status.counters.reconnects == 0
