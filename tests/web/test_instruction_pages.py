"""Work instructions over HTTP: pages, drafts, files, rights, lists; nothing is lost or doubled."""

from __future__ import annotations

import io
import itertools
from typing import Any

import httpx
import pytest
from fpdf import FPDF
from PIL import Image

from tests.features.instructions.documents import field, png, step
from tests.web.serving import Served, csrf_token

numbers = itertools.count(1)
API = "/api/v1"


def code() -> str:
    return f"WI-{next(numbers)}"


def send(client: httpx.Client, address: str, **fields: str) -> httpx.Response:
    """A form of a page, as a browser sends it."""
    return client.post(address, data={"csrf_token": csrf_token(client, "/instructions"), **fields})


def ask(client: httpx.Client, address: str, **body: Any) -> httpx.Response:
    """A command, as the page sends it."""
    headers = {"X-CSRFToken": csrf_token(client, "/instructions")}
    body.setdefault("command_id", f"test-page-{next(numbers):06d}")
    return client.post(f"{API}{address}", json=body, headers=headers)


def upload(client: httpx.Client, content: bytes, name: str = "a.png") -> httpx.Response:
    headers = {
        "X-CSRFToken": csrf_token(client, "/instructions"),
        "Content-Type": "application/octet-stream",
    }
    return client.post(
        f"{API}/instruction-files", params={"name": name}, content=content, headers=headers
    )


def draft(client: httpx.Client, name: str, seen: int, *steps: Any, **other: Any) -> httpx.Response:
    title = {"ko": "작업표준", "en": "Working"}
    body = {"seen_version": seen, "title": title, "steps": list(steps), **other}
    return ask(client, f"/instructions/{name}/draft", **body)


def released(client: httpx.Client, *steps: Any, **scope: Any) -> str:
    """Code of a released work instruction; the one that applied to the same is retired."""
    name = code()
    made = ask(client, "/instructions", code=name, **scope)
    if made.status_code == 409:
        other = made.json()["instruction"]
        assert ask(client, f"/instructions/{other}/retire").status_code == 201
        made = ask(client, "/instructions", code=name, **scope)
    assert made.status_code == 201, made.text
    assert draft(client, name, 1, *steps).status_code == 201
    assert ask(client, f"/instructions/{name}/release", seen_version=2).status_code == 201
    return name


def pdf(pages: int) -> bytes:
    made = FPDF()
    for number in range(pages):
        made.add_page()
        made.set_font("helvetica", size=40)
        made.cell(text=f"Page {number + 1}")
    return bytes(made.output())


def test_a_work_instruction_is_made_in_the_browser_and_refused_twice(served: Served) -> None:
    name = code()
    fields = {
        "code": name,
        "ko": "프레스 작업",
        "en": "Pressing",
        "item": "BRKT-100",
        "work_unit": "",
    }
    with served.signed_in("office") as office:
        made = send(office, "/instructions", **fields)
        assert made.headers["location"] == f"/instructions/{name}"
        page = office.get(f"/instructions/{name}")
        assert (page.status_code, "mes-instruction" in page.text) == (200, True)
        again = send(office, "/instructions", **fields)
        assert (again.status_code, "instruction_code_taken" in again.text) == (409, True)
        assert 'value="프레스 작업"' in again.text, "typed is kept"
        same = send(office, "/instructions", **{**fields, "code": code()})
        assert (same.status_code, name in same.text) == (409, True)
        assert send(office, f"/instructions/{name}/retire").status_code == 303
        assert send(office, f"/instructions/{name}/retire").status_code == 409
        assert send(office, f"/instructions/{name}/restore").status_code == 303
        assert name in office.get("/instructions").text
        send(office, f"/instructions/{name}/retire")


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"code": ""}, "code"),
        ({"code": "a/b <script>alert(1)</script>"}, "code"),
        ({"code": "x" * 41}, "code"),
        ({"ko": "x" * 10_000}, "ko"),
        ({"en": "two\nlines\x00"}, "en"),
        ({"operation": "-1"}, "operation"),
        ({"operation": "NaN"}, "operation"),
        ({"operation": "１０"}, "operation"),
        ({"operation": "9" * 30}, "operation"),
        ({"item": "none"}, "item"),
        ({"item": ""}, "item"),
        ({"work_unit": "none"}, "work_unit"),
    ],
)
def test_worst_values_of_the_form_are_marked_and_kept(
    served: Served, wrong: dict[str, str], where: str
) -> None:
    fields = {
        "code": code(),
        "ko": "그대로",
        "en": "",
        "item": "BRKT-100",
        "operation": "",
        **wrong,
    }
    with served.signed_in("boss") as boss:
        answer = send(boss, "/instructions", **fields)
        assert answer.status_code in (404, 422), wrong
        assert f'id="bad-{where}"' in answer.text, wrong
        assert "<script>alert" not in answer.text
        if "ko" not in wrong:
            assert 'value="그대로"' in answer.text


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"steps": [step("s1", "x" * 201)]}, "steps.0.title.ko"),
        ({"steps": [step("s1", text={"ko": "x" * 4001, "en": ""})]}, "steps.0.text.ko"),
        ({"steps": [step("s1", text={"ko": "nul\x00", "en": ""})]}, "steps.0.text.ko"),
        ({"steps": [step("a b")]}, "steps.0.key"),
        ({"steps": [step("s1", picture="no hash")]}, "steps.0.picture"),
        ({"steps": [step(f"s{n}") for n in range(61)]}, "steps"),
        ({"steps": [step("s1", fields=[field("f1", "colour")])]}, "steps.0.fields.0.kind"),
        ({"steps": [step("s1", fields=[field(f"f{n}") for n in range(9)])]}, "steps.0.fields"),
        ({"steps": [step("s1", fields=[field("f1", unit="x" * 21)])]}, "steps.0.fields.0.unit"),
        ({"steps": [step("s1", fields=[field("f1", min="NaN")])]}, "steps.0.fields.0.min"),
        ({"note": "x" * 1001}, "note"),
        ({"title": {"ko": "줄\n바꿈", "en": ""}}, "title.ko"),
        ({"seen_version": -1}, "seen_version"),
        ({"seen_version": 2**40}, "seen_version"),
    ],
)
def test_worst_values_of_a_draft_are_named_by_field(
    served: Served, wrong: dict[str, Any], where: str
) -> None:
    with served.signed_in("boss") as boss:
        name = code()
        ask(boss, "/instructions", code=name, item="BRKT-100", operation=next(numbers))
        title = {"ko": "작업표준", "en": ""}
        body: dict[str, Any] = {"seen_version": 1, "title": title, "steps": []}
        answer = ask(boss, f"/instructions/{name}/draft", **{**body, **wrong})
        assert answer.status_code == 422, answer.text
        assert where in [error["field"] for error in answer.json()["errors"]], answer.json()


def test_full_width_digits_of_limits_become_plain(served: Served) -> None:
    with served.signed_in("boss") as boss:
        name = released(
            boss, step("s1", fields=[field("f1", min="９．９", max="１０")]), work_unit="unit-21"
        )
        found = boss.get(f"{API}/instructions/{name}/revisions/1").json()
        assert [found["steps"][0]["fields"][0][end] for end in ("min", "max")] == ["9.9", "10"]


def test_the_second_of_two_editors_is_told_and_a_repeat_does_nothing(served: Served) -> None:
    with served.signed_in("office") as one, served.signed_in("boss") as two:
        name = code()
        ask(one, "/instructions", code=name, item="BRKT-100", operation=next(numbers))
        body = {"seen_version": 1, "title": {"ko": "먼저", "en": ""}, "steps": [step("s1")]}
        first = ask(one, f"/instructions/{name}/draft", command_id="save-once-0001", **body)
        again = ask(one, f"/instructions/{name}/draft", command_id="save-once-0001", **body)
        assert (first.json()["version"], again.json()["version"]) == (2, 2)
        told = draft(two, name, 1, step("s2"))
        assert (told.status_code, told.json()["code"]) == (409, "instruction_changed")
        assert told.json()["draft"]["changed_by"] == "office"
        assert draft(two, name, 2, step("s2")).status_code == 201


def test_files_up_to_ten_megabytes_are_kept_and_served_for_good(served: Served) -> None:
    with served.signed_in("boss") as boss:
        large = png() + b"\x00" * (9 * 1024 * 1024)
        kept = upload(boss, large, "<script>.png")
        assert kept.status_code == 201, kept.text
        shown = boss.get(kept.json()["address"])
        assert shown.content == large
        assert shown.headers["content-type"] == "image/png"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in shown.headers["cache-control"]
        assert "default-src 'self'" in shown.headers["content-security-policy"]
        fresh = boss.get(kept.json()["address"], headers={"If-None-Match": shown.headers["etag"]})
        assert (fresh.status_code, fresh.content) == (304, b"")
        too_large = upload(boss, png() + b"\x00" * (10 * 1024 * 1024))
        assert too_large.status_code == 413
        for content in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html></html>", b""):
            refused = upload(boss, content, "picture.png")
            assert (refused.status_code, refused.json()["code"]) == (422, "instruction_file_kind")
        assert boss.get(f"{API}/instruction-files/{'0' * 64}").status_code == 404
    with served.client() as stranger:
        assert stranger.get(kept.json()["address"]).status_code == 401


def test_a_page_of_a_pdf_becomes_a_picture(served: Served) -> None:
    with served.signed_in("boss") as boss:
        sent = upload(boss, pdf(2), "표준.pdf").json()
        assert (sent["media_type"], sent["name"]) == ("application/pdf", "표준.pdf")
        drawn = ask(boss, f"/instruction-files/{sent['sha256']}/pages/2")
        assert drawn.status_code == 201, drawn.text
        assert (drawn.json()["pages"], drawn.json()["media_type"]) == (2, "image/webp")
        picture = Image.open(io.BytesIO(boss.get(drawn.json()["address"]).content))
        assert picture.height == 2000
        assert picture.convert("L").getextrema() == (0, 255), "there is ink on it"
        none = ask(boss, f"/instruction-files/{sent['sha256']}/pages/3")
        assert (none.status_code, none.json()["code"]) == (422, "instruction_pdf_page_unknown")
        broken = upload(boss, b"%PDF-1.4\nnothing\n%%EOF").json()
        unreadable = ask(boss, f"/instruction-files/{broken['sha256']}/pages/1")
        assert unreadable.json()["code"] == "instruction_pdf_unreadable"
        policy = boss.get(sent["address"]).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")


def test_only_editors_write_and_see_drafts(served: Served) -> None:
    with served.signed_in("boss") as boss, served.client() as client:
        name = code()
        ask(boss, "/instructions", code=name, item="BRKT-100", operation=next(numbers))
        read = served.bearer("read")
        assert client.get(f"{API}/instructions/{name}", headers=read).status_code == 200
        assert client.get("/instructions", headers=served.bearer("write")).status_code == 403
        new = {"command_id": "not-allowed-1", "code": code(), "item": "BRKT-100"}
        assert client.post(f"{API}/instructions", json=new, headers=read).status_code == 403
    with served.client() as stranger:
        turned = stranger.get("/instructions")
        assert turned.status_code == 303, turned.text
        assert turned.headers["location"].startswith("/sign-in")


def test_what_was_stated_is_listed_and_taken_as_files(served: Served) -> None:
    choices = [{"ko": "좋음", "en": "Good"}, {"ko": "나쁨", "en": "Bad"}]
    fields = [field("f1", max="2.1", unit="mm"), field("f2", "choice", choices=choices)]
    token = served.bearer("write")
    with served.signed_in("boss") as boss, served.client() as client:
        boss.headers["Accept-Language"] = "en"
        name = released(boss, step("s1", "=위험", fields=fields), work_unit="unit-22")
        at = {"instruction": name, "revision": 1}
        there = f"{API}/work-units/unit-22/instruction"
        found = client.get(there, headers=token).json()["instruction"]
        assert (found["instruction"], found["seen"]) == (name, None)
        entered = {**at, "step": "s1", "values": {"f1": "2.25", "f2": "2"}}
        told = client.post(
            f"{there}/values", json={"command_id": "values-0001", **entered}, headers=token
        )
        assert (told.status_code, told.json()["outside"]) == (201, ["f1"])
        once = {"command_id": "read-it-0001", **at}
        for _ in range(2):
            said = client.post(f"{there}/acknowledge", json=once, headers=token)
            assert said.status_code == 201, said.text
        note = {"command_id": "note-it-0001", **at, "step": "s1", "text": "<script>그림</script>"}
        assert client.post(f"{there}/proposals", json=note, headers=token).status_code == 201
        lists = {
            "acknowledgements": "write",
            "values": "2.25",
            "proposals": "&lt;script&gt;그림",
        }
        for kind, shown in lists.items():
            address = f"/instruction-records?kind={kind}&instruction={name}"
            page = boss.get(address)
            assert shown in page.text, kind
            csv = boss.get(address.replace("records?", "records.csv?")).content.decode("utf-8-sig")
            assert len(csv.strip().splitlines()) == (3 if kind == "values" else 2), csv
            book = boss.get(address.replace("records?", "records.xlsx?"))
            assert book.content[:2] == b"PK"
        address = "/instruction-records/note-it-0001/answer"
        answered = send(boss, address, accepted="yes", text="2판에", next="/instructions")
        assert answered.headers["location"] == "/instructions"
        assert send(boss, address, accepted="no").status_code == 409
        listed = boss.get(f"{API}/instruction-proposals", params={"instruction": name}).json()
        assert listed["items"][0]["accepted"] is True
        bad = boss.get("/instruction-records?first=never")
        assert (bad.status_code, "window_malformed" in bad.text) == (422, True)
