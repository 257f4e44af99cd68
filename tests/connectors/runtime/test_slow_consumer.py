"""A source that is faster than its consumer: order is kept, what is lost is counted and shown."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from asyncua import ua

from connectors.clock import PlantClock, real_now_us
from connectors.opcua.config import OpcuaSource
from connectors.opcua.connector import OpcuaConnector
from connectors.runtime.centre import CentreConnection
from connectors.runtime.runner import SourceRunner
from connectors.runtime.sink import EdgeReport, Sink
from connectors.runtime.spool import Spool
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.messages import LinkState, Stream
from mes.ports import free_port
from tests.connectors.opcua.server import NAMESPACE, plant_server
from tests.connectors.support import TOKEN, centre, until

PARTS = "Cnc1.Parts"
ROOM = 20
BURST = range(1000, 1100)


def cell(port: int) -> OpcuaSource:
    tag = {"name": PARTS, "node": f"nsu={NAMESPACE};s={PARTS}", "publish_ms": 50}
    return OpcuaSource.model_validate(
        {
            "id": "cell",
            "protocol": "opcua",
            "endpoint": f"opc.tcp://127.0.0.1:{port}",
            "security": {"policy": "none", "mode": "none"},
            "allow_insecure": True,
            "queue_limit": ROOM,
            "tags": [tag],
        }
    )


class Slow(OpcuaConnector):
    """Hands nothing out until it is let go."""

    def __init__(self, config: OpcuaSource, context: ConnectorContext) -> None:
        super().__init__(config, context)
        self.go_on = asyncio.Event()

    async def next_samples(self) -> Any:
        """As slow as the test wants."""
        await self.go_on.wait()
        return await super().next_samples()


async def test_a_slow_consumer_gets_the_newest_in_order_and_the_loss_is_counted_and_shown(
    tmp_path: Path,
) -> None:
    port = free_port()
    clock = PlantClock.starting_at(real_now_us())
    spool = Spool(tmp_path / "spool.db")
    with centre() as mes:
        async with plant_server(port) as plant:
            connector = Slow(cell(port), ConnectorContext(clock=clock))
            runner = SourceRunner(connector, {PARTS: Stream.EVENT}, spool, clock)
            report = EdgeReport(revision=1, links=[runner.status])
            link = CentreConnection(mes.url, lambda: TOKEN)
            sink = Sink(link, "edge-1", spool, lambda: report)
            sink.start()
            task = asyncio.create_task(runner.run())
            await until(lambda: runner.status.state is LinkState.UP, 20.0)
            for count in BURST:
                await plant.set(PARTS, count, ua.VariantType.UInt32)
                await asyncio.sleep(0.005)
            connector.go_on.set()
            await until(lambda: mes.values("cell", PARTS)[-1:] == [BURST[-1]], 10.0)
            await until(lambda: _shown(mes.bodies) > 0, 10.0)
            task.cancel()
            await asyncio.wait([task])
            await asyncio.to_thread(sink.stop, 1.0)
    spool.close()
    _, *burst = mes.values("cell", PARTS)
    counts = [value for value in burst if value is not None]
    assert burst[0] is None
    assert counts == sorted(set(counts))
    assert len(counts) + _shown(mes.bodies) == len(BURST)
    lost = next(r for r in mes.kinds("cell") if r[1] == "v" and r[3] is None)
    assert lost[4:6] == [2, "BadDataLost"]


def _shown(bodies: list[dict[str, Any]]) -> int:
    counters = [link["counters"] for body in bodies for link in body["links"]]
    return int(counters[-1]["dropped"]) if counters else 0
