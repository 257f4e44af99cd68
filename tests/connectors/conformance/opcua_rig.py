"""An asyncua server in a process of its own, which can be killed and frozen."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from asyncua import Client

from connectors.conformance import Mistake, Rig
from connectors.conformance.rig import Document
from connectors.sdk.messages import Value
from mes.ports import free_port
from tests.connectors.conformance.documents import GONE, mistake
from tests.peers.processes import Peer, python_peer

URI = "urn:demo:cnc"
SERVER = f"""
import asyncio, sys
from asyncua import Server, ua

async def main():
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{{sys.argv[1]}}")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace("{URI}")
    machine = await server.nodes.objects.add_object(index, "Cnc1")
    nodes = {{}}
    for name, value, kind in (
        ("State", 2, ua.VariantType.Int32),
        ("Load", 41.5, ua.VariantType.Double),
        ("Setpoint", 5, ua.VariantType.Int32),
        ("Writes", 0, ua.VariantType.Int32),
    ):
        node_id = ua.NodeId(f"Cnc1.{{name}}", index)
        node = await machine.add_variable(node_id, f"{{index}}:{{name}}", value, kind)
        await node.set_writable(name == "Setpoint")
        nodes[name] = node
    await server.start()
    await server.historize_node_data_change(list(nodes.values()))
    tasks, count = set(), 0

    def take(node_data, attribute, value):
        nonlocal count
        count += 1
        node_data.attributes[attribute].value = value
        written = nodes["Writes"].write_value(count, ua.VariantType.Int32)
        tasks.add(asyncio.create_task(written))

    server.set_attribute_value_setter(nodes["Setpoint"].nodeid, take)
    print(f"ready {{sys.argv[1]}}", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


class OpcuaRig(Rig):
    """Two values and a set point."""

    protocol = "opcua"
    noticed_s = 10.0
    back_s = 15.0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._port = free_port()
        self._server: AbstractAsyncContextManager[Peer] | None = None
        self._peer: Peer | None = None

    async def start(self) -> None:
        self._server = python_peer(SERVER, self._port)
        self._peer = await self._server.__aenter__()

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.__aexit__(None, None, None)

    async def freeze(self) -> None:
        assert self._peer is not None
        self._peer.freeze()

    async def thaw(self) -> None:
        assert self._peer is not None
        self._peer.thaw()

    def written(self) -> tuple[str, Value]:
        return "setpoint", 55

    async def attempts(self) -> int:
        async with Client(self._endpoint) as client:
            index = await client.get_namespace_index(URI)
            value = await client.get_node(f"ns={index};s=Cnc1.Writes").read_value()
        assert isinstance(value, int)
        return value

    @property
    def _endpoint(self) -> str:
        return f"opc.tcp://127.0.0.1:{self._port}"

    def document(self) -> Document:
        return {
            "id": "cnc",
            "protocol": "opcua",
            "endpoint": self._endpoint,
            "security": {"policy": "none", "mode": "none"},
            "allow_insecure": True,
            "publish_ms": 100,
            "timeout_ms": 1500,
            "tags": [
                {"name": "state", "node": f"nsu={URI};s=Cnc1.State"},
                {"name": "load", "node": f"nsu={URI};s=Cnc1.Load"},
                {"name": "setpoint", "node": f"nsu={URI};s=Cnc1.Setpoint"},
            ],
        }

    def absent_tag(self) -> Document:
        return {"name": "absent", "node": f"nsu={URI};s=Cnc1.Nothing"}

    def mistakes(self) -> Sequence[Mistake]:
        good = self.document()
        return [
            mistake(good, "endpoint", "http://host"),
            mistake(good, "endpoint", "opc.tcp://user:word@host:4840"),
            mistake(good, "security", GONE),
            mistake(good, "security.policy", "basic128"),
            mistake(good, "security.mode", "sign", "security"),
            mistake(good, "allow_insecure", False, "security.policy"),
            mistake(good, "publish_ms", 1),
            mistake(good, "timeout_ms", "soon"),
            mistake(good, "tags", []),
            mistake(good, "tags.0.node", "ns=2;s=Cnc1.State"),
            mistake(good, "tags.0.node", "Cnc1.State"),
            mistake(good, "tags.0.publish_ms", 0),
            mistake(good, "tags.0.min", "low"),
            mistake(good, "tags.1.name", "state"),
        ]
