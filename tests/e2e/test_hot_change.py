"""A change of the plant reaches a running edge, touches no other connection, and is taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from connectors.runtime.edge import Edge, EdgeOptions
from mes.clock import real_now_us
from mes.features.plant.check import check
from mes.features.plant.service import apply
from tests.connectors.modbus.device import Device, serving
from tests.connectors.support import free_port
from tests.web.serving import Served, add_people, serve

PEOPLE = ThreadPoolExecutor(4)
PORTS = [free_port(), free_port()]
PLANT = """
schema: plant/1
site: {{id: busan, name: {{ko: 부산, en: Busan}}, time_zone: Asia/Seoul, day_starts: "08:00"}}
sources:
  - id: one
    protocol: modbus
    link: {{transport: tcp, host: 127.0.0.1, port: {ports[0]}}}
    scan_ms: 100
    tags:
      - {{name: speed, table: holding, address: 0, type: uint16, scale: {scale}}}
  - id: two
    protocol: modbus
    link: {{transport: tcp, host: 127.0.0.1, port: {ports[1]}}}
    scan_ms: 100
    tags:
      - {{name: speed, table: holding, address: 0, type: uint16}}
"""


def changed(mes: Served, scale: float) -> None:
    checked = check(PLANT.format(ports=PORTS, scale=scale))
    assert checked.plant is not None, checked.mistakes
    with mes.database.transaction() as session:
        apply(session, checked.plant, actor="file", now_us=real_now_us())


@pytest.fixture
def mes(sqlite_template: Path, tmp_path: Path) -> Iterator[Served]:
    with serve(tmp_path / "mes", sqlite_template) as running:
        changed(running, 1)
        running.tokens = add_people(running.database)
        yield running


@pytest.fixture
async def devices() -> AsyncIterator[list[Device]]:
    running = [Device(registers={0: 300}), Device(registers={0: 40})]
    async with AsyncExitStack() as stack:
        for device, port in zip(running, PORTS, strict=True):
            await stack.enter_async_context(serving(device, port))
        yield running


@pytest.fixture
async def edge(mes: Served, devices: list[Device], tmp_path: Path) -> AsyncIterator[Edge]:
    token = tmp_path / "token"
    token.write_text(mes.tokens["ingest"])
    running = Edge(EdgeOptions(data=tmp_path, edge="edge-1", server=mes.url, token_file=token))
    task = asyncio.create_task(running.run())
    yield running
    running.stop()
    async with asyncio.timeout(5.0):
        await task


async def asked(mes: Served, method: str, path: str, body: Any = None) -> Any:
    def ask() -> Any:
        with mes.client() as client:
            headers = mes.bearer("write")
            answer = client.request(method, f"/api/v1{path}", json=body, headers=headers)
            assert answer.is_success, answer.text
            return answer.json()

    return await asyncio.get_running_loop().run_in_executor(PEOPLE, ask)


async def shown(mes: Served, value: float, revision: int) -> None:
    """Wait until source `one` shows a value, and every source says that it runs a revision."""
    async with asyncio.timeout(30.0):
        while True:
            sources = (await asked(mes, "GET", "/sources"))["items"]
            values = [each["value"] for source in sources[:1] for each in source["values"]]
            said = [(source["configuration"] or {}).get("revision") for source in sources]
            if values == [value] and said == [revision, revision]:
                return
            await asyncio.sleep(0.1)


async def test_one_tag_changes_and_goes_back_while_the_other_device_keeps_its_connection(
    mes: Served, devices: list[Device], edge: Edge
) -> None:
    await shown(mes, 300, 1)
    ports = list(devices[1].connections)
    changed(mes, 0.1)
    await shown(mes, 30, 2)
    body = {"command_id": str(uuid4()), "reason": "wrong scale"}
    done = await asked(mes, "POST", "/plant/roll-back", body)
    assert (done["revision"], done["to"], done["changed"]) == (3, 1, ["tag one/speed"])
    assert await asked(mes, "POST", "/plant/roll-back", body) == done, "a repeat goes back once"
    await shown(mes, 300, 3)
    assert devices[1].connections == ports
    assert len(ports) == 1
    history = (await asked(mes, "GET", "/plant/revisions"))["items"]
    assert [(row["revision"], row["goes_back_to"]) for row in history] == [
        (3, 1), (2, None), (1, None),
    ]  # fmt: skip
