"""Sources that read the independent OPC UA peer, and the whole runner around one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.clock import PlantClock, real_now_us
from connectors.opcua.config import OpcuaSource
from connectors.opcua.connector import OpcuaConnector
from connectors.runtime.runner import SourceRunner
from connectors.runtime.spool import Spool
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.messages import Stream
from tests.connectors.runtime.test_runner import records

SCRIPT = "node_opcua_server.js"
NAMES = ("State", "Load", "Program", "Door", "Broken", "Parts")
OPEN: Mapping[str, Any] = {
    "security": {"policy": "none", "mode": "none"},
    "allow_insecure": True,
}
PROTECTED: Mapping[str, Any] = {
    "security": {"policy": "aes256_sha256_rsapss", "mode": "sign_and_encrypt"}
}


def source(port: int, more: Mapping[str, Any] = OPEN) -> OpcuaSource:
    """All variables of the peer; `more` says how the channel is protected."""
    tags: list[dict[str, Any]] = [
        {"name": name, "node": f"nsu=urn:demo:cnc;s=Cnc1.{name}", "publish_ms": 100}
        for name in NAMES
    ]
    document = {
        "id": "cnc_cell",
        "protocol": "opcua",
        "endpoint": f"opc.tcp://127.0.0.1:{port}",
        "tags": tags,
    }
    return OpcuaSource.model_validate(document | dict(more))


def device(config: OpcuaSource, folder: Path | None = None) -> OpcuaConnector:
    """A connector that stands alone."""
    clock = PlantClock.starting_at(real_now_us())
    return OpcuaConnector(config, ConnectorContext(clock=clock, folder=folder))


def options(**named: Any) -> str:
    """Options of the peer as one argument."""
    return json.dumps(named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A source that runs, with all it has recorded."""

    runner: SourceRunner
    connector: OpcuaConnector
    spool: Spool

    def values(self, tag: str) -> list[Any]:
        """Good and bad values of a tag in their order."""
        return [r[3] for r in records(self.spool) if r[1] == "v" and r[2] == tag]

    def last(self, tag: str) -> Any:
        """The newest record of a tag; None before the first."""
        found = [r for r in records(self.spool) if r[1] == "v" and r[2] == tag]
        return found[-1] if found else None

    def gaps(self) -> list[Any]:
        """The known holes."""
        return [r for r in records(self.spool) if r[1] == "g"]


@asynccontextmanager
async def running(config: OpcuaSource, folder: Path) -> AsyncIterator[Running]:
    """Run a source with everything as event, until left."""
    spool = Spool(folder / "spool.db")
    clock = PlantClock.starting_at(real_now_us())
    connector = OpcuaConnector(config, ConnectorContext(clock=clock, folder=folder))
    streams = {tag.name: Stream.EVENT for tag in config.tags}
    runner = SourceRunner(connector, streams, spool, clock)
    task = asyncio.create_task(runner.run())
    try:
        yield Running(runner=runner, connector=connector, spool=spool)
    finally:
        task.cancel()
        await asyncio.wait([task])
        spool.close()
