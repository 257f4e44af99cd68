"""Faults on the wire: every value is right or bad, never a neighbour's; no fault stops the rest.

Each fault is made by hand on a raw socket.
"""

from __future__ import annotations

import asyncio

import pytest

from connectors.sdk.errors import SilentUnit, Unavailable
from connectors.sdk.messages import Quality, Reading
from tests.connectors.modbus.device import Device, Request, frame, serving
from tests.connectors.modbus.sources import connector, source, tag


def by_tag(reading: Reading) -> dict[str, tuple[object, str | None]]:
    return {sample.tag: (sample.value, sample.reason) for sample in reading.samples}


def far_apart(count: int) -> list[dict[str, object]]:
    """Tags that need one request each; register n holds n."""
    return [tag(f"t{n}", 100 * n) for n in range(count)]


def registers(count: int) -> dict[int, int]:
    return {100 * n: 100 * n for n in range(count)}


async def test_a_late_reply_is_never_taken_for_the_next_request() -> None:
    late: list[asyncio.Task[None]] = []

    async def reply_late(request: Request, writer: asyncio.StreamWriter) -> bool:
        if request.address != 100 or late:
            return False

        async def send() -> None:
            await asyncio.sleep(0.12)
            writer.write(device.reply(request))

        late.append(asyncio.create_task(send()))
        return True

    device = Device(registers=registers(4), fault=reply_late)
    async with serving(device):
        plc = connector(source(device.port, far_apart(4), timeout_ms=100))
        await plc.open()
        reading = await plc.read_all()
        for _ in range(3):
            again = await plc.read(1000)
            assert again.samples == []
        await plc.close()
        await asyncio.gather(*late)
    assert by_tag(reading) == {f"t{n}": (100 * n, None) for n in range(4)}


async def test_a_reply_with_a_wrong_transaction_id_is_not_believed() -> None:
    async def wrong(request: Request, writer: asyncio.StreamWriter) -> bool:
        if request.address != 100:
            return False
        writer.write(frame(request, bytes([3, 2, 0xAB, 0xCD]), transaction=request.transaction + 7))
        return True

    device = Device(registers=registers(3), fault=wrong)
    async with serving(device):
        plc = connector(source(device.port, far_apart(3), timeout_ms=50))
        await plc.open()
        reading = await plc.read_all()
        await plc.close()
    assert by_tag(reading) == {"t0": (0, None), "t1": (None, "no_reply"), "t2": (200, None)}


async def test_a_reply_of_another_unit_is_not_believed() -> None:
    async def foreign(request: Request, writer: asyncio.StreamWriter) -> bool:
        other = Request(
            transaction=request.transaction, unit=9, function=3, address=0, count=request.count
        )
        writer.write(frame(other, bytes([3, 2, 0, 77])))
        return True

    device = Device(registers={0: 5}, fault=foreign)
    async with serving(device):
        plc = connector(source(device.port, [tag("a", 0)], timeout_ms=50))
        await plc.open()
        with pytest.raises(SilentUnit):
            await plc.read_all()
        await plc.close()


async def test_a_truncated_header_costs_one_request_and_no_more() -> None:
    cut: list[int] = []

    async def truncated(request: Request, writer: asyncio.StreamWriter) -> bool:
        if cut:
            return False
        cut.append(request.address)
        writer.write(device.reply(request)[:5])
        return True

    device = Device(registers=registers(2), fault=truncated)
    async with serving(device):
        plc = connector(source(device.port, far_apart(2), timeout_ms=100))
        await plc.open()
        reading = await plc.read_all()
        await plc.close()
    assert by_tag(reading) == {"t0": (0, None), "t1": (100, None)}


async def test_a_short_reply_marks_its_own_block_bad_and_no_other() -> None:
    async def short(request: Request, writer: asyncio.StreamWriter) -> bool:
        if request.address != 100:
            return False
        writer.write(frame(request, bytes([3, 0])))
        return True

    device = Device(registers=registers(3), fault=short)
    async with serving(device):
        plc = connector(source(device.port, far_apart(3)))
        await plc.open()
        reading = await plc.read_all()
        device.fault = None
        healed = await plc.read(1000)
        await plc.close()
    assert by_tag(reading) == {"t0": (0, None), "t1": (None, "short_reply"), "t2": (200, None)}
    assert reading.failed == 1
    assert by_tag(healed) == {"t1": (100, None)}


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (1, "illegal_function"),
        (2, "illegal_address"),
        (3, "illegal_value"),
        (4, "device_failure"),
        (6, "device_busy"),
        (10, "gateway_path_unavailable"),
        (11, "no_reply"),
    ],
)
async def test_an_exception_marks_its_own_block_with_a_reason(number: int, reason: str) -> None:
    async def exception(request: Request, writer: asyncio.StreamWriter) -> bool:
        if request.address != 100:
            return False
        writer.write(frame(request, bytes([0x83, number])))
        return True

    device = Device(registers=registers(3), fault=exception)
    async with serving(device):
        plc = connector(source(device.port, far_apart(3)))
        await plc.open()
        reading = await plc.read_all()
        await plc.close()
    assert by_tag(reading) == {"t0": (0, None), "t1": (None, reason), "t2": (200, None)}


async def test_a_busy_device_is_asked_again_on_the_same_link() -> None:
    asked: list[int] = []

    async def busy_once(request: Request, writer: asyncio.StreamWriter) -> bool:
        asked.append(request.address)
        if len(asked) > 1:
            return False
        writer.write(frame(request, bytes([0x83, 5])))
        return True

    device = Device(registers={0: 5}, fault=busy_once)
    async with serving(device):
        plc = connector(source(device.port, [tag("a", 0)]))
        await plc.open()
        assert by_tag(await plc.read_all()) == {"a": (5, None)}
        await plc.close()
    assert len(device.connections) == 1


async def test_a_reply_byte_by_byte_and_two_frames_in_one_segment_are_understood() -> None:
    async def dribble(request: Request, writer: asyncio.StreamWriter) -> bool:
        old = frame(request, bytes([3, 2, 0, 99]), transaction=request.transaction + 500)
        reply = device.reply(request)
        if request.address == 0:
            for byte in reply:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0)
        else:
            writer.write(old + reply)
        return True

    device = Device(registers=registers(2), fault=dribble)
    async with serving(device):
        plc = connector(source(device.port, far_apart(2)))
        await plc.open()
        reading = await plc.read_all()
        await plc.close()
    assert by_tag(reading) == {"t0": (0, None), "t1": (100, None)}


async def test_a_device_that_accepts_and_stays_silent_is_noticed_within_its_time_outs() -> None:
    async def silent(request: Request, writer: asyncio.StreamWriter) -> bool:
        return True

    device = Device(fault=silent)
    async with serving(device):
        plc = connector(source(device.port, far_apart(20), timeout_ms=50))
        await plc.open()
        async with asyncio.timeout(1.0):
            with pytest.raises(SilentUnit):
                await plc.read_all()
        await plc.close()


async def test_a_connection_cut_in_the_middle_of_a_request_is_noticed_at_once() -> None:
    async def cut(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.transport.abort()
        return True

    device = Device(fault=cut)
    async with serving(device):
        plc = connector(source(device.port, far_apart(1), timeout_ms=5000))
        await plc.open()
        async with asyncio.timeout(1.0):
            with pytest.raises(Unavailable) as caught:
                await plc.read_all()
        await plc.close()
    assert caught.value.code == "connection_lost"


async def test_garbage_on_the_socket_never_becomes_a_value() -> None:
    async def garbage(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20)
        return True

    device = Device(registers={0: 5}, fault=garbage)
    async with serving(device):
        plc = connector(source(device.port, [tag("a", 0)], timeout_ms=50))
        await plc.open()
        with pytest.raises(Unavailable):
            await plc.read_all()
        device.fault = None
        await plc.close()
        await plc.open()
        assert by_tag(await plc.read_all()) == {"a": (5, None)}
        await plc.close()


async def test_a_block_that_stays_silent_does_not_slow_the_others_down() -> None:
    async def silent(request: Request, writer: asyncio.StreamWriter) -> bool:
        return request.address == 100

    device = Device(registers=registers(3), fault=silent)
    async with serving(device):
        plc = connector(source(device.port, far_apart(3), timeout_ms=60))
        await plc.open()
        reading = await plc.read_all()
        before = len(device.requests)
        for _ in range(5):
            await plc.read(1000)
        await plc.close()
    assert by_tag(reading)["t1"] == (None, "no_reply")
    assert reading.samples[0].quality is Quality.GOOD
    assert {request.address for request in device.requests[before:]} == {0, 200}
