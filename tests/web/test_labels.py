"""Labels and lots over HTTP and on pages: files, printing through the outbox, printers, rights."""

from __future__ import annotations

import io
import re
import socket
import threading
import uuid
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from mes.features.labels.printers import PrinterDraft, add_printer
from tests.features.labels.labels import codes_in, pages_of, printed, text_of
from tests.web.serving import Served, csrf_token, until

ACTOR = {"kind": "test", "label": "test"}


@pytest.fixture
def printer() -> Iterator[tuple[int, list[bytes]]]:
    """A TCP port of this machine that takes labels."""
    got: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            with link:
                told = b""
                while part := link.recv(65536):
                    told += part
                got.append(told)

    threading.Thread(target=run, daemon=True).start()
    yield listener.getsockname()[1], got
    listener.close()


def command(client: httpx.Client, address: str, **body: object) -> httpx.Response:
    client.headers["X-CSRFToken"] = csrf_token(client, "/orders")
    return client.post(address, json={"command_id": str(uuid.uuid4()), **body})


def a_job(client: httpx.Client, unit: str = "unit-22", quantity: int = 480) -> str:
    """A started job."""
    made = command(client, "/api/v1/work-orders", item="BRKT-100", quantity=quantity).json()
    order = made["order"]
    command(client, f"/api/v1/work-orders/{order}/release", seen_version=made["version"])
    sent = command(client, f"/api/v1/work-orders/{order}/dispatch", work_unit=unit).json()
    job = sent["job_orders"][-1]["job_order"] if "job_orders" in sent else sent["job_order"]
    started = command(client, f"/api/v1/job-orders/{job}/start", together=True)
    assert started.status_code == 200, started.text
    return str(job)


def test_an_entry_makes_a_lot_and_its_labels_are_files(served: Served) -> None:
    with served.signed_in("boss") as boss:
        job = a_job(boss)
        entered = command(
            boss, "/api/v1/work-units/unit-22/quantities", good=480, job_order=job, lot="*"
        )
        lot = entered.json()["lot"]
        assert re.fullmatch(r"LOT-\d{6}-\d{3}", lot)
        base = f"/api/v1/job-orders/{job}/labels"
        told = boss.get(f"{base}?lot={lot}&each=120").json()
        assert (told["total"], told["labels"]) == (480, 4)
        pdf = boss.get(f"{base}.pdf?lot={lot}&each=120&size=60x40")
        assert pdf.headers["content-type"] == "application/pdf"
        pages = pages_of(pdf.content)
        assert len(pages) == 4
        assert "브라켓" in text_of(pages[0])
        zpl = boss.get(f"{base}.zpl?lot={lot}&each=120&dpi=300&graphics=z64").content
        assert [codes_in(one) for one in printed(zpl)] == [[lot]] * 4
        png = boss.get(f"{base}.png?lot={lot}&each=120&number=4").content
        assert codes_in(Image.open(io.BytesIO(png))) == [lot]
        too_many = boss.get(f"{base}.pdf?each=1&quantity=501").json()
        assert too_many["code"] == "too_many_labels"
        assert boss.get(f"{base}.pdf?lot={'x' * 1000}").status_code == 422
        for bad in ("size=1x1", "dpi=72", "graphics=x", "copies=0", "skip=-1", "quantity=nan"):
            assert boss.get(f"{base}.zpl?{bad}").status_code == 422, bad
        found = boss.get(f"/api/v1/lots/{lot.lower()}").json()
        assert (found["good"], found["job_orders"][0]["job_order"]) == (480, job)
        recent = boss.get("/api/v1/work-units/unit-22/entries?kind=quantity").json()["items"]
        assert recent[0]["lot"] == lot


def test_a_print_leaves_through_the_outbox_once(
    served: Served, printer: tuple[int, list[bytes]]
) -> None:
    port, got = printer
    code = f"p{port}"
    with served.database.transaction() as session:
        draft = PrinterDraft(name="라벨 프린터", host="127.0.0.1", port=port)
        add_printer(session, ACTOR, code, draft, local=True)
    with served.signed_in("leader") as leader:
        job = a_job(leader)
        body = {"command_id": str(uuid.uuid4()), "printer": code, "each": 240, "lot": "A7"}
        leader.headers["X-CSRFToken"] = csrf_token(leader, "/orders")
        answers = [
            leader.post(f"/api/v1/job-orders/{job}/labels/print", json=body) for _ in range(2)
        ]
        assert [one.status_code for one in answers] == [201, 201], answers[0].text
        assert answers[0].json() == answers[1].json()
        number = answers[0].json()["id"]
        until(lambda: leader.get(f"/api/v1/label-prints/{number}").json()["state"] == "sent")
        assert len(got) == 1
        assert [codes_in(one) for one in printed(got[0])] == [["LOT-A7"]] * 2
        listed = leader.get("/api/v1/label-printers").json()["items"]
        assert "host" not in next(one for one in listed if one["code"] == code)
        page = leader.get("/prints", params={"lang": "en"}).text
        assert "Sent to the printer" in page
        form = {"csrf_token": csrf_token(leader, "/prints")}
        assert leader.post(f"/prints/{number}/again", data=form).status_code == 303
        until(lambda: len(got) == 2)


def test_the_page_of_labels_prints_once_however_often_its_button_is_pressed(
    served: Served, printer: tuple[int, list[bytes]]
) -> None:
    port, got = printer
    with served.database.transaction() as session:
        draft = PrinterDraft(name="P", host="127.0.0.1", port=port)
        add_printer(session, ACTOR, f"q{port}", draft, local=True)
    with served.signed_in("leader") as leader:
        job = a_job(leader)
        page = leader.get("/labels", params={"job": job, "each": "240"}).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        given = re.search(r'name="command_id" value="([^"]+)"', page)
        assert token
        assert given
        form = {"csrf_token": token[1], "command_id": given[1], "job": job, "each": "240"}
        form |= {"printer": f"q{port}", "lot": "", "quantity": "", "copies": "1"}
        for _ in range(2):
            answer = leader.post("/labels", data=form)
            assert answer.status_code == 303, answer.text[-500:]
        until(lambda: len(got) == 1)
        assert leader.post("/labels", data={**form, "printer": "none"}).status_code in {404, 409}
        for worst in ("0", "-1", "x" * 5000, "<script>alert(1)</script>", "１２０", "1e999"):
            told = leader.get("/labels", params={"job": job, "quantity": worst})
            assert told.status_code in {200, 422}
            assert "<script>alert" not in told.text
        assert leader.get("/labels", params={"job": "WO-0"}).status_code == 404


def test_the_page_of_labels_offers_the_jobs_until_one_is_chosen(served: Served) -> None:
    with served.signed_in("leader") as leader:
        job = a_job(leader)
        page = leader.get("/labels")
        assert page.status_code == 200
        assert 'role="alert"' not in page.text
        assert f'href="/labels?job={job}"' in page.text
        found = leader.get("/labels", params={"text": job.lower()}).text
        assert re.findall(r'href="/labels\?job=([^"]+)"', found) == [job]
        assert job in leader.get("/labels", params={"text": "브라켓"}).text
        none = leader.get("/labels", params={"text": "<b>nothing"}).text
        assert "/labels?job=" not in none
        assert "<b>nothing" not in none


def test_only_an_administrator_enters_printers_and_never_this_server(served: Served) -> None:
    fields = {"name": "창고", "host": "10.9.8.7", "port": "9100", "dpi": "203"}
    fields |= {"width_mm": "100", "height_mm": "60", "graphics": "hex"}
    with served.signed_in("leader") as leader:
        assert leader.get("/printers").status_code == 403
    with served.signed_in("boss") as boss:

        def send(address: str, **other: str) -> httpx.Response:
            token = csrf_token(boss, "/printers")
            return boss.post(address, data={"csrf_token": token, **fields, **other})

        assert send("/printers", code="store-1").status_code == 303
        assert send("/printers", code="store-1").status_code == 409
        for host in ("127.0.0.1", "localhost", "", "x" * 10_000, "a b", "::1"):
            told = send("/printers", code="store-2", host=host)
            assert (told.status_code, "printer_host_invalid" in told.text) == (422, True), host
        for other in ({"port": "-1"}, {"port": "９１００"}, {"dpi": "nan"}, {"width_mm": "1e9"},
                      {"name": "x" * 10_000}, {"name": ""}):  # fmt: skip
            told = send("/printers", code="store-3", **other)
            assert (told.status_code, "printer_invalid" in told.text) == (422, True), other
        assert send("/printers/store-1", seen="1", name="창고 2").status_code == 303
        told = send("/printers/store-1", seen="1", name="Mine")
        assert (told.status_code, 'value="Mine"' in told.text) == (409, True)
        assert send("/printers/store-1/retire", seen="2").status_code == 303


def test_lots_are_found_on_pages_and_leave_as_files(served: Served) -> None:
    with served.signed_in("office") as office, served.signed_in("boss") as boss:
        job = a_job(boss)
        command(boss, "/api/v1/work-units/unit-22/quantities", good=7, job_order=job, lot="PAGE-1")
        opened = office.get("/lots", params={"lot": "page-1"})
        assert (opened.status_code, opened.headers["location"]) == (303, "/lots/LOT-PAGE-1")
        page = office.get("/lots/LOT-PAGE-1").text
        assert job in page
        assert "브라켓" in page
        assert "LOT-PAGE-1" in office.get("/lots", params={"text": "BRKT"}).text
        csv = office.get("/lots/LOT-PAGE-1.csv")
        assert csv.content.startswith(b"\xef\xbb\xbf")
        assert job in csv.text
        assert office.get("/lots/LOT-PAGE-1.xlsx").content.startswith(b"PK")
        for worst in ("LOT-NONE", "<script>", "가" * 500):
            told = office.get(f"/lots/{worst}")
            assert told.status_code == 404
            assert "<script>" not in told.text.split("<main", 1)[-1]
        assert office.get("/lots", params={"text": "%_'\"<script>"}).status_code == 200


def test_labels_and_lots_need_a_sign_in(served: Served) -> None:
    with served.client() as nobody:
        for address in ("/api/v1/lots", "/api/v1/label-printers", "/api/v1/label-prints"):
            assert nobody.get(address).status_code == 401
        assert nobody.get("/lots").headers["location"].startswith("/sign-in")
    with served.client(headers=served.bearer("read")) as reader:
        assert reader.get("/api/v1/lots").status_code == 200
        assert reader.post("/api/v1/job-orders/x/labels/print", json={}).status_code == 403
