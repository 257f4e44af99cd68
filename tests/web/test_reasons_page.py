"""Reasons in the browser: added, renamed, retired and used again; nothing lost, nothing doubled."""

from __future__ import annotations

import re

import httpx
from sqlalchemy import select

from mes.clock import plant_now_us
from mes.features.plant.check import check
from mes.features.plant.export import export
from mes.features.plant.service import apply
from mes.models import AuditLog, Reason
from tests.web.serving import Served, csrf_token


def send(client: httpx.Client, address: str, **fields: str) -> httpx.Response:
    """A form of the page, as a browser sends it."""
    return client.post(address, data={"csrf_token": csrf_token(client, "/reasons"), **fields})


def add(client: httpx.Client, code: str, **other: str) -> httpx.Response:
    fields = {"ko": "금형 파손", "en": "Broken die", "domain": "stop", "class": "unplanned_stop"}
    return send(client, "/reasons", code=code, **{**fields, **other})


def mark(client: httpx.Client, code: str) -> str:
    """What the page shows of a reason, as the form sends it along."""
    row = client.get("/reasons").text.split(f'id="reason-{code}"')[1].split("</tr>")[0]
    form = re.search(rf'action="/reasons/{code}(?:/restore)?">(.*?)</form>', row)
    assert form is not None, row
    found = re.search(r'name="seen" value="(\w+)"', form[1])
    assert found is not None
    return found[1]


def offered(client: httpx.Client) -> dict[str, dict[str, str]]:
    """Names of the stop reasons that a terminal offers, by code."""
    items = client.get("/api/v1/reasons?domain=stop").json()["items"]
    return {item["code"]: item["name"] for item in items}


def test_a_reason_is_added_renamed_retired_and_used_again(served: Served) -> None:
    with served.signed_in("office") as office:
        assert add(office, "die-1", failure="1").headers["location"] == "/reasons"
        assert offered(office)["die-1"] == {"ko": "금형 파손", "en": "Broken die"}
        names = {"ko": "금형 균열", "en": "Cracked die", "class": "unplanned_stop"}
        changed = send(office, "/reasons/die-1", seen=mark(office, "die-1"), **names)
        assert changed.status_code == 303
        del names["class"]
        assert offered(office)["die-1"] == names
        seen = mark(office, "die-1")
        assert send(office, "/reasons/die-1/retire", seen=seen).status_code == 303
        assert "die-1" not in offered(office)
        taken = add(office, "die-1")
        assert (taken.status_code, "reason_code_taken" in taken.text) == (409, True)
        assert send(office, "/reasons/die-1/restore", seen=seen).status_code == 303
        assert offered(office)["die-1"] == names
    with served.database.reading() as session:
        actions = session.scalars(select(AuditLog.action).where(AuditLog.subject == "die-1"))
        assert list(actions) == [f"reason.{done}" for done in DONE]


DONE = ("added", "changed", "retired", "restored")


def test_the_second_of_two_editors_is_told_and_keeps_what_was_typed(served: Served) -> None:
    with served.signed_in("office") as one, served.signed_in("boss") as two:
        two.params = two.params.set("lang", "en")
        add(one, "die-2")
        seen = mark(one, "die-2")
        send(one, "/reasons/die-2", seen=seen, ko="먼저", en="First", **{"class": "setup"})
        late = {"ko": "나중", "en": "Second", "class": "unplanned_stop"}
        told = send(two, "/reasons/die-2", seen=seen, **late)
        assert (told.status_code, "reason_changed" in told.text) == (409, True)
        assert 'value="Second"' in told.text
        assert f'name="seen" value="{mark(two, "die-2")}"' in told.text
        assert send(two, "/reasons/die-2/retire", seen=seen).status_code == 409
        assert offered(two)["die-2"]["en"] == "First"


def test_worst_values_are_refused_by_field_and_stay_in_the_form(served: Served) -> None:
    with served.signed_in("boss") as boss:
        boss.params = boss.params.set("lang", "en")
        before = offered(boss)
        for fields, wrong in (
            ({"code": ""}, {"code"}),
            ({"code": "a/b <script>"}, {"code"}),
            ({"code": "x" * 61, "ko": "", "en": "y" * 201}, {"code", "ko", "en"}),
            ({"code": "w-1", "en": "two\nlines\x00"}, {"en"}),
            ({"code": "w-1", "domain": "nonsense", "class": ""}, {"domain"}),
            ({"code": "w-1", "class": "running"}, {"class"}),
            ({"code": "w-1", "class": "setup", "failure": "1"}, {"failure"}),
        ):
            answer = add(boss, **{"code": "w-1", **fields})
            assert answer.status_code == 422, fields
            assert set(re.findall(r'id="bad-(\w+)"', answer.text)) == wrong, fields
            assert "<script>" not in answer.text.split("</head>")[1].split("</form>")[0]
            assert ('value="Broken die"' in answer.text) == ("en" not in fields), "typed is kept"
        assert offered(boss) == before
        seen = mark(boss, "blocked")
        assert "reason_built_in" in send(boss, "/reasons/blocked/retire", seen=seen).text
        assert send(boss, "/reasons/none", seen=seen, ko="a", en="b").status_code == 404


def test_only_who_edits_calendars_sees_and_changes_reasons(served: Served) -> None:
    with served.client() as stranger:
        assert stranger.get("/reasons").headers["location"].startswith("/sign-in")
        page = stranger.get("/reasons", headers=served.bearer("write"))
        assert page.status_code == 403


def test_the_plant_file_brings_back_no_reason_that_people_retired(served: Served) -> None:
    with served.signed_in("boss") as boss:
        add(boss, "die-3")
        with served.database.transaction() as session:
            plant = check(export(session)).plant
            assert plant is not None
            apply(session, plant, actor="test", now_us=plant_now_us())
        seen = mark(boss, "die-3")
        assert send(boss, "/reasons/die-3/retire", seen=seen).status_code == 303
        with served.database.transaction() as session:
            report = apply(session, plant, actor="test", now_us=plant_now_us())
            assert (report.added, report.conflicts) == ((), ())
            row = session.scalars(select(Reason).where(Reason.code == "die-3")).one()
            assert row.retired_at is not None
