"""Orders, jobs, pieces and stops over REST against a real web process."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from mes.core.instants import parse_instant
from mes.features.people import service as people
from mes.web.roles import Role
from tests.web.serving import ACTOR, PASSWORD, Served, add_people, add_plant, csrf_token, serve


@pytest.fixture(scope="module")
def plant(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running web process; unit-12 is told by hand, unit-11 by a machine."""
    folder = tmp_path_factory.mktemp("commands")
    with serve(folder, sqlite_template, MES_SIGN_INS_PER_MINUTE="1000") as running:
        add_plant(running.database)
        running.tokens = add_people(running.database)
        with running.database.transaction() as session:
            people.create_account(
                session, ACTOR, login="hand", password=PASSWORD, roles=[Role.OPERATOR]
            )
        yield running


@pytest.fixture
def api(plant: Served) -> Iterator[httpx.Client]:
    """A machine client that may write."""
    with plant.client(headers=plant.bearer("write")) as client:
        yield client


def post(client: httpx.Client, path: str, command_id: str | None = None, **body: Any) -> Any:
    sent = {"command_id": command_id or str(uuid.uuid4()), **body}
    return client.post(f"/api/v1{path}", json=sent)


def done(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def problem(answer: httpx.Response, status: int, code: str) -> Any:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return answer.json()


def job_on(client: httpx.Client, work_unit: str, quantity: object = 100) -> str:
    order = done(post(client, "/work-orders", item="BRKT-100", quantity=quantity), 201)["order"]
    done(post(client, f"/work-orders/{order}/release", seen_version=1))
    answer = post(client, f"/work-orders/{order}/dispatch", work_unit=work_unit)
    return str(done(answer, 201)["job_order"])


def finish(client: httpx.Client, job: str) -> None:
    done(post(client, f"/job-orders/{job}/complete"))


def test_the_whole_way_of_an_order(api: httpx.Client) -> None:
    made = done(
        post(
            api,
            "/work-orders",
            item="BRKT-100",
            quantity="100",
            due="2030-01-01T12:00:00+09:00",
            priority=1,
            tolerance_under="0",
        ),
        201,
    )
    order = made["order"]
    assert (made["state"], made["due"], made["version"]) == (
        "created",
        "2030-01-01T03:00:00+00:00",
        1,
    )
    changed = done(
        api.patch(
            f"/api/v1/work-orders/{order}",
            json={"command_id": str(uuid.uuid4()), "seen_version": 1, "quantity": 90},
        )
    )
    assert (changed["ordered"], changed["version"]) == (90, 2)
    done(post(api, f"/work-orders/{order}/release", seen_version=2))
    job = done(post(api, f"/work-orders/{order}/dispatch", work_unit="unit-12"), 201)["job_order"]
    assert job == f"{order}-10"
    done(post(api, f"/job-orders/{job}/start"))
    done(post(api, "/work-units/unit-12/quantities", good=80, scrap=2, job_order=job), 201)
    done(post(api, f"/job-orders/{job}/pause", reason=None))
    done(post(api, f"/job-orders/{job}/resume"))
    answer = done(post(api, f"/job-orders/{job}/complete", good=5))
    assert (answer["remaining"], answer["warnings"][0]["code"]) == (5, "under_tolerance")
    problem(post(api, f"/work-orders/{order}/close"), 409, "outside_tolerance")
    closed = done(post(api, f"/work-orders/{order}/close", accept_deviation=True))
    assert (closed["state"], closed["good"], closed["scrap"]) == ("closed", 85, 2)
    whole = done(api.get(f"/api/v1/work-orders/{order}"))
    assert [event["kind"] for event in whole["events"]] == [
        "created",
        "changed",
        "released",
        "dispatched",
        "running",
        "closed",
    ]
    listed = done(api.get("/api/v1/work-orders", params={"state": "closed", "text": order}))
    assert [row["order"] for row in listed["items"]] == [order]
    assert listed["next"] is None


def test_a_repeat_gets_the_first_answer(api: httpx.Client) -> None:
    command = str(uuid.uuid4())
    answers = [
        post(api, "/work-orders", command, item="BRKT-100", quantity=7, note="twice")
        for _ in range(3)
    ]
    assert {answer.text for answer in answers} == {answers[0].text}
    assert {answer.status_code for answer in answers} == {201}
    listed = done(api.get("/api/v1/work-orders", params={"text": "twice"}))
    assert len(listed["items"]) == 1
    problem(
        post(api, "/work-orders", command, item="BRKT-100", quantity=8), 409, "command_id_reused"
    )


def test_a_double_tap_books_once(api: httpx.Client) -> None:
    job = job_on(api, "unit-22")
    done(post(api, f"/job-orders/{job}/start"))
    command = str(uuid.uuid4())
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda _: post(api, "/work-units/unit-22/quantities", command, good=5), range(4)
            )
        )
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.text for answer in answers}) == 1
    (row,) = done(api.get("/api/v1/job-orders", params={"state": "running"}))["items"]
    assert (row["job_order"], row["good"]) == (job, 5)
    finish(api, job)


def test_an_import_row_is_taken_in_once(api: httpx.Client) -> None:
    row: dict[str, Any] = {
        "item": "BRKT-100",
        "quantity": 5,
        "external_system": "erp",
        "external_id": "A-1",
    }
    first = done(post(api, "/work-orders", **row), 201)
    again = done(post(api, "/work-orders", **row))
    assert (first["import"], again["import"]) == ("created", "unchanged")
    assert first["order"] == again["order"]
    done(post(api, f"/work-orders/{first['order']}/release"))
    problem(post(api, "/work-orders", **{**row, "quantity": 6}), 409, "order_released")


def test_an_entry_is_taken_back(api: httpx.Client) -> None:
    job = job_on(api, "unit-21")
    done(post(api, f"/job-orders/{job}/start"))
    wrong = done(post(api, "/work-units/unit-21/quantities", good=50), 201)
    done(post(api, f"/quantities/{wrong['command_id']}/void"), 201)
    page = done(api.get("/api/v1/work-units/unit-21/entries"))
    said = {item["command_id"]: item for item in page["items"]}
    assert said[wrong["command_id"]]["voided"]
    finish(api, job)


def test_a_stop_gets_its_reason_under_the_lock(plant: Served, api: httpx.Client) -> None:
    job = job_on(api, "unit-12")
    done(post(api, f"/job-orders/{job}/start"))
    done(post(api, f"/job-orders/{job}/pause"))
    (stop,) = done(api.get("/api/v1/work-units/unit-12/stops"))["items"][-1:]
    seen = {"seen_start": stop["start"], "seen_end": None, "seen_statement": stop["statement"]}
    path = "/work-units/unit-12/stops/statements"
    said = done(post(api, path, kind="whole", reason="blocked", note=None, **seen), 201)
    assert said["stop"]["reason"]["code"] == "blocked"
    refused = problem(post(api, path, kind="whole", reason="starved", **seen), 409, "stop_changed")
    assert refused["stop"]["statement"] == said["command_id"]
    assert done(api.get("/api/v1/work-units/unit-12/stops/orphans"))["items"] == []
    finish(api, job)


def test_reasons_and_items_are_read(api: httpx.Client) -> None:
    codes = [
        reason["code"]
        for reason in done(
            api.get("/api/v1/reasons", params={"domain": "stop", "work_unit": "unit-11"})
        )["items"]
    ]
    assert {"blocked", "starved"} <= set(codes)
    (item,) = done(api.get("/api/v1/items"))["items"]
    assert item["name"] == {"ko": "브라켓", "en": "Bracket"}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/work-orders", {"item": "BRKT-100"}, 422, "validation"),
        ("/work-orders", {"item": "BRKT-100", "quantity": -1}, 422, "impossible_quantity"),
        ("/work-orders", {"item": "BRKT-100", "quantity": 1, "colour": "red"}, 422, "validation"),
        ("/work-orders", {"item": "BRKT-100", "quantity": 1, "due": "soon"}, 422, "validation"),
        ("/work-orders", {"item": "BRKT-100", "quantity": [1]}, 422, "validation"),
        ("/work-orders", {"item": "'; DROP", "quantity": 1}, 422, "item_unknown"),
        ("/work-orders/WO-0/release", {}, 404, "order_unknown"),
        ("/job-orders/WO-0-10/start", {}, 404, "job_unknown"),
        ("/work-units/unit-99/quantities", {"good": 1}, 404, "unknown_work_unit"),
        ("/work-units/unit-12/quantities", {"good": "1e9999"}, 422, "impossible_quantity"),
        ("/work-units/unit-12/quantities", {"good": True}, 422, "validation"),
        ("/work-units/unit-11/quantities", {"good": 1}, 409, "good_is_counted"),
        ("/work-units/unit-12/stops/statements", {"kind": "guess"}, 422, "validation"),
        ("/work-units/unit-12/stops/statements", {"kind": "whole"}, 422, "statement_invalid"),
        ("/quantities/nothing-like-it/void", {}, 404, "entry_unknown"),
        (
            "/work-units/unit-12/quantities",
            {"good": 1, "device_time": "2099-01-01T00:00:00Z"},
            409,
            "device_time_in_future",
        ),
    ],
)
def test_bad_input_is_refused_with_its_code(
    api: httpx.Client, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    assert "Traceback" not in str(problem(post(api, path, **body), status, code))


def test_who_may_not_is_refused(plant: Served) -> None:
    with plant.client() as nobody:
        problem(nobody.get("/api/v1/work-orders"), 401, "unauthorized")
    with plant.client(headers=plant.bearer("read")) as reader:
        done(reader.get("/api/v1/work-orders"))
        problem(post(reader, "/work-orders", item="BRKT-100", quantity=1), 403, "forbidden")
    with plant.signed_in("hand") as operator:
        operator.headers["X-CSRFToken"] = csrf_token(operator)
        problem(post(operator, "/work-orders", item="BRKT-100", quantity=1), 403, "forbidden")


def test_an_operator_runs_a_job_and_is_named_in_its_entries(plant: Served) -> None:
    with plant.client(headers=plant.bearer("write")) as planner:
        job = job_on(planner, "unit-12", "2.5")
    with plant.signed_in("hand") as operator:
        operator.headers["X-CSRFToken"] = csrf_token(operator)
        done(post(operator, f"/job-orders/{job}/start"))
        entry = done(post(operator, "/work-units/unit-12/quantities", good="2.5"), 201)
        assert (entry["good"], entry["person"], entry["job_order"]) == (2.5, "hand", job)
        done(post(operator, f"/job-orders/{job}/complete"))


def test_an_entry_from_an_outbox_is_booked_when_it_was_made(api: httpx.Client) -> None:
    job = job_on(api, "unit-12")
    started = done(post(api, f"/job-orders/{job}/start"))["started_at"]
    entry = done(
        post(
            api,
            "/work-units/unit-12/quantities",
            good=1,
            device_time="2001-01-01T00:00:00Z",
            device_now="2001-01-01T00:00:00.100Z",
        ),
        201,
    )
    waited = parse_instant(entry["at"]) - parse_instant(started)
    assert -200_000 < waited < 60_000_000
    finish(api, job)
