"""Our OPC UA connector against node-opcua: read, watch, restart with other namespaces, freeze."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from connectors.clock import PlantClock, monotonic_s, real_now_us
from connectors.opcua.config import OpcuaSource
from connectors.opcua.connector import OpcuaConnector
from connectors.runtime.runner import SourceRunner
from connectors.runtime.spool import Spool
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.messages import LinkState, Sample, Stream
from tests.connectors.runtime.test_runner import records
from tests.connectors.support import free_port, until
from tests.peers.processes import node_peer

SCRIPT = "node_opcua_server.js"
NAMES = ("State", "Load", "Program", "Door", "Broken", "Parts")


def source(port: int) -> OpcuaSource:
    tags: list[dict[str, Any]] = [
        {"name": name, "node": f"nsu=urn:demo:cnc;s=Cnc1.{name}", "publish_ms": 100}
        for name in NAMES
    ]
    return OpcuaSource.model_validate(
        {
            "id": "cnc_cell",
            "protocol": "opcua",
            "endpoint": f"opc.tcp://127.0.0.1:{port}",
            "security": {"policy": "none", "mode": "none"},
            "allow_insecure": True,
            "tags": tags,
        }
    )


async def test_every_tag_is_read_and_changes_arrive_in_order() -> None:
    async with node_peer(SCRIPT, 0) as peer:
        clock = PlantClock.starting_at(real_now_us())
        device = OpcuaConnector(source(peer.port), ConnectorContext(clock=clock))
        await device.open()
        read = {sample.tag: sample for sample in (await device.read_all()).samples}
        parts: list[Sample] = []
        while len(parts) < 20:
            parts += [s for s in await device.next_samples() if s.tag == "Parts"]
        await device.close()
    assert list(read) == list(NAMES)
    assert (read["State"].value, read["Load"].value) == (2, 41.5)
    assert (read["Program"].value, read["Door"].value) == ("O1000", True)
    assert (read["Broken"].value, read["Broken"].reason) == (None, "BadSensorFailure")
    assert all(sample.source_time is not None for sample in parts)
    counts = [int(str(sample.value)) for sample in parts]
    assert counts == sorted(set(counts))
    assert counts[-1] - counts[0] <= 2 * len(counts)


async def test_a_restart_with_other_namespaces_is_survived_and_the_hole_recorded(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path / "spool.db")
    clock = PlantClock.starting_at(real_now_us())
    port = free_port()
    device = OpcuaConnector(source(port), ConnectorContext(clock=clock))
    runner = SourceRunner(device, dict.fromkeys(NAMES, Stream.EVENT), spool, clock)

    def kinds() -> list[str]:
        return [record[1] for record in records(spool)]

    def last(name: str) -> Any:
        found = [r for r in records(spool) if r[1] == "v" and r[2] == name]
        return found[-1] if found else None

    async with node_peer(SCRIPT, port):
        task = asyncio.create_task(runner.run())
        await until(lambda: runner.status.state is LinkState.UP, 15.0)
    await until(lambda: runner.status.state is LinkState.BACKING_OFF, 10.0)
    assert last("State")[4] == 2
    assert "g" not in kinds()
    async with node_peer(SCRIPT, port, "3"):
        await until(lambda: "g" in kinds(), 20.0)
        before = last("Parts")[3]
        await until(lambda: last("Parts")[3] > before, 5.0)
        assert last("State")[3:5] == [2, 0]
        assert runner.status.state is LinkState.UP
        task.cancel()
        await asyncio.wait([task])
    spool.close()


async def test_a_short_freeze_costs_nothing_and_a_long_one_is_noticed_within_ten_seconds(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path / "spool.db")
    clock = PlantClock.starting_at(real_now_us())
    async with node_peer(SCRIPT, 0) as peer:
        device = OpcuaConnector(source(peer.port), ConnectorContext(clock=clock))
        runner = SourceRunner(device, dict.fromkeys(NAMES, Stream.EVENT), spool, clock)
        task = asyncio.create_task(runner.run())
        await until(lambda: runner.status.state is LinkState.UP, 15.0)
        peer.freeze()
        await asyncio.sleep(2.5)
        peer.thaw()
        count = len(records(spool))
        await until(lambda: len(records(spool)) > count + 5)
        assert runner.status.counters.reconnects == 0

        begin = monotonic_s()
        peer.freeze()
        await until(lambda: runner.status.counters.reconnects == 1, 10.0)
        assert monotonic_s() - begin <= 10.0
        peer.thaw()
        await until(lambda: bool(gaps(spool)), 20.0)
        task.cancel()
        await asyncio.wait([task])
    assert [gap[4] in ("server_silent", "connection_lost") for gap in gaps(spool)] == [True]
    spool.close()


def gaps(spool: Spool) -> list[list[Any]]:
    return [record for record in records(spool) if record[1] == "g"]
