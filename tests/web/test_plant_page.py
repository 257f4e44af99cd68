"""Lines and machines in the browser: every form of the page, and what stands in the way."""

from __future__ import annotations

import re

import httpx

from tests.web.serving import Served, csrf_token


def send(client: httpx.Client, address: str, **fields: str) -> httpx.Response:
    """A form of the page, as a browser sends it."""
    return client.post(address, data={"csrf_token": csrf_token(client, "/plant"), **fields})


def marks(client: httpx.Client, code: str) -> list[str]:
    """The marks of the form of something: that of retiring first, then that of changing."""
    page = client.get("/plant", params={"at": code}).text.split('id="form"')[1]
    return re.findall(r'name="seen" value="(\w+)"', page)


MACHINE = {"ko": "새 설비", "en": "New machine", "line": "line-2", "minor": "60"}


def test_a_machine_is_set_up_changed_and_retired_in_the_browser(served: Served) -> None:
    with served.signed_in("office") as office:
        office.params = office.params.set("lang", "en")
        made = send(office, "/plant/new/machine", code="page-1", state="manual", **MACHINE)
        assert made.headers["location"] == "/plant?at=page-1&saved=1"
        assert 'role="status"' in office.get("/plant", params={"saved": "1"}).text
        seen = marks(office, "page-1")[-1]
        change = {**MACHINE, "state": "none", "seen": seen, "key_machine": "1"}
        assert send(office, "/plant/machine/page-1", **change).status_code == 303
        assert send(office, "/plant/machine/page-1", **change).status_code == 303, "sent twice"
        late = send(office, "/plant/machine/page-1", **{**change, "en": "Late"})
        assert (late.status_code, "master_changed" in late.text) == (409, True)
        assert 'value="Late"' in late.text, "what was typed is kept"
        retired = send(office, "/plant/page-1/retire", seen=marks(office, "page-1")[0])
        assert retired.status_code == 303
        assert "page-1" not in office.get("/lines/line-2").text
        taken = send(office, "/plant/new/machine", code="page-1", state="manual", **MACHINE)
        assert (taken.status_code, "master_code_taken" in taken.text) == (409, True)
        assert send(office, "/plant/page-1/restore").status_code == 303
        assert send(office, "/plant/page-1/retire", seen=marks(office, "page-1")[0]).is_redirect


def test_a_machine_with_signals_links_to_its_source_and_keeps_them(served: Served) -> None:
    with served.signed_in("office") as office:
        office.params = office.params.set("lang", "en")
        page = office.get("/plant", params={"at": "unit-11"}).text
        assert 'href="/sources/plc"' in page
        assert '<option value="signals" selected>' in page
        bound = office.get("/api/v1/sources/plc").text
        change = {"ko": "설비", "en": "Unit", "line": "line-1", "minor": "300"}
        change |= {"state": "signals", "default_item": "BRKT-100"}
        seen = marks(office, "unit-11")[-1]
        assert send(office, "/plant/machine/unit-11", seen=seen, **change).is_redirect
        assert office.get("/api/v1/sources/plc").text == bound


def test_mistakes_stand_beside_their_fields(served: Served) -> None:
    with served.signed_in("office") as office:
        office.params = office.params.set("lang", "en")
        for fields, wrong in (
            ({"code": "<script>"}, {"code"}),
            ({"minor": "-1"}, {"minor"}),
            ({"minor": "9" * 10_000}, {"minor"}),
            ({"ko": "", "en": "x" * 201}, {"ko", "en"}),
            ({"line": "nowhere"}, {"line"}),
            ({"state": "counts"}, {"state"}),
        ):
            sent = {"code": "w-1", "state": "manual", **MACHINE, **fields}
            answer = send(office, "/plant/new/machine", **sent)
            assert answer.status_code == 422, fields
            assert set(re.findall(r'id="bad-([\w-]+)"', answer.text)) == wrong, fields
        site = {"ko": "부산", "en": "Busan", "zone": "Mars", "day_starts": "8", "after-0": "x"}
        answer = send(office, "/plant", terminal_idle="0", **{**site, "to-0": "manager"})
        assert answer.status_code in (409, 422)
        assert send(office, "/plant/line/unit-11", ko="a", en="b").status_code == 404
        assert send(office, "/plant/machine/none", **MACHINE).status_code == 404


def test_up_and_down_and_areas_with_lines(served: Served) -> None:
    with served.signed_in("boss") as boss:
        boss.params = boss.params.set("lang", "en")
        names = {"ko": "구역", "en": "Shop"}
        assert send(boss, "/plant/new/area", code="shop-1", **names).is_redirect
        line = {**names, "area": "shop-1", "oee_rule": "last"}
        assert send(boss, "/plant/new/line", code="line-8", **line).is_redirect
        held = send(boss, "/plant/shop-1/retire", seen=marks(boss, "shop-1")[0])
        assert (held.status_code, "line-8" in held.text) == (409, True)
        page = boss.get("/plant").text
        row = page.split('action="/plant/unit-22/up"')[1]
        seen = re.findall(r'name="seen" value="(\w+)"', row)[0]
        for _ in range(2):
            assert send(boss, "/plant/unit-22/up", seen=seen).is_redirect
        page = boss.get("/plant").text
        assert page.index(">unit-22<") < page.index(">unit-21<")
        for code in ("line-8", "shop-1"):
            assert send(boss, f"/plant/{code}/retire", seen=marks(boss, code)[0]).is_redirect
