"""Files of lists hold what the pages list under the same conditions; no text is a formula."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
import pytest

from mes.features.people import service
from mes.features.reports.exports import csv_text
from mes.features.reports.grid import Column
from mes.features.reports.lists import list_grid
from mes.web.roles import Role
from tests.web.serving import ACTOR, PIN, Served, csrf_token

FORMULA = '=HYPERLINK("http://x") 가나다'


def rows_of_csv(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf"), "Korean Excel needs the mark"
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def rows_of_xlsx(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    heads, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, heads), row, strict=True)) for row in rows]


def send(client: httpx.Client, address: str, **fields: object) -> dict[str, Any]:
    answer = client.post(
        f"/api/v1{address}",
        json={"command_id": str(uuid4()), **fields},
        headers={"X-CSRFToken": csrf_token(client)},
    )
    assert answer.status_code == 201, answer.text
    answered: dict[str, Any] = answer.json()
    return answered


def test_orders_of_a_file_are_those_of_the_page(served: Served) -> None:
    with served.signed_in("leader") as client:
        made = [
            send(client, "/work-orders", item="BRKT-100", quantity=7, due=due, note=FORMULA)
            for due in ("2026-11-24T09:00:00Z", "2026-11-25T20:00:00Z")
        ]
        wanted = {"state": "created", "text": "브라", "first": "2026-11-26", "lang": "ko"}
        listed = client.get("/api/v1/work-orders?due_from=2026-11-25T15:00:00Z").json()["items"]
        rows = rows_of_xlsx(client.get("/orders.xlsx", params=wanted))
        assert [row["작지번호"] for row in rows] == [one["order"] for one in listed]
        row = next(row for row in rows if row["작지번호"] == made[1]["order"])
        assert row["이름"] == "브라켓"
        assert 7 in row.values(), "a number is a number"
        assert "2026-11-26 05:00:00" in map(str, row.values()), "time of the plant"
        assert f"'{FORMULA}" in row.values()
        lines = rows_of_csv(client.get("/orders.csv", params=wanted))
        assert [line["작지번호"] for line in lines] == [one["order"] for one in listed]
        heads = [head.removesuffix(" [1]") for head in lines[0]]
        assert heads == list(row), "a ratio is a number of 1 in text, percent in a spreadsheet"
        assert f"'{FORMULA}" in lines[0].values()
        assert "2026-11-26 05:00:00" in lines[0].values()
        assert rows_of_csv(client.get("/orders.csv?state=")) == [], "no state, no order"
        text = made[0]["order"].lower()
        assert len(rows_of_csv(client.get(f"/orders.csv?text={text}"))) == 1
        assert client.get("/orders.csv?state=burnt").status_code == 422
        assert client.get("/orders.csv?first=2026-13-01").status_code == 422
        by_name = client.get("/api/v1/work-orders?text=브라켓").json()
        assert {one["order"] for one in made} <= {one["order"] for one in by_name["items"]}
        one = client.get("/api/v1/work-orders?text=브라켓&limit=1").json()
        assert (len(one["items"]), one["total"]) == (1, len(by_name["items"]))


def test_calls_of_a_file_are_those_of_the_page(served: Served) -> None:
    with served.signed_in("leader") as client:
        send(client, "/work-units/unit-11/calls", kind="quality", note="+1 @도와")
        send(client, "/work-units/unit-21/calls", kind="material", note="다른 라인")
        found = client.get("/api/v1/calls?line=line-1&state=open").json()["items"]
        wanted = {"line": "line-1", "state": "open", "lang": "en"}
        rows = rows_of_xlsx(client.get("/calls.xlsx", params=wanted))
        assert [row["Note"] for row in rows] == [f"'{one['note']}" for one in found]
        assert isinstance(rows[0]["Called at"], datetime)
        lines = rows_of_csv(client.get("/calls.csv", params=wanted))
        assert [line["Note"] for line in lines] == [row["Note"] for row in rows]
        page = client.get("/calls", params=wanted).text
        assert "/calls.xlsx?state=open&amp;line=line-1" in page


def test_the_audit_log_of_a_file_is_that_of_the_page(served: Served) -> None:
    wanted = {"action": "person", "lang": "en"}
    with served.signed_in("office") as client:
        listed = client.get("/api/v1/audit?action=person&limit=200").json()["items"]
        rows = rows_of_xlsx(client.get("/audit.xlsx", params=wanted))
        assert [row["Object"] for row in rows] == [one["object"] for one in listed]
        assert rows
        assert isinstance(rows[0]["Time"], datetime)
        lines = rows_of_csv(client.get("/audit.csv", params=wanted))
        assert [line["What was done"] for line in lines] == [one["action"] for one in listed]
        assert "/audit.csv?object=&amp;action=person" in client.get("/audit", params=wanted).text
    with served.signed_in("leader") as client:
        assert client.get("/audit.csv").status_code == 403


def test_people_of_a_file_have_no_secrets(served: Served) -> None:
    with served.database.transaction() as session:
        service.create_person(
            session, ACTOR, name="-홍길동", badge_no="7001", pin=PIN, roles=[Role.OPERATOR]
        )
    with served.signed_in("leader") as client:
        answer = client.get("/people.csv?lang=en")
        rows = {row["Badge number"]: row for row in rows_of_csv(answer)}
        assert rows["7001"]["Name"] == "'-홍길동"
        assert rows["7001"]["PIN"] == "set"
        assert PIN not in answer.text
        assert "argon2" not in answer.text
        sheet = rows_of_xlsx(client.get("/people.xlsx?lang=en"))
        assert [row["Badge number"] for row in sheet] == list(rows)
        assert "/people.xlsx" in client.get("/people").text


@pytest.mark.parametrize("page", ["orders", "calls", "audit", "people"])
def test_a_stranger_gets_no_file(served: Served, page: str) -> None:
    with served.client() as stranger:
        assert stranger.get(f"/{page}.csv").status_code in {303, 401}


def test_a_file_that_is_cut_says_so_in_its_last_row() -> None:
    columns = [Column(key="a", label="a"), Column(key="b", label="b")]
    whole = list_grid("x", "x", columns, [["1", "2"]] * 2, rows_max=2)
    assert csv_text(whole, "UTC").count("\r\n") == 3
    cut = list_grid("x", "x", columns, [["1", "2"]] * 3, rows_max=2)
    assert len(cut.rows) == 3
    assert "2" in str(cut.rows[-1].values[0])
