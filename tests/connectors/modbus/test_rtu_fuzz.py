"""Any bytes on a serial line: a value comes only from a right frame, else an error with a name."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.modbus.config import Table
from connectors.modbus.pdu import ModbusRequest, ReadRequest, write_registers
from connectors.modbus.rtu import RtuConnection
from connectors.modbus.rtu_frames import LARGEST_FRAME
from connectors.sdk.errors import ConnectorError
from tests.connectors.modbus.rtu_device import framed
from tests.connectors.modbus.test_rtu_frames import oracle
from tests.connectors.modbus.test_tcp_fuzz import EXCEPTIONS, Wire

READ = ReadRequest(1, Table.HOLDING, 10, 2)
WRITE = write_registers(1, 10, b"\x00\x07", single=True)
RIGHT = framed(b"\x01\x03\x04\x00\x0a\x00\x0b")
WRITTEN = framed(b"\x01\x06\x00\x0a\x00\x07")
NAMES = {*EXCEPTIONS.values(), "no_reply", "bad_checksum", "short_reply", "long_reply"}
CORPUS = [
    RIGHT[:4] + RIGHT,
    RIGHT[:-1] + b"\x00" + RIGHT,
    framed(b"\x02\x03\x04" + bytes(4)) + RIGHT,
    framed(b"\x01\x03\x02\x00\x0a") + RIGHT,
    framed(b"\x01\x04\x04" + bytes(4)) + RIGHT,
    framed(b"\x01\x83\x05") + RIGHT,
    b"\x01\x03\xff" + RIGHT,
    b"\x01\x03\x04" + RIGHT,
    framed(b"\x01\x06\x00\x0b\x00\x07") + WRITTEN,
    framed(b"\x01\x86\x02"),
    b"\xff" * 600 + RIGHT,
]


def meaning(request: ModbusRequest, pdu: bytes) -> bytes | str | None:
    """What a frame of the asked unit says, by the rules of the protocol."""
    if pdu[0] == request.function + 128:
        return EXCEPTIONS.get(pdu[1], f"exception_{pdu[1]}")
    if pdu[0] != request.function:
        return None
    if request is WRITE:
        return pdu[2:] if pdu == request.pdu else None
    if len(pdu) - 2 == 4:
        return pdu[2:]
    return "long_reply" if len(pdu) - 2 > 4 else "short_reply"


def expected(request: ModbusRequest, stream: bytes) -> bytes | str:
    """What must come of a stream after a request."""
    for unit, pdu in oracle(stream):
        answer = meaning(request, pdu) if unit == request.unit else None
        if answer is not None:
            return answer
    return "no_reply"


async def outcome(request: ModbusRequest, stream: bytes, size: int) -> bytes | str:
    """What the connection makes of a stream that arrives in pieces of this size."""
    connection, wire = RtuConnection("here", lambda unit: None), Wire()
    connection.connection_made(wire)
    pending = asyncio.create_task(connection.exchange(request, 60.0))
    await asyncio.sleep(0)
    for at in range(0, len(stream), size):
        connection.data_received(stream[at : at + size])
    connection.expire()
    try:
        return await pending
    except ConnectorError as error:
        return "no_reply" if error.code == "bad_checksum" else error.code
    finally:
        connection.close()


PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([RIGHT, WRITTEN, *CORPUS[:10]]),
    st.builds(
        lambda unit, function, data: framed(bytes((unit, function, len(data))) + data),
        st.integers(0, 3),
        st.sampled_from([1, 2, 3, 4, 23, 0x83, 0x86]),
        st.binary(max_size=8),
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([READ, WRITE]), st.lists(PIECES, max_size=5), st.integers(1, 64))
@example(READ, CORPUS, 1)
@example(WRITE, CORPUS, 7)
def test_any_stream_gives_what_the_oracle_says_however_it_is_cut(
    request_sent: ModbusRequest, pieces: list[bytes], size: int
) -> None:
    stream = b"".join(pieces)
    assert asyncio.run(outcome(request_sent, stream, size)) == expected(request_sent, stream)


@pytest.mark.parametrize("stream", CORPUS)
@pytest.mark.parametrize("request_sent", [READ, WRITE])
def test_the_corpus_gives_what_the_oracle_says_byte_by_byte(
    request_sent: ModbusRequest, stream: bytes
) -> None:
    assert asyncio.run(outcome(request_sent, stream, 1)) == expected(request_sent, stream)


@given(st.binary(max_size=2000))
def test_bytes_that_nobody_asked_for_never_raise_and_are_not_kept(data: bytes) -> None:
    async def play() -> int:
        connection, wire = RtuConnection("here", lambda unit: None), Wire()
        connection.connection_made(wire)
        connection.data_received(data)
        connection.data_received(data)
        kept = connection.kept_bytes
        connection.connection_lost(None)
        return kept

    assert asyncio.run(play()) <= LARGEST_FRAME


def test_a_right_frame_is_believed_and_every_error_has_a_known_name() -> None:
    assert asyncio.run(outcome(READ, RIGHT, 3)) == b"\x00\x0a\x00\x0b"
    assert asyncio.run(outcome(WRITE, WRITTEN, 3)) == WRITTEN[3:6]
    found = {asyncio.run(outcome(READ, stream, 5)) for stream in CORPUS}
    assert {each for each in found if isinstance(each, str)} <= NAMES
