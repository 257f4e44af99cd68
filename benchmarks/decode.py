"""Reading Modbus: processor time per register, of our connector, of bare pymodbus, of a bare loop.

All read the same 50 devices back to back, 120 registers a request, everything changed in each
reply. Ours includes decoding, comparing, time stamps, quality and report by exception.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.plant import source
from benchmarks.tools import TAGS, devices
from connectors.clock import PlantClock
from connectors.modbus.config import ModbusSource
from connectors.modbus.connector import ModbusConnector
from connectors.modbus.decoder import BlockDecoder
from connectors.modbus.plan import plan_reads
from connectors.runtime.report import ExceptionReport
from connectors.sdk.connector import ConnectorContext

REGISTERS = 2 * TAGS
WINDOW_S = 1.0
REPLIES = 2000

Read = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Way:
    """A way of reading: its name, and how to make a reader of one device."""

    name: str
    connect: Callable[[int, int, AsyncExitStack], Awaitable[Read]]


def measure(folder: Path, windows: int) -> list[Figure]:
    """Ratios of processor time per register, and nanoseconds a tag of the decoder alone."""
    with devices(folder, change_ms=0) as plant:
        ways = [
            Way("raw", _raw),
            Way("pymodbus", _pymodbus),
            Way("converted", _converted),
            Way("ours", _ours),
        ]
        costs = asyncio.run(_compare(ways, plant.ports, windows))
    ours = costs["ours"]
    ratios = {
        name: [own / other for own, other in zip(ours, costs[name], strict=True)]
        for name in ("raw", "pymodbus", "converted")
    }
    return [
        Figure(
            name="Modbus read and decode, cpu / bare pymodbus",
            values=ratios["pymodbus"],
            target=1.3,
            ambition=0.6,
            note="pymodbus without any decoding; performance.md section 7",
        ),
        Figure(
            name="Modbus read and decode, cpu / pymodbus with conversion per tag",
            values=ratios["converted"],
        ),
        Figure(name="Modbus read and decode, cpu / bare asyncio loop", values=ratios["raw"]),
        Figure(
            name="Modbus read and decode, cpu s per million registers",
            values=ours,
            unit="s/M",
        ),
        *_decoder(windows),
    ]


async def _compare(
    ways: Sequence[Way], ports: Sequence[int], windows: int
) -> dict[str, list[float]]:
    """Processor seconds per million registers of each way, one value a window."""
    costs: dict[str, list[float]] = {way.name: [] for way in ways}
    async with AsyncExitStack() as stack:
        readers = {
            way.name: [await way.connect(i, port, stack) for i, port in enumerate(ports)]
            for way in ways
        }
        for _ in range(windows):
            for way in ways:
                costs[way.name].append(await _window(readers[way.name]))
    return costs


async def _window(readers: Sequence[Read]) -> float:
    until = time.monotonic() + WINDOW_S
    before = time.process_time()

    async def repeat(read: Read) -> int:
        count = 0
        while time.monotonic() < until:
            await read()
            count += 1
        return count

    counts = await asyncio.gather(*map(repeat, readers))
    return (time.process_time() - before) / (sum(counts) * REGISTERS) * 1e6


async def _raw(index: int, port: int, stack: AsyncExitStack) -> Read:
    from benchmarks.raw_modbus import RawModbus

    link = await RawModbus.connect(port)
    stack.callback(link.close)
    unpack = struct.Struct(f">{TAGS}f").unpack

    async def read() -> object:
        return unpack(await link.read(0, REGISTERS))

    return read


async def _client(port: int, stack: AsyncExitStack) -> Any:
    from pymodbus.client import AsyncModbusTcpClient

    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    stack.callback(client.close)
    return client


async def _pymodbus(index: int, port: int, stack: AsyncExitStack) -> Read:
    client = await _client(port, stack)

    async def read() -> object:
        return (await client.read_holding_registers(0, count=REGISTERS)).registers

    return read


async def _converted(index: int, port: int, stack: AsyncExitStack) -> Read:
    client = await _client(port, stack)
    convert, kind = client.convert_from_registers, client.DATATYPE.FLOAT32

    async def read() -> object:
        registers = (await client.read_holding_registers(0, count=REGISTERS)).registers
        return [convert(registers[at : at + 2], kind) for at in range(0, REGISTERS, 2)]

    return read


async def _ours(index: int, port: int, stack: AsyncExitStack) -> Read:
    config = ModbusSource.model_validate(source(index, port))
    context = ConnectorContext(clock=PlantClock.from_environment())
    connector = ModbusConnector(config, context)
    report = ExceptionReport(config.tags)
    await connector.open()
    stack.push_async_callback(connector.close)
    (period,) = connector.scan_periods_ms

    async def read() -> object:
        return report.accept((await connector.read(period)).samples)

    return read


def _decoder(windows: int) -> list[Figure]:
    """The decoder alone, over replies that all differ and over one that stays the same."""
    config = ModbusSource.model_validate(source(0, 502))
    (block,) = plan_reads(config, config.tags)
    pack = struct.Struct(f">{TAGS}f").pack
    replies = [pack(*(tag + number for tag in range(TAGS))) for number in range(REPLIES)]
    unpack = struct.Struct(f">{TAGS}f").unpack
    bare, changed, same = [], [], []
    for _ in range(windows):
        decode = BlockDecoder(block).columns
        bare.append(_nanoseconds(unpack, replies))
        changed.append(_nanoseconds(decode, replies))
        same.append(_nanoseconds(decode, replies[-1:] * REPLIES))
    return [
        Figure(
            name="decode and compare, all tags changed",
            values=changed,
            unit="ns/tag",
            target=100,
            ambition=40,
        ),
        Figure(
            name="decode and compare, block unchanged",
            values=same,
            unit="ns/tag",
            ambition=2,
            target=5,
        ),
        Figure(name="bare struct unpack", values=bare, unit="ns/tag"),
    ]


def _nanoseconds(decode: Callable[[bytes], object], replies: Sequence[bytes]) -> float:
    begun = time.process_time_ns()
    for reply in replies:
        decode(reply)
    return (time.process_time_ns() - begun) / (len(replies) * TAGS)
