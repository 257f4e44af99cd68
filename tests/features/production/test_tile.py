"""The live tile of a work unit."""

from __future__ import annotations

from mes.db import Database
from mes.features.production.queries import tiles
from tests.features.production.plant import DAY_START, MINUTE, Feed, S, apply_plant, ids_of


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
