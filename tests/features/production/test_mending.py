"""A correction of closed time derives again what it changes, and nothing behind it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from mes.core.derive.restart import statement_dirty_from, statement_dirty_until
from mes.core.derive.stops import stops_in
from mes.db import Database
from mes.features.ingest.rebuild import rebuild
from mes.features.production import facts
from mes.features.production.master_loading import masters
from mes.features.production.rows import state_records
from mes.features.production.service import facts_changed
from mes.models import Base, StopStatement
from tests.features.oee.test_rollups import feed_days
from tests.features.production.plant import (
    DAY_START,
    HOUR,
    MINUTE,
    S,
    ids_of,
    wipe_facts,
)


@contextmanager
def opened_hours(database: Database) -> Iterator[list[str]]:
    """The statements that take away every hour behind an instant, as the general way does."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("DELETE FROM rollup_hour") and '"end" >' in statement:
            said.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def state(database: Database, unit_id: int, rng: random.Random, number: int, now: int) -> str:
    """Say something about a stop of the past through facts and derivation; returns the kind."""
    with database.transaction() as session:
        records = state_records(session, unit_id, DAY_START, DAY_START + 30 * HOUR)
        stops = [stop for stop in stops_in(records, DAY_START, DAY_START + 30 * HOUR) if stop.end]
        stop = rng.choice(stops)
        assert stop.end is not None
        held = facts.stop_statements(session, unit_id)
        kind = rng.choice(["whole", "part", "declare", "revert" if held else "whole"])
        span = sorted(rng.randrange(stop.start - 9 * MINUTE, stop.end + 9 * MINUTE) for _ in "ab")
        row = StopStatement(
            command_id=f"said-{number}",
            work_unit_id=unit_id,
            kind=kind,
            seen_start=stop.start if kind == "whole" else None,
            seen_end=stop.end if kind == "whole" else None,
            start=span[0] if kind in ("part", "declare") else None,
            end=span[1] if kind in ("part", "declare") else None,
            state=rng.choice(["running", "down", "setup"]) if kind == "declare" else None,
            reason=None if kind == "revert" else rng.choice(["jam", "die-change"]),
            replaces=rng.choice(held).command_id if kind == "revert" else None,
            stated_at=now + number * S,
            actor={},
            recorded_at=now + number * S,
        )
        session.add(row)
        session.flush()
        every = facts.stop_statements(session, unit_id)
        new = next(one for one in every if one.command_id == row.command_id)
        limit = masters(session).work_units[unit_id].longest_limit_us
        since = statement_dirty_from(new, every, limit)
        assert since is not None
        facts_changed(session, unit_id, since, statement_dirty_until(new, every, limit))
    return kind


def rows_of(database: Database) -> dict[str, list[str]]:
    found = {}
    with database.reading() as session:
        for name in ("state_record", "quantity_record", "rollup_hour", "rollup_shift"):
            table = Base.metadata.tables[name]
            columns = [column for column in table.columns if column.name != "id"]
            found[name] = sorted(map(repr, session.execute(select(*columns))))
    return found


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000))
@example(seed=6206)  # a gap across the border of a rebuild's day
def test_corrections_of_past_stops_give_what_a_rebuild_gives(
    plant_database: Database, seed: int
) -> None:
    database = plant_database
    wipe_facts(database)
    now = feed_days(database, seed)
    press = ids_of(database)["press-1"]
    rng = random.Random(seed)
    with opened_hours(database) as opened:
        for number in range(6):
            state(database, press, rng, number, now)
    assert len(opened) < 6, "every correction went the general way"
    before = rows_of(database)
    assert rebuild(database, now, check=True).differences == ()
    rebuild(database, now)
    again = rows_of(database)
    assert again["state_record"] == before["state_record"]
    assert again["quantity_record"] == before["quantity_record"]
    common = set(again["rollup_hour"]) & set(before["rollup_hour"])
    assert len(common) >= min(len(again["rollup_hour"]), len(before["rollup_hour"]))


def test_a_correction_of_last_month_opens_no_hour_of_this_one(plant_database: Database) -> None:
    database = plant_database
    wipe_facts(database)
    now = feed_days(database, 1)
    with opened_hours(database) as opened:
        state(database, ids_of(database)["press-1"], random.Random(3), 1, now)
    assert opened == []
