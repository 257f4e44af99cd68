"""The menu of office pages: what somebody may not open is not in it."""

from __future__ import annotations

import re

import pytest

from tests.web.serving import Served


@pytest.mark.parametrize(
    ("login", "master_data", "system"),
    [
        ("boss", {"/calendar", "/reasons", "/people"}, {"/sources", "/displays", "/audit"}),
        ("leader", {"/calendar", "/reasons", "/people"}, {"/sources"}),
        ("office", {"/calendar", "/reasons"}, {"/sources", "/audit"}),
    ],
)
def test_groups_hold_what_somebody_may_open(
    served: Served, login: str, master_data: set[str], system: set[str]
) -> None:
    with served.signed_in(login) as client:
        client.params = client.params.set("lang", "en")
        page = client.get("/calendar").text
        groups = dict(re.findall(r"<summary ([^>]*>[^<]*)</summary>(.*?)</details>", page))
        assert set(groups) == {'aria-current="true">Master data', ">System"}, "the open one is told"
        links = [set(re.findall(r'href="([^"]+)"', group)) for group in groups.values()]
        assert links[0] >= master_data
        assert links[1] >= system
        for address in (*links[0], *links[1]):
            assert client.get(address).status_code == 200, address
        shown = set().union(*links)
        assert shown.isdisjoint({"/people", "/displays", "/audit"} - master_data - system)
