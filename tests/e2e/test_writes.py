"""People write to a machine through a real MES, a real edge and real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from click.testing import CliRunner, Result

from connectors.runtime.commands import source_command
from connectors.runtime.edge import Edge, EdgeOptions
from mes.clock import real_now_us
from mes.db import Database
from mes.features.people import service as people
from mes.features.plant.check import check
from mes.features.plant.service import apply
from mes.ports import free_port
from mes.web.roles import Scope
from tests.connectors.modbus.test_writing import Plc
from tests.connectors.modbus.test_writing import served as plc_served
from tests.connectors.support import until
from tests.web.serving import ACTOR, Served, add_people, serve

PEOPLE = ThreadPoolExecutor(8)
"""People wait in threads of their own: those of the loop belong to the edge."""
PORT = free_port()
"""Where the device of each test listens."""

PLANT = """
schema: plant/1
site: {{id: busan, name: {{ko: 부산, en: Busan}}, time_zone: Asia/Seoul, day_starts: "08:00"}}
items:
  - {{code: BRKT-100, name: {{ko: 브라켓, en: Bracket}}, unit: pcs}}
  - {{code: BRKT-200, name: {{ko: 브라켓, en: Bracket}}, unit: pcs}}
sources:
  - id: plc
    protocol: modbus
    link: {{transport: tcp, host: 127.0.0.1, port: {port}}}
    timeout_ms: 300
    scan_ms: 100
    tags:
      - {{name: state, table: holding, address: 0, type: uint16}}
      - {{name: target, table: holding, address: 10, type: uint16, unit: pcs}}
      - {{name: speed, table: holding, address: 11, type: uint16, scale: 0.1}}
      - {{name: recipe, table: holding, address: 12, type: uint16}}
      - {{name: item, table: holding, address: 20, type: string, length: 6}}
      - {{name: lamp, table: coil, address: 0, type: bool}}
writes:
  - {{tag: plc/target, min: 0, max: 5000, every_s: 0.01}}
  - {{tag: plc/speed, min: 10, max: 60.5, every_s: 3600, roles: [maintenance]}}
  - {{tag: plc/recipe, values: [1, 2, 3], every_s: 0.01}}
  - {{tag: plc/item, length: 12, every_s: 0.01}}
  - {{tag: plc/lamp, values: [true, false], every_s: 0.01, roles: [operator]}}
lines:
  - id: line-1
    name: {{ko: 라인, en: Line}}
    work_units:
      - id: press-1
        name: {{ko: 프레스, en: Press}}
        ideal_cycle_s: {{BRKT-100: "2.0", BRKT-200: "2.0"}}
        signals: {{state: {{tag: plc/state, map: {{0: off, 1: stopped, 2: running}}}}}}
        on_job_start:
          - {{tag: plc/item, send: item}}
          - {{tag: plc/target, send: quantity}}
          - {{tag: plc/recipe, send: by_item, by_item: {{BRKT-100: 3}}}}
"""


def add_plant(database: Database, port: int) -> None:
    checked = check(PLANT.format(port=port))
    assert checked.plant is not None, checked.mistakes
    with database.transaction() as session:
        apply(session, checked.plant, actor="test", now_us=real_now_us() - 3_600_000_000)


@pytest.fixture(scope="module")
def mes(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("writes"), sqlite_template) as running:
        add_plant(running.database, PORT)
        running.tokens = add_people(running.database)
        with running.database.transaction() as session:
            made = people.create_token(
                session, ACTOR, scope=Scope.INGEST, label="other", edge="edge-2"
            )
        running.tokens["edge-2"] = made.token
        yield running


@pytest.fixture
async def plc(mes: Served) -> AsyncIterator[Plc]:
    async with plc_served(Plc(registers={0: 2, 10: 7, 11: 300}), PORT) as running:
        yield running


@pytest.fixture
async def edge(mes: Served, plc: Plc, tmp_path: Path) -> AsyncIterator[Edge]:
    token = tmp_path / "token"
    token.write_text(mes.tokens["ingest"])
    running = Edge(EdgeOptions(data=tmp_path, edge="edge-1", server=mes.url, token_file=token))
    task = asyncio.create_task(running.run())
    await until(lambda: any(status.state == "up" for status in running.statuses), 20.0)
    yield running
    running.stop()
    async with asyncio.timeout(5.0):
        await task


def wish(tag: str, value: Any, **more: Any) -> dict[str, Any]:
    return {
        "command_id": str(uuid4()),
        "tag": tag,
        "value": value,
        "reason": "new order",
        **more,
    }


def post(mes: Served, body: dict[str, Any]) -> httpx.Response:
    with mes.client() as client:
        return client.post("/api/v1/tag-writes", json=body, headers=mes.bearer("write"))


async def write(mes: Served, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = await asyncio.get_running_loop().run_in_executor(PEOPLE, post, mes, body)
    return answer.status_code, answer.json()


async def audited(mes: Served, tag: str) -> list[dict[str, Any]]:
    def read() -> list[dict[str, Any]]:
        with mes.signed_in("boss") as client:
            items = client.get("/api/v1/audit", params={"object": tag}).json()["items"]
            return list(items)

    return await asyncio.get_running_loop().run_in_executor(PEOPLE, read)


async def test_a_value_is_written_once_read_back_and_audited(
    mes: Served, edge: Edge, plc: Plc
) -> None:
    body = wish("plc/target", 1200)
    status, answer = await write(mes, body)
    assert status == 200, answer
    assert (answer["outcome"], answer["code"]) == ("confirmed", None)
    assert (answer["before"]["value"], answer["after"]["value"]) == (7, 1200)
    assert plc.registers[10] == 1200
    status, again = await write(mes, body)
    assert (status, again["id"], len(plc.writes)) == (200, answer["id"], 1), (
        "a repeat sends nothing"
    )
    ended, asked = await audited(mes, "plc/target")
    assert (asked["action"], asked["note"]) == ("tag.write", "new order")
    assert (ended["action"], ended["old"], ended["new"]) == ("tag.write_result", 7, 1200)
    assert ended["details"]["outcome"] == "confirmed"
    status, answer = await write(mes, {**body, "value": 1201})
    assert (status, answer["code"], len(plc.writes)) == (409, "command_id_reused", 1)


async def test_nothing_outside_list_range_and_role_reaches_the_device(
    mes: Served, edge: Edge, plc: Plc
) -> None:
    for tag, value, status, code in (
        ("plc/state", 1, 403, "write_not_allowed"),
        ("plc/none", 1, 403, "write_not_allowed"),
        ("plc/target", 5001, 422, "write_out_of_range"),
        ("plc/target", True, 422, "write_out_of_range"),
        ("plc/recipe", 4, 422, "write_out_of_range"),
        ("plc/item", "a text that is too long", 422, "write_out_of_range"),
        ("plc/lamp", 1, 422, "write_out_of_range"),
    ):
        got, answer = await write(mes, wish(tag, value))
        assert (got, answer["code"]) == (status, code), (tag, value)

    def as_leader() -> httpx.Response:
        with mes.signed_in("leader") as client:
            token = client.get("/").text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
            headers = {"X-CSRFToken": token}
            return client.post("/api/v1/tag-writes", json=wish("plc/speed", 30), headers=headers)

    refused = await asyncio.get_running_loop().run_in_executor(PEOPLE, as_leader)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    without_reason = {**wish("plc/target", 1), "reason": ""}
    assert (await write(mes, without_reason))[0] == 422
    assert plc.writes == []
    (denied,) = await audited(mes, "plc/state")
    assert (denied["action"], denied["details"]["code"]) == (
        "tag.write_refused", "write_not_allowed",
    )  # fmt: skip


async def test_a_tag_is_written_no_more_often_than_its_rule_says(
    mes: Served, edge: Edge, plc: Plc
) -> None:
    assert (await write(mes, wish("plc/speed", 30)))[1]["outcome"] == "confirmed"
    status, answer = await write(mes, wish("plc/speed", 31))
    assert (status, answer["code"]) == (429, "write_too_soon")
    assert (plc.registers[11], len(plc.writes)) == (300, 1)


async def test_a_connection_cut_in_the_middle_leaves_it_unknown_and_sends_nothing_again(
    mes: Served, edge: Edge, plc: Plc
) -> None:
    def cut(_: bytes) -> bytes | None:
        raise ConnectionResetError

    plc.answer = cut
    status, answer = await write(mes, wish("plc/target", 1300))
    assert status == 200, answer
    assert answer["outcome"] == "unknown"
    assert answer["code"] is not None
    reads = plc.reads
    await until(lambda: plc.reads > reads + 3, 15.0)
    assert len(plc.writes) == 1, "not even after the connection is back"


async def test_a_device_that_takes_the_value_and_keeps_its_own_is_not_confirmed(
    mes: Served, edge: Edge, plc: Plc
) -> None:
    plc.answer = lambda pdu: pdu[:5]
    _, answer = await write(mes, wish("plc/target", 1400))
    assert (answer["outcome"], answer["after"]["value"]) == ("not_confirmed", 7)


async def test_a_device_that_refuses_is_told_with_its_reason(
    mes: Served, edge: Edge, plc: Plc
) -> None:
    plc.answer = lambda pdu: bytes([pdu[0] | 0x80, 3])
    _, answer = await write(mes, wish("plc/target", 1400))
    assert (answer["outcome"], answer["code"]) == ("refused", "illegal_value")


def fetch(mes: Served, wait_s: float) -> list[Any]:
    """What waits for the edge; also ends a call that an edge of a test before has left behind."""
    with mes.client() as client:
        path = f"/api/v1/edges/edge-1/requests?wait_s={wait_s}"
        return list(client.get(path, headers=mes.bearer("ingest")).json()["requests"])


async def test_without_an_edge_nothing_is_done_and_never_will_be(mes: Served, plc: Plc) -> None:
    assert fetch(mes, 0) == []
    _, answer = await write(mes, wish("plc/target", 1500, begin_within_s=0.3))
    assert (answer["outcome"], answer["code"]) == ("refused", "edge_not_listening")
    assert fetch(mes, 0) == [], "it is not done later"


async def test_a_request_that_was_fetched_and_not_claimed_in_time_is_never_applied(
    mes: Served, plc: Plc
) -> None:
    assert fetch(mes, 0) == []
    asked = asyncio.create_task(write(mes, wish("plc/target", 1500, begin_within_s=1.0)))
    loop = asyncio.get_running_loop()
    (request,) = await loop.run_in_executor(PEOPLE, fetch, mes, 10)
    claim = f"/api/v1/edges/edge-1/requests/{request['id']}/claim"
    stranger = {"Authorization": f"Bearer {mes.tokens['edge-2']}"}
    with mes.client() as client:
        assert client.post(claim, headers=stranger).json()["code"] == "edge_not_allowed"
        others = client.get("/api/v1/edges/edge-2/requests", headers=stranger)
        assert others.json() == {"requests": []}
    _, answer = await asked
    assert (answer["outcome"], answer["code"]) == ("refused", "edge_too_late")
    with mes.client() as client:
        late = client.post(claim, headers=mes.bearer("ingest"))
        assert (late.status_code, late.json()["code"]) == (410, "edge_request_over")


async def test_of_two_equal_commands_at_once_one_is_sent(mes: Served, edge: Edge, plc: Plc) -> None:
    body = wish("plc/target", 1600)
    answers = await asyncio.gather(*(write(mes, body) for _ in range(4)))
    assert {status for status, _ in answers} == {200}
    assert len(plc.writes) == 1


def started_job(mes: Served, item: str, quantity: int) -> str:
    """A job of an order of this item, started on the press."""

    def post(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
        body = {"command_id": str(uuid4()), **body}
        answer = client.post(f"/api/v1{path}", json=body, headers=mes.bearer("write"))
        assert answer.is_success, answer.text
        return dict(answer.json())

    with mes.client() as client:
        order = post(client, "/work-orders", {"item": item, "quantity": quantity})
        number = order["number"]
        post(client, f"/work-orders/{number}/release", {"seen_version": order["version"]})
        job = post(client, f"/work-orders/{number}/dispatch", {"work_unit": "press-1"})["job_order"]
        post(client, f"/job-orders/{job}/start", {"together": True})
        return str(job)


def writes_of(mes: Served, job: str) -> list[dict[str, Any]]:
    with mes.client() as client:
        rows = client.get("/api/v1/job-orders", headers=mes.bearer("read")).json()["items"]
        return next(list(row["writes"]) for row in rows if row["job_order"] == job)


async def ended(mes: Served, job: str) -> list[dict[str, Any]]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(40.0):
        while True:
            writes = await loop.run_in_executor(PEOPLE, writes_of, mes, job)
            if all(each["outcome"] for each in writes):
                return writes
            await asyncio.sleep(0.05)


async def test_a_started_job_tells_its_machine_item_quantity_and_recipe(
    mes: Served, edge: Edge, plc: Plc
) -> None:
    loop = asyncio.get_running_loop()
    job = await loop.run_in_executor(PEOPLE, started_job, mes, "BRKT-100", 800)
    writes = await ended(mes, job)
    assert [(each["tag"], each["value"], each["outcome"]) for each in writes] == [
        ("plc/item", "BRKT-100", "confirmed"),
        ("plc/target", 800, "confirmed"),
        ("plc/recipe", 3, "confirmed"),
    ]
    assert (plc.registers[10], plc.registers[12]) == (800, 3)
    assert {each["reason"] for each in writes} == {f"start of {job}"}
    job = await loop.run_in_executor(PEOPLE, started_job, mes, "BRKT-200", 900)
    writes = await ended(mes, job)
    assert [each["tag"] for each in writes] == ["plc/item", "plc/target"], "no recipe, none sent"


async def test_the_first_write_of_a_job_that_does_not_end_well_stops_the_rest(
    mes: Served, edge: Edge, plc: Plc
) -> None:
    loop = asyncio.get_running_loop()
    plc.answer = lambda pdu: bytes([pdu[0] | 0x80, 3])
    job = await loop.run_in_executor(PEOPLE, started_job, mes, "BRKT-100", 801)
    writes = await ended(mes, job)
    assert [(each["outcome"], each["code"]) for each in writes] == [
        ("refused", "illegal_value"),
        ("refused", "write_before_failed"),
        ("refused", "write_before_failed"),
    ]
    assert len(plc.writes) == 1


async def test_a_job_starts_although_its_machine_cannot_be_written(mes: Served, plc: Plc) -> None:
    assert fetch(mes, 0) == []
    loop = asyncio.get_running_loop()
    job = await loop.run_in_executor(PEOPLE, started_job, mes, "BRKT-100", 5001)
    writes = await ended(mes, job)
    assert [(each["tag"], each["code"]) for each in writes] == [
        ("plc/item", "edge_not_listening"),
        ("plc/target", "write_out_of_range"),
        ("plc/recipe", "write_before_failed"),
    ]
    assert plc.writes == []


async def test_the_command_line_writes_and_says_how_it_ended(
    mes: Served, edge: Edge, plc: Plc, tmp_path: Path
) -> None:
    token = tmp_path / "write-token"
    token.write_text(mes.tokens["write"])

    def run(*arguments: str) -> Result:
        options = ["--server", mes.url, "--token-file", str(token), "--reason", "new order"]
        return CliRunner().invoke(source_command, ["write", *arguments, *options])

    loop = asyncio.get_running_loop()
    done = await loop.run_in_executor(PEOPLE, run, "plc/target", "77", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["after"]["value"] == 77
    assert plc.registers[10] == 77
    text = await loop.run_in_executor(PEOPLE, run, "plc/item", "100", "--text")
    assert (text.exit_code, "confirmed" in text.stdout) == (0, True), text.output
    refused = await loop.run_in_executor(PEOPLE, run, "plc/target", "77777")
    assert refused.exit_code == 1
    assert "write_out_of_range" in refused.output
    plc.answer = lambda pdu: pdu[:5]
    unconfirmed = await loop.run_in_executor(PEOPLE, run, "plc/target", "78")
    assert unconfirmed.exit_code == 1
    assert "not_confirmed" in unconfirmed.stdout


async def test_the_command_line_tells_link_holes_and_what_to_do(
    mes: Served, edge: Edge, plc: Plc, tmp_path: Path
) -> None:
    token = tmp_path / "read-token"
    token.write_text(mes.tokens["read"])

    def run(*arguments: str) -> Result:
        options = ["--server", mes.url, "--token-file", str(token)]
        return CliRunner().invoke(source_command, [*arguments, *options])

    async def told(*arguments: str, shows: str) -> Result:
        """What it says once it shows that: the MES hears of a link with the next heartbeat."""
        async with asyncio.timeout(20.0):
            found = await loop.run_in_executor(PEOPLE, run, *arguments)
            while shows not in found.stdout:
                found = await loop.run_in_executor(PEOPLE, run, *arguments)
        return found

    loop = asyncio.get_running_loop()
    up = await told("status", "plc", "--json", shows='"state": "up"')
    assert up.exit_code == 0
    past = await loop.run_in_executor(PEOPLE, run, "past", "plc", "--json")
    assert json.loads(past.stdout)["is_complete"] is True
    refused = await loop.run_in_executor(PEOPLE, run, "past", "none")
    assert (refused.exit_code, "source_unknown" in refused.output) == (1, True)
    plc.is_silent = True
    await until(lambda: any(status.state == "backing_off" for status in edge.statuses), 20.0)

    down = await told("status", shows="what to do: check cabinet power and cable")
    assert down.exit_code == 1
