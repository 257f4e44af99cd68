"""Our Modbus connector against servers that others wrote, in C, JavaScript and Python."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import PlantClock, real_now_us
from connectors.modbus.connector import ModbusConnector
from connectors.runtime.runner import SourceRunner
from connectors.runtime.spool import Spool
from connectors.sdk.capabilities import WriteOutcome
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.messages import LinkState, Stream
from mes.ports import free_port
from tests.connectors.modbus.sources import connector, source, tag
from tests.connectors.support import until
from tests.peers.processes import Peer, installed_peer, node_peer, python_peer

PYMODBUSTCP = """
import struct, sys
from pyModbusTCP.server import ModbusServer
port = int(sys.argv[1])
server = ModbusServer("127.0.0.1", port, no_block=True)
server.start()
bank = server.data_bank
words = lambda data: [int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2)]
put = lambda address, data: bank.set_holding_registers(address, words(data))
put(0, struct.pack(">Hh", 65535, -5))
put(2, struct.pack(">Iif", 4000000000, -70000, 230.5))
put(8, struct.pack(">dQ", -12.25, 9007199254740993))
put(16, b"PRESS-1\\0")
put(20, bytes.fromhex("12345678"))
bank.set_input_registers(0, list(range(1000, 1010)))
bank.set_coils(0, [n % 3 == 0 for n in range(10)])
bank.set_discrete_inputs(0, [n % 2 == 0 for n in range(10)])
print("ready", port, flush=True)
sys.stdin.read()
"""

TAGS: list[dict[str, Any]] = [
    tag("u16", 0),
    tag("i16", 1, type="int16"),
    tag("u32", 2, type="uint32"),
    tag("i32", 4, type="int32"),
    tag("f32", 6, type="float32"),
    tag("f64", 8, type="float64"),
    tag("u64", 12, type="uint64"),
    tag("text", 16, type="string", length=4),
    tag("bcd", 20, type="bcd32"),
    tag("bit", 21, type="bit", bit=3),
    tag("input", 7, table="input"),
    tag("coil3", 3, table="coil", type="bool"),
    tag("coil4", 4, table="coil", type="bool"),
    tag("di9", 9, table="discrete", type="bool"),
]
EXPECTED = {
    "u16": 65535,
    "i16": -5,
    "u32": 4_000_000_000,
    "i32": -70_000,
    "f32": 230.5,
    "f64": -12.25,
    "u64": 9_007_199_254_740_993,
    "text": "PRESS-1",
    "bcd": 12_345_678,
    "bit": True,
    "input": 1007,
    "coil3": True,
    "coil4": False,
    "di9": False,
}
Start = Callable[[int], AbstractAsyncContextManager[Peer]]


def modbus_serial(port: int) -> AbstractAsyncContextManager[Peer]:
    return node_peer("modbus_serial_server.js", port)


def py_modbus_tcp(port: int) -> AbstractAsyncContextManager[Peer]:
    return python_peer(PYMODBUSTCP, port)


def libmodbus(port: int) -> AbstractAsyncContextManager[Peer]:
    return installed_peer("libmodbus_server", port)


each = pytest.mark.parametrize("peer", [modbus_serial, py_modbus_tcp, libmodbus])
writable = pytest.mark.parametrize("peer", [py_modbus_tcp, libmodbus])


@each
async def test_every_type_is_read_from_the_peer(peer: Start) -> None:
    async with peer(free_port()) as served:
        device = connector(source(served.port, TAGS))
        await device.open()
        reading = await device.read_all()
        await device.close()
    assert {sample.tag: sample.value for sample in reading.samples} == EXPECTED


@each
async def test_a_restart_of_the_peer_is_survived(peer: Start, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    clock = PlantClock.starting_at(real_now_us())
    port = free_port()
    device = ModbusConnector(source(port, TAGS, scan_ms=50), ConnectorContext(clock=clock))
    runner = SourceRunner(device, {"u16": Stream.EVENT}, spool, clock)
    async with peer(port):
        task = asyncio.create_task(runner.run())
        await until(lambda: runner.status.state is LinkState.UP)
    await until(lambda: runner.status.state is LinkState.BACKING_OFF)
    async with peer(port):
        await until(lambda: runner.status.state is LinkState.UP, 10.0)
        task.cancel()
        await asyncio.wait([task])
    assert runner.status.counters.reconnects == 1
    spool.close()


WRITTEN: dict[str, Any] = {
    "u16": 1,
    "i16": -32_768,
    "u32": 70_000,
    "i32": 70_000,
    "f32": -0.5,
    "f64": 1e300,
    "u64": 2**63,
    "text": "DIE-42",
    "bcd": 99_999_999,
    "bit": False,
    "coil3": False,
    "coil4": True,
}


@writable
@pytest.mark.parametrize("single", [True, False])
async def test_every_type_is_written_to_the_peer_and_reads_back(peer: Start, single: bool) -> None:
    async with peer(free_port()) as served:
        device = connector(source(served.port, TAGS, write_single=single))
        await device.open()
        for name, value in WRITTEN.items():
            assert (await device.write(name, value)).outcome is WriteOutcome.ACCEPTED
            assert (await device.read_back(name)).value == value
        await device.close()
