"""Our OPC UA connector against node-opcua: read, watch, restart with other namespaces, freeze."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import monotonic_s
from connectors.sdk.capabilities import NodeKind, WriteOutcome
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.messages import LinkState, Quality, Sample
from mes.ports import free_port
from tests.connectors.support import until
from tests.peers.opcua_sources import NAMES, OPEN, SCRIPT, device, running, source
from tests.peers.processes import Peer, node_peer

LOSS_S = 10.0
AFTER_HEAL_S = 5.0


async def test_every_tag_is_read_and_changes_arrive_in_order() -> None:
    async with node_peer(SCRIPT, 0) as peer:
        reader = device(source(peer.port))
        await reader.open()
        read = {sample.tag: sample for sample in (await reader.read_all()).samples}
        parts: list[Sample] = []
        while len(parts) < 20:
            parts += [s for s in await reader.next_samples() if s.tag == "Parts"]
        await reader.close()
    assert list(read) == list(NAMES)
    assert (read["State"].value, read["Load"].value) == (2, 41.5)
    assert (read["Program"].value, read["Door"].value) == ("O1000", True)
    assert (read["Broken"].value, read["Broken"].reason) == (None, "BadSensorFailure")
    assert all(sample.source_time is not None for sample in parts)
    counts = [int(str(sample.value)) for sample in parts]
    assert counts == list(range(counts[0], counts[0] + len(counts)))


async def test_a_path_of_browse_names_leads_to_the_same_node_as_its_id() -> None:
    tags = [
        {"name": "by_id", "node": "nsu=urn:demo:cnc;s=Cnc1.Load"},
        {"name": "by_path", "path": ["nsu=urn:demo:cnc;Cnc1", "nsu=urn:demo:cnc;Load"]},
        {"name": "nowhere", "path": ["nsu=urn:demo:cnc;Cnc1", "nsu=urn:demo:cnc;None"]},
    ]
    async with node_peer(SCRIPT, 0) as peer:
        reader = device(source(peer.port, {**OPEN, "tags": tags}))
        await reader.open()
        read = {sample.tag: sample for sample in (await reader.read_all()).samples}
        await reader.close()
    assert read["by_id"].value == read["by_path"].value == 41.5
    assert read["nowhere"].reason == "BadNoMatch"


async def test_the_tree_is_browsed_with_a_pattern_and_a_limit() -> None:
    async with node_peer(SCRIPT, 0) as peer:
        reader = device(source(peer.port))
        await reader.open()
        everything = await reader.browse("Cnc1/*", 100)
        first = await reader.browse("**", 2)
        await reader.close()
    by_path = {node.path: node for node in everything.nodes}
    assert set(by_path) == {f"Cnc1/{name}" for name in NAMES} | {"Cnc1/Target"}
    load = by_path["Cnc1/Load"]
    assert (load.kind, load.data_type) == (NodeKind.VARIABLE, "Double")
    assert load.address == {"node": "nsu=urn:demo:cnc;s=Cnc1.Load"}
    assert load.sample is not None
    assert load.sample.value == 41.5
    assert (load.writable, by_path["Cnc1/Target"].writable) == (False, True)
    assert everything.is_complete
    assert len(first.nodes) == 2
    assert not first.is_complete


async def test_a_value_is_written_in_the_type_of_the_node_and_without_a_time() -> None:
    target = {"name": "Target", "node": "nsu=urn:demo:cnc;s=Cnc1.Target", "scale": 0.1}
    load = {"name": "Load", "node": "nsu=urn:demo:cnc;s=Cnc1.Load"}
    async with node_peer(SCRIPT, 0) as peer:
        writer = device(source(peer.port, {**OPEN, "tags": [target, load]}))
        await writer.open()
        written = await writer.write("Target", 123.4)
        back = await writer.read_back("Target")
        refused = await writer.write("Load", 2.5)
        with pytest.raises(ConfigurationError, match="value_not_possible"):
            await writer.write("Target", 1e9)
        await writer.close()
    assert written.outcome is WriteOutcome.ACCEPTED
    assert (back.value, back.quality) == (123.4, Quality.GOOD)
    assert (refused.outcome, refused.reason) == (WriteOutcome.REFUSED, "BadNotWritable")


async def test_recipe_2_tags_resume_by_namespace_address_after_a_restart_with_others_in_front(
    tmp_path: Path,
) -> None:
    port = free_port()
    async with running(source(port), tmp_path) as run:
        async with node_peer(SCRIPT, port):
            await until(lambda: run.runner.status.state is LinkState.UP, 15.0)
        await until(lambda: run.runner.status.state is LinkState.BACKING_OFF, LOSS_S)
        assert run.last("State")[4] == Quality.BAD
        assert run.gaps() == []
        async with node_peer(SCRIPT, port, "3"):
            await until(lambda: bool(run.gaps()), 30.0)
            before = run.last("Parts")[3]
            await until(lambda: run.last("Parts")[3] > before, AFTER_HEAL_S)
            assert run.last("State")[3:5] == [2, Quality.GOOD]
            assert run.runner.status.state is LinkState.UP
            alive: Any = run.connector.diagnostics()
            assert alive["items_alive"] == alive["items_wanted"] == len(NAMES)


async def _runs(peer: Peer, run: Any) -> None:
    await until(lambda: run.runner.status.state is LinkState.UP, 15.0)
    count = len(run.values("Parts"))
    await until(lambda: len(run.values("Parts")) > count + 3)


async def test_recipe_4_a_server_frozen_for_two_and_a_half_seconds_costs_nothing(
    tmp_path: Path,
) -> None:
    async with node_peer(SCRIPT, 0) as peer, running(source(peer.port), tmp_path) as run:
        await _runs(peer, run)
        peer.freeze()
        await asyncio.sleep(2.5)
        peer.thaw()
        await _runs(peer, run)
        assert run.runner.status.counters.reconnects == 0
        assert run.gaps() == []
        assert all(value is not None for value in run.values("Parts"))


@pytest.mark.parametrize(
    "frozen_s", [pytest.param(9.0), pytest.param(60.0, marks=pytest.mark.proof)]
)
async def test_recipe_5_a_frozen_server_is_bad_in_time_and_resumes_without_repeats(
    tmp_path: Path, frozen_s: float
) -> None:
    async with node_peer(SCRIPT, 0) as peer, running(source(peer.port), tmp_path) as run:
        await _runs(peer, run)
        frozen_at = monotonic_s()
        peer.freeze()
        await until(lambda: run.last("Parts")[4] == Quality.BAD, LOSS_S)
        assert monotonic_s() - frozen_at <= LOSS_S
        await asyncio.sleep(max(0.0, frozen_s - (monotonic_s() - frozen_at)))
        peer.thaw()
        await until(lambda: bool(run.gaps()), 40.0)
        await _runs(peer, run)
        counts = [value for value in run.values("Parts") if value is not None]
        assert counts == sorted(set(counts))
        assert [gap[4] in ("server_silent", "connection_lost") for gap in run.gaps()] == [True]


async def test_recipe_10_a_slow_reader_keeps_the_order_and_counts_what_it_dropped() -> None:
    async with node_peer(SCRIPT, 0) as peer:
        reader = device(source(peer.port, {**OPEN, "queue_limit": 8}))
        await reader.open()
        await reader.read_all()
        await asyncio.sleep(3.0)
        parts: list[Sample] = []
        while len([s for s in parts if s.quality is Quality.GOOD]) < 15:
            parts += [s for s in await reader.next_samples() if s.tag == "Parts"]
        dropped = reader.context.counters.dropped
        await reader.close()
    counts = [int(str(s.value)) for s in parts if s.quality is Quality.GOOD]
    assert counts == sorted(set(counts))
    assert [s.reason for s in parts if s.quality is Quality.BAD] == ["BadDataLost"]
    assert dropped > 0
