"""Looking back on a source: holes with their reasons, and what its own history filled."""

from __future__ import annotations

from typing import Any

from mes.core.instants import format_instant
from mes.db import Database
from mes.features.sources.past import NOT_KEPT, Window, past
from tests.features.commands.floor import refused
from tests.features.production.plant import DAY_START, HOUR, MINUTE, Feed, S, apply_plant

BACK = 20 * MINUTE


def told(database: Database, hours: int = 1) -> dict[str, Any]:
    window = Window(start=DAY_START, end=DAY_START + hours * HOUR)
    with database.reading() as session:
        return past(session, "plc", window)


def at(offset: int) -> str:
    return format_instant(DAY_START + offset)


def test_holes_and_what_the_history_filled_are_told_apart_from_living_values(
    database: Database,
) -> None:
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.gap(MINUTE, 2 * MINUTE)
    feed.kept(BACK, "state", None, then=10 * MINUTE, quality=2)[5] = NOT_KEPT
    feed.kept(BACK, "total", 5, then=10 * MINUTE)
    feed.kept(BACK, "total", 8, then=12 * MINUTE)
    feed.value(BACK + S, "total", 9, source_time=BACK)
    feed.send(BACK + 2 * S)
    found = told(database)
    assert found["holes"] == [{"start": at(MINUTE), "end": at(2 * MINUTE), "reason": "lost"}]
    assert found["filled"] == [
        {
            "told_at": at(BACK),
            "start": at(10 * MINUTE),
            "end": at(12 * MINUTE),
            "values": 2,
            "not_kept": 1,
            "tags": 2,
        }
    ]
    assert found["is_complete"] is True


def test_only_the_window_is_told_and_an_unknown_source_is_refused(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database)
    feed.gap(MINUTE, 2 * MINUTE)
    feed.send(3 * MINUTE)
    late = Window(start=DAY_START + HOUR, end=DAY_START + 2 * HOUR)
    with database.reading() as session:
        assert past(session, "plc", late)["holes"] == []
        refused("source_unknown", lambda: past(session, "none", late))
