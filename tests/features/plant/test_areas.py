"""Areas of a plant file: applied, exported, moved, retired; figures add those of their lines."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel

from mes.core.policies import TPM
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.explain.bundle import wanted_bundle
from mes.features.oee.places import Level, LineRule, places
from mes.features.oee.rollup_answer import Request, answer
from mes.features.plant.check import check
from mes.features.plant.export import export
from mes.features.plant.service import ApplyReport, apply
from mes.features.production.master_loading import masters
from mes.features.screens.report.loading import Wanted, load_report
from tests.features.production.plant import DAY_START, HOUR, PLANT, Feed

AREAS = """areas:
  - {id: press-shop, name: {ko: 프레스동, en: Press shop}}
  - {id: finishing, name: {ko: 마무리동, en: Finishing}}
lines:
"""
TWO_AREAS = (
    PLANT.replace("lines:\n", AREAS, 1)
    .replace("  - id: line-1\n", "  - id: line-1\n    area: press-shop\n")
    .replace("  - id: line-2\n", "  - id: line-2\n    area: finishing\n")
)


def applied(database: Database, text: str, *, prune: bool = False) -> ApplyReport:
    plant = check(text).plant
    assert plant is not None, check(text).mistakes
    with database.transaction() as session:
        return apply(session, plant, actor="test", now_us=DAY_START, prune=prune)


def units_of(database: Database) -> dict[str, list[str]]:
    """Work units by area, all of each line."""
    with database.reading() as session:
        found = places(masters(session), Level.AREA, None, LineRule.SUM)
    return {place.code: [unit.code for unit in place.units] for place in found}


def test_lines_stand_in_their_areas_and_a_second_apply_changes_nothing(
    database: Database,
) -> None:
    first = applied(database, TWO_AREAS)
    assert {"area press-shop", "area finishing"} <= set(first.added)
    assert units_of(database) == {
        "press-shop": ["press-1", "press-2"],
        "finishing": ["washer-1", "packer-1", "bench-1"],
    }
    again = applied(database, TWO_AREAS)
    assert (again.added, again.changed, again.revision) == ((), (), first.revision)


def test_the_export_names_areas_and_changes_nothing_when_it_is_applied(database: Database) -> None:
    applied(database, TWO_AREAS)
    with database.reading() as session:
        text = export(session)
    assert "area: press-shop" in text
    assert "en: Press shop" in text
    again = applied(database, text)
    assert (again.added, again.changed) == ((), ())


def test_a_line_moves_to_another_area_and_out_of_all(database: Database) -> None:
    applied(database, PLANT)
    assert units_of(database) == {}
    assert set(applied(database, TWO_AREAS).changed) == {"line line-1", "line line-2"}
    moved = TWO_AREAS.replace("area: press-shop", "area: finishing")
    assert applied(database, moved).changed == ("line line-1",)
    assert len(units_of(database)["finishing"]) == 5
    done = applied(database, PLANT, prune=True)
    assert set(done.retired) == {"area press-shop", "area finishing"}
    assert units_of(database) == {}


def test_two_areas_add_up_to_the_plant_on_api_and_report(sqlite_database: Database) -> None:
    database = sqlite_database
    applied(database, TWO_AREAS)
    press, wash = Feed(database), Feed(database, source="io")
    for at in range(0, 3 * HOUR, HOUR // 4):
        press.value(at, "state", 1 if at == HOUR else 2)
        press.value(at, "total", at // 10_000_000)
        press.value(at, "total2", at // 20_000_000)
        press.value(at, "state2", 2)
        wash.value(at, "lamp", True)
        wash.value(at, "count", at // 30_000_000)
    press.send(3 * HOUR)
    wash.send(3 * HOUR)
    now = DAY_START + 3 * HOUR

    def items(level: Level) -> list[dict[str, Any]]:
        with database.reading() as session:
            request = Request(level=level, policy=TPM, rule=LineRule.SUM)
            return answer(session, request, now).items

    (plant,), areas = items(Level.PLANT), items(Level.AREA)
    assert [area["id"] for area in areas] == ["press-shop", "finishing"]
    assert [area["name"]["en"] for area in areas] == ["Press shop", "Finishing"]
    for part in ("quantities", "times_us"):
        for key, value in plant["result"][part].items():
            assert value == sum(area["result"][part][key] for area in areas), key
    assert all(area["result"]["quantities"]["GQ"] > 0 for area in areas)
    app = Flask("test")
    Babel(app, locale_selector=lambda: "en")
    with app.test_request_context(), database.reading() as session:
        shown: Any = load_report(session, Wanted(place="press-shop", language="en"), now)
        whole: Any = load_report(session, Wanted(place="press-1", language="en"), now)
    assert [row["code"] for row in shown["units"]] == ["press-1", "press-2"]
    assert [row["counts"] for row in shown["units"]] == [True, False]
    assert shown["figures"][0]["value"] == whole["figures"][0]["value"]
    assert [name for name, _ in shown["trail"]] == ["Busan", "Press shop"]
    assert [name for name, _ in whole["trail"]] == ["Busan", "Press shop", "Line 1", "Press 1"]
    assert [code for code, _ in shown["places"]][:4] == ["busan", "press-shop", "line-1", "press-1"]


def test_the_case_files_of_an_area_are_those_of_its_lines(sqlite_database: Database) -> None:
    applied(sqlite_database, TWO_AREAS)
    with sqlite_database.reading() as session:
        wanted = wanted_bundle(session, {"place": "finishing", "day": "2026-03-02"}, DAY_START)
        assert [one.unit.line_code for one in wanted.units] == ["line-2"]
        with pytest.raises(Refusal):
            wanted_bundle(session, {"place": "paint-shop", "day": "2026-03-02"}, DAY_START)
