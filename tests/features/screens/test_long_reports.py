"""Reports of lines and of long periods: whose figure it is, how it is cut, what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel
from sqlalchemy import update

from mes.core.case_model import Span
from mes.db import Database
from mes.features.oee.losses import losses_of_line
from mes.features.oee.periods import PeriodKind
from mes.features.production.master_loading import masters
from mes.features.screens.report.asked import choose, wanted_of
from mes.features.screens.report.loading import load_report, read_page
from mes.features.screens.report.periods import KINDS, beside, columns, period_of
from mes.models import RollupShift
from tests.features.oee.test_rollups import feed_days
from tests.features.production.plant import DAY_START, HOUR, MINUTE, Feed, apply_plant


@pytest.fixture
def words() -> Iterator[None]:
    """English words, without catalogues."""
    app = Flask("test")
    Babel(app, locale_selector=lambda: "en")
    with app.test_request_context():
        yield


def page(database: Database, now: int, **wanted: str) -> dict[str, Any]:
    with database.reading() as session:
        return load_report(session, wanted_of(wanted, "en"), now)


def test_a_line_is_its_key_machine_and_says_so(database: Database, words: None) -> None:
    apply_plant(database)
    now = feed_days(database, 11)
    line = page(database, now, place="line-1", period="week", day="2026-03-03")
    machine = page(database, now, place="press-1", period="week", day="2026-03-03")
    assert line["figure_of"] == "Figure of Press 1"
    assert machine["figure_of"] is None
    values = [[figure["value"] for figure in shown["figures"]] for shown in (line, machine)]
    assert values[0] == values[1]
    assert [row["counts"] for row in line["units"]] == [True, False]
    assert line["steps"] == machine["steps"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_period_has_a_page_and_its_columns_fill_it(
    sqlite_database: Database, words: None, kind: PeriodKind
) -> None:
    database = sqlite_database
    apply_plant(database)
    now = feed_days(database, 12)
    for place in ("busan", "line-1", "press-1"):
        shown = page(database, now, place=place, period=kind, day="2026-03-03", shift="D")
        assert len(shown["figures"]) == 4
        assert shown["kind"] == kind
        assert bool(shown["bins"]) == (place == "press-1")
    with database.reading() as session:
        plan = next(iter(masters(session).lines.values())).plan
    period = period_of(plan, kind, date(2026, 3, 3), "D")
    assert period is not None
    cuts = columns(plan, period)
    assert (cuts[0].start, cuts[-1].end) == (period.span.start, period.span.end)
    assert all(one.end == other.start for one, other in pairwise(cuts))
    after = beside(plan, period, 1)
    assert after is not None
    again = beside(plan, after, -1)
    assert again == period


def test_a_period_of_several_days_names_its_first_and_last_day(
    sqlite_database: Database, words: None
) -> None:
    apply_plant(sqlite_database)
    now = feed_days(sqlite_database, 11)
    wanted = {"place": "press-1", "day": "2026-03-03", "shift": "D"}
    week = page(sqlite_database, now, period="week", **wanted)["subtitle"]
    shift = page(sqlite_database, now, period="shift", **wanted)["subtitle"]
    assert week.startswith("03-02 08:00 – 03-09 08:00 · ")
    assert shift.startswith("08:00 – 20:00 · ")


def test_time_before_the_first_data_of_a_machine_is_no_plan_that_it_missed(
    sqlite_database: Database,
) -> None:
    apply_plant(sqlite_database)
    now = feed_days(sqlite_database, 11)
    wanted = {"place": "press-1", "period": "quarter", "day": "2026-03-03"}
    with sqlite_database.reading() as session:
        shown = read_page(session, choose(session, wanted_of(wanted, "en"), now), now)
    judged = [one for one in shown.bins if one.good is not None]
    assert shown.bins[0].plan
    assert shown.bins[0].good is None
    assert judged[0].start <= DAY_START < judged[0].end
    assert sum(one.good or 0 for one in judged) >= shown.result.figures.counted.good > 0


def losses(shown: dict[str, Any]) -> dict[str, str]:
    """Minutes by what the table of losses calls them."""
    return {row["label"]: row["minutes"] for row in shown["losses"]}


def test_a_long_period_tells_its_losses_by_reason_as_a_short_one_does(
    database: Database, words: None
) -> None:
    apply_plant(database)
    feed = Feed(database)
    for hour in range(0, 60, 2):
        for minute, state, fault in ((0, 2, 0), (20, 3, 7), (50, 1, 0), (70, 4, 0), (100, 2, 0)):
            at = hour * HOUR + minute * MINUTE
            feed.value(at, "state", state)
            feed.value(at, "fault", fault)
    feed.send(60 * HOUR)
    now = DAY_START + 60 * HOUR
    month = page(database, now, place="press-1", period="month", day="2026-03-03")
    for kind in ("quarter", "year"):
        shown = page(database, now, place="press-1", period=kind, day="2026-03-03")
        assert "Jam" in losses(shown)
        assert losses(shown) == losses(month)
        assert shown["unclassified"] == month["unclassified"]
        plant = page(database, now, place="line-1", period=kind, day="2026-03-03")
        assert losses(plant) == losses(shown)
    with database.transaction() as session:
        session.execute(update(RollupShift).values(reasons=None))
    upgraded = page(database, now, place="press-1", period="year", day="2026-03-03")
    assert "Jam" not in losses(upgraded)
    assert upgraded["unclassified"] is None


def test_r28_a_line_tells_which_machine_cost_it_what(database: Database, words: None) -> None:
    apply_plant(database)
    feed = Feed(database)
    for at, state in ((0, 2), (20 * MINUTE, 5), (32 * MINUTE, 2)):
        feed.value(at, "state", state)
    feed.value(5 * MINUTE, "fault", 0)
    for at, state in ((0, 2), (20 * MINUTE, 1), (30 * MINUTE, 2)):
        feed.value(at, "state2", state)
    feed.send(2 * HOUR)
    now = DAY_START + 2 * HOUR
    with database.reading() as session:
        known = masters(session)
        line = known.lines[known.line_ids["line-1"]]
        window = Span(DAY_START, now)
        found = losses_of_line(session, known, line, window, now)
    assert found is not None
    assert found.pacing.code == "press-1"
    assert [(found.units[c.machine].code, c.us // MINUTE) for c in found.causes] == [
        ("press-1", 12)
    ]
    shown = page(database, now, place="line-1", period="shift", day="2026-03-02", shift="D")
    assert shown["causes"]["total"] == "12.0"
    assert [row["machine"] for row in shown["causes"]["rows"]] == ["Press 1"]


def test_what_nobody_explained_leads_to_the_stops_of_that_period(
    database: Database, words: None
) -> None:
    """Not to the terminal, which shows the shift of now."""
    apply_plant(database)
    now = feed_days(database, 11)
    for place, period, leads in (
        ("press-1", "day", "#stops"),
        ("press-1", "year", None),
        ("line-1", "day", "#machines"),
    ):
        shown = page(database, now, place=place, period=period, day="2026-03-03")
        (open_loss,) = (loss for loss in shown["losses"] if loss["open"])
        assert open_loss["minutes"] != "0.0"
        assert open_loss["explain"] == leads, (place, period)
        assert (shown["stops"] is not None) == (leads == "#stops")
