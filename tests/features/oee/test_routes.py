"""The REST reads of a running web process, fed by a real ingest POST."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from mes.clock import real_now_us
from mes.core.case import parse_case
from mes.core.instants import parse_instant
from mes.core.oee import compute
from tests.web.serving import Served, add_people, add_plant, serve

S = 1_000_000


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("oee"), sqlite_template) as running:
        add_plant(running.database)
        running.tokens = add_people(running.database)
        yield running


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client(headers=served.bearer("read")) as made:
        yield made


@pytest.fixture(scope="module")
def begun(served: Served) -> int:
    """Ten minutes of a running machine, delivered as gzip; the instant it began."""
    begin = real_now_us() - 600 * S
    records: list[list[Any]] = [[1, "v", "state", 2, 0, None, None, begin, None]]
    for n in range(300):
        at = begin + 2 * n * S
        records.append([n + 2, "v", "strokes", n, 0, None, None, at, None])
    answer = deliver(served, records, real_now_us())
    assert answer.status_code == 200, answer.text
    assert answer.json()["acked"]["plc"]["event"] == {"epoch": "00ff", "seq": 301}
    return begin


def deliver(served: Served, records: list[Any], covered: int) -> httpx.Response:
    body = {
        "edge": "edge-1",
        "config_revision": 1,
        "clock_offset_us": 0,
        "links": [{"source": "plc", "state": "up", "since": covered, "counters": {"values": 9}}],
        "batches": [
            {
                "source": "plc",
                "stream": "event",
                "epoch": "00ff",
                "covered_until": covered,
                "records": records,
            }
        ],
    }
    with served.client() as poster:
        return poster.post(
            "/api/v1/ingest",
            content=gzip.compress(json.dumps(body).encode()),
            headers={
                **served.bearer("ingest"),
                "Content-Type": "application/json",
                "Content-Encoding": "gzip",
            },
        )


def test_lists_and_the_tile(client: httpx.Client, begun: int) -> None:
    lines = client.get("/api/v1/lines").json()
    assert [line["line"] for line in lines["items"]] == ["line-1", "line-2"]
    assert lines["next"] is None
    units = client.get("/api/v1/work-units").json()["items"]
    assert [unit["work_unit"] for unit in units][:2] == ["unit-11", "unit-12"]
    tile = client.get("/api/v1/work-units/unit-11").json()
    shift = parse_instant(tile["shift"]["start"])
    counted = sum(begun + 2 * n * S >= shift for n in range(1, 300))
    assert (tile["state"], tile["good"], tile["link"]["state"]) == ("running", counted, "up")
    assert tile["in_line_figure"] is False
    assert tile["planned_us"] > 0


def test_a_figure_names_the_case_file_that_gives_it_again(
    client: httpx.Client, begun: int, tmp_path: Path
) -> None:
    result = client.get("/api/v1/work-units/unit-11/oee", params={"policy": "tpm"}).json()
    assert result["schema"] == "oee-result/1"
    assert result["policy"]["name"] == "tpm"
    case = client.get(result["case"]).json()
    again = compute(parse_case(case)).to_json()
    assert {key: result[key] for key in again} == again
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case))
    done = subprocess.run(
        [sys.executable, "-m", "mes.cli", "oee", "case", str(file), "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout)["kpis"] == result["kpis"]


def test_a_plus_sign_that_became_a_space_is_read_as_plus(client: httpx.Client) -> None:
    url = (
        "/api/v1/work-units/unit-11/oee?from=2026-03-02T08:00:00+09:00&to=2026-03-02T09:00:00+09:00"
    )
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    assert answer.json()["times_us"]["window"] == 3_600_000_000


def test_states_are_gapless_up_to_the_present(client: httpx.Client, begun: int) -> None:
    items = client.get("/api/v1/work-units/unit-11/states").json()["items"]
    assert items[-1]["state"] in {"running", "unknown"}
    assert all(one["end"] == two["start"] for one, two in pairwise(items))
    assert any(item["class"] == "running" for item in items)


def test_sources_show_link_and_last_values(client: httpx.Client, begun: int) -> None:
    (source,) = client.get("/api/v1/sources").json()["items"]
    assert (source["source"], source["state"], source["work_units"]) == ("plc", "up", ["unit-11"])
    values = {value["tag"]: value["value"] for value in source["values"]}
    assert values == {"state": 2, "strokes": 299}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/work-units/nowhere", 404, "unknown_work_unit"),
        ("/api/v1/oee?level=line&id=nowhere", 404, "place_unknown"),
        ("/api/v1/oee?from=soon", 422, "window_malformed"),
        ("/api/v1/oee?policy=mine", 422, "unknown_policy"),
        ("/api/v1/oee?level=galaxy", 422, "validation"),
        ("/api/v1/oee?period=hour&from=2026-01-01&to=2026-06-01", 422, "range_too_long"),
        ("/api/v1/lines/nowhere/losses", 404, "place_unknown"),
        ("/api/v1/work-units/unit-11/oee?from=yesterday", 422, "window_malformed"),
        ("/api/v1/work-units/unit-11/oee?policy=mine", 422, "unknown_policy"),
        ("/api/v1/work-units/unit-11/oee?day=2026-13-01", 422, "window_malformed"),
        ("/api/v1/work-units/unit-11/oee?day=2026-03-02&shift=X", 404, "unknown_shift"),
        (
            "/api/v1/work-units/unit-11/oee?from=2026-03-02T08:00:00Z&to=2026-03-01T08:00:00Z",
            422,
            "window_malformed",
        ),
        (
            "/api/v1/work-units/unit-11/case?from=2020-01-01T00:00:00Z&to=2026-03-01T08:00:00Z",
            422,
            "range_too_long",
        ),
        ("/api/v1/oee?period=year&from=9990-01-01&to=9999-12-31", 422, "window_malformed"),
        ("/api/v1/work-units/unit-11/oee?day=9999-12-31", 422, "window_malformed"),
        (
            "/api/v1/work-units/unit-11/oee?from=9999-12-31T23:00:00Z&to=9999-12-31T23:30:00Z",
            422,
            "window_malformed",
        ),
        (
            "/api/v1/work-units/unit-11/states?from=0001-01-01T00:00:00Z&to=0001-01-01T01:00:00Z",
            422,
            "window_malformed",
        ),
        ("/api/v1/published?before=99999999999999999999", 422, "validation"),
        ("/api/v1/checks/counts?before=99999999999999999999", 422, "validation"),
        ("/api/v1/checks/quarantined?before=99999999999999999999", 422, "validation"),
        ("/api/v1/work-units/unit-11/entries?before=99999999999999999999", 422, "validation"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(
    client: httpx.Client, path: str, status: int, code: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_roll_ups_by_machine_line_and_plant_agree_with_the_figure_of_the_machine(
    client: httpx.Client, begun: int
) -> None:
    (item,) = client.get("/api/v1/oee", params={"id": "unit-11"}).json()["items"]
    case = client.get(item["case"]).json()
    assert compute(parse_case(case)).to_json() == item["result"]
    asked = {"level": "line", "id": "line-1", "rule": "sum", "view": "short", "period": "month"}
    lines = client.get("/api/v1/oee", params=asked).json()
    assert lines["policy"] == {"name": "iso22400", "version": 1}
    assert [one["id"] for one in lines["items"]] == ["line-1"] * len(lines["items"])
    asked = {"level": "plant", "period": "year", "rule": "sum"}
    plant = client.get("/api/v1/oee", params=asked).json()["items"][-1]
    assert plant["work_units"] == ["unit-11", "unit-12", "unit-21", "unit-22"]
    silent = client.get("/api/v1/oee", params={"level": "plant", "period": "year"}).json()
    assert silent["items"] == []  # nothing was ever heard of the machines that its lines count


def test_a_roll_up_as_csv(client: httpx.Client, begun: int) -> None:
    answer = client.get("/api/v1/oee", params={"format": "csv", "group": "shift"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    head, *rows = answer.text.splitlines()
    assert head.startswith("level,id,period,group,oee,")
    assert any(row.startswith("machine,unit-11,") for row in rows)


def test_line_losses_name_the_pacing_machine(client: httpx.Client, begun: int) -> None:
    found = client.get("/api/v1/lines/line-1/losses").json()
    assert (found["line"], found["pacing"]) == ("line-1", "unit-12")
    assert found["lost_us"] == sum(item["us"] for item in found["items"])


def test_nobody_reads_or_delivers_without_the_right_token(served: Served) -> None:
    with served.client() as stranger:
        assert stranger.get("/api/v1/lines").status_code == 401
        unknown = {"Authorization": "Bearer mes-ingest-nobody"}
        assert stranger.post("/api/v1/ingest", json={}, headers=unknown).status_code == 401
        wrong = stranger.post("/api/v1/ingest", json={}, headers=served.bearer("read"))
        assert (wrong.status_code, wrong.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("content", "encoding", "status", "code"),
    [
        (b"{", None, 422, "ingest_malformed"),
        (b"[]", None, 422, "ingest_malformed"),
        (b"not gzip", "gzip", 422, "ingest_malformed"),
        (gzip.compress(b"x" * 90_000_000), "gzip", 413, "ingest_too_large"),
        (b"{}", "br", 415, "unsupported_encoding"),
        (b'{"edge": "edge-1", "batches": [{"source": "alien"}]}', None, 422, "ingest_malformed"),
        (
            b'{"edge": "edge-1", "links": [{"source": "alien", "state": "up"}]}',
            None,
            403,
            "source_not_allowed",
        ),
        (b"[" * 200_000, None, 422, "ingest_malformed"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_whole(
    served: Served, content: bytes, encoding: str | None, status: int, code: str
) -> None:
    headers = {**served.bearer("ingest"), "Content-Type": "application/json"}
    if encoding:
        headers["Content-Encoding"] = encoding
    with served.client() as poster:
        answer = poster.post("/api/v1/ingest", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_metrics_show_links_what_is_kept_aside_and_what_was_refused(
    client: httpx.Client, begun: int
) -> None:
    client.get("/api/v1/work-units/nothing")
    text = client.get("/metrics").text
    assert 'mes_source_up{source="plc"} 1.0' in text
    assert "mes_quarantined_records" in text
    assert 'mes_refused_total{code="unknown_work_unit"}' in text


def test_the_report_command_prints_the_figure_of_its_case_file(served: Served, begun: int) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "mes.cli", "report", "oee", "--data", str(served.data), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    for line in answer.stdout.splitlines():
        shown = json.loads(line)
        expected = compute(parse_case(shown.pop("case_file"))).to_json()
        assert {key: shown[key] for key in expected} == expected
    assert len(answer.stdout.splitlines()) >= 1


def test_the_policies_are_listed_with_their_keys_and_where_they_are_used(
    client: httpx.Client,
) -> None:
    items = client.get("/api/v1/policies").json()["items"]
    assert [(one["reference"], one["version"], one["built_in"]) for one in items] == [
        ("iso22400", 1, True),
        ("tpm", 1, True),
        ("oee_com", 1, True),
    ]
    assert items[0]["keys"]["no_order"] == "availability"
    assert items[1]["keys"]["no_order"] == "outside"
    assert all(one["newest"] for one in items)
    assert [len(one["sites"]) for one in items] == [1, 0, 0]


def test_the_kpis_are_listed_with_definition_formula_and_unit(client: httpx.Client) -> None:
    answer = client.get("/api/v1/kpis").json()
    figure = client.get("/api/v1/work-units/unit-11/oee").json()
    assert {kpi["key"] for kpi in answer["items"]} == figure["kpis"].keys()
    oee = next(kpi for kpi in answer["items"] if kpi["key"] == "oee")
    assert (oee["iso_symbol"], oee["unit"], oee["better"]) == ("OEE", "1", "higher")
    assert oee["formula"] == "Σ(ideal time × GQ) / PBT"
    assert oee["definition"].keys() == oee["name"].keys() == {"ko", "en"}
    waiting = {kpi["key"]: kpi["waits_for"]["en"] for kpi in answer["waiting"]}
    assert waiting["process_capability"] == "measured values with specification limits"
    assert not waiting.keys() & figure["kpis"].keys()
