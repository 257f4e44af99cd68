"""The start of a job, and people, write to an OPC UA server through a real MES and a real edge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua

from connectors.runtime.edge import Edge, EdgeOptions
from mes.clock import real_now_us
from mes.features.plant.check import check
from mes.features.plant.service import apply
from mes.ports import free_port
from tests.connectors.opcua.server import PlantServer, plant_server
from tests.connectors.support import until
from tests.e2e.test_writes import PEOPLE, audited, ended, started_job, wish, write
from tests.web.serving import Served, add_people, serve

PORT = free_port()
PLANT = f"""
schema: plant/1
site: {{id: busan, name: {{ko: 부산, en: Busan}}, time_zone: Asia/Seoul, day_starts: "08:00"}}
items:
  - {{code: BRKT-100, name: {{ko: 브라켓, en: Bracket}}, unit: pcs}}
  - {{code: BRKT-200, name: {{ko: 브라켓, en: Bracket}}, unit: pcs}}
sources:
  - id: cnc
    protocol: opcua
    endpoint: opc.tcp://127.0.0.1:{PORT}
    security: {{policy: none, mode: none}}
    allow_insecure: true
    publish_ms: 100
    tags:
      - {{name: state, node: "nsu=urn:demo:cnc;s=Cnc1.State"}}
      - {{name: item, node: "nsu=urn:demo:cnc;s=Cnc1.Item"}}
      - {{name: target, node: "nsu=urn:demo:cnc;s=Cnc1.Target"}}
      - {{name: recipe, node: "nsu=urn:demo:cnc;s=Cnc1.Recipe"}}
      - {{name: feed, node: "nsu=urn:demo:cnc;s=Cnc1.Feed"}}
writes:
  - {{tag: cnc/item, length: 12, every_s: 0.01}}
  - {{tag: cnc/target, min: 0, max: 5000, every_s: 0.01}}
  - {{tag: cnc/recipe, values: [1, 2, 3], every_s: 0.01}}
  - {{tag: cnc/feed, min: 0, max: 1.5, every_s: 3600}}
lines:
  - id: line-1
    name: {{ko: 라인, en: Line}}
    work_units:
      - id: press-1
        name: {{ko: 가공기, en: Mill}}
        ideal_cycle_s: {{BRKT-100: "2.0", BRKT-200: "2.0"}}
        signals: {{state: {{tag: cnc/state, map: {{0: off, 1: stopped, 2: running}}}}}}
        on_job_start:
          - {{tag: cnc/item, send: item}}
          - {{tag: cnc/target, send: quantity}}
          - {{tag: cnc/recipe, send: by_item, by_item: {{BRKT-100: 3}}}}
"""
VARIABLES: tuple[tuple[str, object, ua.VariantType], ...] = (
    ("Cnc1.Item", "", ua.VariantType.String),
    ("Cnc1.Target", 7, ua.VariantType.UInt32),
    ("Cnc1.Recipe", 1, ua.VariantType.Int16),
    ("Cnc1.Feed", 0.5, ua.VariantType.Float),
)


@pytest.fixture(scope="module")
def mes(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("writes-opcua"), sqlite_template) as running:
        checked = check(PLANT)
        assert checked.plant is not None, checked.mistakes
        with running.database.transaction() as session:
            apply(session, checked.plant, actor="test", now_us=real_now_us() - 3_600_000_000)
        running.tokens = add_people(running.database)
        yield running


@pytest.fixture
async def machine(mes: Served, tmp_path: Path) -> AsyncIterator[PlantServer]:
    """A server whose variables may be written, with an edge that runs it."""
    async with plant_server(PORT, foreign_namespaces=2) as server:
        for name, value, kind in VARIABLES:
            await server.add(name, value, kind)
            await server.let_write(name)
        token = tmp_path / "token"
        token.write_text(mes.tokens["ingest"])
        edge = Edge(EdgeOptions(data=tmp_path, edge="edge-1", server=mes.url, token_file=token))
        task = asyncio.create_task(edge.run())
        await until(lambda: any(status.state == "up" for status in edge.statuses), 20.0)
        yield server
        edge.stop()
        async with asyncio.timeout(5.0):
            await task


async def stored(machine: PlantServer, *names: str) -> list[Any]:
    """The values and types as the server itself has them."""
    values = [(await machine.stored(name)).Value for name in names]
    return [None if value is None else (value.Value, value.VariantType) for value in values]


async def test_people_and_jobs_write_in_the_types_of_the_server_and_nothing_else_arrives(
    mes: Served, machine: PlantServer
) -> None:
    loop = asyncio.get_running_loop()
    job = await loop.run_in_executor(PEOPLE, started_job, mes, "BRKT-100", 800)
    writes = await ended(mes, job)
    assert [(each["tag"], each["value"], each["outcome"]) for each in writes] == [
        ("cnc/item", "BRKT-100", "confirmed"),
        ("cnc/target", 800, "confirmed"),
        ("cnc/recipe", 3, "confirmed"),
    ]
    assert [each["after"]["value"] for each in writes] == ["BRKT-100", 800, 3]
    assert await stored(machine, "Cnc1.Item", "Cnc1.Target", "Cnc1.Recipe") == [
        ("BRKT-100", ua.VariantType.String),
        (800, ua.VariantType.UInt32),
        (3, ua.VariantType.Int16),
    ]

    status, answer = await write(mes, wish("cnc/feed", 1.25))
    assert (status, answer["outcome"]) == (200, "confirmed"), answer
    assert (answer["before"]["value"], answer["after"]["value"]) == (0.5, 1.25)
    for tag, value, refused, code in (
        ("cnc/feed", 1.0, 429, "write_too_soon"),
        ("cnc/target", 5001, 422, "write_out_of_range"),
        ("cnc/recipe", 4, 422, "write_out_of_range"),
        ("cnc/state", 1, 403, "write_not_allowed"),
    ):
        status, answer = await write(mes, wish(tag, value))
        assert (status, answer["code"]) == (refused, code), tag
    assert await stored(machine, "Cnc1.Feed", "Cnc1.Target", "Cnc1.State") == [
        (1.25, ua.VariantType.Float),
        (800, ua.VariantType.UInt32),
        (2, ua.VariantType.Int32),
    ]
    latest = (await audited(mes, "cnc/target"))[0]
    assert (latest["action"], latest["details"]["code"]) == (
        "tag.write_refused", "write_out_of_range",
    )  # fmt: skip


async def test_a_server_that_does_not_let_us_write_is_told_by_its_own_name_and_the_job_runs(
    mes: Served, machine: PlantServer
) -> None:
    await machine.forbid_write("Cnc1.Item")
    loop = asyncio.get_running_loop()
    job = await loop.run_in_executor(PEOPLE, started_job, mes, "BRKT-100", 801)
    writes = await ended(mes, job)
    assert [(each["outcome"], each["code"]) for each in writes] == [
        ("refused", "BadUserAccessDenied"),
        ("refused", "write_before_failed"),
        ("refused", "write_before_failed"),
    ]
    assert await stored(machine, "Cnc1.Item", "Cnc1.Target") == [
        ("", ua.VariantType.String),
        (7, ua.VariantType.UInt32),
    ]
