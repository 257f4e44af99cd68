"""Writing one tag: the right function, sent once, and what is known of it afterwards."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.modbus.codec import ORDERS, REGISTERS, DataType
from connectors.modbus.connector import ModbusConnector
from connectors.sdk.capabilities import WriteOutcome
from connectors.sdk.errors import ConfigurationError, Unavailable
from connectors.sdk.messages import Quality, Value
from tests.connectors.modbus.sources import connector, source, tag

HEAD = struct.Struct(">HHHB")


@dataclass
class Plc:
    """A device that is read and written; keeps the writes that it got.

    Attributes:
        answer: takes over a write: what is sent instead of the right reply; None sends nothing.
        writes: every write as it arrived, without its framing.
        reads: how many reads it answered.
        is_silent: whether it says nothing at all.
    """

    registers: dict[int, int] = field(default_factory=dict)
    coils: dict[int, bool] = field(default_factory=dict)
    answer: Callable[[bytes], bytes | None] | None = None
    writes: list[bytes] = field(default_factory=list)
    reads: int = 0
    port: int = 0
    is_silent: bool = False

    def reply(self, pdu: bytes) -> bytes | None:
        if self.is_silent:
            return None
        function, address, count = struct.unpack_from(">BHH", pdu)
        self.reads += function in (1, 3)
        if function == 3:
            words = [self.registers.get(address + n, 0) for n in range(count)]
            return struct.pack(f">BB{count}H", 3, 2 * count, *words)
        if function == 1:
            return bytes((1, 1, self.coils.get(address, False)))
        self.writes.append(pdu)
        if self.answer is not None:
            return self.answer(pdu)
        if function == 5:
            self.coils[address] = count == 0xFF00
        elif function == 6:
            self.registers[address] = count
        elif function == 15:
            for n in range(count):
                self.coils[address + n] = bool(pdu[6 + n // 8] >> n % 8 & 1)
        elif function == 16:
            words = list(struct.unpack_from(f">{count}H", pdu, 6))
            self.registers |= {address + n: word for n, word in enumerate(words)}
        return pdu[:5]


@asynccontextmanager
async def served(plc: Plc, port: int = 0) -> AsyncIterator[Plc]:
    writers: set[asyncio.StreamWriter] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        try:
            while True:
                number, _, length, unit = HEAD.unpack(await reader.readexactly(HEAD.size))
                reply = plc.reply(await reader.readexactly(length - 1))
                if reply is not None:
                    writer.write(HEAD.pack(number, 0, len(reply) + 1, unit) + reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", port)
    plc.port = server.sockets[0].getsockname()[1]
    try:
        yield plc
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()


@asynccontextmanager
async def connected(
    plc: Plc, tags: list[dict[str, Any]], **more: Any
) -> AsyncIterator[ModbusConnector]:
    async with served(plc):
        device = connector(source(plc.port, tags, **more))
        await device.open()
        try:
            yield device
        finally:
            await device.close()


TAGS: list[dict[str, Any]] = [
    tag("lamp", 3, table="coil", type="bool"),
    tag("dark", 4, table="coil", type="bool", invert=True),
    tag("pieces", 10),
    tag("volts", 12, type="int32", order="CDAB", scale=0.1, min=0, max=500, unit="V"),
    tag("speed", 14, type="float32"),
    tag("mode", 20, enum={1: "auto", 2: "manual"}),
    tag("code", 22, type="bcd32"),
    tag("model", 30, type="string", length=4),
    tag("jam", 40, type="bit", bit=3),
    tag("temperature", 50, table="input", type="int16"),
]


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("lamp", True, "05 0003 FF00"),
        ("lamp", False, "05 0003 0000"),
        ("dark", True, "05 0004 0000"),
        ("pieces", 1234, "06 000A 04D2"),
        ("volts", 230.5, "10 000C 0002 04 0901 0000"),
        ("speed", 230.5, "10 000E 0002 04 4366 8000"),
        ("mode", "manual", "06 0014 0002"),
        ("code", 12_345_678, "10 0016 0002 04 1234 5678"),
        ("model", "BRKT", "10 001E 0004 08 4252 4B54 0000 0000"),
        ("jam", True, "06 0028 8008"),
        ("jam", False, "06 0028 8000"),
    ],
)
async def test_a_value_is_written_with_its_function_and_reads_back_as_it(
    name: str, value: Value, sent: str
) -> None:
    plc = Plc(registers={40: 0x8000})
    async with connected(plc, TAGS) as device:
        written = await device.write(name, value)
        back = await device.read_back(name)
    assert plc.writes == [bytes.fromhex(sent)]
    assert (written.outcome, written.reason) == (WriteOutcome.ACCEPTED, None)
    assert (back.tag, back.value, back.quality) == (name, value, Quality.GOOD)


async def test_a_device_that_only_takes_many_is_written_with_functions_15_and_16() -> None:
    plc = Plc(registers={40: 0x8000})
    async with connected(plc, TAGS, write_single=False) as device:
        for name, value in (("lamp", True), ("pieces", 1234), ("jam", True)):
            assert (await device.write(name, value)).outcome is WriteOutcome.ACCEPTED
            assert (await device.read_back(name)).value == value
    assert plc.writes == [
        bytes.fromhex("0F 0003 0001 01 01"),
        bytes.fromhex("10 000A 0001 02 04D2"),
        bytes.fromhex("10 0028 0001 02 8008"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("nothing", 1, "tag_unknown"),
        ("temperature", 1, "tag_not_writable"),
        ("pieces", 70_000, "value_not_possible"),
        ("pieces", -1, "value_not_possible"),
        ("volts", 500.1, "value_not_possible"),
        ("volts", 230.55, "value_not_possible"),
        ("speed", 1e39, "value_not_possible"),
        ("code", 100_000_000, "value_not_possible"),
        ("model", "much too long", "value_not_possible"),
        ("model", "프레스", "value_not_possible"),
        ("lamp", 1, "value_not_possible"),
        ("jam", 1, "value_not_possible"),
        ("mode", "off", "value_not_possible"),
    ],
)
async def test_what_cannot_be_written_is_refused_before_anything_is_sent(
    name: str, value: Value, code: str
) -> None:
    plc = Plc()
    async with connected(plc, TAGS) as device:
        with pytest.raises(ConfigurationError) as caught:
            await device.write(name, value)
    assert caught.value.code == code
    assert plc.writes == []


async def test_a_write_without_an_answer_is_unknown_and_never_sent_again() -> None:
    plc = Plc(answer=lambda pdu: None)
    async with connected(plc, TAGS) as device:
        for name, value in (("pieces", 7), ("volts", 7), ("lamp", True), ("jam", True)):
            plc.writes.clear()
            written = await device.write(name, value)
            assert (written.outcome, written.reason) == (WriteOutcome.UNKNOWN, "no_reply")
            assert len(plc.writes) == 1


@pytest.mark.parametrize(
    ("number", "reason"), [(2, "illegal_address"), (4, "device_failure"), (6, "device_busy")]
)
async def test_a_write_that_the_device_refuses_says_why_and_is_not_sent_again(
    number: int, reason: str
) -> None:
    plc = Plc(answer=lambda pdu: bytes((pdu[0] | 0x80, number)))
    async with connected(plc, TAGS) as device:
        written = await device.write("pieces", 7)
    assert (written.outcome, written.reason) == (WriteOutcome.REFUSED, reason)
    assert len(plc.writes) == 1


async def test_the_confirmation_of_another_write_confirms_nothing() -> None:
    plc = Plc(answer=lambda pdu: pdu[:3] + b"\x00\x63")
    async with connected(plc, TAGS) as device:
        written = await device.write("pieces", 7)
    assert written.outcome is WriteOutcome.UNKNOWN
    assert len(plc.writes) == 1


async def test_a_connection_lost_in_a_write_is_unknown_and_without_one_nothing_is_sent() -> None:
    plc = Plc()
    async with served(plc):
        device = connector(source(plc.port, TAGS, timeout_ms=5000))
        await device.open()
        plc.answer = lambda pdu: None
        writing = asyncio.create_task(device.write("pieces", 7))
        while not plc.writes:
            await asyncio.sleep(0.001)
        link = device.link
        assert link is not None
        link.end()
        assert (await writing).outcome is WriteOutcome.UNKNOWN
        with pytest.raises(Unavailable):
            await device.write("pieces", 8)
        await device.close()
        with pytest.raises(Unavailable):
            await device.write("pieces", 9)
    assert len(plc.writes) == 1


async def test_two_bits_of_one_register_that_are_written_at_once_are_both_there() -> None:
    bits = [tag(f"b{n}", 40, type="bit", bit=n) for n in range(8)]
    plc = Plc(registers={40: 0xF000})
    async with connected(plc, bits) as device:
        await asyncio.gather(*(device.write(f"b{n}", True) for n in range(8)))
    assert plc.registers[40] == 0xF0FF


NUMBERS = sorted(set(REGISTERS) - {DataType.BOOL, DataType.BIT, DataType.STRING})


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_type_and_order_that_is_read_is_written_the_same(data: st.DataObject) -> None:
    """What the device holds is read, written back, and must leave the same registers."""
    kind = data.draw(st.sampled_from(NUMBERS))
    width = REGISTERS[kind]
    order = data.draw(st.sampled_from([None, *ORDERS[width]]))
    words = data.draw(st.lists(st.integers(0, 0xFFFF), min_size=width, max_size=width))
    base = data.draw(st.sampled_from([0, 1]))

    async def play() -> None:
        plc = Plc(registers=dict(enumerate(words)))
        shape: dict[str, Any] = {"type": kind.value, "order": order}
        async with connected(plc, [tag("x", base, **shape)], address_base=base) as device:
            sample = (await device.read_all()).samples[0]
            if sample.quality is not Quality.GOOD:
                return
            plc.registers = {}
            assert (await device.write("x", sample.value)).outcome is WriteOutcome.ACCEPTED
            assert [plc.registers[n] for n in range(width)] == words
            assert (await device.read_back("x")).value == sample.value

    asyncio.run(play())


async def test_a_text_longer_than_one_write_can_carry_is_refused_before_it_is_sent() -> None:
    plc = Plc()
    async with served(plc):
        machine = connector(source(plc.port, [tag("recipe", 0, type="string", length=124)]))
        await machine.open()
        with pytest.raises(ConfigurationError, match="123 registers") as refusal:
            await machine.write("recipe", "A")
        await machine.close()
    assert refusal.value.code == "tag_not_writable"
    assert plc.writes == []
