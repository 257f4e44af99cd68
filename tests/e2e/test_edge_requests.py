"""People ask a real edge through a real MES: test a source, read it once, look what it offers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from connectors.runtime.edge import Edge, EdgeOptions
from mes.features.people import service
from mes.ports import free_port
from mes.web.roles import Scope
from tests.connectors.modbus.device import Device, serving
from tests.connectors.modbus.sources import document, tag
from tests.web.serving import ACTOR, Served, add_people, add_plant, serve

PEOPLE = ThreadPoolExecutor(12)
"""People wait in threads of their own: those of the loop belong to the edge."""


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("ask"), sqlite_template) as running:
        add_plant(running.database)
        running.tokens = add_people(running.database)
        with running.database.transaction() as session:
            made = service.create_token(
                session, ACTOR, scope=Scope.INGEST, label="asked", edge="edge-9"
            )
        running.tokens["edge-9"] = made.token
        yield running


@pytest.fixture
async def edge(served: Served, tmp_path: Path) -> Any:
    token = tmp_path / "token"
    token.write_text(served.tokens["edge-9"])
    edge = Edge(EdgeOptions(data=tmp_path, edge="edge-9", server=served.url, token_file=token))
    task = asyncio.create_task(edge.run())
    yield edge
    edge.stop()
    async with asyncio.timeout(5.0):
        await task


async def ask(served: Served, **question: Any) -> tuple[int, dict[str, Any]]:
    def post() -> tuple[int, dict[str, Any]]:
        with served.client() as client:
            answer = client.post(
                "/api/v1/edges/edge-9/ask", json=question, headers=served.bearer("write")
            )
            return answer.status_code, answer.json()

    return await asyncio.get_running_loop().run_in_executor(PEOPLE, post)


async def test_a_source_that_is_not_saved_yet_is_read_through_the_edge(
    served: Served, edge: Edge
) -> None:
    device = Device(registers={0: 4711})
    async with serving(device):
        source = document(device.port, [tag("strokes", 0)])
        status, answer = await ask(served, kind="preview", source=source)
        assert status == 200, answer
        (sample,) = answer["samples"]
        assert (sample["tag"], sample["value"], sample["quality"]) == ("strokes", 4711, "good")
        status, answer = await ask(served, kind="test", source=source)
        assert status == 200, answer
        assert {step["outcome"] for step in answer["steps"]} == {"passed"}
    assert edge.statuses == [], "asking configures nothing"


async def test_the_step_that_fails_is_named(served: Served, edge: Edge) -> None:
    source = document(free_port(), [tag("strokes", 0)])
    status, answer = await ask(served, kind="test", source=source)
    assert status == 200, answer
    failed = [step["step"] for step in answer["steps"] if step["outcome"] == "failed"]
    assert failed == ["port"]


async def test_a_mistake_in_the_configuration_comes_back_with_its_field(
    served: Served, edge: Edge
) -> None:
    source = document(502, [{**tag("strokes", 0), "order": "DCBA"}])
    status, answer = await ask(served, kind="preview", source=source)
    assert (status, answer["code"]) == (422, "order_not_possible")
    assert answer["field"].startswith("tags.0")


async def test_many_at_once_are_answered_each_with_its_own(served: Served, edge: Edge) -> None:
    devices = [Device(registers={0: value}) for value in range(100, 112)]
    async with AsyncExitStack() as open_devices:
        for device in devices:
            await open_devices.enter_async_context(serving(device))
        sources = [document(device.port, [tag("strokes", 0)]) for device in devices]
        answers = await asyncio.gather(
            *(ask(served, kind="preview", source=source) for source in sources)
        )
    assert [answer["samples"][0]["value"] for _, answer in answers] == list(range(100, 112))


async def test_only_an_integrator_may_ask_and_only_the_edge_itself_fetches(
    served: Served, edge: Edge
) -> None:
    question = {"kind": "test", "source": {"protocol": "modbus"}}
    with served.client() as client:
        path = "/api/v1/edges/edge-9"
        refused = client.post(f"{path}/ask", json=question, headers=served.bearer("read"))
        assert refused.status_code == 403
        assert client.post(f"{path}/ask", json=question).status_code in (400, 401)
        other = client.get(f"{path}/requests", headers=served.bearer("ingest"))
        assert (other.status_code, other.json()["code"]) == (403, "edge_not_allowed")
