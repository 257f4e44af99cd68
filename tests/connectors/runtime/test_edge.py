"""The whole edge: configuration from the MES, only changed sources restarted, kill -9."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from connectors.clock import monotonic_s
from connectors.runtime.configuration import parse_configuration
from connectors.runtime.edge import Edge, EdgeOptions
from connectors.sdk.messages import LinkState
from tests.connectors.modbus.device import Device, Request, serving
from tests.connectors.modbus.sources import document, tag
from tests.connectors.support import TOKEN, Centre, centre, until


def plc(name: str, port: int, *, scale: float | None = None, stream: str = "event") -> Any:
    strokes = {**tag("strokes", 0), "stream": stream}
    if scale is not None:
        strokes["scale"] = scale
    return document(port, [strokes], id=name, scan_ms=20)


def configuration(revision: int, *sources: Any) -> dict[str, Any]:
    return {"revision": revision, "sources": list(sources)}


def options(tmp_path: Path, url: str | None, **more: Any) -> EdgeOptions:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    return EdgeOptions(data=tmp_path, edge="edge-1", server=url, token_file=token, **more)


@asynccontextmanager
async def edge_running(wanted: EdgeOptions) -> AsyncIterator[Edge]:
    edge = Edge(wanted)
    task = asyncio.create_task(edge.run())
    try:
        yield edge
    finally:
        edge.stop()
        async with asyncio.timeout(4.0):
            await task


def last_values(mes: Centre, source: str) -> list[Any]:
    return mes.values(source, "strokes")


async def test_only_the_changed_source_is_restarted_and_the_other_keeps_its_socket(
    tmp_path: Path,
) -> None:
    one, two = Device(registers={0: 10}), Device(registers={0: 20})
    with centre() as mes:
        async with serving(one), serving(two), edge_running(options(tmp_path, mes.url)) as edge:
            mes.configuration = configuration(1, plc("one", one.port), plc("two", two.port))
            await until(lambda: last_values(mes, "one") == [10] and last_values(mes, "two") == [20])
            mes.configuration = configuration(
                2, plc("one", one.port), plc("two", two.port, scale=0.1)
            )
            await until(lambda: last_values(mes, "two") == [20, 2])
            assert edge.revision == 2
            assert len(one.connections) == 1
            assert len(two.connections) == 2
            await until(lambda: mes.bodies[-1]["config_revision"] == 2)


async def test_units_of_a_shared_link_keep_their_connection_while_one_of_them_changes(
    tmp_path: Path,
) -> None:
    """Recipe 9 on one connection: also the requests of the other unit go on without a fault."""
    device = Device(registers={0: 10})

    def unit(number: int, **more: Any) -> Any:
        return {**plc(f"unit{number}", device.port, **more), "unit": number}

    def is_last(mes: Centre, value: int) -> bool:
        return last_values(mes, "unit1")[-1:] == [value]

    def neighbour(edge: Edge) -> Any:
        return next(status for status in edge.statuses if status.source == "unit2")

    with centre() as mes:
        async with serving(device), edge_running(options(tmp_path, mes.url)) as edge:
            mes.configuration = configuration(1, unit(1), unit(2))
            await until(lambda: last_values(mes, "unit1") == last_values(mes, "unit2") == [10])
            since = neighbour(edge).since
            for revision, scale, value in ((2, 0.1, 1), (3, 10, 100), (4, 0.5, 5)):
                mes.configuration = configuration(revision, unit(1, scale=scale), unit(2))
                await until(partial(is_last, mes, value))
            mes.configuration = configuration(5, unit(2))
            await until(lambda: edge.revision == 5)
            reads = len(device.requests)
            await until(lambda: len(device.requests) > reads + 3)
            assert last_values(mes, "unit1") == [10, 1, 100, 5]
            assert len(device.connections) == 1, "the same source port before and after"
            assert (neighbour(edge).since, neighbour(edge).counters.reconnects) == (since, 0)
            assert last_values(mes, "unit2") == [10]


async def test_a_source_goes_on_when_its_new_configuration_cannot_work_and_says_so(
    tmp_path: Path,
) -> None:
    device = Device(registers={0: 10})

    def said(mes: Centre) -> Any:
        links = [link for body in mes.bodies for link in body["links"]]
        return links[-1]["configuration"] if links else None

    good = {"refused_revision": None, "reason": None, "detail": None}
    with centre() as mes:
        async with serving(device), edge_running(options(tmp_path, mes.url)) as edge:
            mes.configuration = configuration(1, plc("one", device.port))
            await until(lambda: said(mes) == {"revision": 1, **good})
            broken = {**plc("one", device.port), "timeout_ms": -5}
            mes.configuration = configuration(2, broken)
            await until(lambda: said(mes) is not None and said(mes)["refused_revision"] == 2)
            refused = said(mes)
            assert (refused["revision"], refused["reason"]) == (1, "greater_than_equal")
            assert "timeout_ms" in refused["detail"]
            reads = len(device.requests)
            await until(lambda: len(device.requests) > reads + 3)
            assert len(device.connections) == 1
            mes.configuration = configuration(3, plc("one", device.port))
            await until(lambda: said(mes) == {"revision": 3, **good})
            assert edge.revision == 3
            assert len(device.connections) == 1


async def test_a_tag_becomes_an_event_without_touching_the_link(tmp_path: Path) -> None:
    device = Device(registers={0: 10})
    with centre() as mes:
        async with serving(device), edge_running(options(tmp_path, mes.url)):
            mes.configuration = configuration(1, plc("one", device.port, stream="sample"))
            await until(lambda: mes.values("one", "strokes", "sample") == [10])
            mes.configuration = configuration(2, plc("one", device.port))
            await until(lambda: last_values(mes, "one") == [10])
            assert len(device.connections) == 1


async def test_a_bad_source_is_refused_by_name_and_the_others_run(tmp_path: Path) -> None:
    device = Device(registers={0: 10})
    link = {"transport": "rtu", "port": "ttyS0", "serial_port": "/dev/ttyS0"}
    broken = {**plc("broken", 502), "link": link}
    with centre() as mes:
        async with serving(device), edge_running(options(tmp_path, mes.url)) as edge:
            mes.configuration = configuration(1, broken, plc("one", device.port))
            await until(lambda: last_values(mes, "one") == [10])
            await until(lambda: mes.states("broken") != [])
            assert mes.states("broken") == [("refused", "extra_forbidden")]
            refused = next(status for status in edge.statuses if status.source == "broken")
            assert refused.state is LinkState.REFUSED
            assert refused.detail is not None
            assert "link" in refused.detail


async def test_the_edge_starts_without_the_mes_on_its_last_configuration(tmp_path: Path) -> None:
    device = Device(registers={0: 10})
    async with serving(device):
        with centre() as mes:
            async with edge_running(options(tmp_path, mes.url)):
                mes.configuration = configuration(7, plc("one", device.port))
                await until(lambda: last_values(mes, "one") == [10])
            url = mes.url
        requests = len(device.requests)
        async with edge_running(options(tmp_path, url)) as edge:
            await until(lambda: len(device.requests) > requests + 2)
            assert edge.revision == 7


async def test_a_stop_with_everything_hanging_ends_within_two_seconds(tmp_path: Path) -> None:
    async def silent(_: Request, __: asyncio.StreamWriter) -> bool:
        return True

    device = Device(fault=silent)
    deaf = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
    slow = {**plc("slow", 1), "timeout_ms": 5000}
    async with serving(device):
        slow["link"] = {**slow["link"], "port": device.port}
        fixed = parse_configuration(configuration(1, slow))
        edge = Edge(options(tmp_path, url, configuration=fixed))
        task = asyncio.create_task(edge.run())
        await until(lambda: bool(device.requests))
        begin = monotonic_s()
        edge.stop()
        await task
        assert monotonic_s() - begin < 2.0
    deaf.close()


async def test_kill_9_under_load_loses_no_record_and_counts_none_twice(tmp_path: Path) -> None:
    device = Device(registers={0: 0})

    async def count(_: Request, __: asyncio.StreamWriter) -> bool:
        device.registers[0] += 1
        return False

    device.fault = count
    with centre() as mes:
        async with serving(device):
            (tmp_path / "token").write_text(TOKEN)
            config = tmp_path / "edge.json"
            source = plc("one", device.port)
            wanted = {
                "edge": "edge-1",
                "server": mes.url,
                "token_file": str(tmp_path / "token"),
                **configuration(1, source),
            }
            config.write_text(json.dumps(wanted))
            for _ in range(3):
                process = start_edge(tmp_path, config)
                await more_values(mes, 15)
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
            process = start_edge(tmp_path, config)
            await more_values(mes, 5)
            process.terminate()
            assert process.wait(timeout=3.0) == 0
    found = mes.kinds("one")
    assert [record[0] for record in found] == list(range(1, len(found) + 1))
    assert len(mes.records) == 2 - (("one", "sample") not in {key[:2] for key in mes.records})
    counts = last_values(mes, "one")
    assert counts == sorted(set(counts))
    gaps = [record for record in found if record[1] == "g"]
    assert [gap[4] for gap in gaps] == ["edge_down"] * 3
    assert all(gap[2] < gap[3] for gap in gaps)


async def more_values(mes: Centre, count: int) -> None:
    seen = len(last_values(mes, "one"))
    await until(lambda: len(last_values(mes, "one")) > seen + count, 15.0)


def start_edge(tmp_path: Path, config: Path) -> subprocess.Popen[bytes]:
    code = "from connectors.runtime.commands import edge_command; edge_command()"
    arguments = ["--data", str(tmp_path), "--config", str(config)]
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stderr=subprocess.DEVNULL)
