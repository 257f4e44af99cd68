"""One window, one figure: page, tile, spreadsheet, CSV, timeline, production report and API."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask_babel import Babel
from sqlalchemy.orm import Session

from mes.features.explain.spreadsheet import Spreadsheet
from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level
from mes.features.oee.queries import unit_at
from mes.features.oee.rollup_answer import Request, answer
from mes.features.oee.service import unit_result
from mes.features.production.queries import tiles
from mes.features.reports.comparison import Comparison, compared
from mes.features.reports.exports import csv_text
from mes.features.reports.grid import Grid, shown_grid
from mes.features.reports.production import production_report
from mes.features.reports.routes import asked
from mes.features.reports.timeline import shown_rows, timelines, times_grid
from mes.features.screens.report.asked import Wanted, choose
from mes.features.screens.report.loading import load_report
from tests.features.commands.floor import Floor
from tests.features.production.plant import DAY_START, HOUR, MINUTE

KPIS = ("oee", "availability", "effectiveness", "quality_ratio")
NOW = DAY_START + 5 * HOUR
ADDRESS = "/?place=press-1&lang=en"


@pytest.fixture
def told(floor: Floor) -> Iterator[Session]:
    """Five hours of press 1 with a stop, a setup and rejects; English words."""
    end = floor.count(0, 2 * HOUR, every=2_500_000)
    floor.feed.value(2 * HOUR, "state", 3)
    floor.feed.value(2 * HOUR + 11 * MINUTE, "state", 4)
    floor.feed.value(2 * HOUR + 20 * MINUTE, "state", 2)
    floor.feed.value(2 * HOUR + 21 * MINUTE, "scrap", 37)
    for step in range(1, 401):
        floor.feed.value(2 * HOUR + 20 * MINUTE + step * 3_000_000, "total", end + step)
    floor.feed.send(5 * HOUR)
    app = Flask("test")
    Babel(app, locale_selector=lambda: "en")
    with app.test_request_context(ADDRESS), floor.database.reading() as session:
        yield session


def percent(value: Any) -> str:
    assert value is not None
    return f"{float(value) * 100:.1f}"


def cells(grid: Grid, row: int = 0) -> dict[str, str]:
    """A row of a grid as a page shows it."""
    shown: Any = shown_grid(grid, "Asia/Seoul")["rows"]
    return {
        column.key: cell.text
        for column, cell in zip(grid.columns, shown[row]["cells"], strict=True)
    }


def test_every_surface_shows_the_figure_of_one_window(told: Session, tmp_path: Path) -> None:
    (tile,) = (one for one in tiles(told, None, NOW) if one["work_unit"] == "press-1")
    report: Any = load_report(told, Wanted(place="press-1", language="en"), NOW)
    page = {figure["key"]: figure["value"] for figure in report["figures"]}

    about = asked(told, "/production", NOW)
    result = unit_result(told, unit_at(told, "press-1", NOW), about.chosen.period.span)
    kernel = {key: percent(result.kpis[key]) for key in KPIS}
    assert page == kernel
    assert percent(tile["oee"]) == kernel["oee"]
    good = int(result.figures.counted.good)
    assert tile["good"] == good

    request = Request(
        level=Level.MACHINE,
        id="press-1",
        period=PeriodKind.SHIFT,
        first=about.chosen.period.day.isoformat(),
        last=about.chosen.period.day.isoformat(),
    )
    (api,) = (
        one
        for one in answer(told, request, NOW).items
        if one["period"]["shift"] == about.chosen.period.shift
    )
    assert {key: percent(api["result"]["kpis"][key]) for key in KPIS} == kernel

    found = production_report(told, about.chosen, about.frame, NOW)
    machines, parts, _items, _orders, losses = found.grids
    for grid in (machines, parts):
        assert {key: cells(grid)[key] for key in KPIS} == kernel
        assert cells(grid)["good"] == f"{good:,}"
    lost = sum(float(cells(losses, n)["minutes"]) for n in range(len(losses.rows)))
    assert f"{lost:.1f}" == report["lost"]

    (row,) = shown_rows(timelines(told, about.chosen, NOW), about.frame)
    assert (row["oee"], row["good"]) == (kernel["oee"], f"{good:,}")

    both = compared(told, about.chosen, about.frame, Comparison.asked("", "", ""), NOW)
    assert {key: cells(both[-1])[key] for key in KPIS} == kernel

    text = csv_text(machines, "Asia/Seoul").removeprefix("\ufeff")
    (line,) = csv.DictReader(io.StringIO(text))
    assert percent(line["OEE [1]"]) == kernel["oee"]
    assert float(line["OEE [1]"]) == float(result.kpis["oee"] or 0)

    path = tmp_path / "report.xlsx"
    chosen = choose(told, Wanted(place="press-1", language="en"), NOW)
    Spreadsheet(told, chosen, "en", "http://mes.local").write(path, NOW)
    sheet = openpyxl.load_workbook(path)["Figures"]
    heads = [cell.value for cell in sheet[1]]
    raw = dict(zip(heads, [cell.value for cell in sheet[2]], strict=True))
    oee = next(head for head in heads if str(head).startswith("OEE"))
    assert raw[oee] == float(result.kpis["oee"] or 0)
    assert raw["Good [pieces]"] == good


def test_the_spreadsheet_of_a_report_draws_the_pareto_of_its_losses(
    told: Session, tmp_path: Path
) -> None:
    path = tmp_path / "report.xlsx"
    chosen = choose(told, Wanted(place="press-1", language="en"), NOW)
    Spreadsheet(told, chosen, "en", "http://mes.local").write(path, NOW)
    sheet = openpyxl.load_workbook(path)["Losses"]
    lost = [row[1].value for row in sheet.iter_rows(min_row=2)]
    report: Any = load_report(told, Wanted(place="press-1", language="en"), NOW)
    assert f"{sum(lost):.1f}" == report["lost"]
    assert "Unclassified" in [row[0].value for row in sheet.iter_rows(min_row=2)]
    assert len(sheet._charts) == 1


def test_the_spreadsheet_begins_with_what_the_page_says(told: Session, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    chosen = choose(told, Wanted(place="press-1", language="en"), NOW)
    Spreadsheet(told, chosen, "en", "http://mes.local").write(path, NOW)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    report: Any = load_report(told, Wanted(place="press-1", language="en"), NOW)
    said = {str(row[0].value): row for row in sheet.iter_rows(min_row=2)}
    for figure in report["figures"]:
        row = said[figure["label"]]
        assert percent(row[1].value) == figure["value"]
        assert row[1].number_format == "0.0%"
        before = None if row[4].value is None else percent(row[4].value)
        assert before == figure["previous"]
    rungs = [f"{step['label']} {step['iso']} [min]" for step in report["steps"]]
    assert [f"{said[rung][1].value:,.1f}" for rung in rungs] == [
        step["minutes"] for step in report["steps"]
    ]
    assert said["Report"][1].value == report["title"]
    assert said["State of the figures"][1].value == "Provisional · not closed"
    assert percent(said["Coverage"][1].value) == report["coverage"]
    assert len(sheet._charts) == 2


def test_the_times_in_the_file_of_the_timeline_are_those_of_the_kernel(told: Session) -> None:
    about = asked(told, "/timeline", NOW)
    grid = times_grid(timelines(told, about.chosen, NOW), about.frame)
    result = unit_result(told, unit_at(told, "press-1", NOW), about.chosen.period.span)
    kernel = {kind.value: us for kind, us in result.figures.times_us.items() if us}
    (row,) = grid.rows
    assert {c.key: v for c, v in zip(grid.columns, row.values, strict=True) if v} == {
        "machine": "Press 1",
        **kernel,
    }
