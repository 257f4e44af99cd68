"""Every page of figures and its files say what the figures are worth, in the same words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
from flask import Flask
from flask_babel import Babel
from sqlalchemy.orm import Session

from mes.features.reports.comparison import Comparison, compared
from mes.features.reports.exports import csv_text, write_xlsx
from mes.features.reports.files import file_grids
from mes.features.reports.grid import STATE, Grid
from mes.features.reports.production import production_report
from mes.features.reports.progress import order_filter, order_grids
from mes.features.reports.routes import Asked, asked
from mes.features.reports.timeline import states_grid, timelines, whole_of
from mes.features.screens.report.asked import Wanted
from mes.features.screens.report.loading import load_report
from mes.features.screens.report.marks import marks_of
from tests.features.commands.floor import DAY_START, Floor
from tests.features.production.plant import HOUR, MINUTE
from tests.features.publishing.signing import SHIFT_END, compare, run_shift, sign

DAY = "2026-03-02"
AFTER = SHIFT_END + 10 * MINUTE


@contextmanager
def reader(floor: Floor, address: str) -> Iterator[Session]:
    app = Flask("test")
    Babel(app, locale_selector=lambda: "en")
    with app.test_request_context(address), floor.database.reading() as session:
        yield session


def column(grid: Grid, key: str) -> list[Any]:
    return [row.values[grid.number(key)] for row in grid.rows]


def production(session: Session, at: int) -> tuple[Asked, list[Grid], str]:
    about = asked(session, "/production", at)
    found = production_report(session, about.chosen, about.frame, at)
    grids = file_grids(about.frame, about.chosen.period, found.grids, found.marks, at)
    return about, grids, found.marks.state


def test_figures_of_a_running_shift_are_provisional_on_every_page_and_in_every_row(
    floor: Floor, tmp_path: Path
) -> None:
    floor.count(0, 2 * HOUR)
    now = DAY_START + 2 * HOUR
    with reader(floor, "/?place=press-1&lang=en") as session:
        about, grids, state = production(session, now)
        report: Any = load_report(session, Wanted(place="press-1", language="en"), now)
        assert state == report["signing"]["chip"]["text"] == "Provisional · not closed"
        for grid in grids[:-1]:
            assert set(column(grid, STATE)) <= {state}, grid.key
        machines = csv_text(grids[0], "Asia/Seoul").removeprefix("\ufeff")
        (line,) = csv.DictReader(io.StringIO(machines))
        assert line["State of the figure"] == state
        assert f"{float(line['Coverage [1]']) * 100:.1f}" == report["coverage"]
        path = tmp_path / "a.xlsx"
        write_xlsx(path, grids, "Asia/Seoul")
        said = {
            row[0].value: row[1].value
            for row in openpyxl.load_workbook(path)["About this file"].iter_rows(min_row=2)
        }
        assert said["State of the figures"] == state
        assert said["Coverage"] == f"{report['coverage']} %"
        found = timelines(session, about.chosen, now)
        marks = marks_of(session, about.chosen, about.frame, whole_of(found, about.chosen))
        assert (marks.state, marks.coverage) == (state, grids[0].rows[0].values[-2])
        both = compared(session, about.chosen, about.frame, Comparison.asked("", "", "2"), now)
        worth = next(grid for grid in both if grid.key == "worth")
        assert worth.rows[0].values[-1] == state
        assert states_grid(found, about.frame).rows


def test_a_revised_shift_says_so_in_each_row_that_it_is_part_of(floor: Floor) -> None:
    run_shift(floor)
    sign(floor, AFTER)
    with reader(floor, f"/?place=press-1&period=shift&day={DAY}&shift=D&lang=en") as session:
        _about, grids, state = production(session, DAY_START + AFTER)
    assert state.startswith("Signed off · ")
    assert set(column(grids[0], STATE)) == {state}
    floor.feed.value(5 * HOUR + 15 * MINUTE, "scrap", 0)
    floor.feed.value(5 * HOUR + 16 * MINUTE, "scrap", 9)
    floor.feed.send(AFTER)
    assert compare(floor, AFTER + 20 * MINUTE)
    with reader(floor, f"/?place=press-1&period=day&day={DAY}&lang=en") as session:
        _about, grids, _state = production(session, DAY_START + AFTER + 20 * MINUTE)
    parts = dict(zip(column(grids[1], "part"), column(grids[1], STATE), strict=True))
    assert [text for name, text in parts.items() if text.startswith("Signed off · revised r2")]


def test_each_figure_of_a_machine_leads_to_its_explanation(floor: Floor) -> None:
    floor.count(0, 2 * HOUR)
    now = DAY_START + 2 * HOUR
    with reader(floor, "/?place=press-1&lang=en") as session:
        about, grids, _state = production(session, now)
        both = compared(session, about.chosen, about.frame, Comparison.asked("", "", "2"), now)
        for grid in (*grids[:2], both[-1]):
            links = grid.rows[0].links
            for key in ("oee", "availability", "effectiveness", "quality_ratio", "good"):
                assert links[key].startswith("/explain?work_unit=press-1"), (grid.key, key)
        assert all("/report?" in row.links["minutes"] for row in grids[4].rows)


def test_a_comparison_of_items_leads_to_the_report_by_item(floor: Floor) -> None:
    floor.count(0, 2 * HOUR)
    now = DAY_START + 2 * HOUR
    with reader(floor, "/?place=press-1&lang=en") as session:
        about = asked(session, "/compare", now)
        both = compared(session, about.chosen, about.frame, Comparison.asked("item", "", "2"), now)
    assert all("by=item#groups" in link for row in both[0].rows for link in row.links.values())


def test_open_orders_are_provisional_and_their_pieces_lead_to_the_time_of_their_job(
    floor: Floor,
) -> None:
    job = floor.job("press-1", 5000)
    floor.start(job)
    floor.count(0, HOUR)
    now = DAY_START + HOUR
    with reader(floor, "/progress?lang=en") as session:
        plan = asked(session, "/progress", now).chosen.plan
        orders, jobs = order_grids(session, order_filter({}, [], plan), lambda n: n["en"], now)
    assert column(orders, STATE) == ["Provisional · not closed"]
    assert orders.rows[0].links["good"].startswith("/explain?work_unit=press-1")
    (coverage,) = column(jobs, "coverage")
    assert coverage is not None
    assert 0.9 < coverage <= 1
    assert column(jobs, "machine") == ["Press 1"], "its name, not its code"
    assert orders.rows[0].links["order"] == f"/orders?order={orders.rows[0].values[0]}"
