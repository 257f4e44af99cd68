"""A reading that arrives days late derives again the hours it touches, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from mes.db import Database
from mes.features.ingest.rebuild import rebuild
from mes.features.production.master_loading import masters
from mes.features.production.queries import tiles
from mes.models import RollupHour
from tests.features.oee.test_rollups import feed_days
from tests.features.production.plant import (
    DAY_START,
    HOUR,
    MINUTE,
    Feed,
    S,
    ids_of,
    wipe_facts,
)
from tests.features.production.test_mending import opened_hours, rows_of

DAY = 24 * HOUR


@contextmanager
def written(database: Database) -> Iterator[dict[str, int]]:
    """Rows written, by table and kind of statement."""
    counts: dict[str, int] = {}

    def note(_c: Any, _cursor: Any, statement: str, given: Any, _x: Any, many: bool) -> None:
        words = statement.replace('"', "").split()
        if words[0] in ("INSERT", "UPDATE", "DELETE"):
            table = words[1] if words[0] == "UPDATE" else words[2]
            rows = len(given) if many else 1
            if words[0] == "INSERT" and not many:
                rows = max(1, statement.count("), (") + 1)
            counts[table] = counts.get(table, 0) + rows

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield counts
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def four_days(database: Database) -> int:
    """press-1 runs and counts each minute for four days and stands ten minutes each hour."""
    feed = Feed(database)
    for hour in range(4 * 24):
        at = hour * HOUR
        feed.value(at, "state", 2)
        feed.value(at + 40 * MINUTE, "state", 1)
        feed.value(at + 50 * MINUTE, "state", 2)
        for minute in range(60):
            total = (hour * 60 + minute) * 10 % 65536
            feed.value(at + minute * MINUTE + S, "total", total)
    end = 4 * DAY
    records, feed.records = feed.records, []
    for begin in range(0, len(records), 1000):
        last = begin + 1000 >= len(records)
        feed.post(records[begin : begin + 1000], end if last else None, end)
    return end


def hours(database: Database) -> dict[int, str]:
    """The stored hours of all machines, by start."""
    with database.reading() as session:
        rows = session.execute(select(RollupHour.__table__).order_by(RollupHour.start))
        return {row.start: repr(row) for row in rows}


@pytest.mark.parametrize(
    ("tag", "value", "cells"), [("total", 7000 % 65536, 1), ("state", 3, 1), ("scrap", 1, 0)]
)
def test_one_reading_of_three_days_ago_rewrites_only_its_hours(
    plant_database: Database, tag: str, value: int, cells: int
) -> None:
    database = plant_database
    wipe_facts(database)
    end = four_days(database)
    before = hours(database)
    at = 26 * HOUR + 55 * MINUTE + 7 * S
    late = Feed(database, epoch="late")
    late.value(at, tag, value)
    with written(database) as counts, opened_hours(database) as opened:
        late.post(late.records, end, end)
    after = hours(database)
    changed = sorted(start for start in after if after[start] != before.get(start))
    first = DAY_START + 26 * HOUR
    assert changed == [first + number * HOUR for number in range(cells)]
    assert before.keys() == after.keys()
    if tag != "scrap":  # the first reading of its tag has no next one: the general way
        assert opened == []
        assert counts["rollup_hour"] <= 6, counts
        assert counts.get("quantity_record", 0) <= 4, counts
        assert counts.get("state_record", 0) <= 4, counts
        assert sum(counts.values()) <= 30, counts
    assert rebuild(database, DAY_START + end, check=True).differences == ()


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000))
def test_late_readings_give_what_a_rebuild_gives(plant_database: Database, seed: int) -> None:
    database = plant_database
    wipe_facts(database)
    now = feed_days(database, seed)
    rng = random.Random(seed)
    late = Feed(database, epoch="late")
    with opened_hours(database) as opened:
        for _ in range(8):
            base = rng.randrange(5 * HOUR, 40 * HOUR)
            for _ in range(rng.choice([1, 1, 3])):
                at = base + rng.randrange(20 * MINUTE)
                tag = rng.choice(["total", "total2", "state", "state2", "scrap", "fault"])
                value = rng.choice([0, 1, 2, 3, 5]) if "total" not in tag else rng.randrange(900)
                gap = at - rng.randrange(1, 3 * HOUR) if rng.random() < 0.2 else None
                bad = 2 if rng.random() < 0.1 else 0
                late.value(at, tag, None if bad else value, quality=bad, gap_from=gap)
            records, late.records = late.records, []
            late.post(records, now - DAY_START, now - DAY_START)
    assert len(opened) < 16, "every late reading went the general way"
    before = rows_of(database)
    press = ids_of(database)["press-1"]
    with database.reading() as session:
        (tile,) = tiles(session, [press], now)
        assert masters(session).work_units
    assert rebuild(database, now, check=True).differences == ()
    rebuild(database, now)
    again = rows_of(database)
    assert again["state_record"] == before["state_record"]
    assert again["quantity_record"] == before["quantity_record"]
    with database.reading() as session:
        (later,) = tiles(session, [press], now)
    kept = {"version": 0, "last_data_at": None}
    assert {**later, **kept} == {**tile, **kept}
