"""The explanation as JSON says what the page says, down to the facts, and adds up."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import httpx
import pytest

ADDRESS = "/api/v1/work-units/press-1/explain"
SHIFT = {"day": "2026-03-02", "shift": "D", "policy": "tpm"}


def explained(client: httpx.Client, **further: str) -> Any:
    answer = client.get(ADDRESS, params={**SHIFT, **further})
    assert answer.status_code == 200, answer.text
    return answer.json()


def intervals(client: httpx.Client, **further: str) -> list[dict[str, Any]]:
    """All pages of the list of intervals."""
    found: list[dict[str, Any]] = []
    page: int | None = 1
    while page is not None:
        held = explained(client, page=str(page), **further)["intervals"]
        found += held["items"]
        page = held["next"]
    assert len(found) == held["count"]
    return found


def test_the_figure_is_that_of_the_api_and_its_terms_make_its_value(client: httpx.Client) -> None:
    told = explained(client)
    figure = client.get("/api/v1/work-units/press-1/oee", params=SHIFT).json()
    assert told["result"] == {key: figure[key] for key in told["result"]}
    assert told["kpi"]["value"] == figure["kpis"]["oee"]
    assert client.get(told["case"]).json()["schema"] == "oee-case/1"
    ideal, planned = (float(term["value"]) for term in told["kpi"]["terms"])
    assert ideal / planned == pytest.approx(told["kpi"]["value"], rel=1e-12)
    availability = explained(client, kpi="availability")["kpi"]
    assert [term["symbol"] for term in availability["terms"]] == ["APT", "PBT"]
    assert availability["value"] == figure["kpis"]["availability"]


def test_class_times_are_the_sums_of_their_intervals(client: httpx.Client) -> None:
    told, every = explained(client), intervals(client)
    assert all(one["end"] == two["start"] for one, two in pairwise(every))
    assert sum(one["us"] for one in every) == told["result"]["times_us"]["window"]
    for row in told["class_times"]:
        own = intervals(client, **{"class": row["class"]})
        assert [one for one in every if one["class"] == row["class"]] == own
        assert (len(own), sum(one["us"] for one in own)) == (row["intervals"], row["us"])
        assert {one["part"] for one in own} == {row["part"]}
        assert told["result"]["times_us"][row["class"]] == row["us"]


def test_an_interval_leads_to_readings_with_source_time_and_quality(client: httpx.Client) -> None:
    running = intervals(client, **{"class": "running"})[0]
    facts = explained(client, at=running["start"])["facts"]
    assert facts["interval"] == running
    state = facts["states"]["items"][-1]
    assert (state["source"], state["tag"], state["meaning"]) == ("plc", "state", "running")
    assert (state["quality"], state["value"]) == ("good", 2)
    assert state["received_time"] >= state["at"]
    counted = [one for one in facts["counts"]["items"] if one["tag"] == "total"]
    booked = sum(one["good"] + one["scrap"] + one["rework"] for one in facts["pieces"])
    scrap = sum(one["pieces"] or 0 for one in facts["counts"]["items"] if one["tag"] == "scrap")
    assert sum(one["pieces"] or 0 for one in counted) in (booked, booked + scrap, booked - scrap)
    assert facts["rules"]["shift"]["code"] == "D"
    assert facts["rules"]["calendar"] == "two-shift"
    assert facts["rules"]["policy"]["name"] == "tpm"


def test_statements_and_typed_pieces_name_their_person(client: httpx.Client) -> None:
    said: list[Any] = []
    typed: list[Any] = []
    for one in intervals(client):
        facts = explained(client, at=one["start"])["facts"]
        said += facts["statements"]
        typed += facts["quantities"]
    assert {one["person"] for one in [*said, *typed]} == {"김민수"}
    assert {one["kind"] for one in said} == {"declare"}
    assert all(one["in_force"] and one["scrap"] > 0 for one in typed)


def test_mistakes_name_their_field(client: httpx.Client) -> None:
    for field, value, status in (
        ("kpi", "luck", 422),
        ("class", "asleep", 422),
        ("page", "0", 422),
        ("to", "2027-01-01T00:00:00Z", 422),
    ):
        query = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-02T10:00:00Z", field: value}
        answer = client.get(ADDRESS, params=query)
        assert answer.status_code == status, (field, answer.text)
    missing = client.get("/api/v1/work-units/press-9/explain")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_work_unit")


def test_case_files_are_saved_under_whose_they_are_and_their_days(client: httpx.Client) -> None:
    day = "day=2026-03-02&shift=D"
    figure = client.get(f"/api/v1/work-units/press-1/oee?{day}").json()
    for address, name in (
        (figure["case"], "press-1-2026-03-02-2026-03-02.json"),
        (
            f"/api/v1/cases?work_units=press-1,bench-1&{day}",
            "press-1-and-1-more-2026-03-02-2026-03-02.json",
        ),
        (f"/api/v1/case-archive?work_units=press-1&{day}", "press-1-2026-03-02-2026-03-02.zip"),
    ):
        answer = client.get(address)
        assert answer.status_code == 200, answer.text[:300]
        assert answer.headers["Content-Disposition"] == f"attachment; filename=case-{name}"


def test_a_field_that_is_refused_says_why_without_the_words_of_a_library(
    client: httpx.Client,
) -> None:
    refused = client.get("/api/v1/calendars/two-shift/days?from=2026-02-30")
    assert refused.status_code == 422
    assert "Value error" not in refused.text
    assert "2026-02-30" in refused.json()["errors"][0]["message"]
