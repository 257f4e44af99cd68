"""How soon a fault is noticed, how soon data flow again, and that the hole is recorded.

The figures of `docs/fault-table.md` are the properties in the report of `--junitxml`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from connectors.clock import monotonic_s
from connectors.sdk.messages import LinkState, Quality
from tests.connectors.faulty_link import Fault, faulty_link
from tests.connectors.support import until
from tests.peers.opcua_sources import SCRIPT, Running, running, source
from tests.peers.processes import Peer, node_peer

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOTICED_S = 10.0
HEALED_S = 5.0


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def peer() -> AsyncIterator[Peer]:
    """One server for all faults; they happen in front of it."""
    async with node_peer(SCRIPT, 0) as server:
        yield server


async def flows(run: Running) -> None:
    count = len(run.values("Parts"))
    await until(
        lambda: (
            run.runner.status.state is LinkState.UP
            and len(run.values("Parts")) > count + 2
            and run.last("Parts")[4] == Quality.GOOD
        ),
        40.0,
    )


@pytest.mark.parametrize(
    "fault", [Fault.BLACK_HOLE, Fault.RESET, Fault.TRICKLE, Fault.CUT_IN_FRAME]
)
async def test_a_fault_is_noticed_in_time_and_its_hole_recorded(
    peer: Peer,
    tmp_path: Path,
    fault: Fault,
    record_property: Callable[[str, object], None],
) -> None:
    async with faulty_link(peer.port) as link, running(source(link.port), tmp_path) as run:
        await flows(run)
        assert run.gaps() == []
        begin = monotonic_s()
        link.break_with(fault)
        await until(lambda: run.last("Parts")[4] == Quality.BAD, NOTICED_S)
        noticed_s = monotonic_s() - begin
        healed = monotonic_s()
        link.heal()
        await flows(run)
        healed_s = monotonic_s() - healed
        assert len(run.gaps()) == 1
        counts = [value for value in run.values("Parts") if value is not None]
        assert counts == sorted(set(counts))
    record_property("noticed_s", round(noticed_s, 2))
    record_property("healed_s", round(healed_s, 2))
    assert noticed_s <= NOTICED_S
    assert healed_s <= HEALED_S


async def test_a_link_that_stalls_for_two_seconds_costs_nothing(peer: Peer, tmp_path: Path) -> None:
    async with faulty_link(peer.port) as link, running(source(link.port), tmp_path) as run:
        await flows(run)
        peer.freeze()
        await asyncio.sleep(2.0)
        peer.thaw()
        await flows(run)
        assert run.gaps() == []
        assert run.runner.status.counters.reconnects == 0
