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
from connectors.templates.catalogue import Catalogue
from mes.clock import real_now_us
from mes.features.plant.check import check
from mes.features.plant.service import apply
from mes.ports import free_port
from tests.connectors.modbus.device import Device, serving
from tests.web.serving import Served, add_people, serve

PEOPLE = ThreadPoolExecutor(4)
PORTS = [free_port(), free_port(), free_port()]
PLANT = """
schema: plant/1
site: {{id: busan, name: {{ko: 부산, en: Busan}}, time_zone: Asia/Seoul, day_starts: "08:00"}}
sources:
  - id: one
{one}
  - id: two
    protocol: modbus
    link: {{transport: tcp, host: 127.0.0.1, port: {port}}}
    scan_ms: 100
    tags:
      - {{name: speed, table: holding, address: 0, type: uint16}}
"""
BY_HAND = """
    protocol: modbus
    link: {{transport: tcp, host: 127.0.0.1, port: {port}}}
    scan_ms: 100
    tags:
      - {{name: speed, table: holding, address: 0, type: uint16, scale: {scale}}}
"""
BY_TEMPLATE = """
    template: {{id: our-press, version: {version}, parameters: {{port: {port}}}}}
"""
TEMPLATE = """
schema: device-template/1
id: our-press
version: {version}
name: {{ko: 우리 프레스, en: Our press}}
vendor: project
model: press
author: project
origin: [this test]
parameters:
  - {{name: port, label: {{ko: 포트, en: Port}}, kind: whole, default: 502, min: 1, max: 65535}}
source:
  protocol: modbus
  link: {{transport: tcp, host: 127.0.0.1, port: "{{port}}"}}
  unit: 1
  scan_ms: 100
tags:
  - name: speed
    label: {{ko: 속도, en: Speed}}
    table: holding
    address: 0
    type: uint16
    scale: {scale}
vectors:
  - {{words: {{speed: "012C"}}, values: {{speed: {value}}}, origin: this test}}
"""


@pytest.fixture
def templates(tmp_path: Path) -> Catalogue:
    """Two versions of a template of this plant."""
    for version, scale, value in ((1, 1, 300), (2, 0.1, 30)):
        text = TEMPLATE.format(version=version, scale=scale, value=value)
        (tmp_path / f"our-press@{version}.yaml").write_text(text)
    return Catalogue([tmp_path])


def changed(mes: Served, one: str, templates: Catalogue) -> None:
    checked = check(PLANT.format(port=PORTS[1], one=one.strip("\n")), templates=templates)
    assert checked.plant is not None, checked.mistakes
    with mes.database.transaction() as session:
        apply(session, checked.plant, actor="file", now_us=real_now_us())


@pytest.fixture
def mes(sqlite_template: Path, tmp_path: Path) -> Iterator[Served]:
    with serve(tmp_path / "mes", sqlite_template) as running:
        running.tokens = add_people(running.database)
        yield running


@pytest.fixture
async def devices() -> AsyncIterator[list[Device]]:
    running = [Device(registers={0: value}) for value in (300, 40, 70)]
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


def by_hand(device: int, scale: float) -> str:
    return BY_HAND.format(port=PORTS[device], scale=scale)


def by_template(version: int) -> str:
    return BY_TEMPLATE.format(port=PORTS[0], version=version)


@pytest.mark.parametrize(
    ("before", "after", "value", "labels"),
    [
        pytest.param(by_hand(0, 1), by_hand(0, 0.1), 30, ["tag one/speed"], id="one tag"),
        pytest.param(by_hand(0, 1), by_hand(2, 1), 70, ["source one"], id="one device"),
        pytest.param(
            *(by_template(1), by_template(2), 30, ["source one", "tag one/speed"]),
            id="one template",
        ),
    ],
)
async def test_a_change_reaches_its_device_and_goes_back_while_the_other_keeps_its_connection(
    mes: Served,
    devices: list[Device],
    templates: Catalogue,
    edge: Edge,
    before: str,
    after: str,
    value: float,
    labels: list[str],
) -> None:
    changed(mes, before, templates)
    await shown(mes, 300, 1)
    ports = list(devices[1].connections)
    changed(mes, after, templates)
    await shown(mes, value, 2)
    body = {"command_id": str(uuid4()), "reason": "does not fit"}
    done = await asked(mes, "POST", "/plant/roll-back", body)
    assert (done["revision"], done["to"], done["changed"]) == (3, 1, labels)
    assert await asked(mes, "POST", "/plant/roll-back", body) == done, "a repeat goes back once"
    await shown(mes, 300, 3)
    assert devices[1].connections == ports, "the same source port before and after"
    assert len(ports) == 1
    history = (await asked(mes, "GET", "/plant/revisions"))["items"]
    assert [(row["revision"], row["goes_back_to"]) for row in history] == [
        (3, 1), (2, None), (1, None),
    ]  # fmt: skip
