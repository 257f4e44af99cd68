"""The Modbus TCP connection on real sockets: what is believed, what ends it, what is counted."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from connectors.clock import monotonic_s
from connectors.modbus.client import DeviceRefusal, ModbusLink, ReadRequest, WrongLength
from connectors.modbus.config import Table
from connectors.modbus.link_config import TcpLink
from connectors.modbus.sockets import connect
from connectors.modbus.tcp import LARGEST_ID, MOST_SKIPPED, TcpConnection
from connectors.sdk.errors import Busy, ConnectorError, SilentUnit, Unavailable
from mes.ports import free_port
from tests.connectors.modbus.device import Device, Request, frame, serving
from tests.connectors.modbus.sources import connector, source, tag
from tests.connectors.support import until

TWO = ReadRequest(1, Table.HOLDING, 0, 2)


def link_to(port: int, host: str = "127.0.0.1") -> ModbusLink:
    return ModbusLink(TcpLink(transport="tcp", host=host, port=port))


async def opened(device: Device) -> ModbusLink:
    link = link_to(device.port)
    await link.ensure_open(1.0)
    return link


def answering(*bodies: bytes) -> Device:
    """A device that answers each request with the next of these bodies, then rightly."""
    left = list(bodies)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> bool:
        if not left:
            return False
        writer.write(frame(request, left.pop(0)))
        return True

    return Device(registers={0: 10, 1: 11}, fault=answer)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\x03\x00", "short_reply"),
        (b"\x03\x02\x00\x01", "short_reply"),
        (b"\x03\x04\x00\x01", "short_reply"),
        (b"\x03\x06" + bytes(6), "long_reply"),
        (b"\x03\x04" + bytes(6), "long_reply"),
        (b"\x03\x02" + bytes(4), "short_reply"),
    ],
)
async def test_a_reply_of_another_length_is_an_error_of_its_own_and_costs_nothing_else(
    body: bytes, code: str
) -> None:
    async with serving(answering(body)) as device:
        link = await opened(device)
        with pytest.raises(WrongLength) as caught:
            await link.read(TWO, 1.0)
        assert caught.value.code == code
        assert await link.read(TWO, 1.0) == struct.pack(">HH", 10, 11)
        link.end()
    assert len(device.connections) == 1


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (2, DeviceRefusal, "illegal_address"),
        (5, Busy, "device_busy"),
        (6, Busy, "device_busy"),
        (10, DeviceRefusal, "gateway_path_unavailable"),
        (11, SilentUnit, "no_reply"),
        (77, DeviceRefusal, "exception_77"),
    ],
)
async def test_an_exception_is_an_error_with_its_name(
    number: int, kind: type[ConnectorError], code: str
) -> None:
    async with serving(answering(bytes((0x83, number)))) as device:
        link = await opened(device)
        with pytest.raises(kind) as caught:
            await link.read(TWO, 1.0)
        link.end()
    assert caught.value.code == code


async def test_a_reply_with_another_function_code_is_skipped_and_said() -> None:
    async with serving(answering(b"\x04\x04" + bytes(4))) as device:
        link = await opened(device)
        with pytest.raises(SilentUnit, match="1 replies to other requests") as caught:
            await link.read(TWO, 0.05)
        assert caught.value.code == "no_reply"
        assert (link.take_skipped(), link.take_skipped()) == (1, 0)
        assert await link.read(TWO, 1.0) == struct.pack(">HH", 10, 11)
        link.end()


async def test_late_replies_are_skipped_and_counted_for_people() -> None:
    held: list[bytes] = []

    async def hold(request: Request, writer: asyncio.StreamWriter) -> bool:
        reply = device.reply(request)
        if len(held) < 2:
            held.append(reply)
        else:
            writer.write(b"".join(held) + reply)
        return True

    device = Device(registers={0: 5}, fault=hold)
    async with serving(device):
        plc = connector(source(device.port, [tag("a", 0)], timeout_ms=50))
        await plc.open()
        with pytest.raises(SilentUnit):
            await plc.read_all()
        assert [(s.tag, s.value) for s in (await plc.read_all()).samples] == [("a", 5)]
        await plc.read(1000)
        await plc.close()
    assert plc.context.counters.skipped == 2


async def test_garbage_ends_the_connection_with_its_name_and_a_new_one_is_clean() -> None:
    async def garbage(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        return True

    device = Device(registers={0: 10, 1: 11}, fault=garbage)
    async with serving(device):
        link = await opened(device)
        begun = monotonic_s()
        for _ in range(2):
            with pytest.raises(Unavailable) as caught:
                await link.read(TWO, 5.0)
            assert caught.value.code == "protocol_error"
        assert monotonic_s() - begun < 1.0
        assert link.local_port is None
        device.fault = None
        await link.ensure_open(1.0)
        assert await link.read(TWO, 1.0) == struct.pack(">HH", 10, 11)
        link.end()
    assert len(device.connections) == 2


async def test_a_length_that_no_frame_can_have_is_garbage() -> None:
    for length in (0, 2, 255, 0xFFFF):

        async def wrong(
            request: Request, writer: asyncio.StreamWriter, length: int = length
        ) -> bool:
            writer.write(struct.pack(">HHHB", request.transaction, 0, length, 1) + bytes(4))
            return True

        async with serving(Device(fault=wrong)) as device:
            link = await opened(device)
            with pytest.raises(Unavailable, match="protocol_error"):
                await link.read(TWO, 5.0)
            link.end()


async def test_a_flood_of_replies_that_nobody_asked_for_ends_the_connection() -> None:
    async def flood(request: Request, writer: asyncio.StreamWriter) -> bool:
        foreign = frame(request, b"\x03\x02\x00\x01", transaction=request.transaction + 1)
        writer.write(foreign * (MOST_SKIPPED + 1))
        return True

    async with serving(Device(fault=flood)) as device:
        link = await opened(device)
        with pytest.raises(Unavailable, match="protocol_error"):
            await link.read(TWO, 5.0)
        link.end()


async def test_a_connection_that_the_device_closed_while_idle_is_known_to_be_lost() -> None:
    device = Device(registers={0: 10, 1: 11})
    async with serving(device):
        link = await opened(device)
        await link.read(TWO, 1.0)
    await until(lambda: link.local_port is None)
    with pytest.raises(Unavailable) as caught:
        await link.read(TWO, 1.0)
    assert caught.value.code == "connection_lost"
    link.end()
    link.end()


async def test_closing_the_link_fails_the_pending_request_at_once() -> None:
    async with serving(Device(silent_units={1})) as device:
        link = await opened(device)
        pending = asyncio.create_task(link.read(TWO, 30.0))
        await until(lambda: bool(device.requests))
        link.end()
        async with asyncio.timeout(1.0):
            with pytest.raises(Unavailable, match="connection_lost"):
                await pending


async def test_a_cancelled_read_leaves_the_link_usable() -> None:
    release = asyncio.Event()

    async def hold(request: Request, writer: asyncio.StreamWriter) -> bool:
        await release.wait()
        return False

    device = Device(registers={0: 10, 1: 11}, fault=hold)
    async with serving(device):
        link = await opened(device)
        pending = asyncio.create_task(link.read(ReadRequest(1, Table.HOLDING, 7, 2), 30.0))
        await until(lambda: bool(device.requests))
        pending.cancel()
        await asyncio.wait([pending])
        assert pending.cancelled()
        release.set()
        assert await link.read(TWO, 1.0) == struct.pack(">HH", 10, 11)
        assert link.take_skipped() == 1
        link.end()


async def test_one_request_at_a_time_travels_on_a_link() -> None:
    release = asyncio.Event()

    async def hold(request: Request, writer: asyncio.StreamWriter) -> bool:
        await release.wait()
        return False

    device = Device(registers={0: 10, 1: 11}, fault=hold)
    async with serving(device):
        link = await opened(device)
        reads = [asyncio.create_task(link.read(TWO, 5.0)) for _ in range(3)]
        await until(lambda: bool(device.requests))
        await asyncio.sleep(0.05)
        sent = len(device.requests)
        release.set()
        await asyncio.gather(*reads)
        link.end()
    assert sent == 1
    assert [request.transaction for request in device.requests] == [1, 2, 3]


async def test_each_request_has_its_own_deadline_although_they_share_a_timer() -> None:
    async with serving(Device(silent_units={1})) as device:
        links = [await opened(device) for _ in range(12)]
        patient = [asyncio.create_task(link.read(TWO, 60.0)) for link in links[:4]]
        await until(lambda: len(device.requests) == 4)
        waits = [0.15, 0.05] * 4

        async def wait_for_nothing(link: ModbusLink, wait_s: float) -> float:
            begun = monotonic_s()
            with pytest.raises(SilentUnit):
                await link.read(TWO, wait_s)
            return monotonic_s() - begun

        async with asyncio.timeout(10.0):
            took = await asyncio.gather(*map(wait_for_nothing, links[4:], waits))
        assert not any(task.done() for task in patient)
        for link in links:
            link.end()
        await asyncio.wait(patient)
        codes = {type(task.exception()) for task in patient}
    assert all(each > wait - 0.01 for wait, each in zip(waits, took, strict=True))
    assert codes == {Unavailable}


async def test_transaction_ids_begin_again_after_the_last() -> None:
    async with serving(Device(registers={0: 10, 1: 11})) as device:
        connection = await connect("127.0.0.1", device.port, lambda: TcpConnection("here"))
        connection._id = LARGEST_ID - 1
        for _ in range(3):
            assert await connection.exchange(TWO, 1.0) == struct.pack(">HH", 10, 11)
        connection.close()
    assert [request.transaction for request in device.requests] == [LARGEST_ID, 1, 2]


async def test_small_requests_leave_at_once_and_dead_peers_are_noticed() -> None:
    async with serving(Device()) as device:
        connection = await connect("127.0.0.1", device.port, lambda: TcpConnection("here"))
        used = transport_of(connection).get_extra_info("socket")
        assert used.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert used.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        connection.close()


def transport_of(connection: TcpConnection) -> asyncio.Transport:
    assert connection._transport is not None
    return connection._transport


async def test_a_host_that_does_not_accept_is_a_connect_timeout() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        with pytest.raises(Unavailable) as caught:
            await link_to(full.getsockname()[1]).ensure_open(0.2)
        for each in waiting:
            each.close()
    assert caught.value.code == "connect_timeout"


@pytest.mark.parametrize(
    ("host", "code", "step"),
    [
        ("localhost", "connection_refused", "port"),
        ("127.0.0.1", "connection_refused", "port"),
        ("fe80::1", "connect_failed", "port"),
        ("no-such-host.invalid", "host_not_found", "name"),
        ("two..dots", "host_not_found", "name"),
        ("x" * 70, "host_not_found", "name"),
    ],
)
async def test_each_way_of_not_reaching_a_host_has_its_name(
    host: str, code: str, step: str
) -> None:
    with pytest.raises(Unavailable) as caught:
        await link_to(free_port(), host).ensure_open(5.0)
    assert (caught.value.code, caught.value.step) == (code, step)


async def test_a_name_with_several_addresses_is_tried_until_one_accepts() -> None:
    async with serving(Device(registers={0: 10, 1: 11})) as device:
        link = link_to(device.port, "localhost")
        await link.ensure_open(1.0)
        assert await link.read(TWO, 1.0) == struct.pack(">HH", 10, 11)
        link.end()


async def test_sources_that_open_at_once_make_one_connection() -> None:
    async with serving(Device()) as device:
        link = link_to(device.port)
        await asyncio.gather(*(link.ensure_open(1.0) for _ in range(5)))
        await until(lambda: bool(device.connections))
        assert len(device.connections) == 1
        link.end()
