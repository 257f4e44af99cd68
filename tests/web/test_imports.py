"""Imports over HTTP: pages and programs, who may, nothing twice, nothing lost."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select

from mes.features.imports.kept import FILES_MAX, KEPT_S
from mes.models import AuditLog, WorkOrder
from tests.features.imports.files import xlsx
from tests.web.serving import Served, csrf_token

TITLES = ["Other system", "Number there", "Item code", "Quantity"]


def sent(
    client: httpx.Client, kind: str, content: bytes = b"", name: str = "rows.xlsx", text: str = ""
) -> httpx.Response:
    """The form of a kind, as a browser sends it."""
    fields = {"csrf_token": csrf_token(client, f"/import/{kind}"), "text": text}
    files = {"file": (name, content)} if content else {"file": ("", b"")}
    return client.post(f"/import/{kind}/check", data=fields, files=files)


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def confirmed(client: httpx.Client, address: str, **fields: str) -> httpx.Response:
    """The button of a check, as it stands on its page."""
    page = client.get(address).text
    given = {name: hidden(page, name) for name in ("csrf_token", "command_id", "seen")}
    return client.post(address, data={**given, **fields})


def orders_of(served: Served, system: str) -> int:
    with served.database.reading() as session:
        return session.scalar(select(func.count()).where(WorkOrder.external_system == system)) or 0


def english(client: httpx.Client) -> httpx.Client:
    client.params = client.params.set("lang", "en")
    return client


def test_a_file_is_checked_confirmed_and_in_once(served: Served) -> None:
    rows: list[list[Any]] = [TITLES, ["web-1", "1", "BRKT-100", 5], ["web-1", "2", "BRKT-100", 6]]
    with served.signed_in("leader") as leader:
        english(leader)
        check = sent(leader, "orders", xlsx(rows)).headers["location"]
        page = leader.get(check).text
        assert "Import: 2 new, 0 changed" in page
        assert orders_of(served, "web-1") == 0, "a check writes nothing"
        given = {name: hidden(page, name) for name in ("csrf_token", "command_id", "seen")}
        done = leader.post(check, data=given)
        assert (done.status_code, orders_of(served, "web-1")) == (303, 2)
        again = leader.post(check, data=given)
        assert again.headers["location"] == done.headers["location"], "sent twice, done once"
        result = leader.get(done.headers["location"]).text
        assert "It is done." in result
        assert leader.get(check).status_code == 404, "an imported file is let go of"
        check = sent(leader, "orders", xlsx(rows)).headers["location"]
        assert "There is nothing to import" in leader.get(check).text
    with served.database.reading() as session:
        row = session.scalars(
            select(AuditLog).where(AuditLog.action == "work_orders.imported")
        ).all()[-1]
    assert (row.subject, row.details["new"], row.details["skipped"]) == ("rows.xlsx", 2, 0)
    assert row.actor["label"] == "leader"


def test_mistakes_stand_with_row_column_and_reason_and_right_rows_can_go_first(
    served: Served,
) -> None:
    rows: list[list[Any]] = [
        TITLES,
        ["web-2", "1", "BRKT-100", 5],
        ["web-2", "2", "<script>", 5],
        ["web-2", "3", "BRKT-100", "많이"],
    ]
    with served.signed_in("leader") as leader:
        english(leader)
        check = sent(leader, "orders", xlsx(rows)).headers["location"]
        page = leader.get(check).text
        cells = re.findall(r"<td class=\"n\">(\d+)</td><td><b class=\"mono\">(\w)</b>", page)
        assert cells == [("3", "C"), ("4", "D")]
        assert "This is no number." in page
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
        korean = leader.get(check, params={"lang": "ko"}).text
        assert "숫자가 아닙니다." in korean
        file = leader.get(f"{check}/mistakes.csv")
        assert file.content.startswith("\ufeff".encode())
        assert "number_invalid" in file.text
        refused = confirmed(leader, check)
        assert (refused.status_code, orders_of(served, "web-2")) == (422, 0)
        assert "import_has_mistakes" in refused.text
        done = confirmed(leader, check, skip_bad="1")
        assert (done.status_code, orders_of(served, "web-2")) == (303, 1)
        result = leader.get(done.headers["location"]).text
        assert "Left out" in result
        assert "This is no number." in result
        assert "&lt;script&gt;" in result
        assert (
            "숫자가 아닙니다." in leader.get(done.headers["location"], params={"lang": "ko"}).text
        )


def test_what_changed_since_the_check_is_shown_again(served: Served) -> None:
    rows: list[list[Any]] = [TITLES, ["web-3", "1", "BRKT-100", 5]]
    with served.signed_in("leader") as one, served.signed_in("office") as two:
        english(one)
        check = sent(one, "orders", xlsx(rows)).headers["location"]
        page = one.get(check).text
        other = sent(two, "orders", xlsx(rows)).headers["location"]
        assert confirmed(two, other).status_code == 303
        given = {name: hidden(page, name) for name in ("csrf_token", "command_id", "seen")}
        late = one.post(check, data=given)
        assert (late.status_code, "import_changed" in late.text) == (409, True)
        assert "There is nothing to import" in late.text
        assert orders_of(served, "web-3") == 1
        assert one.get(other).status_code == 404, "a check belongs to whoever made it"


def test_pasted_rows_are_checked_and_a_refused_paste_stays(served: Served) -> None:
    with served.signed_in("leader") as leader:
        english(leader)
        text = "Number there\tItem code\tQuantity\nweb-p\tBRKT-100\t1,000"
        check = sent(leader, "orders", text=text).headers["location"]
        assert "Import: 1 new, 0 changed" in leader.get(check).text
        empty = sent(leader, "orders", text="  ")
        assert (empty.status_code, "file_missing" in empty.text) == (422, True)
        broken = sent(leader, "orders", b"PK\x03\x04 no", text="kept & typed")
        assert (broken.status_code, "file_not_readable" in broken.text) == (422, True)
        assert "kept &amp; typed</textarea>" in broken.text
        assert "damaged" in broken.text


def test_only_who_edits_the_data_of_a_kind_imports_it(served: Served) -> None:
    with served.client() as stranger:
        assert stranger.get("/import").headers["location"].startswith("/sign-in")
        assert stranger.get("/api/v1/imports").status_code == 401
        for scope, status in (("read", 403), ("ingest", 403)):
            answer = stranger.post(
                "/api/v1/imports/items/check", json={"text": "code"}, headers=served.bearer(scope)
            )
            assert answer.status_code == status, scope
        people = stranger.post(
            "/api/v1/imports/people/check", json={"text": "x"}, headers=served.bearer("write")
        )
        assert people.status_code == 403, "machines make no people"
        assert stranger.get("/import", headers=served.bearer("write")).status_code == 403
    with served.signed_in("office") as office:
        page = office.get("/import").text
        assert set(re.findall(r'href="/import/(\w+)"', page)) == {
            "orders", "items", "rates", "reasons", "lines", "machines", "shifts", "calendar",
        }  # fmt: skip
        assert office.get("/import/people").status_code == 403
        assert office.get("/import/nonsense").status_code == 404


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_template_of_the_page_comes_back_unchanged(served: Served, form: str) -> None:
    with served.signed_in("boss") as boss:
        for kind in ("items", "rates", "lines", "machines", "people", "orders"):
            file = boss.get(f"/import/{kind}/template.{form}", params={"current": "1"})
            assert file.status_code == 200, kind
            check = sent(boss, kind, file.content, f"{kind}.{form}").headers["location"]
            page = boss.get(check, params={"lang": "en"}).text
            assert "There is nothing to import" in page, kind


def api(served: Served, address: str, body: object, scope: str = "write") -> httpx.Response:
    with served.client() as client:
        return client.post(f"/api/v1/imports/{address}", json=body, headers=served.bearer(scope))


def test_programs_check_and_import_with_the_same_mistakes(served: Served) -> None:
    rows: list[list[Any]] = [TITLES, ["web-4", "1", "BRKT-100", 5], ["web-4", "2", "none", 5]]
    body = {"file": "erp.xlsx", "content": base64.b64encode(xlsx(rows)).decode()}
    check = api(served, "orders/check", body).json()
    assert (check["new"], check["skipped"], check["mistakes_count"]) == (1, 1, 1)
    (mistake,) = check["mistakes"]
    assert (mistake["row"], mistake["letter"], mistake["column"]) == (3, "C", "item")
    assert (mistake["value"], mistake["code"]) == ("none", "item_unknown")
    command = {"command_id": str(uuid4()), "upload": check["upload"], "seen": check["seen"]}
    refused = api(served, "orders", command)
    assert (refused.status_code, refused.json()["code"]) == (422, "import_has_mistakes")
    done = api(served, "orders", {**command, "skip_bad": True})
    assert (done.status_code, done.json()["new"]) == (200, 1)
    assert api(served, "orders", {**command, "skip_bad": True}).json() == done.json()
    gone = api(served, "orders", {**command, "command_id": str(uuid4())})
    assert (gone.status_code, gone.json()["code"]) == (404, "import_gone")
    with served.client() as client:
        listed = client.get("/api/v1/imports", headers=served.bearer("write")).json()["items"]
        assert {one["kind"] for one in listed} >= {"orders", "items"}
        template = client.get(
            "/api/v1/imports/orders/template",
            params={"form": "csv", "current": "true", "lang": "ko"},
            headers=served.bearer("read"),
        )
        assert "작지번호" in template.text
        assert "web-4" in template.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "a", "content": "YQ=="},
        {"content": "***"},
        {"content": 7},
        {"text": "a", "unknown": 1},
        {"text": ""},
        {"text": "\x00" * 50},
        {"text": "=" * 100_000},
        {"text": '"' * 9_999},
        {"text": "\ud800"},
        [],
    ],
)
def test_worst_bodies_are_refused_or_checked(served: Served, body: object) -> None:
    with served.client() as client:
        answer = client.post(
            "/api/v1/imports/items/check",
            content=json.dumps(body),
            headers={**served.bearer("write"), "Content-Type": "application/json"},
        )
    assert answer.status_code in (200, 400, 422), answer.text
    assert "Traceback" not in answer.text


def test_checks_that_wait_are_few_private_and_end(served: Served) -> None:
    folder = served.data / "imports"
    for _ in range(FILES_MAX + 3):
        api(served, "items/check", {"text": "code,unit\nA,pcs"})
    files = list(folder.glob("*.json"))
    assert len(files) <= FILES_MAX
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    check = api(served, "items/check", {"text": "code,unit\nZ-1,pcs"}).json()
    path = folder / f"{check['upload']}.json"
    old = path.stat().st_mtime - KEPT_S - 5
    os.utime(path, (old, old))
    command = {"command_id": str(uuid4()), "upload": check["upload"]}
    assert api(served, "items", command).json()["code"] == "import_gone"
    for name in ("../../mes", "x" * 80, check["upload"].upper()):
        answer = api(served, "items", {"command_id": str(uuid4()), "upload": name})
        assert answer.json()["code"] == "import_gone"


def test_the_command_line_says_the_same(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("Number there,Item code,Quantity\ncli-1,BRKT-100,1\ncli-2,none,1\n")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mes.cli", "import", "orders", str(file)]
        return subprocess.run(
            [*command, "--data", str(served.data), *arguments], capture_output=True, text=True
        )

    check = run("--check", "--json")
    told = json.loads(check.stdout)
    assert (check.returncode, told["ok"], told["new"]) == (1, False, 1)
    assert (told["mistakes"][0]["row"], told["mistakes"][0]["letter"]) == (3, "B")
    refused = run()
    assert refused.returncode == 1
    assert "B3 Item code 'none': There is no item of this code. [item_unknown]" in refused.stdout
    assert "nothing was imported" in refused.stdout
    done = run("--skip-bad")
    assert (done.returncode, "imported" in done.stdout) == (0, True)
    assert run("--skip-bad", "--json").returncode == 0
    assert run("--nonsense").returncode == 2
    assert orders_of(served, "excel") == 1
