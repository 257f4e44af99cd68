"""The Modbus server against raw frames and against libmodbus."""

from __future__ import annotations

import asyncio
import struct
import subprocess
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.modbus_memory import DeviceMemory, Table
from simulators.modbus_pdu import answer
from simulators.modbus_server import ModbusServer, Unit
from tests.simulators.helpers import RawClient, frame

T = TypeVar("T")


def _memory() -> DeviceMemory:
    memory = DeviceMemory()
    memory.lay_out(Table.HOLDING, range(10))
    memory.put(Table.HOLDING, 0, [7, 65_535, 0, 0x1234, 5, 6, 7, 8, 9, 10])
    memory.lay_out(Table.HOLDING, range(0x100, 0x120), writable=True)
    memory.lay_out(Table.INPUT, range(100, 104))
    memory.put(Table.INPUT, 100, [0x4366, 0x8000, 0xFFCE, 31_000])
    memory.lay_out(Table.COIL, range(16), writable=True)
    memory.lay_out(Table.DISCRETE, range(12))
    memory.put(Table.DISCRETE, 0, [1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1])
    return memory


@pytest.mark.parametrize(
    ("request_hex", "response_hex"),
    [
        ("03 0000 0002", "03 04 0007 ffff"),
        ("04 0064 0004", "04 08 4366 8000 ffce 7918"),
        ("02 0000 000c", "02 02 0d09"),
        ("01 0000 0001", "01 01 00"),
        ("05 0001 ff00", "05 0001 ff00"),
        ("06 0100 002a", "06 0100 002a"),
        ("0f 0000 000a 02 cd01", "0f 0000 000a"),
        ("10 0100 0002 04 000a 0102", "10 0100 0002"),
        ("16 0100 00f2 0025", "16 0100 00f2 0025"),
        ("17 0000 0001 0100 0001 02 00ff", "17 02 0007"),
    ],
)
def test_a_good_request_is_answered_to_the_letter(request_hex: str, response_hex: str) -> None:
    assert answer(bytes.fromhex(request_hex), _memory()) == bytes.fromhex(response_hex)


@pytest.mark.parametrize(
    ("request_hex", "code"),
    [
        ("07", 1),
        ("2b 0e 01 00", 1),
        ("03 0009 0002", 2),
        ("03 0020 0001", 2),
        ("03 ffff 0002", 2),
        ("06 0000 0001", 2),
        ("10 00ff 0002 04 0001 0002", 2),
        ("02 000b 0002", 2),
        ("03 0000 0000", 3),
        ("03 0000 007e", 3),
        ("01 0000 07d1", 3),
        ("05 0000 0001", 3),
        ("10 0100 0002 03 0001 00", 3),
        ("10 0100 0002 04 0001", 3),
        ("0f 0000 0000 00", 3),
        ("17 0000 0001 0100 0001 03 00ff", 3),
        ("03 0000", 3),
    ],
)
def test_a_bad_request_gets_the_exception_of_the_specification(request_hex: str, code: int) -> None:
    request = bytes.fromhex(request_hex)
    assert answer(request, _memory()) == bytes((request[0] | 0x80, code))


def test_mask_write_follows_the_formula_of_the_specification() -> None:
    memory = _memory()
    memory.put(Table.HOLDING, 0x100, [0x12])
    answer(bytes.fromhex("16 0100 00f2 0025"), memory)
    assert memory.read(Table.HOLDING, 0x100, 1) == [0x17]


def test_a_write_over_a_gap_writes_nothing() -> None:
    memory = _memory()
    answer(bytes.fromhex("10 011f 0002 04 0001 0002"), memory)
    assert memory.read(Table.HOLDING, 0x11F, 1) == [0]


@given(st.binary(min_size=1, max_size=253))
def test_any_bytes_get_a_response_of_legal_size(request_bytes: bytes) -> None:
    response = answer(request_bytes, _memory())
    assert 2 <= len(response) <= 253
    assert response[0] & 0x7F == request_bytes[0] & 0x7F


@pytest.fixture
async def server() -> AsyncIterator[ModbusServer]:
    made = ModbusServer({1: Unit(memory=_memory()), 2: Unit(memory=_memory(), max_registers=4)})
    await made.start("127.0.0.1", 0)
    yield made
    await made.stop()


async def _with_client(server: ModbusServer, act: Callable[[RawClient], T]) -> T:
    def run() -> T:
        client = RawClient(server.port, timeout_s=0.5)
        try:
            return act(client)
        finally:
            client.close()

    return await asyncio.to_thread(run)


async def test_an_absent_unit_is_silent_and_the_next_request_is_answered(
    server: ModbusServer,
) -> None:
    def act(client: RawClient) -> list[int]:
        with pytest.raises(TimeoutError):
            client.ask(9, bytes.fromhex("03 0000 0001"))
        return client.registers(1, 3, 0, 1)

    assert await _with_client(server, act) == [7]


async def test_a_unit_with_a_small_limit_refuses_larger_reads(server: ModbusServer) -> None:
    def act(client: RawClient) -> tuple[bytes, list[int]]:
        return client.ask(2, bytes.fromhex("03 0000 0005")), client.registers(2, 3, 0, 4)

    refused, values = await _with_client(server, act)
    assert refused == b"\x83\x03"
    assert values == [7, 65_535, 0, 0x1234]


async def test_requests_in_one_segment_and_split_ones_are_answered_in_order(
    server: ModbusServer,
) -> None:
    def act(client: RawClient) -> bytes:
        first = frame(1, bytes.fromhex("03 0000 0001"), 1)
        second = frame(1, bytes.fromhex("03 0003 0001"), 2)
        client.socket.sendall(first + second[:5])
        client.socket.sendall(second[5:])
        received = b""
        while len(received) < 22:
            received += client.socket.recv(100)
        return received

    received = await _with_client(server, act)
    assert received == frame(1, bytes.fromhex("03 02 0007"), 1) + frame(
        1, bytes.fromhex("03 02 1234"), 2
    )


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\0\1\0\0\0\1\1", b"\xff" * 300])
async def test_garbage_ends_the_connection_and_only_that(
    server: ModbusServer, garbage: bytes
) -> None:
    def act(client: RawClient) -> bytes:
        client.socket.sendall(garbage)
        try:
            return client.socket.recv(10)
        except ConnectionResetError:
            return b""

    assert await _with_client(server, act) == b""
    assert server.counters.broken_frames == 1
    assert await _with_client(server, lambda client: client.registers(1, 3, 0, 1)) == [7]


async def test_more_than_64_connections_are_refused(server: ModbusServer) -> None:
    clients = [await asyncio.to_thread(RawClient, server.port, 0.5) for _ in range(64)]
    await asyncio.to_thread(clients[-1].registers, 1, 3, 0, 1)

    def extra(client: RawClient) -> None:
        client.registers(1, 3, 0, 1)

    with pytest.raises(ConnectionError):
        await _with_client(server, extra)
    assert server.counters.refused_connections == 1
    for client in clients:
        client.close()


async def test_a_delayed_unit_answers_late_and_in_order(server: ModbusServer) -> None:
    server.units[1].faults.delay_s = 0.1

    def act(client: RawClient) -> list[int]:
        return client.registers(1, 3, 0, 1)

    began = asyncio.get_running_loop().time()
    assert await _with_client(server, act) == [7]
    assert asyncio.get_running_loop().time() - began >= 0.1


async def test_an_injected_exception_reaches_the_client(server: ModbusServer) -> None:
    server.units[1].faults.exception = 6
    ask = bytes.fromhex("03 0000 0001")
    assert await _with_client(server, lambda client: client.ask(1, ask)) == b"\x83\x06"


async def test_a_frozen_unit_answers_with_old_values() -> None:
    memory = _memory()
    unit = Unit(memory=memory, refresh=lambda: memory.put(Table.HOLDING, 0, [99]))
    unit.faults.frozen = True
    server = ModbusServer({1: unit})
    await server.start("127.0.0.1", 0)
    assert await _with_client(server, lambda client: client.registers(1, 3, 0, 1)) == [7]
    unit.faults.frozen = False
    assert await _with_client(server, lambda client: client.registers(1, 3, 0, 1)) == [99]
    await server.stop()


async def test_a_stopped_server_cuts_clients_and_resumes_on_its_port(
    server: ModbusServer,
) -> None:
    client = await asyncio.to_thread(RawClient, server.port, 0.5)
    await asyncio.to_thread(client.registers, 1, 3, 0, 1)
    port = server.port
    await server.stop()
    with pytest.raises(ConnectionError):
        await asyncio.to_thread(client.registers, 1, 3, 0, 1)
    client.close()
    await server.resume()
    assert server.port == port
    assert await _with_client(server, lambda other: other.registers(1, 3, 0, 1)) == [7]


def _run_mbpoll(path: str, port: int, *arguments: str) -> str:
    command = [path, "-m", "tcp", "-p", str(port), "-0", "-1", "-o", "1", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout + done.stderr


async def test_mbpoll_reads_registers_floats_and_bits(server: ModbusServer, mbpoll: str) -> None:
    async def poll(*arguments: str) -> str:
        return await asyncio.to_thread(_run_mbpoll, mbpoll, server.port, *arguments)

    holding = await poll("-a", "1", "-t", "4", "-r", "0", "-c", "4", "127.0.0.1")
    assert "[0]: \t7" in holding
    assert "[3]: \t4660" in holding
    floats = await poll("-a", "1", "-t", "3:float", "-B", "-r", "100", "-c", "1", "127.0.0.1")
    assert "230.5" in floats
    bits = await poll("-a", "1", "-t", "1", "-r", "0", "-c", "4", "127.0.0.1")
    assert [line.split()[-1] for line in bits.splitlines() if line.startswith("[")] == list("1011")


async def test_mbpoll_writes_and_sees_refusals(server: ModbusServer, mbpoll: str) -> None:
    async def poll(*arguments: str) -> str:
        return await asyncio.to_thread(_run_mbpoll, mbpoll, server.port, *arguments)

    assert "Written 3 references" in await poll(
        "-a", "1", "-t", "4", "-r", "256", "127.0.0.1", "11", "12", "13"
    )
    assert server.units[1].memory.read(Table.HOLDING, 256, 3) == [11, 12, 13]
    assert "Written 2 references" in await poll(
        "-a", "1", "-t", "0", "-r", "3", "127.0.0.1", "1", "1"
    )
    assert server.units[1].memory.read(Table.COIL, 2, 4) == [0, 1, 1, 0]
    assert "Illegal data address" in await poll(
        "-a", "1", "-t", "4", "-r", "9", "-c", "3", "127.0.0.1"
    )
    assert "timed out" in await poll("-a", "9", "-t", "4", "-r", "0", "-c", "1", "127.0.0.1")


def test_the_float_of_the_register_map_has_the_high_word_first() -> None:
    words = _memory().read(Table.INPUT, 100, 2)
    assert struct.unpack(">f", struct.pack(">2H", *words)) == (230.5,)
