"""Sparkplug B by an edge node of Eclipse Tahu behind a NATS server, both processes of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import ClassVar

from connectors.conformance import Mistake, Rig
from connectors.conformance.rig import Document
from mes.ports import free_port
from tests.connectors.conformance.documents import GONE, mistake
from tests.connectors.mqtt.broker import BrokerProcess
from tests.connectors.mqtt.world import node_source
from tests.peers.sparkplug import EdgeNode, edge_node

USER, PASSWORD = "edge", "node-s3cret"
TAGS = [
    {"name": "temperature", "metric": "Temperature"},
    {"name": "strokes", "metric": "Strokes", "device": "press"},
    {"name": "running", "metric": "Running", "device": "press"},
]


class SparkplugRig(Rig):
    """A node and its device; the node describes itself again whenever it is asked."""

    protocol = "mqtt"
    secrets: ClassVar[Mapping[str, str]] = {"EDGE_PASSWORD": PASSWORD}
    noticed_s = 10.0
    back_s = 15.0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        login = {"authorization": {"user": USER, "password": PASSWORD}}
        place = folder / "broker"
        place.mkdir()
        self._broker = BrokerProcess(folder=place, port=free_port(), options=login)
        self._node: AbstractAsyncContextManager[EdgeNode] | None = None

    async def start(self) -> None:
        await self._broker.start()
        self._node = edge_node(self._broker.port)
        node = await self._node.__aenter__()
        await node.do("connect")

    async def stop(self) -> None:
        node, self._node = self._node, None
        if node is not None:
            await node.__aexit__(None, None, None)
        await self._broker.stop()

    async def freeze(self) -> None:
        self._broker.freeze()

    async def thaw(self) -> None:
        self._broker.thaw()

    def document(self) -> Document:
        login = {"user": USER, "password": "env:EDGE_PASSWORD", "allow_insecure": True}
        limits = {"keep_alive_s": 2, "timeout_ms": 1000}
        return node_source(self._broker.port, broker={**login, **limits}, tags=TAGS)

    def absent_tag(self) -> Document:
        return {"name": "absent", "metric": "Absent", "device": "press"}

    def mistakes(self) -> Sequence[Mistake]:
        good = self.document()
        return [
            mistake(good, "payload", "sparkplug_a"),
            mistake(good, "group", GONE),
            mistake(good, "node", "cell/1"),
            mistake(good, "request_rebirth", "sometimes"),
            mistake(good, "tags.0.metric", GONE),
            mistake(good, "tags.0.topic", "plant/press"),
            mistake(good, "tags.0.path", "values.temp"),
            mistake(good, "tags.1.device", "press/1"),
        ]
