"""Methods of machines, and jobs handed to them, through a real MES, edge and server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from click.testing import CliRunner, Result

from connectors.runtime.commands import source_command
from connectors.runtime.edge import Edge, EdgeOptions
from mes.clock import real_now_us
from mes.features.plant.check import check
from mes.features.plant.service import apply
from mes.ports import free_port
from tests.connectors.opcua.companion_server import PLANT, Machines, companion_server
from tests.connectors.support import until
from tests.e2e.test_writes import PEOPLE, audited, ended
from tests.web.serving import Served, add_people, serve

PORT = free_port()
DRILL = f"""path: ["nsu={PLANT};Drill"], name: "nsu={PLANT};SetRecipe\""""
MILL = f"""path: ["nsu={PLANT};Mill"]"""
JOB = """[{name: job_order, type: string, length: 30}, {name: item, type: string, length: 20},
      {name: quantity, type: string, length: 12}, {name: program, type: int32, values: [10, 20]}]"""
SEND = "{job_order: job_order, item: item, quantity: quantity, program: {by_item: {A: 10, B: 20}}}"
FILE = f"""
schema: plant/1
site: {{id: busan, name: {{ko: 부산, en: Busan}}, time_zone: Asia/Seoul, day_starts: "08:00"}}
items:
  - {{code: A, name: {{ko: 가, en: A}}}}
  - {{code: B, name: {{ko: 나, en: B}}}}
  - {{code: C, name: {{ko: 다, en: C}}}}
sources:
  - id: hall
    protocol: opcua
    endpoint: opc.tcp://127.0.0.1:{PORT}
    security: {{policy: none, mode: none}}
    allow_insecure: true
    publish_ms: 100
    tags:
      - {{name: clock, node: "i=2258"}}
calls:
  - call: hall/set_recipe
    address: {{{DRILL}}}
    arguments:
      - {{name: number, type: int16, values: [1, 2, 3]}}
      - {{name: feed, type: float64, min: 0, max: 2}}
    returns: {{values: [0]}}
    every_s: 0.01
    roles: [maintenance]
  - call: hall/seldom
    address: {{{DRILL}}}
    arguments:
      - {{name: number, type: int16, values: [1]}}
      - {{name: feed, type: float64, min: 0, max: 2}}
    every_s: 3600
  - call: hall/mill
    address: {{{MILL}, job_order: store_and_start}}
    arguments: {JOB}
    every_s: 0.01
    timeout_s: 0.5
  - call: hall/store
    address: {{{MILL}, job_order: store}}
    arguments: {JOB}
    every_s: 0.01
  - call: hall/start
    address: {{{MILL}, job_order: start}}
    arguments: [{{name: job_order, type: string, length: 30}}]
    every_s: 0.01
lines:
  - id: line-1
    name: {{ko: 라인, en: Line}}
    work_units:
      - id: mill-1
        name: {{ko: 밀링 1, en: Mill 1}}
        signals: {{state: {{manual: true}}}}
        on_job_start: [{{call: hall/mill, send: {SEND}}}]
      - id: mill-2
        name: {{ko: 밀링 2, en: Mill 2}}
        signals: {{state: {{manual: true}}}}
        on_job_start:
          - {{call: hall/store, send: {SEND}}}
          - {{call: hall/start, send: {{job_order: job_order}}}}
        start_needs_machine: true
"""


@pytest.fixture(scope="module")
def mes(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("calls"), sqlite_template) as running:
        checked = check(FILE)
        assert checked.plant is not None, checked.mistakes
        with running.database.transaction() as session:
            apply(session, checked.plant, actor="test", now_us=real_now_us() - 3_600_000_000)
        running.tokens = add_people(running.database)
        yield running


@pytest.fixture
async def hall(mes: Served, tmp_path: Path) -> AsyncIterator[Machines]:
    """The machines, with an edge that runs their server."""
    async with companion_server(PORT) as machines:
        token = tmp_path / "token"
        token.write_text(mes.tokens["ingest"])
        edge = Edge(EdgeOptions(data=tmp_path, edge="edge-1", server=mes.url, token_file=token))
        task = asyncio.create_task(edge.run())
        await until(lambda: any(status.state == "up" for status in edge.statuses), 20.0)
        yield machines
        edge.stop()
        async with asyncio.timeout(5.0):
            await task


def wish(call: str, **arguments: Any) -> dict[str, Any]:
    return {
        "command_id": str(uuid4()),
        "call": call,
        "arguments": arguments,
        "reason": "new tool",
    }


async def posted(mes: Served, path: str, body: dict[str, Any]) -> httpx.Response:
    def send() -> httpx.Response:
        with mes.client() as client:
            return client.post(f"/api/v1{path}", json=body, headers=mes.bearer("write"))

    return await asyncio.get_running_loop().run_in_executor(PEOPLE, send)


async def called(mes: Served, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = await posted(mes, "/method-calls", body)
    return answer.status_code, answer.json()


async def dispatched(mes: Served, item: str, unit: str) -> str:
    """A job of an order of this item, handed to nobody yet."""

    async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await posted(mes, path, {"command_id": str(uuid4()), **body})
        assert answer.is_success, answer.text
        return dict(answer.json())

    order = await post("/work-orders", {"item": item, "quantity": 500})
    number = order["number"]
    await post(f"/work-orders/{number}/release", {"seen_version": order["version"]})
    job = await post(f"/work-orders/{number}/dispatch", {"work_unit": unit})
    return str(job["job_order"])


async def start(mes: Served, job: str, command: str | None = None) -> httpx.Response:
    body = {"command_id": command or str(uuid4()), "together": True}
    return await posted(mes, f"/job-orders/{job}/start", body)


async def state_of(mes: Served, job: str) -> str:
    def read() -> str:
        with mes.client() as client:
            rows = client.get("/api/v1/job-orders", headers=mes.bearer("read")).json()["items"]
            return next(str(row["state"]) for row in rows if row["job_order"] == job)

    return await asyncio.get_running_loop().run_in_executor(PEOPLE, read)


async def test_a_method_is_called_once_with_its_answer_read_and_audited(
    mes: Served, hall: Machines
) -> None:
    body = wish("hall/set_recipe", number=2, feed=1.25)
    status, answer = await called(mes, body)
    assert (status, answer["outcome"], answer["code"]) == (200, "confirmed", None), answer
    assert (answer["call"], answer["tag"]) == ("hall/set_recipe", None)
    assert answer["after"] == {"results": [0], "state": None}
    status, again = await called(mes, body)
    assert (status, again["id"], hall.recipes) == (200, answer["id"], [(2, 1.25)])
    ended_row, asked = await audited(mes, "hall/set_recipe")
    assert (asked["action"], asked["note"]) == ("method.call", "new tool")
    assert (ended_row["action"], ended_row["new"]) == ("method.call_result", [0])
    assert ended_row["details"]["asked"] == {"number": 2, "feed": 1.25}
    status, answer = await called(mes, {**body, "arguments": {"number": 3, "feed": 1.25}})
    assert (status, answer["code"]) == (409, "command_id_reused")

    status, answer = await called(mes, wish("hall/set_recipe", number=2, feed=1.75))
    assert (answer["outcome"], answer["code"]) == ("not_confirmed", "call_result_not_expected")
    assert answer["after"]["results"] == [7]


async def test_nothing_outside_list_range_rate_and_role_reaches_the_machine(
    mes: Served, hall: Machines
) -> None:
    for body, status, code in (
        (wish("hall/none"), 403, "call_not_allowed"),
        (wish("hall/clock"), 403, "call_not_allowed"),
        (wish("hall/set_recipe", number=4, feed=1.0), 422, "call_out_of_range"),
        (wish("hall/set_recipe", number=1, feed=2.5), 422, "call_out_of_range"),
        (wish("hall/set_recipe", number=1, feed="1"), 422, "call_out_of_range"),
        (wish("hall/set_recipe", number=1), 422, "call_out_of_range"),
        (wish("hall/set_recipe", number=1, feed=1.0, more=1), 422, "call_out_of_range"),
        ({**wish("hall/set_recipe", number=1, feed=1.0), "reason": ""}, 422, "validation"),
    ):
        got, answer = await called(mes, body)
        assert (got, answer["code"]) == (status, code), body

    def as_leader() -> httpx.Response:
        with mes.signed_in("leader") as client:
            token = client.get("/").text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
            body = wish("hall/set_recipe", number=1, feed=1.0)
            return client.post("/api/v1/method-calls", json=body, headers={"X-CSRFToken": token})

    refused = await asyncio.get_running_loop().run_in_executor(PEOPLE, as_leader)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert hall.recipes == []
    assert (await called(mes, wish("hall/seldom", number=1, feed=1.0)))[1]["outcome"] == "confirmed"
    status, answer = await called(mes, wish("hall/seldom", number=1, feed=1.0))
    assert (status, answer["code"], len(hall.recipes)) == (429, "write_too_soon", 1)
    (denied,) = await audited(mes, "hall/none")
    assert (denied["action"], denied["details"]["code"]) == (
        "method.call_refused", "call_not_allowed",
    )  # fmt: skip


async def test_a_started_job_is_handed_to_its_machine_and_shows_what_that_says(
    mes: Served, hall: Machines
) -> None:
    job = await dispatched(mes, "A", "mill-1")
    assert (await start(mes, job)).status_code == 200
    (row,) = await ended(mes, job)
    assert (row["call"], row["outcome"], row["reason"]) == (
        "hall/mill", "confirmed", f"start of {job}",
    )  # fmt: skip
    assert row["after"]["state"]["states"] == ["Running"]
    assert row["after"]["state"]["data"] == {"good": 12}
    (order,) = hall.jobs
    (material,) = order.MaterialRequirements
    assert (order.JobOrderID, material.MaterialDefinitionID, material.Quantity) == (job, "A", "500")
    assert [(each.ID, each.Value.Value) for each in order.JobOrderParameters] == [("program", 10)]

    hall.states[job] = "Ended"
    async with asyncio.timeout(20.0):
        while (await ended(mes, job))[0]["after"]["state"]["states"] != ["Ended"]:
            await asyncio.sleep(0.05)
    hall.states[job] = "Running"
    answer = await posted(mes, f"/job-orders/{job}/machine", {})
    assert answer.json()["state"]["states"] == ["Running"]
    (row,) = await ended(mes, job)
    assert row["after"]["state"]["states"] == ["Running"]
    unknown = await posted(mes, "/job-orders/WO-0/machine", {})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "job_not_on_machine")


async def test_a_machine_that_refuses_or_is_silent_never_keeps_a_job_from_starting(
    mes: Served, hall: Machines
) -> None:
    hall.return_status = 8
    refused = await dispatched(mes, "A", "mill-1")
    assert (await start(mes, refused)).status_code == 200
    (row,) = await ended(mes, refused)
    assert (row["outcome"], row["code"]) == ("refused", "job_refused_by_machine")
    assert row["after"]["results"] == [8]

    hall.return_status, hall.answer_after = 0, asyncio.Event()
    silent = await dispatched(mes, "A", "mill-1")
    assert (await start(mes, silent)).status_code == 200
    (row,) = await ended(mes, silent)
    assert (row["outcome"], row["code"]) == ("unknown", "no_reply")
    hall.answer_after.set()
    await until(lambda: len(hall.jobs) == 1, 5.0)
    assert [await state_of(mes, job) for job in (refused, silent)] == ["running", "running"]

    none = await dispatched(mes, "C", "mill-1")
    assert (await start(mes, none)).status_code == 200
    assert await ended(mes, none) == [], "no program for this item: nothing is sent"


async def test_where_the_plant_wants_its_yes_a_job_starts_with_it_and_not_without(
    mes: Served, hall: Machines
) -> None:
    job = await dispatched(mes, "B", "mill-2")
    hall.return_status = 8
    command = str(uuid4())
    for _ in range(2):
        answer = await start(mes, job, command)
        assert (answer.status_code, answer.json()["code"]) == (409, "machine_refused_job")
        assert answer.json()["machine_code"] == "job_refused_by_machine"
    assert await state_of(mes, job) == "dispatched"
    rows = await ended(mes, job)
    assert [(row["call"], row["code"]) for row in rows] == [
        ("hall/store", "job_refused_by_machine"),
        ("hall/start", "write_before_failed"),
    ], "the same command asks once"

    hall.return_status = 0
    command = str(uuid4())
    first, again = await start(mes, job, command), await start(mes, job, command)
    assert (first.status_code, again.json()) == (200, first.json()), first.text
    assert (hall.states, len(hall.jobs)) == ({job: "Running"}, 1)
    assert [row["outcome"] for row in (await ended(mes, job))[-2:]] == ["confirmed", "confirmed"]


async def test_the_command_line_calls_and_says_how_it_ended(
    mes: Served, hall: Machines, tmp_path: Path
) -> None:
    token = tmp_path / "write-token"
    token.write_text(mes.tokens["write"])

    def run(*arguments: str) -> Result:
        options = ["--server", mes.url, "--token-file", str(token), "--reason", "new tool"]
        return CliRunner().invoke(source_command, ["call", *arguments, *options])

    loop = asyncio.get_running_loop()
    good = ["hall/set_recipe", "number=1", "feed=0.5", "--json"]
    done = await loop.run_in_executor(PEOPLE, run, *good)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["after"]["results"] == [0]
    refused = await loop.run_in_executor(PEOPLE, run, "hall/set_recipe", "number=9", "feed=0.5")
    assert refused.exit_code == 1
    assert "call_out_of_range" in refused.output
    unconfirmed = await loop.run_in_executor(PEOPLE, run, "hall/set_recipe", "number=1", "feed=1.9")
    assert (unconfirmed.exit_code, "not_confirmed" in unconfirmed.stdout) == (1, True)
    assert (await loop.run_in_executor(PEOPLE, run, "hall/set_recipe", "number")).exit_code == 2
    assert hall.recipes == [(1, 0.5), (1, 1.9)]
