"""Reading what a server kept, from python-opcua, which keeps history where node-opcua does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from connectors.opcua.connector import OpcuaConnector
from connectors.sdk.errors import Refused
from connectors.sdk.messages import Quality, Sample
from mes.ports import free_port
from tests.peers.opcua_sources import OPEN, SCRIPT, device, source
from tests.peers.processes import PYTHON_PEERS, node_peer, script_peer

START_US = int(datetime(2026, 3, 2, 8, 0, tzinfo=UTC).timestamp()) * 1_000_000
SECOND_US = 1_000_000
TAGS: Sequence[Mapping[str, object]] = [
    {"name": "parts", "node": "nsu=urn:demo:history;s=Parts", "scale": 10},
    {"name": "plain", "node": "nsu=urn:demo:history;s=Plain"},
]


async def kept(reader: OpcuaConnector, tags: Sequence[str], first: int, end: int) -> list[Sample]:
    """The history between two seconds."""
    since, until = START_US + first * SECOND_US, START_US + end * SECOND_US
    return [sample async for portion in reader.history(tags, since, until) for sample in portion]


async def test_kept_values_come_in_order_marked_historical_and_with_their_own_time() -> None:
    port = free_port()
    path = {"PYTHONPATH": str(PYTHON_PEERS)}
    async with script_peer("python_opcua_server.py", str(port), "50", environment=path) as peer:
        reader = device(source(peer.port, {**OPEN, "tags": TAGS}))
        await reader.open()
        present = {s.tag: s for s in (await reader.read_all()).samples}
        found = await kept(reader, ["parts", "plain"], 10, 40)
        assert await kept(reader, ["plain"], 10, 40) == []
        await reader.close()
    assert not present["parts"].historical
    assert [sample.value for sample in found] == [10 * n for n in range(10, 40)]
    times = [START_US + n * SECOND_US for n in range(10, 40)]
    assert [sample.source_time for sample in found] == times
    assert all(s.historical and s.quality is Quality.GOOD and s.tag == "parts" for s in found)


async def test_a_server_without_history_says_so() -> None:
    async with node_peer(SCRIPT, 0) as peer:
        reader = device(source(peer.port))
        await reader.open()
        with pytest.raises(Refused, match="history_not_available"):
            await kept(reader, ["Parts"], 0, 1)
        await reader.close()
