"""A real asyncua server for the tests, with as many foreign namespaces in front as wanted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from asyncua import Server, ua

NAMESPACE = "urn:demo:cnc"
SOURCE_TIME = datetime(2026, 3, 2, 1, 2, 3, 456789, tzinfo=UTC)


class PlantServer:
    """Variables Cnc1.State, Cnc1.Parts and Cnc1.Load under `NAMESPACE`."""

    def __init__(self, server: Server, index: int) -> None:
        self._server = server
        self._index = index

    async def set(
        self,
        name: str,
        value: object,
        kind: ua.VariantType,
        *,
        status: int = 0,
        time: datetime = SOURCE_TIME,
    ) -> None:
        """Set a variable with status and source time."""
        await self._server.write_attribute_value(
            self.node(name),
            ua.DataValue(
                ua.Variant(value, kind),
                StatusCode=ua.StatusCode(ua.UInt32(status)),
                SourceTimestamp=ua.DateTime.fromtimestamp(time.timestamp(), UTC),
            ),
        )

    def node(self, name: str) -> ua.NodeId:
        """Node id with this server's own index."""
        return ua.NodeId.from_string(f"ns={self._index};s={name}")

    async def state_limit(self, items_per_call: int) -> None:
        """Say how many monitored items one request may make."""
        limit = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall
        value = ua.DataValue(ua.Variant(items_per_call, ua.VariantType.UInt32))
        await self._server.write_attribute_value(ua.NodeId(ua.Int32(limit)), value)

    async def stored(self, name: str) -> ua.DataValue:
        """A variable as the server has it."""
        return await self._server.get_node(self.node(name)).read_data_value()

    async def let_write(self, name: str) -> None:
        """Let everybody write a variable."""
        await self._server.get_node(self.node(name)).set_writable()

    async def forbid_write(self, name: str) -> None:
        """Let nobody write a variable."""
        await self._server.get_node(self.node(name)).set_writable(False)

    async def add(self, name: str, value: object, kind: ua.VariantType) -> None:
        """Add a variable to the running server."""
        await self._server.nodes.objects.add_variable(
            self.node(name), f"{self._index}:{name}", value, kind
        )


@asynccontextmanager
async def plant_server(port: int, foreign_namespaces: int = 0) -> AsyncIterator[PlantServer]:
    """Serve on the loopback interface until left."""
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    for number in range(foreign_namespaces):
        await server.register_namespace(f"urn:other:{number}")
    index = await server.register_namespace(NAMESPACE)
    plant = PlantServer(server, index)
    await plant.add("Cnc1.State", 2, ua.VariantType.Int32)
    await plant.add("Cnc1.Parts", 100, ua.VariantType.UInt32)
    await plant.add("Cnc1.Load", 41.5, ua.VariantType.Double)
    await server.start()
    try:
        yield plant
    finally:
        await server.stop()
