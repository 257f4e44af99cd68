"""The live tile of a work unit."""

from __future__ import annotations

from mes.core.case_model import Span
from mes.core.oee import compute
from mes.db import Database
from mes.features.ingest.rebuild import rebuild
from mes.features.oee.service import known_unit, unit_case
from mes.features.plant.check import check
from mes.features.plant.service import apply
from mes.features.production.master_loading import masters
from mes.features.production.queries import tiles
from tests.features.production.plant import (
    DAY_START,
    HOUR,
    MINUTE,
    PLANT,
    Feed,
    S,
    apply_plant,
    ids_of,
)


def test_a_running_press_has_a_tile_with_counts_and_oee(database: Database) -> None:
    apply_plant(database)
    ids = ids_of(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 65530)
    feed.value(0, "scrap", 5)
    for n in range(1, 601):
        feed.value(n * 2 * S, "total", (65530 + n) % 65536)
    feed.value(1200 * S, "scrap", 9)
    feed.send(20 * MINUTE)
    with database.reading() as session:
        (tile,) = tiles(session, [ids["press-1"]], DAY_START + 20 * MINUTE + S)
    assert (tile["state"], tile["good"], tile["scrap"]) == ("running", 596, 4)


def test_a_changed_plant_file_holds_for_the_figures_of_the_present_day(database: Database) -> None:
    apply_plant(database)
    press = ids_of(database)["press-1"]
    feed = Feed(database)
    feed.value(0, "state", 2)
    for n in range(120):
        feed.value(n * MINUTE, "total", n * 20)
    feed.value(3 * HOUR, "state", 1)
    feed.send(4 * HOUR)
    changed = PLANT.replace('{start: "12:00", end: "13:00"', '{start: "10:30", end: "11:30"')
    changed = changed.replace('ideal_cycle_s: {A: "2", B: "1.5"}', 'ideal_cycle_s: {A: "3"}')
    checked = check(changed)
    assert checked.plant is not None
    now = DAY_START + 4 * HOUR
    with database.transaction() as session:
        apply(session, checked.plant, actor="test", now_us=now)
    with database.reading() as session:
        (tile,) = tiles(session, [press], now)
        known = masters(session)
        unit = known_unit(session, known, known.work_units[press], now)
        case = unit_case(session, unit, Span(DAY_START, DAY_START + 12 * HOUR))
    figures = compute(case).to_json()
    kpis, times = figures["kpis"], figures["times_us"]
    assert isinstance(kpis, dict)
    assert isinstance(times, dict)
    assert times["break"] == 30 * MINUTE
    assert (tile["oee"], tile["coverage"]) == (kpis["oee"], figures["coverage"])
    assert rebuild(database, now, check=True).differences == ()
