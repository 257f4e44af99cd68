"""Corrections and the audit log over REST: who may what, where, and what is told afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mes.features.people import service as people
from mes.features.people import terminals
from mes.web.roles import Role
from tests.features.commands.test_http import done, finish, job_on, post, problem
from tests.web.serving import (
    ACTOR,
    PASSWORD,
    PIN,
    Served,
    add_people,
    add_plant,
    csrf_token,
    serve,
)

STATEMENTS = "/work-units/{}/stops/statements"


@pytest.fixture(scope="module")
def plant(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running web process with an operator who signs in with a password."""
    folder = tmp_path_factory.mktemp("corrections")
    with serve(folder, sqlite_template, MES_SIGN_INS_PER_MINUTE="1000") as running:
        add_plant(running.database)
        running.tokens = add_people(running.database)
        with running.database.transaction() as session:
            people.create_account(
                session, ACTOR, login="hand", password=PASSWORD, roles=[Role.OPERATOR]
            )
        yield running


@pytest.fixture
def leader(plant: Served) -> Iterator[httpx.Client]:
    """A supervisor."""
    with plant.signed_in("leader") as client:
        client.headers["X-CSRFToken"] = csrf_token(client)
        yield client


@pytest.fixture
def hand(plant: Served) -> Iterator[httpx.Client]:
    """An operator."""
    with plant.signed_in("hand") as client:
        client.headers["X-CSRFToken"] = csrf_token(client)
        yield client


@pytest.fixture
def tablet(plant: Served) -> Iterator[httpx.Client]:
    """A terminal at unit-12 with its operator."""
    with plant.database.transaction() as session:
        code = terminals.offer_terminal(session, ACTOR, equipment="unit-12").code
    with plant.client() as client:
        client.headers["X-CSRFToken"] = csrf_token(client)
        assert client.post("/api/v1/terminal/enroll", json={"code": code}).status_code == 201
        answer = client.post("/api/v1/terminal/sign-in", json={"pin": PIN, "badge": "1001"})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRFToken"] = csrf_token(client, "/terminal/unit-12")
        yield client


def test_a_terminal_explains_the_stops_of_its_own_line(tablet: httpx.Client) -> None:
    own = post(tablet, STATEMENTS.format("unit-11"), kind="whole")
    problem(own, 422, "statement_invalid")
    other = post(tablet, STATEMENTS.format("unit-21"), kind="whole")
    assert "unit-12" in problem(other, 403, "forbidden")["detail"]


def test_a_terminal_takes_back_entries_of_its_own_line(
    tablet: httpx.Client, hand: httpx.Client, leader: httpx.Client
) -> None:
    entry = done(post(hand, "/work-units/unit-21/quantities", good=3), 201)["command_id"]
    problem(post(tablet, f"/quantities/{entry}/void"), 403, "forbidden")
    problem(post(tablet, f"/quantities/{entry}/correct", good=2), 403, "forbidden")
    done(post(leader, f"/quantities/{entry}/void", note="wrong machine"), 201)


def test_a_supervisor_corrects_and_moves_and_an_operator_only_corrects(
    leader: httpx.Client, hand: httpx.Client
) -> None:
    first = job_on(leader, "unit-22")
    done(post(leader, f"/job-orders/{first}/start"))
    entry = done(post(hand, "/work-units/unit-22/quantities", good=30), 201)["command_id"]
    corrected = done(post(hand, f"/quantities/{entry}/correct", good=3, note="a slip"), 201)
    assert (corrected["good"], corrected["was"]["good"], corrected["job_order"]) == (3, 30, first)
    finish(leader, first)
    second = job_on(leader, "unit-22")
    done(post(leader, f"/job-orders/{second}/start"))
    body: dict[str, Any] = {"from_job": first, "to_job": second, "good": 2}
    problem(post(hand, "/work-units/unit-22/moves", **body), 403, "forbidden")
    moved = done(post(leader, "/work-units/unit-22/moves", **body), 201)
    assert (moved["from_job"], moved["job_order"], moved["good"]) == (first, second, 2)
    jobs = {
        job["job_order"]: job["good"]
        for job in done(leader.get("/api/v1/job-orders", params={"work_unit": "unit-22"}))["items"]
    }
    assert (jobs[first], jobs[second]) == (1, 2)
    done(post(leader, f"/moves/{moved['command_id']}/void"), 201)
    kinds = {"kind": "quantity,move"}
    listed = done(hand.get("/api/v1/work-units/unit-22/entries", params=kinds))["items"]
    assert [(item["kind"], item["voided"]) for item in listed] == [
        ("move", False),
        ("move", True),
        ("quantity", False),
        ("quantity", True),
    ]
    bad = {"from_job": first, "to_job": second, "from": "2026-01-01T00:00:00Z"}
    assert (
        problem(post(leader, "/work-units/unit-22/moves", **bad), 422, "move_invalid")["field"]
        == "from"
    )
    finish(leader, second)


def test_an_operator_declares_only_where_nothing_is_known(
    plant: Served, hand: httpx.Client
) -> None:
    now = int(time.time() * 1_000_000)
    record = [1, "v", "state", 2, 0, None, None, now - 60_000_000, None]
    batch = {
        "source": "plc",
        "stream": "event",
        "epoch": "0123456789abcdef",
        "covered_until": now,
        "records": [record],
    }
    request = {
        "edge": "edge-1",
        "config_revision": 1,
        "clock_offset_us": 0,
        "links": [],
        "batches": [batch],
    }
    with plant.client(headers=plant.bearer("ingest")) as edge:
        done(edge.post("/api/v1/ingest", json=request))
    path = STATEMENTS.format("unit-11")
    long_ago = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z"}
    done(post(hand, path, kind="declare", state="down", **long_ago), 201)
    until_now = {"from": "2026-01-01T02:00:00Z"}
    refused = post(hand, path, kind="declare", state="down", **until_now)
    problem(refused, 403, "declare_needs_supervisor")


def test_managers_read_the_audit_log_by_object_and_page(
    plant: Served, leader: httpx.Client, hand: httpx.Client
) -> None:
    entry = done(post(leader, "/work-units/unit-21/quantities", good=7), 201)["command_id"]
    done(post(leader, f"/quantities/{entry}/void", note="counted twice"), 201)
    asked = {"object": "unit-21", "action": "quantity", "limit": "1"}
    problem(hand.get("/api/v1/audit"), 403, "forbidden")
    with plant.client(headers=plant.bearer("read")) as machine:
        problem(machine.get("/api/v1/audit"), 403, "forbidden")
    with plant.signed_in("office") as office:
        page = done(office.get("/api/v1/audit", params=asked))
        (row,) = page["items"]
        assert (row["action"], row["person"], row["note"]) == (
            "quantity.void",
            "leader",
            "counted twice",
        )
        assert (row["old"]["good"], row["new"]) == (7, None)
        (before,) = done(
            office.get("/api/v1/audit", params={**asked, "before": str(page["next"])})
        )["items"]
        assert before["action"] == "quantity.enter"
        assert done(office.get("/api/v1/audit", params={"to": "2020-01-01T00:00:00Z"})) == {
            "items": [],
            "next": None,
        }
        problem(office.get("/api/v1/audit", params={"from": "yesterday"}), 422, "validation")


def test_the_page_of_the_audit_log_is_for_managers(plant: Served, hand: httpx.Client) -> None:
    assert hand.get("/audit").status_code == 403
    assert 'href="/audit"' not in hand.get("/orders").text
    with plant.signed_in("office") as office:
        assert 'href="/audit"' in office.get("/orders").text
        text = office.get("/audit", params={"object": "unit-21", "first": "2020-02-30"}).text
        assert "quantity.void" in text
        assert "YYYY-MM-DD" in text
        assert "quantity.void" not in office.get("/audit", params={"last": "2020-02-01"}).text
        assert office.get("/audit", params={"before": "9" * 70}).status_code == 200
