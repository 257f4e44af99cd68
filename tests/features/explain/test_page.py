"""The explain page: what it shows, whom it shows it to, and what it refuses."""

from __future__ import annotations

import re
import time
from html import unescape

import httpx
import pytest

from mes.core.kpi_formulas import Cause
from mes.core.kpis_waiting import WAITING
from mes.features.explain.words import cause_word
from tests.web.serving import Served

DAY = "work_unit=press-1&day=2026-03-02&shift=D"
LONG = "from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z"


def page_of(client: httpx.Client, address: str) -> str:
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text[:500]
    return unescape(answer.text)


def address_of(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    assert found, pattern
    return found[1]


def test_it_shows_the_very_number_that_programs_read(client: httpx.Client) -> None:
    figure = client.get("/api/v1/work-units/press-1/oee?day=2026-03-02&shift=D").json()
    for kpi in ("oee", "availability", "effectiveness", "quality_ratio"):
        text = page_of(client, f"/explain?{DAY}&kpi={kpi}&lang=en")
        assert repr(figure["kpis"][kpi]) in text


def test_every_kpi_has_its_page_in_both_languages(client: httpx.Client) -> None:
    kpis = client.get("/api/v1/work-units/press-1/oee?day=2026-03-02&shift=D").json()["kpis"]
    for kpi in kpis:
        for language in ("ko", "en"):
            assert "<h1>" in page_of(client, f"/explain?{DAY}&kpi={kpi}&lang={language}")


def test_an_interval_shows_the_signal_that_began_it(client: httpx.Client) -> None:
    text = page_of(client, f"/explain?{DAY}&class=running&lang=en")
    row = address_of(text, r'<th scope="row" class="num"><a href="(/explain[^"]+at=[^"]+)"')
    facts = page_of(client, row)
    assert "plc/state" in facts
    assert "01234567·" in facts
    assert "running" in facts


def test_a_person_who_said_something_is_named(client: httpx.Client) -> None:
    text = page_of(client, f"/explain?{DAY}&class=setup&lang=en")
    rows = re.findall(r'<th scope="row" class="num"><a href="(/explain[^"]+at=[^"]+)"', text)
    assert rows
    assert any("김민수" in page_of(client, row) for row in rows)


def test_a_page_of_a_shift_comes_at_once(client: httpx.Client) -> None:
    page_of(client, f"/explain?{DAY}")
    begin = time.perf_counter()
    page_of(client, f"/explain?{DAY}")
    assert time.perf_counter() - begin < 0.5 * 4, "0.5 s alone; four times that on a busy machine"


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/explain?work_unit=nowhere", 404, "unknown_work_unit"),
        ("/explain", 404, "unknown_work_unit"),
        (f"/explain?{DAY}&kpi=luck", 422, "unknown_kpi"),
        (f"/explain?{DAY}&policy=mine", 422, "unknown_policy"),
        (f"/explain?{DAY}&class=idle", 422, "unknown_class"),
        (f"/explain?{DAY}&page=0", 422, "page_invalid"),
        (f"/explain?{DAY}&page=x", 422, "page_invalid"),
        (f"/explain?{DAY}&at=noon", 422, "window_malformed"),
        ("/explain?work_unit=press-1&from=yesterday", 422, "window_malformed"),
        (f"/explain?work_unit=press-1&{LONG}", 422, "range_too_long"),
        (
            "/explain?work_unit=press-1&from=2026-03-02T08:00:00Z&to=2026-03-01T08:00:00Z",
            422,
            "window_malformed",
        ),
        ("/report.xlsx?place=nowhere", 404, "place_unknown"),
        ("/report.xlsx?day=never", 422, "day_invalid"),
        ("/api/v1/cases", 422, "place_needed"),
        ("/api/v1/cases?place=nowhere", 404, "place_unknown"),
        ("/api/v1/cases?work_units=press-1,nowhere", 404, "unknown_work_unit"),
        ("/api/v1/cases?work_units=press-1,press-2&as_of=1,2,3", 422, "window_malformed"),
        (
            "/api/v1/cases?place=busan&from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
            422,
            "range_too_long",
        ),
    ],
)
def test_what_cannot_be_explained_is_refused_by_name(
    client: httpx.Client, address: str, status: int, code: str
) -> None:
    answer = client.get(address, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_instant_that_no_interval_holds_shows_no_facts(client: httpx.Client) -> None:
    text = page_of(client, f"/explain?{DAY}&at=2026-01-01T00:00:00Z&lang=en")
    assert "Choose an interval" in text


def test_whoever_may_read_the_report_may_read_why(served: Served) -> None:
    with served.client() as stranger:
        for address in (f"/explain?{DAY}", "/report.xlsx", "/report"):
            answer = stranger.get(address)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in")
        assert stranger.get("/api/v1/cases?place=line-1").status_code == 401
    with served.signed_in("office") as manager:
        assert manager.get(f"/explain?{DAY}").status_code == 200
        assert manager.get("/report.xlsx").status_code == 200


def test_a_kpi_without_a_value_says_why_in_words(client: httpx.Client) -> None:
    day = "day=2020-03-02&shift=D"
    causes = client.get(f"/api/v1/work-units/press-1/oee?{day}").json()["causes"]
    assert causes
    for kpi, cause in causes.items():
        text = page_of(client, f"/explain?work_unit=press-1&{day}&kpi={kpi}&lang=en")
        assert "<h1>Why is there no value?</h1>" in text
        assert f"({cause})" not in text


def test_every_cause_has_words() -> None:
    assert not [one for one in Cause if cause_word(one) == one.value]


def test_the_kpis_without_data_yet_are_named_with_what_they_wait_for(client: httpx.Client) -> None:
    for language in ("ko", "en"):
        text = page_of(client, f"/explain?{DAY}&lang={language}")
        for one in WAITING:
            assert re.search(
                f"<option disabled>{re.escape(one.names[language])}: [^<]*"
                f"{re.escape(one.waits_for[language])}",
                text,
            )
