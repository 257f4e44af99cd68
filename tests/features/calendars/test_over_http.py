"""Calendars over REST and on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from click.testing import CliRunner

from mes.clock import real_now_us
from mes.features.calendars.cli import calendar as command
from mes.features.people import service as people
from mes.features.plant.check import check
from mes.features.plant.service import apply
from mes.web.roles import Role
from tests.web.serving import ACTOR, PASSWORD, ROOT, Served, add_people, csrf_token, serve

PLANT = """
schema: plant/1
site: {id: busan, name: {ko: 부산, en: Busan}, time_zone: Asia/Seoul, day_starts: "08:00"}
calendars:
  - {id: rotating, name: {ko: 교대, en: Rotating}, preset: 4-crew-2-shift}
reasons:
  - {code: audit, name: {ko: 점검, en: Audit}, class: planned_stop}
lines:
  - {id: line-1, name: {ko: 1라인, en: Line 1}, calendar: rotating}
"""
LOGINS = {"leader": Role.SUPERVISOR, "office": Role.MANAGER, "hand": Role.OPERATOR}
ROTATING = "/calendars/rotating"


@pytest.fixture(scope="module")
def plant(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running web process on a plant with one calendar."""
    folder = tmp_path_factory.mktemp("calendars")
    with serve(folder, sqlite_template, MES_SIGN_INS_PER_MINUTE="1000") as running:
        checked = check(PLANT)
        assert checked.plant is not None, checked.mistakes
        with running.database.transaction() as session:
            apply(session, checked.plant, actor="test", now_us=real_now_us() - 3_600_000_000)
        running.tokens = add_people(running.database)
        with running.database.transaction() as session:
            people.create_account(
                session, ACTOR, login="hand", password=PASSWORD, roles=[Role.OPERATOR]
            )
        yield running


@pytest.fixture(scope="module")
def leader(plant: Served) -> Iterator[httpx.Client]:
    """A supervisor in a browser."""
    with plant.signed_in("leader") as client:
        yield client


def today() -> date:
    """The production day of the plant."""
    return (datetime.now(UTC).astimezone(ZoneInfo("Asia/Seoul")) - timedelta(hours=8)).date()


def on(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


def post(client: httpx.Client, path: str, command_id: str | None = None, **body: Any) -> Any:
    sent = {"command_id": command_id or str(uuid.uuid4()), **body}
    headers = {"X-CSRFToken": csrf_token(client, "/orders")}
    return client.post(f"/api/v1{path}", json=sent, headers=headers)


def done(answer: httpx.Response, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def problem(answer: httpx.Response, status: int, code: str) -> list[tuple[str, str]]:
    """Fields and kinds of the mistakes of a refusal."""
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    return [(error["field"], error.get("code", "")) for error in body.get("errors", [])]


def day_of(client: httpx.Client, day: str) -> Any:
    answer = client.get(f"/api/v1{ROTATING}/days", params={"from": day, "to": day})
    return done(answer, 200)["items"][0]


def test_the_list_names_crews_lines_and_patterns(leader: httpx.Client) -> None:
    (listed,) = done(leader.get("/api/v1/calendars"), 200)["items"]
    assert [one["crew"] for one in listed["crews"]] == ["A", "B", "C", "D"]
    assert [one["line"] for one in listed["lines"]] == ["line-1"]
    assert listed["today"] == on(0)
    names = [one["preset"] for one in done(leader.get("/api/v1/calendars/presets"), 200)["items"]]
    assert len(names) == 5


def test_an_exception_is_added_once_however_often_it_is_sent(leader: httpx.Client) -> None:
    command_id = str(uuid.uuid4())
    entry = {"date": on(5), "kind": "holiday", "name": {"ko": "창립일", "en": "Founding day"}}
    first = done(post(leader, f"{ROTATING}/exceptions", command_id, **entry))
    assert done(post(leader, f"{ROTATING}/exceptions", command_id, **entry)) == first
    day = day_of(leader, on(5))
    assert (day["shifts"], day["holiday"]["id"]) == ([], first["id"])
    gone = post(leader, f"{ROTATING}/exceptions/{first['id']}/withdraw")
    assert done(gone, 200)["withdrawn"] is True
    assert len(day_of(leader, on(5))["shifts"]) == 2


def test_mistakes_name_their_fields(leader: httpx.Client) -> None:
    def fields(**entry: Any) -> list[tuple[str, str]]:
        answer = post(leader, f"{ROTATING}/exceptions", date=on(6), **entry)
        return problem(answer, 422, "calendar_mistake")

    assert fields(kind="overtime") == [("shift", "")]
    assert fields(kind="overtime", start="09:00") == [("end", "")]
    assert fields(kind="holiday", reason="audit") == [("reason", "")]
    assert fields(kind="stop", start="10:00", end="09:00") == [("end", "end_before_start")]
    answer = post(leader, f"{ROTATING}/exceptions", date="2026-02-30", kind="holiday")
    assert problem(answer, 422, "validation")[0][0] == "date"
    answer = post(leader, f"{ROTATING}/exceptions", date="9999-12-31", kind="holiday")
    assert problem(answer, 422, "validation")[0][0] == "date"
    answer = post(leader, f"{ROTATING}/exceptions", date=on(6), kind="holiday", colour="red")
    assert problem(answer, 422, "validation")[0][0] == "colour"
    problem(
        post(leader, "/calendars/x/exceptions", date=on(6), kind="holiday"), 404, "calendar_unknown"
    )
    for number in ("x", "99999999999999999999999", "-1", "12345"):
        answer = post(leader, f"{ROTATING}/exceptions/{number}/withdraw")
        problem(answer, 404, "exception_unknown")


def test_a_pattern_is_previewed_and_applied(leader: httpx.Client) -> None:
    body: dict[str, Any] = {
        "valid_from": on(30),
        "preset": {"name": "3-crew-2-shift", "anchor": on(30), "crews": ["X", "Y", "Z"]},
    }
    headers = {"X-CSRFToken": csrf_token(leader, "/orders")}
    before = day_of(leader, on(31))
    shown = leader.post(f"/api/v1{ROTATING}/patterns/preview", json=body, headers=headers)
    items = done(shown, 200)["items"]
    assert len(items) == 14
    assert [one["crew"] for one in items[0]["shifts"]] == ["X", "Y"]
    assert day_of(leader, on(31)) == before
    made = done(post(leader, f"{ROTATING}/patterns", **body))
    assert made["definition"]["cycle"]["crews"][0]["shifts"][:4] == ["D", "D", "D", "N"]
    assert [one["crew"] for one in day_of(leader, on(31))["shifts"]] == ["X", "Y"]
    assert [one["crew_name"]["en"] for one in day_of(leader, on(31))["shifts"]] == [
        "Crew X",
        "Crew Y",
    ]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({}, "shifts"),
        ({"preset": "9-crew"}, "preset.name"),
        ({"preset": {"name": "day-shift", "crews": ["A", "B"]}}, "preset"),
        ({"shifts": [{"code": "D", "start": "8:00", "end": "20:00"}]}, "shifts.0.start"),
        ({"shifts": [{"code": "D", "start": "06:00", "end": "20:00"}]}, "shifts[0]"),
        (
            {
                "shifts": [{"code": "D", "start": "08:00", "end": "20:00"}],
                "cycle": {"anchor": "2026-11-02", "crews": [{"code": "A", "shifts": ["X"]}]},
            },
            "cycle.crews[0].shifts[0]",
        ),
    ],
)
def test_a_pattern_that_contradicts_itself_names_its_field(
    leader: httpx.Client, parts: dict[str, Any], field: str
) -> None:
    answer = post(leader, f"{ROTATING}/patterns", valid_from=on(40), **parts)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]], answer.text


def test_who_may_do_what(plant: Served) -> None:
    entry = {"date": on(8), "kind": "holiday"}
    with plant.signed_in("hand") as operator:
        problem(post(operator, f"{ROTATING}/exceptions", **entry), 403, "forbidden")
        assert day_of(operator, on(8))["holiday"] is None
    with plant.signed_in("office") as manager:
        done(post(manager, f"{ROTATING}/exceptions", **entry))
        over = {"date": on(-3), "kind": "holiday", "past_reason": "forgotten"}
        answer = post(manager, f"{ROTATING}/exceptions", **over)
        problem(answer, 403, "past_needs_supervisor")
    with plant.signed_in("leader") as supervisor:
        over = {"date": on(-3), "kind": "holiday"}
        answer = post(supervisor, f"{ROTATING}/exceptions", **over)
        assert problem(answer, 409, "past_fixed")[0][0] == "past_reason"
        done(post(supervisor, f"{ROTATING}/exceptions", **over, past_reason="forgotten"))
    with plant.client(headers=plant.bearer("read")) as reader:
        assert day_of(reader, on(8))["holiday"] is not None


def test_days_are_read_for_at_most_400_days(leader: httpx.Client) -> None:
    def asked(**query: str) -> httpx.Response:
        return leader.get(f"/api/v1{ROTATING}/days", params=query)

    assert len(done(asked(**{"from": "2027-01-01", "to": "2027-12-31"}), 200)["items"]) == 365
    problem(asked(**{"from": "2027-01-01", "to": "2028-12-31"}), 422, "range_too_long")
    problem(asked(**{"from": "2027-01-02", "to": "2027-01-01"}), 422, "window_malformed")
    problem(asked(to="2027-01-01"), 422, "window_malformed")
    problem(asked(**{"from": "soon"}), 422, "validation")


def test_the_web_process_never_loads_the_library_of_holidays() -> None:
    looked_up = (
        "import sys, mes.app; from mes.features.calendars.holiday_lookup import public_holidays; "
        "print(len(public_holidays('KR', 2027)), 'holidays' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", looked_up], capture_output=True, text=True, check=True, cwd=ROOT
    )
    count, loaded = answer.stdout.split()
    assert int(count) > 15
    assert loaded == "False"


def test_holidays_are_added_over_rest(leader: httpx.Client) -> None:
    answer = post(leader, f"{ROTATING}/holidays", country="kr", year=2027)
    added = done(answer, 200)["added"]
    assert "2027-02-07" in added  # lunar new year
    assert "2027-05-05" in added
    again = done(post(leader, f"{ROTATING}/holidays", country="KR", year=2027), 200)
    assert (again["added"], again["kept"]) == ([], added)
    assert day_of(leader, "2027-02-07")["holiday"]["name"] == {
        "ko": "설날",
        "en": "Korean New Year",
    }
    for country, year, code in (("ZZ", 2027, "country_unknown"), ("KR", 1800, "year_invalid")):
        problem(post(leader, f"{ROTATING}/holidays", country=country, year=year), 422, code)


def test_the_command_line_lists_shows_and_seeds(plant: Served) -> None:
    def run(*arguments: str) -> Any:
        result = CliRunner().invoke(
            command, [arguments[0], "--data", str(plant.data), "--json", *arguments[1:]]
        )
        assert result.exit_code == 0, result.output
        return json.loads(result.output)

    assert run("list")[0]["calendar"] == "rotating"
    first = run("holidays", "--country", "KR", "--year", "2028", "--calendar", "rotating")
    assert "2028-01-01" in first["rotating"]["added"]
    second = run("holidays", "--country", "KR", "--year", "2028")
    assert (second["rotating"]["added"], second["rotating"]["kept"]) == (
        [],
        first["rotating"]["added"],
    )
    (day,) = run("days", "rotating", "--from", "2028-01-01", "--to", "2028-01-01")["items"]
    assert day["holiday"]["name"]["en"] == "New Year's Day"
    shown = CliRunner().invoke(command, ["days", "--data", str(plant.data), "rotating"])
    assert " crew " in shown.output
    endless = ["days", "--data", str(plant.data), "rotating", "--to", "9999-12-30"]
    assert CliRunner().invoke(command, endless).exit_code == 2


def test_the_page_is_shown_and_knows_who_may_edit(plant: Served, leader: httpx.Client) -> None:
    assert 'data-can-edit="true"' in leader.get("/calendar").text
    with plant.signed_in("hand") as operator:
        assert 'data-can-edit="false"' in operator.get("/calendar").text


def test_a_line_is_given_another_calendar_over_http(plant: Served, leader: httpx.Client) -> None:
    body = {"calendar": None, "valid_from": on(20), "note": "always manned"}
    command_id = str(uuid.uuid4())
    first = done(post(leader, "/lines/line-1/calendar", command_id, **body))
    assert first == {"line": "line-1", "calendar": None, "valid_from": on(20)}
    assert done(post(leader, "/lines/line-1/calendar", command_id, **body)) == first
    (line,) = done(leader.get("/api/v1/lines"), 200)["items"]
    assert line["calendar"] == "rotating"
    assert line["calendars"][-1] == {"valid_from": on(20), "calendar": None}
    problem(post(leader, "/lines/line-1/calendar", **body), 409, "line_has_calendar")
    unknown = {**body, "calendar": "nights"}
    problem(post(leader, "/lines/line-1/calendar", **unknown), 404, "calendar_unknown")
    problem(post(leader, "/lines/line-7/calendar", **body), 404, "unknown_line")
    over = {**body, "valid_from": on(-1)}
    problem(post(leader, "/lines/line-1/calendar", **over), 409, "past_fixed")
    with plant.signed_in("hand") as hand:
        problem(post(hand, "/lines/line-1/calendar", **body), 403, "forbidden")
