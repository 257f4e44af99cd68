"""Routings in the browser: draft, release, new revision."""

from __future__ import annotations

import re

import httpx

from tests.web.serving import Served, csrf_token


def send(client: httpx.Client, address: str, **fields: str) -> httpx.Response:
    """A form of the page, as a browser sends it."""
    return client.post(address, data={"csrf_token": csrf_token(client, "/routings"), **fields})


def seen(client: httpx.Client) -> str:
    page = client.get("/routings", params={"item": "BRKT-100"}).text
    found: list[str] = re.findall(r'name="seen" value="(\w+)"', page)
    return found[0]


def test_a_routing_is_drafted_released_and_retired(served: Served) -> None:
    with served.signed_in("office") as office:
        office.params = office.params.set("lang", "en")
        rows = {"number-0": "10", "ko-0": "프레스", "en-0": "Press", "line-0": "line-1"}
        rows |= {"number-1": "20", "ko-1": "세척", "en-1": "Wash", "number-2": "30"}
        bad = send(office, "/routings/BRKT-100", seen=seen(office), **{**rows, "number-1": "10"})
        assert bad.status_code == 422
        assert re.findall(r'id="bad-([\w-]+)"', bad.text) == ["number-1"]
        assert 'value="Wash"' in bad.text, "what was typed is kept"
        mark = seen(office)
        assert send(office, "/routings/BRKT-100", seen=mark, **rows).status_code == 303
        late = send(office, "/routings/BRKT-100", seen=mark, **{**rows, "en-1": "Late"})
        assert (late.status_code, "master_changed" in late.text) == (409, True)
        assert 'value="Late"' in late.text
        mark = seen(office)
        assert send(office, "/routings/BRKT-100/release", seen=mark).status_code == 303
        page = office.get("/routings", params={"item": "BRKT-100"}).text
        assert "10 Press › 20 Wash" in page
        again = send(office, "/routings/BRKT-100/release", seen=mark)
        assert (again.status_code, "routing_released" in again.text) == (409, True)
        assert send(office, "/routings/BRKT-100/retire", seen=seen(office)).status_code == 303
        assert send(office, "/routings/none", seen="", **rows).status_code == 404
