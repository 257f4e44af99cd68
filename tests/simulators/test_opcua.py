"""The OPC UA server read by an asyncua client over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from asyncua import Client, Node, ua
from asyncua.common.subscription import DataChangeNotif

from mes.ports import free_port
from simulators.build import Built, build
from simulators.opcua_server import NAMESPACE, CellServer
from simulators.plant.model import JobMode
from simulators.scenarios import SCENARIOS
from tests.simulators.helpers import seoul_us

START = seoul_us(24, 9)
MINUTE_US = 60_000_000


class Served:
    """A demo plant whose cell is served; the test moves its time."""

    def __init__(self, built: Built, server: CellServer) -> None:
        self.plant = built.plant
        self.server = server

    async def advance(self, minutes: int) -> None:
        self.plant.advance(self.plant.now + minutes * MINUTE_US)
        await self.server.publish()

    @property
    def url(self) -> str:
        return f"opc.tcp://{self.server.address[0]}:{self.server.address[1]}"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served() -> AsyncIterator[Served]:
    built = build(SCENARIOS["demo"], seed=4, start_us=START, job_mode=JobMode.CYCLE)
    built.plant.start()
    built.plant.advance(START + 20 * MINUTE_US)
    server = CellServer(SCENARIOS["demo"].nodes)
    built.plant.listeners.append(server)
    machines = [built.plant.machine(name) for name in ("cnc-1", "cnc-2")]
    await server.start("127.0.0.1", free_port(), machines, built.plant.now)
    yield Served(built, server)
    await server.stop()


async def _node(client: Client, name: str) -> Node:
    index = await client.get_namespace_index(NAMESPACE)
    return client.get_node(f"ns={index};s={name}")


def _since_1970(stamp: datetime) -> timedelta:
    return stamp - datetime(1970, 1, 1, tzinfo=UTC)


async def test_values_and_types_are_those_of_the_machine(served: Served) -> None:
    machine = served.plant.machine("cnc-1")
    async with Client(served.url) as client:
        value = await (await _node(client, "Cnc1.Parts")).read_data_value()
        program = await (await _node(client, "Cnc1.Program")).read_data_value()
        state = await (await _node(client, "Cnc1.State")).read_data_value()
    assert value.Value is not None
    assert (value.Value.Value, value.Value.VariantType) == (machine.total, ua.VariantType.UInt32)
    assert program.Value is not None
    assert program.Value.Value == machine.working_job.item
    assert state.Value is not None
    assert state.Value.VariantType == ua.VariantType.UInt16


async def test_a_subscription_hears_every_piece_with_its_simulated_instant(
    served: Served,
) -> None:
    heard: list[tuple[int, datetime]] = []

    class Handler:
        def datachange_notification(self, node: Node, val: int, data: DataChangeNotif) -> None:
            stamp = data.monitored_item.Value.SourceTimestamp
            assert stamp is not None
            heard.append((val, stamp))

    machine = served.plant.machine("cnc-1")
    before, made_before = served.plant.now, machine.total
    async with Client(served.url) as client:
        client.session_timeout = 30_000
        subscription = await client.create_subscription(20, Handler())
        parts = await _node(client, "Cnc1.Parts")
        await subscription.subscribe_data_change(parts, queuesize=200)
        await served.advance(45)
        async with asyncio.timeout(5):
            while not heard or heard[-1][0] != machine.total:
                await asyncio.sleep(0.02)
    values = [value for value, _ in heard]
    assert values == list(range(made_before, machine.total + 1))
    instants = [_since_1970(stamp) for _, stamp in heard[1:]]
    assert instants == sorted(instants)
    assert timedelta(microseconds=before) < instants[0] < instants[-1]
    assert instants[-1] <= timedelta(microseconds=served.plant.now)


async def test_nobody_may_write(served: Served) -> None:
    async with Client(served.url) as client:
        node = await _node(client, "Cnc1.State")
        with pytest.raises(ua.UaStatusCodeError) as refused:
            await node.write_value(ua.Variant(1, ua.VariantType.UInt16))
    assert refused.value.code == ua.StatusCodes.BadUserAccessDenied


async def test_republish_of_an_unknown_number_says_that_there_is_no_message(
    served: Served,
) -> None:
    async with Client(served.url) as client:
        subscription = await client.create_subscription(500, None)
        assert subscription.subscription_id is not None
        request = ua.RepublishRequest()
        request.Parameters.SubscriptionId = subscription.subscription_id
        request.Parameters.RetransmitSequenceNumber = ua.Counter(4711)
        assert client.uaclient.protocol is not None
        with pytest.raises(ua.UaStatusCodeError) as refused:
            await client.uaclient.protocol.send_request(request)
    assert refused.value.code == ua.StatusCodes.BadMessageNotAvailable


async def test_a_skewed_clock_shows_in_source_times_only(served: Served) -> None:
    served.server.skew_us = 7_200_000_000
    await served.advance(30)
    served.server.skew_us = 0
    async with Client(served.url) as client:
        value = await (await _node(client, "Cnc1.Parts")).read_data_value()
    assert value.Value is not None
    assert value.Value.Value == served.plant.machine("cnc-1").total
    assert value.SourceTimestamp is not None
    ahead = _since_1970(value.SourceTimestamp)
    assert ahead > timedelta(microseconds=served.plant.now)


async def test_a_frozen_server_keeps_its_values_until_it_thaws(served: Served) -> None:
    before = served.plant.machine("cnc-1").total
    served.server.frozen = True
    await served.advance(30)
    async with Client(served.url) as client:
        parts = await _node(client, "Cnc1.Parts")
        assert await parts.read_value() == before
        served.server.frozen = False
        served.server.show_all(served.plant)
        await served.server.publish()
        assert await parts.read_value() == served.plant.machine("cnc-1").total > before


async def test_a_restarted_server_shows_present_values_on_its_old_port(served: Served) -> None:
    host, port = served.server.address
    await served.server.stop()
    await served.advance(30)
    machines = [served.plant.machine(name) for name in ("cnc-1", "cnc-2")]
    await served.server.start(host, port, machines, served.plant.now)
    async with Client(served.url) as client:
        parts = await _node(client, "Cnc1.Parts")
        assert await parts.read_value() == served.plant.machine("cnc-1").total
