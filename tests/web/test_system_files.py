"""Files of sources, checks, stops, reasons, terminals, displays, publications: as listed, safe."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.web.serving import Served, csrf_token
from tests.web.test_list_files import rows_of_csv, rows_of_xlsx

LISTS = {
    "/sources": "boss",
    "/sources/plc": "boss",
    "/checks": "boss",
    "/stops?work_unit=unit-11": "boss",
    "/reasons": "office",
    "/terminals": "leader",
    "/displays": "boss",
    "/published": "office",
}


def file(client: httpx.Client, path: str, kind: str) -> httpx.Response:
    where, _, query = path.partition("?")
    return client.get(f"{where}.{kind}?lang=en{'&' + query if query else ''}")


@pytest.mark.parametrize("path", LISTS)
def test_each_list_has_both_files_with_the_same_heads(served: Served, path: str) -> None:
    with served.signed_in(LISTS[path]) as client:
        sheet = rows_of_xlsx(file(client, path, "xlsx"))
        lines = rows_of_csv(file(client, path, "csv"))
        assert len(lines) == len(sheet)
        assert [list(line) for line in lines] == [list(row) for row in sheet]


def test_sources_and_their_tags_and_signals_are_as_the_plant_file_says(served: Served) -> None:
    with served.signed_in() as client:
        (source,) = rows_of_csv(client.get("/sources.csv?lang=en"))
        assert (source["Source"], source["Machines"]) == ("plc", "unit-11")
        tags = rows_of_csv(client.get("/sources/plc.csv?lang=en"))
        assert [(tag["Tag"], tag["table"], tag["address"]) for tag in tags] == [
            ("state", "holding", "0"),
            ("strokes", "holding", "1"),
        ]
        bound = rows_of_csv(client.get("/sources/plc.csv?lang=en&table=signals"))
        assert {(one["Machine"], one["Role"], one["Tag"]) for one in bound} == {
            ("unit-11", "state", "plc/state"),
            ("unit-11", "total", "plc/strokes"),
        }
        assert client.get("/sources/plc.csv?table=nothing").status_code == 404
        assert client.get("/sources/none.csv").status_code == 404


def test_stops_of_a_file_are_those_of_the_list(served: Served) -> None:
    with served.signed_in("leader") as client:
        window = {"work_unit": "unit-12", "lang": "en"}
        listed = client.get("/api/v1/work-units/unit-12/stops").json()["items"]
        rows = rows_of_csv(client.get("/stops.csv", params=window))
        assert len(rows) == sum(len(stop["parts"]) for stop in listed)
        assert client.get("/stops.csv?work_unit=none").status_code == 404
        long = {
            "work_unit": "unit-12",
            "from": "2020-01-01T00:00:00Z",
            "to": "2021-01-01T00:00:00Z",
        }
        assert client.get("/stops.csv", params=long).status_code == 422


def test_each_list_of_checks_has_its_file(served: Served) -> None:
    with served.signed_in() as client:
        for name in ("open", "decided", "excesses", "quarantined", "cleared", "orphans"):
            assert client.get(f"/checks.csv?list={name}").status_code == 200, name


def test_a_reason_that_looks_like_a_formula_stays_a_text(served: Served) -> None:
    with served.signed_in("office") as client:
        answer = client.post(
            "/reasons",
            data={
                "code": f"r-{uuid4().hex[:6]}",
                "ko": "=1+1",
                "en": "@SUM(A1)",
                "domain": "scrap",
                "csrf_token": csrf_token(client),
            },
        )
        assert answer.status_code == 303, answer.text
        (row,) = [
            one for one in rows_of_csv(client.get("/reasons.csv?lang=en")) if "=1+1" in str(one)
        ]
        assert (row["Korean name"], row["English name"]) == ("'=1+1", "'@SUM(A1)")
        assert rows_of_xlsx(client.get("/reasons.xlsx"))


@pytest.mark.parametrize(
    ("path", "login"), [("/displays.csv", "office"), ("/terminals.csv", "office")]
)
def test_who_may_not_open_the_list_may_not_take_its_file(
    served: Served, path: str, login: str
) -> None:
    with served.signed_in(login) as client:
        assert client.get(path).status_code == 403
    with served.client() as client:
        assert client.get(path).status_code in (302, 303, 401)
