"""An OPC UA subscription: processor time per value, of our connector and of bare asyncua.

Both watch the same 5,000 Doubles of one node-opcua server, all of which change once a second. Ours
includes quality, source time, conversion and report by exception; bare asyncua only remembers the
value in a plain handler.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.processes import next_line, running
from connectors.clock import PlantClock
from connectors.opcua.config import OpcuaSource
from connectors.opcua.connector import OpcuaConnector
from connectors.runtime.report import ExceptionReport
from connectors.sdk.connector import ConnectorContext

ITEMS = 5000
PUBLISH_MS = 500
WINDOW_S = 4.0
SETTLE_S = 2.0
PER_CALL = 1000
SERVER = Path(__file__).parent / "tools" / "opcua_server.cjs"


def measure(folder: Path, windows: int) -> list[Figure]:
    """Ratio of processor time per value, and the microseconds of both."""
    with running(["node", str(SERVER), str(ITEMS)]) as process:
        endpoint = f"opc.tcp://127.0.0.1:{next_line(process).strip()}"
        ours, bare = asyncio.run(_compare(endpoint, windows))
    return [
        Figure(
            name="OPC UA 5,000 items at 1 Hz, cpu / bare asyncua",
            values=[own / other for own, other in zip(ours, bare, strict=True)],
            target=1.15,
            ambition=0.5,
            note="performance.md section 7",
        ),
        Figure(name="OPC UA notification, ours", values=ours, unit="us"),
        Figure(name="OPC UA notification, bare asyncua", values=bare, unit="us"),
    ]


async def _compare(endpoint: str, windows: int) -> tuple[list[float], list[float]]:
    """Microseconds of processor time per value, one a window; the two take turns."""
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(windows):
        ours.append(await _ours(endpoint))
        bare.append(await _bare(endpoint))
    return ours, bare


async def _ours(endpoint: str) -> float:
    config = OpcuaSource.model_validate(_source(endpoint))
    connector = OpcuaConnector(config, ConnectorContext(clock=PlantClock.from_environment()))
    report = ExceptionReport(config.tags)
    await connector.open()
    try:
        report.accept((await connector.read_all()).samples)
        await _listen(connector, report, SETTLE_S)
        before = time.process_time()
        count = await _listen(connector, report, WINDOW_S)
        return (time.process_time() - before) / count * 1e6
    finally:
        await connector.close()


async def _listen(connector: OpcuaConnector, report: ExceptionReport, seconds: float) -> int:
    until = time.monotonic() + seconds
    count = 0
    while time.monotonic() < until:
        count += len(report.accept(await connector.next_samples()))
    return count


class _Handler:
    """What a first program with asyncua does with a value."""

    def __init__(self) -> None:
        self.values: dict[Any, object] = {}
        self.count = 0

    def datachange_notification(self, node: Any, value: object, data: object) -> None:
        """Remember the value."""
        self.values[node] = value
        self.count += 1


async def _bare(endpoint: str) -> float:
    from asyncua import Client

    handler = _Handler()
    async with Client(endpoint) as client:
        index = await client.get_namespace_index("urn:bench")
        nodes = [client.get_node(f"ns={index};s=v{n}") for n in range(ITEMS)]
        subscription = await client.create_subscription(PUBLISH_MS, handler)
        for part in _parts(nodes):
            await subscription.subscribe_data_change(part)
        await asyncio.sleep(SETTLE_S)
        before, counted = time.process_time(), handler.count
        await asyncio.sleep(WINDOW_S)
        return (time.process_time() - before) / (handler.count - counted) * 1e6


def _parts(nodes: Sequence[Any]) -> list[Sequence[Any]]:
    return [nodes[at : at + PER_CALL] for at in range(0, len(nodes), PER_CALL)]


def _source(endpoint: str) -> dict[str, object]:
    return {
        "id": "bench",
        "protocol": "opcua",
        "endpoint": endpoint,
        "security": {"policy": "none", "mode": "none"},
        "allow_insecure": True,
        "publish_ms": PUBLISH_MS,
        "max_items_per_call": PER_CALL,
        "tags": [{"name": f"v{n}", "node": f"nsu=urn:bench;s=v{n}"} for n in range(ITEMS)],
    }
