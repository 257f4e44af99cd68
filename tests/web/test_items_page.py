"""Items in the browser: nothing lost, nothing doubled, files under the search of the page."""

from __future__ import annotations

import re

import httpx

from tests.web.serving import Served, csrf_token

FIELDS = {"ko": "축", "en": "Shaft", "unit": "EA", "machine": "unit-11", "cycle-unit-11": "4"}


def send(client: httpx.Client, address: str, **fields: str) -> httpx.Response:
    """A form of the page, as a browser sends it."""
    return client.post(address, data={"csrf_token": csrf_token(client, "/items"), **fields})


def seen(client: httpx.Client, code: str) -> str:
    page = client.get("/items", params={"item": code}).text
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found is not None, page
    return found[1]


def test_an_item_is_added_changed_retired_and_used_again(served: Served) -> None:
    with served.signed_in("office") as office:
        office.params = office.params.set("lang", "en")
        made = send(office, "/items", code="SHAFT-9", **FIELDS)
        assert made.headers["location"] == "/items?item=SHAFT-9&saved=1"
        mark = seen(office, "SHAFT-9")
        change = {**FIELDS, "en": "Long shaft", "cycle-unit-11": "3.5", "seen": mark}
        assert send(office, "/items/SHAFT-9", **change).status_code == 303
        assert send(office, "/items/SHAFT-9", **change).status_code == 303, "sent twice"
        listed = office.get("/api/v1/items", params={"text": "SHAFT-9"}).json()["items"][0]
        assert listed["name"]["en"] == "Long shaft"
        rates = [{"work_unit": "unit-11", "ideal_cycle_s": 3.5, "pieces_per_cycle": 1}]
        assert listed["rates"] == rates
        second = send(office, "/items/SHAFT-9", **{**change, "en": "Late"})
        assert (second.status_code, "master_changed" in second.text) == (409, True)
        assert 'value="Late"' in second.text, "what was typed is kept"
        mark = seen(office, "SHAFT-9")
        assert send(office, "/items/SHAFT-9/retire", seen=mark).status_code == 303
        assert office.get("/api/v1/items", params={"text": "SHAFT-9"}).json()["items"] == []
        taken = send(office, "/items", code="SHAFT-9", **FIELDS)
        assert (taken.status_code, "master_code_taken" in taken.text) == (409, True)
        assert send(office, "/items/SHAFT-9/restore").status_code == 303
        listed = office.get("/api/v1/items", params={"text": "SHAFT-9"}).json()["items"][0]
        assert listed["rates"] == rates


def test_worst_values_are_refused_by_field_and_stay_in_the_form(served: Served) -> None:
    with served.signed_in("office") as office:
        office.params = office.params.set("lang", "en")
        for fields, wrong in (
            ({"code": ""}, {"code"}),
            ({"code": "a/b <script>"}, {"code"}),
            ({"code": "x" * 10_000}, {"code"}),
            ({"en": "two\nlines\x00"}, {"en"}),
            ({"ko": "", "unit": "y" * 21}, {"ko", "unit"}),
            ({"cycle-unit-11": "-1", "pieces-unit-11": "1.5"}, {"cycle-unit-11", "pieces-unit-11"}),
            ({"cycle-unit-11": "NaN"}, {"cycle-unit-11"}),
        ):
            answer = send(office, "/items", **{"code": "w-1", **FIELDS, **fields})
            assert answer.status_code == 422, fields
            assert set(re.findall(r'id="bad-([\w-]+)"', answer.text)) == wrong, fields
            assert "<script>alert" not in answer.text
            assert ('value="Shaft"' in answer.text) == ("en" not in fields), "typed is kept"
        assert send(office, "/items/none", **FIELDS).status_code == 404


def test_the_files_hold_what_was_searched(served: Served) -> None:
    with served.signed_in("office") as office:
        office.params = office.params.set("lang", "en")
        send(office, "/items", code="FILE-1", **{**FIELDS, "ko": "찾는 품목"})
        file = office.get("/items.csv", params={"text": "찾는"}).text
        assert "FILE-1" in file
        assert "BRKT-100" not in file
        assert office.get("/items.xlsx").content[:2] == b"PK"


def test_only_who_edits_master_data_sees_items(served: Served) -> None:
    with served.client() as stranger:
        assert stranger.get("/items").headers["location"].startswith("/sign-in")
        page = stranger.get("/items", headers=served.bearer("write"))
        assert page.status_code == 403
