"""A hole is filled from what an independent server kept, and only as far as it kept anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from connectors.clock import PlantClock
from connectors.opcua.connector import OpcuaConnector
from connectors.runtime.runner import SourceRunner
from connectors.runtime.spool import Spool
from connectors.runtime.store import Append
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.messages import LinkState, Stream
from mes.ports import free_port
from tests.connectors.runtime.test_runner import records
from tests.connectors.support import until
from tests.peers.opcua_sources import OPEN, SCRIPT, source
from tests.peers.processes import PYTHON_PEERS, node_peer, script_peer
from tests.peers.test_opcua_history import SECOND_US, START_US, TAGS

SINCE = START_US + 5 * SECOND_US
BACK = START_US + 40 * SECOND_US + SECOND_US // 2


@asynccontextmanager
async def back_after_a_hole(
    folder: Path,
    port: int,
    tags: Sequence[Mapping[str, object]],
    *,
    events: set[str],
    **more: object,
) -> AsyncIterator[tuple[SourceRunner, Spool]]:
    """An edge that was down from `SINCE` to `BACK`."""
    spool = Spool(folder / "spool.db")
    spool.append(Append(source="cnc_cell", covered_until=SINCE))
    clock = PlantClock.starting_at(BACK)
    config = source(port, {**OPEN, "tags": tags, **more})
    connector = OpcuaConnector(config, ConnectorContext(clock=clock, folder=folder))
    names = [tag.name for tag in config.tags]
    streams = {name: Stream.EVENT if name in events else Stream.SAMPLE for name in names}
    runner = SourceRunner(connector, streams, spool, clock)
    task = asyncio.create_task(runner.run())
    try:
        await until(lambda: runner.status.state is LinkState.UP, 20.0)
        yield runner, spool
    finally:
        task.cancel()
        await asyncio.wait([task])
        spool.close()


@asynccontextmanager
async def historian() -> AsyncIterator[int]:
    path = {"PYTHONPATH": str(PYTHON_PEERS)}
    server = script_peer("python_opcua_server.py", str(free_port()), "50", environment=path)
    async with server as peer:
        yield peer.port


async def test_a_hole_is_filled_with_what_the_server_kept(tmp_path: Path) -> None:
    async with (
        historian() as port,
        back_after_a_hole(tmp_path, port, TAGS, events={"parts", "plain"}) as (runner, spool),
    ):
        found = records(spool)
        covered = spool.covered_until("cnc_cell")
    assert [record for record in found if record[1] == "g"] == []
    unknown = [(r[2], r[3], r[4], r[6]) for r in found[:2]]
    assert unknown == [("parts", None, 2, SINCE), ("plain", None, 2, SINCE)]
    kept = [record for record in found[2:] if record[1] == "h"]
    seconds = range(5, 5 + len(kept))
    assert len(kept) >= 36
    assert [r[3] for r in kept] == [10 * n for n in seconds]
    assert [r[6] for r in kept] == [START_US + n * SECOND_US for n in seconds]
    assert [r[8] for r in kept] == [SINCE] + [None] * (len(kept) - 1)
    fresh = {r[2]: r for r in found if r[1] == "v"}
    assert fresh["parts"][8] is None
    assert fresh["plain"][8] == SINCE
    assert covered is not None
    assert covered >= BACK
    assert runner.status.counters.backfilled == len(kept)


async def test_kept_samples_are_sent_too_but_a_gap_stays_when_no_event_is_known(
    tmp_path: Path,
) -> None:
    async with (
        historian() as port,
        back_after_a_hole(tmp_path, port, TAGS, events={"plain"}) as (_, spool),
    ):
        found, samples = records(spool), records(spool, "sample")
    assert [(r[1], r[2], r[4]) for r in found][:1] == [("g", SINCE, "edge_down")]
    assert [r[3] for r in samples if r[1] == "h"][:3] == [50, 60, 70]


async def test_a_server_that_tells_more_than_we_take_leaves_the_gap_and_is_counted(
    tmp_path: Path,
) -> None:
    few = {"history_values_max": 10}
    async with (
        historian() as port,
        back_after_a_hole(tmp_path, port, TAGS, events={"parts", "plain"}, **few) as (
            runner,
            spool,
        ),
    ):
        assert [r[4] for r in records(spool) if r[1] == "g"] == ["edge_down"]
        assert runner.status.counters.backfills_limited == 1


async def test_a_server_without_history_leaves_the_gap(tmp_path: Path) -> None:
    tags = [{"name": "Parts", "node": "nsu=urn:demo:cnc;s=Cnc1.Parts", "publish_ms": 100}]
    async with (
        node_peer(SCRIPT, 0) as peer,
        back_after_a_hole(tmp_path, peer.port, tags, events={"Parts"}) as (runner, spool),
    ):
        gaps = [record for record in records(spool) if record[1] == "g"]
        assert [(gap[2], gap[4]) for gap in gaps] == [(SINCE, "edge_down")]
        assert runner.status.counters.backfilled == 0
