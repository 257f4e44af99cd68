"""The runner against real TCP servers: loss, return, holes, shared links, scan rhythm."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import PlantClock, real_now_us
from connectors.modbus.connector import ModbusConnector
from connectors.runtime.runner import SourceRunner
from connectors.runtime.spool import Spool
from connectors.runtime.store import SpoolReader
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.links import LinkRegistry
from connectors.sdk.messages import LinkState, Stream
from tests.connectors.modbus.device import Device, serving
from tests.connectors.modbus.sources import source, tag
from tests.connectors.support import until

EVENTS = {"strokes": Stream.EVENT}


def records(spool: Spool, stream: str = "event") -> list[list[Any]]:
    spool.flush(5.0)
    reader = SpoolReader(spool.path)
    chunks = reader.snapshot(10_000).chunks
    reader.close()
    return [
        record
        for chunk in chunks
        if chunk.stream == stream
        for record in json.loads(f"[{chunk.records}]")
    ]


def values(spool: Spool, tag_name: str = "strokes") -> list[Any]:
    return [r[3] for r in records(spool) if r[1] == "v" and r[2] == tag_name]


@asynccontextmanager
async def running(
    spool: Spool,
    port: int,
    *,
    speed: int = 1,
    links: LinkRegistry | None = None,
    tags: list[dict[str, Any]] | None = None,
    **more: Any,
) -> AsyncIterator[SourceRunner]:
    config = source(port, tags or [tag("strokes", 0)], **{"scan_ms": 20, **more})
    clock = PlantClock.starting_at(real_now_us(), Fraction(speed))
    context = ConnectorContext(clock=clock, links=links or LinkRegistry())
    runner = SourceRunner(ModbusConnector(config, context), EVENTS, spool, clock)
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def spool(tmp_path: Path) -> Any:
    subject = Spool(tmp_path / "spool.db")
    yield subject
    subject.close()


async def test_changes_become_records_and_unchanged_scans_only_move_the_coverage(
    spool: Spool,
) -> None:
    device = Device(registers={0: 1})
    async with serving(device), running(spool, device.port) as runner:
        await until(lambda: values(spool) == [1])
        covered = spool.covered_until("press_plc") or 0
        await until(lambda: (spool.covered_until("press_plc") or 0) > covered)
        device.registers[0] = 2
        await until(lambda: values(spool) == [1, 2])
        assert runner.status.state.value == "up"
    assert runner.status.state.value == "stopped"
    assert all(record[8] is None for record in records(spool))


async def test_a_loss_makes_tags_bad_at_once_and_the_return_records_the_hole(spool: Spool) -> None:
    device = Device(registers={0: 1})
    async with serving(device):
        port = device.port
        task_context = running(spool, port)
        runner = await task_context.__aenter__()
        await until(lambda: values(spool) == [1])
    await until(lambda: values(spool) == [1, None])
    assert records(spool)[-1][4:6] == [2, "connection_lost"]
    assert runner.status.state in (LinkState.BACKING_OFF, LinkState.CONNECTING)
    covered = spool.covered_until("press_plc")
    device.registers[0] = 5
    async with serving(device, port):
        await until(lambda: values(spool) == [1, None, 5])
        await task_context.__aexit__(None, None, None)
    gap, back = records(spool)[-2:]
    assert (gap[1], gap[2], gap[4]) == ("g", covered, "connection_lost")
    assert gap[3] == back[7]
    assert back[8] == covered
    assert runner.status.counters.reconnects == 1


async def test_a_restart_of_the_edge_records_the_time_it_was_down(spool: Spool) -> None:
    device = Device(registers={0: 1})
    async with serving(device):
        async with running(spool, device.port):
            await until(lambda: values(spool) == [1])
        covered = spool.covered_until("press_plc")
        await asyncio.sleep(0.1)
        async with running(spool, device.port):
            await until(lambda: len(values(spool)) == 2)
    gap, again = records(spool)[-2:]
    assert gap[1:5:3] == ["g", "edge_down"]
    assert gap[2] == covered
    assert again[8] == covered


async def test_a_source_that_was_never_reached_is_bad_and_has_no_hole(spool: Spool) -> None:
    device = Device(registers={0: 1})
    async with serving(device):
        port = device.port
    async with running(spool, port) as runner:
        await until(lambda: values(spool) == [None])
        assert runner.status.reason == "connection_refused"
        assert spool.covered_until("press_plc") is None
        async with serving(device, port):
            await until(lambda: values(spool) == [None, 1])
    assert [record[1] for record in records(spool)] == ["v", "v"]


async def test_two_sources_with_the_same_link_share_one_connection(spool: Spool) -> None:
    device = Device(registers={0: 1})
    links = LinkRegistry()
    async with (
        serving(device),
        running(spool, device.port, links=links),
        running(spool, device.port, links=links, id="other", unit=2),
    ):
        await until(lambda: {request.unit for request in device.requests} == {1, 2})
        await until(lambda: len(device.requests) > 10)
    assert len(device.connections) == 1


async def test_one_silent_unit_does_not_slow_its_neighbours_down(spool: Spool) -> None:
    device = Device(registers={0: 1}, silent_units={9})
    links = LinkRegistry()
    async with (
        serving(device),
        running(spool, device.port, links=links),
        running(spool, device.port, links=links, id="gone", unit=9, timeout_ms=50) as gone,
    ):
        await until(lambda: gone.status.reason == "no_reply")
        device.requests.clear()
        await asyncio.sleep(1.0)
        answered = sum(request.unit == 1 for request in device.requests)
    assert answered >= 40


async def test_scan_periods_are_plant_time_and_never_shorter_than_ten_milliseconds(
    spool: Spool,
) -> None:
    device = Device(registers={0: 1})
    async with serving(device), running(spool, device.port, speed=60, scan_ms=3000):
        await until(lambda: len(device.requests) > 1)
        device.requests.clear()
        await asyncio.sleep(0.5)
        at_50_ms = len(device.requests)
    assert 6 <= at_50_ms <= 12
    async with serving(device), running(spool, device.port, speed=1000, scan_ms=10):
        device.requests.clear()
        await asyncio.sleep(0.5)
        assert len(device.requests) <= 55


async def test_a_full_spool_is_said_and_its_time_becomes_a_hole(tmp_path: Path) -> None:
    small = Spool(tmp_path / "small.db", limit_bytes=300)
    device = Device(registers={0: 1})

    async def count(_: object, __: object) -> bool:
        device.registers[0] = (device.registers[0] + 1) % 60_000
        return False

    device.fault = count
    async with serving(device), running(small, device.port) as runner:
        await until(lambda: runner.status.reason == "spool_full")
        assert runner.status.counters.dropped > 0
        last = records(small)[-1][0]
        small.acknowledge({("press_plc", "event"): last})
        await until(lambda: any(r[1] == "g" and r[4] == "spool_full" for r in records(small)))
    small.close()


async def test_a_tag_that_comes_back_alone_says_since_when_it_was_unknown(spool: Spool) -> None:
    device = Device(registers={0: 1, 200: 3})
    tags = [tag("strokes", 0), tag("other", 200)]
    async with serving(device), running(spool, device.port, tags=tags) as runner:
        await until(lambda: values(spool) == [1])
        device.refused = {0}
        await until(lambda: values(spool) == [1, None])
        assert runner.status.state is LinkState.DEGRADED
        assert runner.status.reason == "illegal_address"
        device.refused = set()
        device.registers[0] = 4
        await until(lambda: values(spool) == [1, None, 4], 8.0)
        await until(lambda: runner.status.state is LinkState.UP)
    good, bad, back = records(spool)
    assert good[7] <= back[8] <= bad[7]
    assert "g" not in [record[1] for record in records(spool)]
