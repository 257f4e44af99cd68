"""`mes rebuild` proves projections equal, names what differs, and mends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from mes.cli import cli
from mes.db import Database
from mes.features.ingest.rebuild import rebuild
from mes.models import QuantityRecord, StateRecord
from tests.features.production.plant import DAY_START, MINUTE, Feed, S, apply_plant


def fill(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 0)
    feed.value(10 * MINUTE, "state", 1)
    feed.value(10 * MINUTE, "total", 290)
    feed.value(90 * MINUTE, "state", 2)
    feed.send(100 * MINUTE)


def test_a_damaged_projection_is_named_and_made_again(database: Database) -> None:
    fill(database)
    now = DAY_START + 100 * MINUTE
    assert rebuild(database, now, check=True).count == 0
    with database.transaction() as session:
        session.execute(update(StateRecord).values(state="down"))
        session.execute(update(QuantityRecord).values(good=1))
    found = rebuild(database, now, check=True)
    assert {one.projection for one in found.differences} >= {"state_record", "quantity_record"}
    assert {one.work_unit for one in found.differences} == {"press-1"}
    assert rebuild(database, now).count == found.count
    assert rebuild(database, now, check=True).count == 0


@pytest.mark.parametrize("options", [["--check"], []])
def test_the_command_says_equal(sqlite_database: Database, options: list[str]) -> None:
    fill(sqlite_database)
    data = Path(str(sqlite_database.engine.url.database)).parent
    done = CliRunner().invoke(cli, ["rebuild", "--data", str(data), "--json", *options])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.output)
    assert (answer["work_units"], answer["count"], answer["differences"]) == (5, 0, [])


def test_the_command_fails_where_something_differs(sqlite_database: Database) -> None:
    fill(sqlite_database)
    with sqlite_database.transaction() as session:
        session.execute(update(StateRecord).values(start=StateRecord.start + S))
    data = Path(str(sqlite_database.engine.url.database)).parent
    done = CliRunner().invoke(cli, ["rebuild", "--data", str(data), "--check"])
    assert done.exit_code == 1
    assert "press-1 state_record: only kept" in done.output
