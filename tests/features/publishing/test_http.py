"""Signing off and published figures over REST; a kill between a fact and its revision."""

from __future__ import annotations

import signal
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import select

from mes.clock import real_now_us
from mes.features.ingest.service import ingest
from mes.features.publishing.store import revisions
from mes.models import PublicationMark
from tests.web.serving import Served, add_people, add_plant, csrf_token, serve, until

S = 1_000_000
HOUR = 3600 * S


def yesterday() -> tuple[str, int]:
    """The production day that is over (it begins at 08:00 in Seoul), and its first instant."""
    zone = ZoneInfo("Asia/Seoul")
    now = datetime.fromtimestamp(real_now_us() / S, zone) - timedelta(hours=8)
    day = now.date() - timedelta(days=1)
    start = datetime(day.year, day.month, day.day, 8, tzinfo=zone)
    return day.isoformat(), int(start.timestamp()) * S


def deliver(served: Served, records: list[list[Any]]) -> None:
    now = real_now_us()
    batch = {"source": "plc", "stream": "event", "epoch": "00ff", "covered_until": now}
    request = {
        "edge": "edge-1",
        "config_revision": 1,
        "clock_offset_us": 0,
        "links": [],
        "batches": [{**batch, "records": records}],
    }
    ingest(served.database, "edge-1", request)


def run_yesterday(served: Served, start: int) -> None:
    """unit-11 runs for an hour and makes 1800 pieces, then stands."""
    rows = [(start, "state", 2), (start, "strokes", 0), (start + HOUR, "strokes", 1800)]
    rows.append((start + HOUR, "state", 1))
    deliver(
        served,
        [
            [n + 1, "v", tag, value, 0, None, None, at, None]
            for n, (at, tag, value) in enumerate(rows)
        ],
    )


def post(client: httpx.Client, path: str, **body: Any) -> httpx.Response:
    return client.post(f"/api/v1{path}", json={"command_id": str(uuid.uuid4()), **body})


def test_a_day_is_signed_off_revised_and_opened_again(
    sqlite_template: Path, tmp_path: Path
) -> None:
    day, start = yesterday()
    with serve(tmp_path / "web", sqlite_template) as served:
        add_plant(served.database)
        served.tokens = add_people(served.database)
        run_yesterday(served, start)
        with served.client(headers=served.bearer("write")) as machine:
            refused = post(machine, "/lines/line-1/signoff", day=day)
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
            figure = machine.get(f"/api/v1/work-units/unit-11/oee?day={day}").json()
            assert figure["publication"]["state"] == "final"
        with served.signed_in("leader") as leader:
            leader.headers["X-CSRFToken"] = csrf_token(leader)
            view = leader.get(f"/api/v1/lines/line-1/signoff?day={day}").json()
            assert (view["over"], view["signed"]) == (True, False)
            assert [item["code"] for item in view["checklist"]] == ["coverage_low"]
            missing = post(leader, "/lines/line-1/signoff", day=day)
            assert (missing.status_code, missing.json()["code"]) == (409, "signoff_needs_note")
            command = str(uuid.uuid4())
            body = {"command_id": command, "day": day, "note": "unit 12 is not used"}
            first = leader.post("/api/v1/lines/line-1/signoff", json=body)
            assert first.status_code == 201, first.text
            assert leader.post("/api/v1/lines/line-1/signoff", json=body).json() == first.json()
            assert [row["revision"] for row in first.json()["published"]] == [1, 1, 1]
            refused = post(leader, "/lines/line-1/reopen", day=day, reason="mistake")
            assert refused.status_code == 403
        deliver(
            served,
            [
                [5, "v", "strokes", 900, 0, None, None, start + 1800 * S, None],
                [6, "v", "state", 1, 0, None, None, start + 1800 * S, None],
            ],
        )
        with served.client(headers=served.bearer("read")) as reader:
            (item,) = reader.get(f"/api/v1/published?scope=unit-11&day={day}").json()["items"]
            assert (item["revision"], item["state"]) == (2, "revised")
            assert item["old"]["kpis"]["availability"] > item["result"]["kpis"]["availability"]
            assert item["cause"][0]["source"] == "plc"
            every = reader.get("/api/v1/published?line=line-1&revisions=true&limit=2").json()
            assert len(every["items"]) == 2
            rest = reader.get(
                f"/api/v1/published?line=line-1&revisions=true&before={every['next']}"
            ).json()
            assert len(rest["items"]) == 2
            figure = reader.get(f"/api/v1/work-units/unit-11/oee?day={day}").json()
            standing = figure["publication"]
            assert (standing["state"], standing["revision"], standing["by"]) == (
                "revised",
                2,
                "leader",
            )
            wrong = reader.get("/api/v1/published?scope=nowhere")
            assert (wrong.status_code, wrong.json()["code"]) == (404, "place_unknown")
            assert reader.get("/api/v1/published?day=yesterday").status_code == 422
        with served.signed_in("office") as office:
            office.headers["X-CSRFToken"] = csrf_token(office)
            answer = post(office, "/lines/line-1/reopen", day=day, reason="wrong day")
            assert answer.status_code == 201, answer.text
            assert answer.json()["history"][-1]["note"] == "wrong day"
            figure = office.get(f"/api/v1/work-units/unit-11/oee?day={day}").json()
            assert figure["publication"]["state"] == "reopened"
            page = office.get(f"/report?place=unit-11&period=day&day={day}").text
            assert "wrong day" not in page
            assert "mes-signoff" in page


def test_a_kill_between_the_fact_and_its_revision_loses_nothing(
    sqlite_template: Path, tmp_path: Path
) -> None:
    day, start = yesterday()
    folder = tmp_path / "web"
    with serve(folder, sqlite_template) as served:
        add_plant(served.database)
        served.tokens = add_people(served.database)
        run_yesterday(served, start)
        with served.signed_in("leader") as leader:
            leader.headers["X-CSRFToken"] = csrf_token(leader)
            body = {"day": day, "note": "known"}
            assert post(leader, "/lines/line-1/signoff", **body).status_code == 201
        served.process.send_signal(signal.SIGSTOP)
        deliver(served, [[5, "v", "state", 1, 0, None, None, start + 1800 * S, None]])
        served.process.kill()
        served.process.wait(15)
        with served.database.reading() as session:
            waiting = session.scalars(select(PublicationMark.causes)).all()
            assert "readings" in [cause["kind"] for causes in waiting for cause in causes]
            assert len(revisions(session, "unit-11", f"{day}/day")) == 1

    def revised() -> bool:
        with served.database.reading() as session:
            return len(revisions(session, "unit-11", f"{day}/day")) == 2

    with serve(folder, sqlite_template):
        until(revised, 15)
