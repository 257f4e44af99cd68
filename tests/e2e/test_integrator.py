"""An integrator makes, looks at, changes and removes a source over REST; a real edge reads it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from connectors.runtime.edge import Edge, EdgeOptions
from connectors.sdk.messages import LinkState
from mes.features.people import service
from mes.models import AuditLog
from mes.web.roles import Scope
from tests.connectors.modbus.device import Device, serving
from tests.connectors.modbus.sources import document, tag
from tests.web.serving import ACTOR, Served, add_people, add_plant, serve

PEOPLE = ThreadPoolExecutor(4)
EDGE = "edge-1"
Call = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("integrator"), sqlite_template) as running:
        add_plant(running.database)
        running.tokens = add_people(running.database)
        with running.database.transaction() as session:
            made = service.create_token(
                session, ACTOR, scope=Scope.INGEST, label="reads", edge=EDGE
            )
        running.tokens["edge"] = made.token
        yield running


@pytest.fixture
async def edge(served: Served, tmp_path: Path) -> Any:
    token = tmp_path / "token"
    token.write_text(served.tokens["edge"])
    edge = Edge(EdgeOptions(data=tmp_path, edge=EDGE, server=served.url, token_file=token))
    task = asyncio.create_task(edge.run())
    yield edge
    edge.stop()
    async with asyncio.timeout(5.0):
        await task


@pytest.fixture
def call(served: Served) -> Call:
    """Sends as a client of scope `write`, in a thread: the loop belongs to the edge."""

    async def send(method: str, path: str, scope: str = "write", **body: Any) -> Any:
        def do() -> httpx.Response:
            with served.client() as client:
                return client.request(
                    method,
                    f"/api/v1{path}",
                    json=body if method == "POST" else None,
                    headers=served.bearer(scope),
                )

        answer = await asyncio.get_running_loop().run_in_executor(PEOPLE, do)
        return answer.status_code, answer.json()

    return send


def command(**body: Any) -> dict[str, Any]:
    return {"command_id": str(uuid4()), **body}


def runs(edge: Edge, source: str) -> bool:
    return any(s.source == source and s.state is LinkState.UP for s in edge.statuses)


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20.0):
        while not condition():
            await asyncio.sleep(0.05)


async def test_a_source_is_made_read_looked_at_changed_and_removed(
    served: Served, edge: Edge, call: Call
) -> None:
    device = Device(registers={0: 4711, 1: 0x4248, 2: 0xF5C3})
    async with serving(device):
        source = {**document(device.port, [tag("strokes", 0)]), "id": "new_device"}
        status, made = await call("POST", "/sources", **command(source=source))
        assert (status, made["added"]) == (201, ["source new_device", "tag new_device/strokes"])
        await eventually(lambda: runs(edge, "new_device"))
        assert edge.revision == made["revision"]

        again = {**source, "id": "other_name"}
        status, refused = await call("POST", "/sources", **command(source=again))
        assert (status, refused["code"]) == (409, "source_target_taken")
        assert refused["source"] == "new_device"

        status, seen = await call(
            "POST", f"/edges/{EDGE}/registers", source=source, address=1, count=2, display=50.24
        )
        assert status == 200, seen
        assert seen["registers"] == [[1, 0x4248, None, "400002"], [2, 0xF5C3, None, "400003"]]
        pair = next(each for each in seen["readings"] if each["count"] == 2)
        plausible = [each for each in pair["candidates"] if each["is_plausible"]]
        assert [(each["type"], each["order"]) for each in plausible] == [("float32", "ABCD")]

        status, first = await call("POST", "/sources/new_device/frames", after=0)
        assert status == 200, first
        frames: list[dict[str, Any]] = []
        async with asyncio.timeout(20.0):
            while len(frames) < 2:
                _, more = await call("POST", "/sources/new_device/frames", after=0)
                frames = more["frames"]
        assert [frame["direction"] for frame in frames[:2]] == ["sent", "received"]
        assert frames[1]["hex"].endswith("12 67"), "4711 as it came"

        status, file = await call("GET", "/sources/new_device/diagnostics")
        assert (status, file["source"]["id"]) == (200, "new_device")

        both = document(device.port, [tag("strokes", 0), tag("second", 1)])
        wider = {**both, "id": "new_device"}
        status, changed = await call("POST", "/sources/new_device", **command(source=wider))
        assert (status, changed.get("added")) == (200, ["tag new_device/second"]), changed
        await eventually(lambda: edge.revision == changed["revision"])
        status, shown = await call("GET", "/sources/new_device/configuration", scope="read")
        assert [each["name"] for each in shown["source"]["tags"]] == ["strokes", "second"]

        status, gone = await call("POST", "/sources/new_device/remove", **command())
        assert status == 200, gone
        await eventually(lambda: edge.revision == gone["revision"])
        assert all(status.source != "new_device" for status in edge.statuses)
    with served.database.reading() as session:
        actions = session.scalars(select(AuditLog.action).where(AuditLog.subject == "new_device"))
        assert list(actions) == ["source.create", "source.change", "source.remove"]


async def test_a_page_may_not_name_any_file_or_variable_of_the_edge(
    edge: Edge, call: Call, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_text("of somebody else")
    for reference in (f"file:{tmp_path}/outside", "file:secrets/../token", "env:HOME"):
        source = {
            "id": "broker",
            "protocol": "mqtt",
            "broker": {
                "host": "127.0.0.1",
                "port": 1,
                "user": "me",
                "password": reference,
                "allow_insecure": True,
            },
            "tags": [{"name": "a", "topic": "a"}],
        }
        status, refused = await call("POST", f"/edges/{EDGE}/ask", kind="test", source=source)
        assert (status, refused["code"]) == (422, "reference_not_allowed"), refused
        assert refused["field"] == "broker.password"
        assert "of somebody else" not in json.dumps(refused)
    status, made = await call("POST", "/sources", **command(source=source))
    assert status == 201, made
    await eventually(lambda: edge.revision == made["revision"])
    (link,) = [each for each in edge.statuses if each.source == "broker"]
    assert (link.state, link.reason) == (LinkState.REFUSED, "reference_not_allowed")
    await call("POST", "/sources/broker/remove", **command())


async def test_mistakes_come_back_with_their_fields_and_nothing_is_saved(call: Call) -> None:
    source = {**document(502, [{**tag("strokes", 0), "order": "DCBA"}]), "id": "wrong"}
    status, refused = await call("POST", "/sources", **command(source=source))
    assert (status, refused["code"]) == (422, "source_invalid")
    assert refused["mistakes"][0]["field"] == "tags[0].order"
    status, unknown = await call("GET", "/sources/wrong/configuration")
    assert (status, unknown["code"]) == (404, "source_unknown")


async def test_a_source_whose_tags_have_a_meaning_is_not_removed(call: Call) -> None:
    source = {**document(503, [tag("state", 0), tag("count", 1)]), "id": "meant"}
    status, _ = await call("POST", "/sources", **command(source=source))
    assert status == 201
    _, all_signals = await call("GET", "/signals", scope="read")
    work_unit = next(iter(all_signals["items"]))
    before = all_signals["items"][work_unit]
    wrong = {"state": {"tag": "meant/nothing", "map": {"1": "running"}}}
    status, refused = await call(
        "POST", f"/work-units/{work_unit}/signals", **command(signals=wrong)
    )
    assert (status, refused["code"]) == (422, "signals_invalid")
    meaning = {"state": {"tag": "meant/state", "map": {"1": "running", "0": "stopped"}}}
    status, answer = await call(
        "POST", f"/work-units/{work_unit}/signals", **command(signals=meaning)
    )
    assert status == 200, answer
    status, refused = await call("POST", "/sources/meant/remove", **command())
    assert (status, refused["code"]) == (409, "source_in_use")
    assert refused["work_units"] == [work_unit]
    await call("POST", f"/work-units/{work_unit}/signals", **command(signals=before))
    status, _ = await call("POST", "/sources/meant/remove", **command())
    assert status == 200


async def test_only_an_integrator_changes_and_everybody_known_reads(call: Call) -> None:
    for path in ("/sources", "/sources/press_plc", "/sources/press_plc/remove"):
        status, refused = await call("POST", path, scope="read", **command(source={}))
        assert (status, refused["code"]) == (403, "forbidden")
    status, forms = await call("GET", "/source-forms", scope="read")
    assert status == 200
    modbus = next(form for form in forms["items"] if form["protocol"] == "modbus")
    link = next(field for field in modbus["fields"] if field["path"] == "link")
    assert link["help"]["ko"]
    assert link["help"]["en"]


async def test_a_template_makes_a_source_of_its_parameters(call: Call) -> None:
    _, listed = await call("GET", "/device-templates", scope="read")
    meter = next(each for each in listed["items"] if each["id"] == "carlo-gavazzi-em24-e1")
    path = f"/device-templates/{meter['id']}/{meter['version']}/source"
    status, made = await call("POST", path, parameters={"host": "10.0.0.9", "unit": 3})
    assert (status, made["source"]["unit"]) == (200, 3)
    assert len(made["source"]["tags"]) == meter["tags"]
    status, refused = await call("POST", path, parameters={"unit": "three"})
    assert (status, refused["code"]) == (422, "template_parameters")
    assert {mistake["field"] for mistake in refused["mistakes"]} >= {"unit"}
    status, refused = await call("POST", "/device-templates/none/1/source", parameters={})
    assert (status, refused["code"]) == (404, "template_unknown")
