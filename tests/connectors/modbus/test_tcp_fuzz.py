"""Any bytes in any pieces: a value is taken only from the one right frame, else a named error.

The oracle below reads the same stream in the plainest way, whole and once, without a buffer.
"""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Awaitable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.modbus.client import ModbusLink, ReadRequest
from connectors.modbus.config import Table
from connectors.modbus.link_config import TcpLink
from connectors.modbus.tcp import MOST_SKIPPED, TcpConnection
from connectors.sdk.errors import ConnectorError
from tests.connectors.modbus.device import Device, Request, frame, serving

FAILURES = {"connection_lost", "protocol_error", "no_reply", "short_reply"}
DEEDS = (
    *("right", "late", "transaction", "unit", "function", "cut", "garbage"),
    *("dribble", "twice", "silent", "short"),
)
WRONG_PARTS = ("transaction", "protocol", "unit", "function", "size", "announced")
EXCEPTIONS = {
    1: "illegal_function",
    2: "illegal_address",
    3: "illegal_value",
    4: "device_failure",
    5: "device_busy",
    6: "device_busy",
    8: "memory_parity_error",
    10: "gateway_path_unavailable",
    11: "no_reply",
}


class Wire(asyncio.Transport):
    """The other end of nothing: keeps what is written, and whether it was ended."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def abort(self) -> None:
        self.is_ended = True

    def get_write_buffer_size(self) -> int:
        return 0


@dataclass
class Oracle:
    """What must come of a stream; `rest` is an unfinished frame."""

    rest: bytes = b""
    has_ended: bool = False
    skipped: int = 0
    outcomes: list[bytes | str] = field(default_factory=list)

    def take(self, request: ReadRequest, number: int, stream: bytes) -> bytes | str:
        if self.has_ended:
            return "protocol_error"
        found: bytes | str = "no_reply"
        is_found = False
        self.rest = stream
        while len(self.rest) >= 7:
            transaction, protocol, length, unit = struct.unpack(">HHHB", self.rest[:7])
            if protocol or not 3 <= length <= 254:
                self.has_ended = True
                return found if is_found else "protocol_error"
            if len(self.rest) < 6 + length:
                break
            pdu, self.rest = self.rest[7 : 6 + length], self.rest[6 + length :]
            answer = _meaning(request, pdu) if (transaction, unit) == (number, request.unit) else ""
            if is_found or answer == "":
                self.skipped += 1
            else:
                found, is_found = answer, True
        return found


def _meaning(request: ReadRequest, pdu: bytes) -> bytes | str:
    if pdu[0] == request.function + 128:
        return EXCEPTIONS.get(pdu[1], f"exception_{pdu[1]}")
    if pdu[0] != request.function:
        return ""
    if pdu[1] == request.data_bytes == len(pdu) - 2:
        return pdu[2:]
    return "long_reply" if len(pdu) - 2 > request.data_bytes else "short_reply"


REQUESTS = st.builds(
    ReadRequest,
    st.integers(0, 255),
    st.sampled_from(Table),
    st.integers(0, 0xFFFF),
    st.integers(1, 125),
)


@st.composite
def answers(draw: st.DrawFn, request: ReadRequest, number: int) -> bytes:
    """Frames that are nearly right, right, or anything."""
    kind = draw(st.sampled_from(["right", "right", "near", "exception", "cut", "any"]))
    size = request.data_bytes
    transaction, unit, function = number, request.unit, request.function
    if kind == "any":
        return draw(st.binary(max_size=300))
    if kind == "exception":
        pdu = bytes((function + 128, draw(st.integers(0, 255))))
        return struct.pack(">HHHB", transaction, 0, 1 + len(pdu), unit) + pdu
    announced, protocol = size, 0
    if kind == "near":
        wrong = draw(st.sampled_from(WRONG_PARTS))
        if wrong == "transaction":
            transaction = draw(st.integers(0, 0xFFFF))
        elif wrong == "protocol":
            protocol = draw(st.integers(1, 0xFFFF))
        elif wrong == "unit":
            unit = draw(st.integers(0, 255))
        elif wrong == "function":
            function = draw(st.integers(0, 255))
        elif wrong == "size":
            size = announced = draw(st.integers(1, 251))
        else:
            announced = draw(st.integers(0, 255))
    data = bytes((draw(st.integers(0, 255)),)) * size
    body = bytes((function, announced)) + data
    whole = struct.pack(">HHHB", transaction, protocol, 1 + len(body), unit) + body
    return whole[: draw(st.integers(1, len(whole)))] if kind == "cut" else whole


def feed(connection: TcpConnection, data: bytes, cuts: list[int]) -> None:
    """Hand bytes over as the event loop does, cut at these places."""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {len(data)})
    begin = 0
    for place in places:
        piece = data[begin:place]
        begin = place
        while piece and connection.ended is None:
            room = connection.get_buffer(-1)
            assert len(room) > 0
            count = min(len(room), len(piece))
            room[:count] = piece[:count]
            connection.buffer_updated(count)
            piece = piece[count:]


async def outcome(reading: Awaitable[bytes]) -> bytes | str:
    """The data, or the code of the error; nothing else may come out."""
    try:
        return await reading
    except ConnectorError as error:
        return error.code


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_stream_gives_what_the_oracle_says_however_it_is_cut(data: st.DataObject) -> None:
    async def play() -> None:
        connection, wire, oracle = TcpConnection("here"), Wire(), Oracle()
        connection.connection_made(wire)
        for number in range(1, data.draw(st.integers(1, 4)) + 1):
            request = data.draw(REQUESTS)
            pending = asyncio.create_task(connection.exchange(request, 60.0))
            await asyncio.sleep(0)
            pieces = data.draw(st.lists(answers(request, number), max_size=4))
            stream = b"".join(pieces)
            expected = oracle.take(request, number, stream)
            feed(connection, stream, data.draw(st.lists(st.integers(0, 2000), max_size=8)))
            connection.expire()
            assert await outcome(pending) == expected
            assert wire.is_ended is oracle.has_ended
            if not oracle.has_ended:
                assert connection.skipped == oracle.skipped
        connection.close()
        assert connection.ended is not None
        sent = [struct.unpack(">HHHBBHH", each) for each in wire.written]
        assert [each[0] for each in sent] == list(range(1, len(sent) + 1))

    asyncio.run(play())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=700), max_size=8))
def test_bytes_that_nobody_asked_for_never_raise_and_never_wait_for_more_room(
    pieces: list[bytes],
) -> None:
    async def play() -> None:
        connection, wire = TcpConnection("here"), Wire()
        connection.connection_made(wire)
        for piece in pieces:
            feed(connection, piece, [])
        assert connection.skipped <= MOST_SKIPPED + 1
        connection.connection_lost(None)

    asyncio.run(play())


async def test_a_reply_in_the_very_turn_of_a_cancellation_or_a_deadline_harms_nobody() -> None:
    connection, wire = TcpConnection("here"), Wire()
    connection.connection_made(wire)
    request = ReadRequest(1, Table.HOLDING, 0, 1)

    def reply(number: int, word: int) -> bytes:
        return struct.pack(">HHHBBBH", number, 0, 5, 1, 3, 2, word)

    cancelled = asyncio.create_task(connection.exchange(request, 60.0))
    await asyncio.sleep(0)
    cancelled.cancel()
    feed(connection, reply(1, 1), [])
    late = asyncio.create_task(connection.exchange(request, 60.0))
    await asyncio.sleep(0)
    connection.expire()
    feed(connection, reply(2, 2), [])
    assert await outcome(late) == "no_reply"
    good = asyncio.create_task(connection.exchange(request, 60.0))
    await asyncio.sleep(0)
    feed(connection, reply(3, 3), [])
    assert await outcome(good) == b"\x00\x03"
    assert cancelled.cancelled()
    assert connection.skipped == 2
    connection.close()


async def test_a_hostile_device_on_a_socket_never_gets_a_wrong_value_in() -> None:
    """Register n holds n: whatever the device does, a value that is read is its own address."""
    chance = random.Random(20261124)
    late: set[asyncio.Task[None]] = set()
    seen: set[str] = set()

    async def later(writer: asyncio.StreamWriter, reply: bytes) -> None:
        await asyncio.sleep(0.03)
        writer.write(reply)

    async def misbehave(request: Request, writer: asyncio.StreamWriter) -> bool:
        reply = device.reply(request)
        other = Request(
            transaction=request.transaction, unit=9, function=3, address=900, count=request.count
        )
        deed = chance.choice(DEEDS)
        seen.add(deed)
        if deed == "late":
            task = asyncio.create_task(later(writer, reply))
            late.add(task)
            task.add_done_callback(late.discard)
        elif deed == "transaction":
            writer.write(frame(other, reply[7:], transaction=request.transaction - 1))
        elif deed == "unit":
            writer.write(device.reply(other) + reply)
        elif deed == "function":
            writer.write(frame(request, b"\x04" + reply[8:]))
        elif deed == "cut":
            writer.write(reply[: chance.randrange(1, len(reply))])
        elif deed == "garbage":
            writer.write(chance.randbytes(40))
        elif deed == "dribble":
            for byte in reply:
                writer.write(bytes((byte,)))
                await writer.drain()
                await asyncio.sleep(0)
        elif deed == "twice":
            writer.write(reply + reply)
        elif deed == "short":
            writer.write(frame(request, reply[7:8] + b"\x02\x00\x07"))
        return deed != "right"

    device = Device(registers={n: n for n in range(1000)}, fault=misbehave)
    read = 0
    async with serving(device):
        link = ModbusLink(TcpLink(transport="tcp", host="127.0.0.1", port=device.port))
        for _ in range(200):
            start = chance.randrange(0, 500)
            count = chance.randrange(2, 60)
            await link.ensure_open(1.0)
            data = await outcome(link.read(ReadRequest(1, Table.HOLDING, start, count), 0.02))
            if isinstance(data, str):
                assert data in FAILURES
                continue
            assert struct.unpack(f">{count}H", data) == tuple(range(start, start + count))
            read += 1
        link.end()
        if late:
            await asyncio.wait(late)
    assert seen == set(DEEDS)
    assert read > 30
