"""Data checks over REST against a real web process: who may look, who may decide."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mes.clock import real_now_us
from mes.features.ingest.service import ingest
from mes.features.people import service as people
from mes.web.roles import Role
from tests.web.serving import ACTOR, PASSWORD, Served, add_people, add_plant, csrf_token, serve

S = 1_000_000


@pytest.fixture(scope="module")
def plant(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A web process; the stroke counter of unit-11 has just shown a value that it cannot have."""
    folder = tmp_path_factory.mktemp("checks")
    with serve(folder, sqlite_template, MES_SIGN_INS_PER_MINUTE="1000") as running:
        add_plant(running.database)
        running.tokens = add_people(running.database)
        with running.database.transaction() as session:
            for role in (Role.OPERATOR, Role.QUALITY, Role.INTEGRATOR):
                people.create_account(
                    session, ACTOR, login=role.value, password=PASSWORD, roles=[role]
                )
        begin = real_now_us() - 600 * S
        records: list[Any] = [[1, "v", "state", 2, 0, None, None, begin, None]]
        for n, value in enumerate((10, 11, 70_000, 12)):
            records.append([n + 2, "v", "strokes", value, 0, None, None, begin + n * S, None])
        records.append([6, "v", "nowhere", 1, 0, None, None, begin, None])
        batch = {"source": "plc", "stream": "event", "epoch": "00ff", "covered_until": begin + 5}
        ingest(
            running.database,
            "edge-1",
            {
                "edge": "edge-1",
                "config_revision": 1,
                "clock_offset_us": 0,
                "links": [],
                "batches": [{**batch, "records": records}],
            },
        )
        yield running


def decision(check: dict[str, Any], **changes: Any) -> dict[str, Any]:
    seen = {key: check[key] for key in ("work_unit", "tag", "at", "since")}
    body = {**seen, "seen_amount": check["amount"], "decision": "amount", "counts": 1, **changes}
    return {key: value for key, value in body.items() if value is not None}


def decide(client: httpx.Client, body: dict[str, Any]) -> httpx.Response:
    headers = {"X-CSRFToken": csrf_token(client)}
    sent = {"command_id": str(uuid.uuid4()), **body}
    return client.post("/api/v1/checks/counts/decisions", json=sent, headers=headers)


def test_an_operator_may_not_look_and_an_integrator_may_not_decide(plant: Served) -> None:
    with plant.signed_in("operator") as client:
        for path in ("summary", "counts", "quarantined", "orphans"):
            assert client.get(f"/api/v1/checks/{path}").status_code == 403
        assert client.get("/checks").status_code == 403
        assert "/checks" not in client.get("/report").text
    with plant.signed_in("integrator") as client:
        (latest, _) = client.get("/api/v1/checks/counts").json()["items"]
        assert client.get("/checks").status_code == 200
        assert 'href="/checks"' in client.get("/report").text
        assert decide(client, decision(latest)).status_code == 403


def test_quality_decides_and_the_summary_counts_down(plant: Served) -> None:
    with plant.signed_in("quality") as client:
        before = client.get("/api/v1/checks/summary").json()
        assert (before["suspects"], before["quarantined"]) == (2, 1)
        (latest, first) = client.get("/api/v1/checks/counts?work_unit=unit-11").json()["items"]
        assert (first["new"], first["why"]) == (70_000, "out_of_range")
        headers = {"X-CSRFToken": csrf_token(client)}
        tried = client.post(
            "/api/v1/checks/counts/effect", json=decision(latest), headers=headers
        ).json()
        assert (tried["now"]["good"], tried["then"]["good"]) == (1, 2)

        answer = decide(client, decision(latest, note="wrong word order"))

        assert answer.status_code == 201, answer.text
        assert answer.json()["after"] == tried["then"]
        assert client.get("/api/v1/checks/summary").json()["suspects"] == 1
        repeated = decide(client, decision(latest))
        assert (repeated.status_code, repeated.json()["code"]) == (409, "check_changed")
        assert repeated.json()["check"]["decision"]["note"] == "wrong word order"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"decision": "perhaps"}, 422),
        ({"at": "yesterday"}, 422),
        ({"work_unit": "unit-99"}, 404),
        ({"counts": -5}, 422),
        ({"seen_amount": None}, 422),
    ],
)
def test_bad_input_is_refused_with_its_field(
    plant: Served, changes: dict[str, Any], status: int
) -> None:
    with plant.signed_in("quality") as client:
        first = client.get("/api/v1/checks/counts").json()["items"][-1]
        answer = decide(client, decision(first, **changes))
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_records_kept_aside_and_orphans_are_listed(plant: Served) -> None:
    with plant.signed_in("integrator") as client:
        (kept,) = client.get("/api/v1/checks/quarantined?source=plc").json()["items"]
        assert (kept["code"], kept["record"][2]) == ("unknown_tag", "nowhere")
        assert client.get("/api/v1/checks/orphans").json() == {
            "items": [],
            "next": None,
            "count": 0,
        }
        assert client.get("/api/v1/checks/orphans?days=0").status_code == 422


def test_an_integrator_clears_a_record_with_a_reason_and_an_operator_may_not(
    plant: Served,
) -> None:
    path = "/api/v1/checks/quarantined"
    with plant.signed_in("integrator") as client:
        (kept,) = client.get(path).json()["items"]
        body = {"command_id": str(uuid.uuid4()), "ids": [kept["id"]], "note": "tag renamed"}
    with plant.signed_in("operator") as client:
        headers = {"X-CSRFToken": csrf_token(client)}
        assert client.post(f"{path}/clear", json=body, headers=headers).status_code == 403
    with plant.signed_in("integrator") as client:
        headers = {"X-CSRFToken": csrf_token(client)}
        wrongs: list[dict[str, Any]] = [{"ids": []}, {"note": " "}, {"ids": ["all"]}]
        for wrong in wrongs:
            asked = {**body, "command_id": str(uuid.uuid4()), **wrong}
            assert client.post(f"{path}/clear", json=asked, headers=headers).status_code == 422
        for _ in "ab":
            answer = client.post(f"{path}/clear", json=body, headers=headers)
            assert (answer.status_code, answer.json()) == (201, {"cleared": 1}), answer.text
        assert client.get(path).json()["items"] == []
        (cleared,) = client.get(f"{path}?cleared=true").json()["items"]
        assert cleared["cleared"]["note"] == "tag renamed"
        assert client.get("/api/v1/checks/summary").json()["quarantined"] == 0


def test_excesses_are_listed_over_rest(plant: Served) -> None:
    with plant.signed_in("quality") as client:
        assert client.get("/api/v1/checks/excesses").json() == {"items": [], "next": None}
    with plant.signed_in("operator") as client:
        assert client.get("/api/v1/checks/excesses").status_code == 403
