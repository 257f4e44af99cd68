"""RTU over TCP: no reply is ever taken for that of another request, whatever the bus does."""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Callable
from contextlib import suppress

import pytest

from connectors.clock import monotonic_s
from connectors.modbus.client import ModbusLink, ReadRequest
from connectors.modbus.config import ModbusSource, Table
from connectors.modbus.link_config import RtuOverTcpLink
from connectors.modbus.writing import TagWriter
from connectors.sdk.errors import Busy, ConnectorError, SilentUnit, Unavailable
from connectors.sdk.links import LinkRegistry
from connectors.sdk.messages import Reading
from tests.connectors.modbus.rtu_device import RtuBus, RtuRequest, framed, rtu_serving
from tests.connectors.modbus.sources import connector, source, tag

TIMEOUT_S = 0.1


def rtu_source(port: int, count: int = 3, **more: object) -> ModbusSource:
    """Tags that need one request each; register n holds n."""
    tags = [tag(f"t{n}", 100 * n) for n in range(count)]
    usual = {"link": rtu_link(port), "timeout_ms": int(1000 * TIMEOUT_S)}
    return source(port, tags, **{**usual, **more})


def rtu_link(port: int, **more: object) -> dict[str, object]:
    return {"transport": "rtu_over_tcp", "host": "127.0.0.1", "port": port, **more}


def by_tag(reading: Reading) -> dict[str, object]:
    return {sample.tag: sample.value for sample in reading.samples}


def right(count: int = 3) -> dict[str, object]:
    return {f"t{n}": 100 * n for n in range(count)}


def link_to(port: int) -> ModbusLink:
    link = ModbusLink(RtuOverTcpLink(transport="rtu_over_tcp", host="127.0.0.1", port=port))
    link.join(1, 0.0, TIMEOUT_S)
    return link


def late_once(bus: RtuBus, address: int, late_s: float, *, blocks: bool) -> list[RtuRequest]:
    """Answer one request late; `blocks` keeps all that follow waiting, as one slow device does."""
    seen: list[RtuRequest] = []
    tasks: set[asyncio.Task[None]] = set()

    async def send(request: RtuRequest, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(late_s)
        writer.write(bus.reply(request))

    async def fault(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
        if request.address != address or seen:
            return False
        seen.append(request)
        sending = send(request, writer)
        if blocks:
            await sending
        else:
            task = asyncio.create_task(sending)
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        return True

    bus.fault = fault
    return seen


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize("late", [1.2, 1.9, 2.05, 3.0, 4.5])
async def test_recipe_1_after_a_late_reply_every_value_is_right_or_bad(
    late: float, blocks: bool
) -> None:
    async with rtu_serving(RtuBus()) as bus:
        seen = late_once(bus, 100, late * TIMEOUT_S, blocks=blocks)
        plc = connector(rtu_source(bus.port))
        await plc.open()
        wrong, complete = [], 0
        for _ in range(8):
            try:
                reading = await plc.read_all()
            except SilentUnit:
                continue
            values = by_tag(reading)
            wrong += [tag for tag, value in values.items() if value not in (None, right()[tag])]
            complete += values == right()
        await plc.close()
    assert len(seen) == 1
    assert wrong == []
    assert complete >= 3


async def test_a_reply_that_comes_during_the_rest_costs_one_rest_and_no_reconnection() -> None:
    async with rtu_serving(RtuBus()) as bus:
        late_once(bus, 0, 1.5 * TIMEOUT_S, blocks=False)
        plc = connector(rtu_source(bus.port))
        await plc.open()
        assert by_tag(await plc.read_all()) == right()
        await plc.read(1000)
        assert plc.context.counters.skipped >= 1
        await plc.close()
    assert bus.connections == 1


async def test_replies_of_other_units_and_of_nobody_are_passed_over() -> None:
    async def noisy(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
        foreign = framed(bytes((9, 3, 2, 0xAB, 0xCD)))
        writer.write(b"\x00\xff" + foreign + bus.reply(request))
        return True

    async with rtu_serving(RtuBus(fault=noisy)) as bus:
        plc = connector(rtu_source(bus.port))
        await plc.open()
        assert by_tag(await plc.read_all()) == right()
        await plc.close()


async def test_a_reply_byte_by_byte_is_understood() -> None:
    async def dribble(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
        for byte in bus.reply(request):
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0.001)
        return True

    async with rtu_serving(RtuBus(fault=dribble)) as bus:
        plc = connector(rtu_source(bus.port))
        await plc.open()
        assert by_tag(await plc.read_all()) == right()
        await plc.close()


async def test_a_reply_with_a_wrong_checksum_is_named_and_the_next_one_counts_at_once() -> None:
    broken: list[int] = []

    async def garble(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
        if broken:
            return False
        broken.append(request.address)
        reply = bytearray(bus.reply(request))
        reply[-1] ^= 1
        writer.write(bytes(reply))
        return True

    async with rtu_serving(RtuBus(fault=garble)) as bus:
        link = link_to(bus.port)
        await link.ensure_open(1.0)
        bus.fault = None
        await link.read(ReadRequest(1, Table.HOLDING, 5, 1), TIMEOUT_S)
        bus.fault = garble
        with pytest.raises(SilentUnit) as caught:
            await link.read(ReadRequest(1, Table.HOLDING, 5, 1), TIMEOUT_S)
        begun = monotonic_s()
        assert await link.read(ReadRequest(1, Table.HOLDING, 7, 1), 5.0) == b"\x00\x07"
        assert monotonic_s() - begun < TIMEOUT_S
        link.end()
    assert caught.value.code == "bad_checksum"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (bytes((1, 3, 2, 0, 7)), "short_reply"),
        (bytes((1, 3, 6)) + bytes(6), "long_reply"),
        (bytes((1, 0x83, 2)), "illegal_address"),
        (bytes((1, 0x83, 6)), "device_busy"),
        (bytes((1, 4, 4)) + bytes(4), "no_reply"),
    ],
)
async def test_replies_that_are_not_right_have_their_names(body: bytes, code: str) -> None:
    async def answer(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
        writer.write(framed(body))
        return True

    async with rtu_serving(RtuBus(fault=answer)) as bus:
        link = link_to(bus.port)
        await link.ensure_open(1.0)
        with pytest.raises(ConnectorError) as caught:
            await link.read(ReadRequest(1, Table.HOLDING, 5, 2), TIMEOUT_S)
        link.end()
    assert caught.value.code == code
    assert isinstance(caught.value, Busy) is (code == "device_busy")


async def test_a_read_that_was_called_off_leaves_no_reply_for_the_next_one() -> None:
    async with rtu_serving(RtuBus()) as bus:
        late_once(bus, 20, 0.05, blocks=True)
        link = link_to(bus.port)
        await link.ensure_open(1.0)
        await link.read(ReadRequest(1, Table.HOLDING, 5, 1), 5.0)
        bus.requests.clear()
        task = asyncio.create_task(link.read(ReadRequest(1, Table.HOLDING, 20, 1), 5.0))
        while not bus.requests:
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])
        assert await link.read(ReadRequest(1, Table.HOLDING, 30, 1), 5.0) == b"\x00\x1e"
        link.end()


async def test_a_cut_connection_is_noticed_at_once_and_made_anew() -> None:
    async def cut(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
        writer.transport.abort()
        return True

    async with rtu_serving(RtuBus(fault=cut)) as bus:
        quick = rtu_link(bus.port, quiet_ms=50)
        plc = connector(rtu_source(bus.port, timeout_ms=5000, link=quick))
        await plc.open()
        async with asyncio.timeout(2.0):
            with pytest.raises(Unavailable):
                await plc.read_all()
        await plc.close()
        bus.fault = None
        await plc.open()
        assert by_tag(await plc.read_all()) == right()
        await plc.close()


async def test_units_share_the_line_and_one_that_rests_does_not_hold_the_others() -> None:
    async with rtu_serving(RtuBus(units={1, 2})) as bus:
        links = LinkRegistry()
        one = connector(rtu_source(bus.port, unit=1), links)
        gone = connector(rtu_source(bus.port, unit=3), links)
        await one.open()
        await one.read_all()
        await gone.open()
        with pytest.raises(SilentUnit):
            await gone.read_all()
        begun = monotonic_s()
        assert by_tag(await one.read_all()) == right()
        assert monotonic_s() - begun < TIMEOUT_S
        await gone.close()
        await one.close()
    assert bus.connections == 1


async def test_all_replies_that_are_still_owed_pass_before_one_is_believed() -> None:
    owed: list[RtuRequest] = []

    async def answers_at_the_third(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
        owed.append(request)
        if len(owed) < 3:
            return True
        for each in owed:
            writer.write(bus.reply(each))
            await asyncio.sleep(0.3 * TIMEOUT_S)
        bus.fault = None
        return True

    async with rtu_serving(RtuBus()) as bus:
        link = link_to(bus.port)
        await link.ensure_open(1.0)
        assert await link.read(ReadRequest(1, Table.HOLDING, 5, 1), 1.0) == b"\x00\x05"
        bus.fault = answers_at_the_third
        for address in (10, 20):
            with pytest.raises(SilentUnit):
                await link.read(ReadRequest(1, Table.HOLDING, address, 1), TIMEOUT_S)
        assert await link.read(ReadRequest(1, Table.HOLDING, 30, 1), 1.0) == b"\x00\x1e"
        link.end()


async def test_a_reply_that_comes_in_the_very_moment_of_a_later_request_is_found_out() -> None:
    missed: list[RtuRequest] = []

    async def never(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
        missed.append(request)
        return True

    async def both(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
        bus.fault = None
        writer.write(bus.reply(missed[0]))
        await asyncio.sleep(0.01)
        writer.write(bus.reply(request))
        return True

    async with rtu_serving(RtuBus()) as bus:
        link = link_to(bus.port)
        await link.ensure_open(1.0)
        assert await link.read(ReadRequest(1, Table.HOLDING, 5, 1), 1.0) == b"\x00\x05"
        bus.fault = never
        with pytest.raises(SilentUnit):
            await link.read(ReadRequest(1, Table.HOLDING, 10, 1), TIMEOUT_S)
        bus.fault = None
        assert await link.read(ReadRequest(1, Table.HOLDING, 20, 1), 1.0) == b"\x00\x14"
        bus.fault = both
        for address in (30, 40, 50):
            expected = struct.pack(">H", address)
            assert await link.read(ReadRequest(1, Table.HOLDING, address, 1), 1.0) == expected
        link.end()


async def test_the_first_reply_after_opening_may_be_owed_to_somebody_else() -> None:
    async def answers_another(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
        before = RtuRequest(unit=1, function=3, address=77, count=request.count)
        writer.write(bus.reply(before))
        await asyncio.sleep(0.3 * TIMEOUT_S)
        writer.write(bus.reply(request))
        bus.fault = None
        return True

    async with rtu_serving(RtuBus(fault=answers_another)) as bus:
        link = link_to(bus.port)
        await link.ensure_open(1.0)
        assert await link.read(ReadRequest(1, Table.HOLDING, 30, 1), 1.0) == b"\x00\x1e"
        link.end()


async def test_the_line_rests_at_the_first_time_out_of_a_unit_that_was_well_and_at_no_other() -> (
    None
):
    async with rtu_serving(RtuBus(units={1, 2})) as bus:
        link = link_to(bus.port)
        link.join(2, 0.0, TIMEOUT_S)
        await link.ensure_open(1.0)
        for unit in (1, 2):
            await link.read(ReadRequest(unit, Table.HOLDING, 5, 1), 1.0)
        bus.units.discard(1)
        waited = []
        for _ in range(2):
            with pytest.raises(SilentUnit):
                await link.read(ReadRequest(1, Table.HOLDING, 5, 1), TIMEOUT_S)
            begun = monotonic_s()
            await link.read(ReadRequest(2, Table.HOLDING, 5, 1), 1.0)
            waited.append(monotonic_s() - begun)
        link.end()
    assert waited[0] >= 0.95 * TIMEOUT_S
    assert waited[1] < 0.5 * TIMEOUT_S


DEEDS = ("right", "right", "late", "late", "unit", "function", "cut", "garbage", "twice", "short")


@pytest.mark.parametrize("seed", range(2))
async def test_a_hostile_bus_never_gets_a_wrong_value_in(seed: int) -> None:
    """Register n holds n: whatever the bus does, a value that is read is its own address."""
    chance = random.Random(seed)
    tasks: set[asyncio.Task[None]] = set()
    seen: set[str] = set()

    async def later(writer: asyncio.StreamWriter, reply: bytes, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        writer.write(reply)

    def misdeeds(request: RtuRequest, reply: bytes) -> dict[str, Callable[[], bytes]]:
        return {
            "right": lambda: reply,
            "unit": lambda: framed(bytes((9,)) + reply[1:-2]),
            "function": lambda: framed(reply[:1] + b"\x04" + reply[2:-2]),
            "cut": lambda: reply[: chance.randrange(1, len(reply))],
            "garbage": lambda: chance.randbytes(40),
            "twice": lambda: reply + reply,
            "short": lambda: framed(reply[:2] + b"\x02\x00\x07"),
        }

    async def misbehave(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
        reply = bus.reply(request)
        deed = chance.choice(DEEDS)
        seen.add(deed)
        if deed == "late":
            wait_s = chance.uniform(1.0, 1.8) * wait
            task = asyncio.create_task(later(writer, reply, wait_s))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        else:
            writer.write(misdeeds(request, reply)[deed]())
        return True

    wait, read = 0.02, 0
    async with rtu_serving(RtuBus(fault=misbehave)) as bus:
        link = ModbusLink(RtuOverTcpLink(transport="rtu_over_tcp", host="127.0.0.1", port=bus.port))
        link.join(1, 0.0, wait)
        for _ in range(50):
            start, count = chance.randrange(0, 500), 4
            try:
                await link.ensure_open(1.0)
                data = await link.read(ReadRequest(1, Table.HOLDING, start, count), wait)
            except ConnectorError:
                continue
            assert struct.unpack(f">{count}H", data) == tuple(range(start, start + count))
            read += 1
        link.end()
        if tasks:
            await asyncio.wait(tasks)
    assert seen == set(DEEDS)
    assert read > 5


async def test_a_bit_is_not_written_into_what_a_late_reply_says_of_another_register() -> None:
    """The reading that came late belongs to another register; its bits must not be written."""
    async with rtu_serving(RtuBus()) as bus:
        late_once(bus, 0x0F00, 1.3 * TIMEOUT_S, blocks=False)
        late = bus.fault
        assert late is not None

        async def slow(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
            if request.address == 0x0010:
                await asyncio.sleep(0.6 * TIMEOUT_S)  # the late reply is in its flight
            return await late(request, writer)

        bus.fault = slow
        tags = [
            tag("other", 0x0F00, type="bit", bit=0),
            tag("lamp", 0x0010, type="bit", bit=0),
        ]
        config = source(
            bus.port, tags, link=rtu_link(bus.port, quiet_ms=10), timeout_ms=int(1000 * TIMEOUT_S)
        )
        plc = connector(config)
        link = ModbusLink(config.link)
        link.join(1, 0.0, TIMEOUT_S)
        await link.ensure_open(1.0)
        writer = TagWriter(config, plc.context.clock, lambda _: None)
        await link.read(ReadRequest(1, Table.HOLDING, 5, 1), TIMEOUT_S)
        with pytest.raises(SilentUnit):
            await writer.write(link, "other", True)
        for _ in range(3):
            with suppress(SilentUnit):
                await writer.write(link, "lamp", True)
        link.end()
    written = {(r.address, r.count) for r in bus.requests if r.function == 6}
    assert written <= {(0x0010, 0x0011)}


async def test_a_reply_that_is_late_behind_noise_is_found_out_too() -> None:
    async with rtu_serving(RtuBus()) as bus:
        late_once(bus, 100, 1.25 * TIMEOUT_S, blocks=False)
        plain = bus.fault
        assert plain is not None

        async def with_noise(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
            taken = await plain(request, writer)
            if taken:
                writer.write(b"\xff" * 9)
            else:
                await asyncio.sleep(0.5 * TIMEOUT_S)  # the late reply is in the flight of the next
            return taken

        bus.fault = with_noise
        link = link_to(bus.port)
        await link.ensure_open(1.0)
        read = [ReadRequest(1, Table.HOLDING, address, 1) for address in (0, 100, 200, 300)]
        await link.read(read[0], TIMEOUT_S)
        with pytest.raises(SilentUnit):
            await link.read(read[1], TIMEOUT_S)
        found = []
        for request in read[2:]:
            with suppress(SilentUnit):
                found.append((request.start, await link.read(request, TIMEOUT_S)))
        link.end()
    assert found
    assert all(int.from_bytes(data, "big") == start for start, data in found)
