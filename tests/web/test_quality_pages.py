"""Quality checks over HTTP: plans in the browser, results and their files, rights, worst values."""

from __future__ import annotations

import io
import re

import httpx
from openpyxl import load_workbook

from tests.features.commands.floor import command_id
from tests.web.serving import Served, csrf_token

PLAN = {
    "ko": "치수",
    "en": "Size",
    "every_pieces": "120",
    "time_base": "running",
    "c_key": ["", ""],
    "c_ko": ["외경", "외관"],
    "c_en": ["Diameter", "Looks"],
    "c_kind": ["number", "pass_fail"],
    "c_unit": ["mm", ""],
    "c_target": ["12.00", ""],
    "c_lower": ["11.95", ""],
    "c_upper": ["12.05", ""],
    "c_decimals": ["", ""],
    "c_required": ["0", "1"],
}


def send(client: httpx.Client, address: str, **fields: object) -> httpx.Response:
    """A form of the page, as a browser sends it."""
    token = csrf_token(client, "/quality/plans")
    return client.post(address, data={"csrf_token": token, **fields})


def add(client: httpx.Client, code: str, **changes: object) -> httpx.Response:
    given: dict[str, object] = {**PLAN, "code": code, **changes}
    return send(client, "/quality/plans", **given)


def change(client: httpx.Client, code: str, seen: int, **changes: object) -> httpx.Response:
    given = {**PLAN, "c_key": ["c1", "c2"], "seen": str(seen), **changes}
    return send(client, f"/quality/plans/{code}/change", **given)


def known(client: httpx.Client, code: str) -> dict[str, object]:
    """The newest version of a plan."""
    items = client.get("/api/v1/quality/plans").json()["items"]
    (found,) = [item for item in items if item["plan"] == code]
    assert isinstance(found, dict)
    return found


def enter(
    client: httpx.Client, code: str, size: str, looks: str = "pass", **more: object
) -> httpx.Response:
    values = [{"key": "c1", "value": size}, {"key": "c2", "value": looks}]
    body = {"command_id": command_id(), "plan": code, "version": 1, "values": values, **more}
    token = csrf_token(client, "/quality")
    headers = {"X-CSRFToken": token}
    return client.post("/api/v1/work-units/unit-11/quality-checks", json=body, headers=headers)


def test_a_plan_is_added_changed_retired_and_used_again(served: Served) -> None:
    with served.signed_in("boss") as boss:
        assert add(boss, "size-1").headers["location"] == "/quality/plans"
        held = known(boss, "size-1")
        assert (held["version"], held["every_pieces"], held["retired"]) == (1, 120, False)
        page = boss.get("/quality/plans?change=size-1").text
        assert 'value="11.95"' in page
        assert 'name="seen" value="1"' in page
        assert change(boss, "size-1", 1, en="Sizes", first="1").status_code == 303
        held = known(boss, "size-1")
        assert (held["version"], held["first_piece"]) == (2, True)
        assert send(boss, "/quality/plans/size-1/retire", seen="2").status_code == 303
        assert known(boss, "size-1")["retired"] is True
        assert send(boss, "/quality/plans/size-1/restore", seen="3").status_code == 303
        assert known(boss, "size-1")["retired"] is False


def test_the_second_of_two_editors_is_told_and_keeps_what_was_typed(served: Served) -> None:
    with served.signed_in("boss") as one, served.signed_in("office") as two:
        two.params = two.params.set("lang", "en")
        add(one, "size-2")
        assert change(one, "size-2", 1, en="First").status_code == 303
        told = change(two, "size-2", 1, en="Second")
        assert (told.status_code, "check_plan_changed" in told.text) == (409, True)
        assert 'value="Second"' in told.text
        assert 'name="seen" value="2"' in told.text, "saving again takes it"
        assert known(two, "size-2")["name"] == {"ko": "치수", "en": "First"}
        assert send(two, "/quality/plans/size-2/retire", seen="1").status_code == 409


def test_worst_values_are_refused_by_field_and_stay_in_the_form(served: Served) -> None:
    with served.signed_in("boss") as boss:
        boss.params = boss.params.set("lang", "en")
        for fields, wrong in (
            ({"code": "a/b <script>"}, {"code"}),
            ({"en": "x" * 10_000}, {"en"}),
            ({"ko": "가\x00나"}, {"ko"}),
            ({"every_pieces": "NaN"}, {"every_pieces"}),
            ({"every_pieces": "", "every_min": ""}, {"when"}),
            ({"c_lower": ["x", ""], "c_upper": ["1e999", ""]}, {"0-lower", "0-upper"}),
            ({"c_en": ["", "Looks"]}, {"0-en"}),
            ({"c_ko": ["", ""], "c_en": ["", ""], **{key: ["", ""] for key in EMPTY}}, NONE),
        ):
            typed: dict[str, object] = {**PLAN, "code": "worst", **fields}
            answer = send(boss, "/quality/plans", **typed)
            assert answer.status_code == 422, fields
            assert set(re.findall(r'id="bad-([\w-]+)"', answer.text)) == wrong, fields
            assert ('value="Size"' in answer.text) == ("en" not in fields), "typed is kept"
            assert "<script>" not in answer.text.split("<main")[1].split("</main>")[0]
        items = boss.get("/api/v1/quality/plans").json()["items"]
        assert "worst" not in {item["plan"] for item in items}


EMPTY = ("c_unit", "c_target", "c_lower", "c_upper")
NONE = {"characteristics"}


def test_a_stranger_sees_neither_plans_nor_results(served: Served) -> None:
    with httpx.Client(base_url=served.url) as stranger:
        assert stranger.get("/quality/plans").status_code in (302, 303, 401)
        assert stranger.get("/api/v1/quality/plans").status_code == 401


def test_results_are_listed_with_chart_and_files_and_taken_back(served: Served) -> None:
    with served.signed_in("boss") as boss:
        boss.cookies.set("language", "en")
        add(boss, "size-3")
        good = enter(boss, "size-3", "12.01")
        assert (good.status_code, good.json().get("verdict")) == (201, "pass"), good.text
        bad = enter(boss, "size-3", "12.30")
        assert (bad.status_code, bad.json()["code"]) == (422, "check_follow_up_required")
        kept = enter(boss, "size-3", "12.30", follow_up="parts_sorted", note="=1+1")
        assert kept.status_code == 201
        page = boss.get("/quality?plan=size-3").text
        assert "12.30 mm" in page
        assert "Parts sorted out" in page
        assert "qc-run" in page
        assert "12.30 mm" not in boss.get("/quality?plan=size-3&verdict=pass").text
        csv = boss.get("/quality.csv?plan=size-3&verdict=fail")
        assert csv.content.startswith("\ufeff".encode())
        assert "Parts sorted out" in csv.text
        assert "12.01" not in csv.text
        book = load_workbook(io.BytesIO(boss.get("/quality.xlsx?plan=size-3").content))
        rows = list(book.worksheets[0].iter_rows(values_only=True))
        assert 12.3 in [cell for row in rows for cell in row], "numbers stay numbers"
        token = {"X-CSRFToken": csrf_token(boss, "/quality")}
        identity = kept.json()["command_id"]
        void = boss.post(
            f"/api/v1/quality/results/{identity}/void",
            json={"command_id": command_id()},
            headers=token,
        )
        assert void.status_code == 201
        items = boss.get("/api/v1/quality/results?plan=size-3").json()["items"]
        assert [item["voided"] for item in items] == [True, False]
        assert boss.get("/quality?plan=nothing").status_code == 404
        run = boss.get("/api/v1/quality/plans/size-3/values").json()["recent"]["c1"]
        assert [point["value"] for point in run] == ["12.01"], "what was taken back is left out"


def test_a_result_sent_twice_is_entered_once(served: Served) -> None:
    with served.signed_in("boss") as boss:
        add(boss, "size-4")
        identity = command_id()
        answers = [enter(boss, "size-4", "12.00", command_id=identity) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        assert len(boss.get("/api/v1/quality/results?plan=size-4").json()["items"]) == 1
