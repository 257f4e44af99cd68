"""Migrations go up, down and up again on filled data, on both databases, and match the models."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sqlalchemy import JSON, MetaData, insert, inspect, select, update

from mes.db import Database
from mes.features.production.master_loading import masters
from mes.features.production.rollup_row import tally_of_row
from mes.models import Base, RollupHour, RollupShift
from migrations import runner


def _fill(database: Database) -> dict[str, int]:
    """One row in every table, made from the column types alone, parents first."""
    with database.transaction() as session:
        for table in Base.metadata.sorted_tables:
            row: dict[str, object] = {}
            for column in table.columns:
                if column.primary_key and column.autoincrement is True:
                    continue
                kind = column.type.python_type if not column.foreign_keys else int
                if column.foreign_keys:
                    given = not column.nullable or column.name == "call_id"  # a tag or a call
                    row[column.name] = 1 if given else None
                elif column.name == "level":
                    row[column.name] = "site"
                elif isinstance(column.type, JSON):
                    row[column.name] = {"ko": "값", "en": "value"}
                elif kind is bytes:
                    row[column.name] = b"\x00" * 32
                elif kind is bool:
                    row[column.name] = True
                elif kind is str:
                    row[column.name] = "x"
                else:
                    row[column.name] = 1
            session.execute(insert(table).values(**row))
    return _counts(database)


def _counts(database: Database) -> dict[str, int]:
    reflected = MetaData()
    reflected.reflect(database.engine)
    with database.reading() as session:
        return {
            name: len(session.execute(select(table)).all())
            for name, table in reflected.tables.items()
        }


def test_the_models_and_the_migrated_schema_are_the_same(database: Database) -> None:
    assert runner.differences(database.engine) == []


def test_up_on_filled_data_again_keeps_every_row(database: Database) -> None:
    before = _fill(database)
    runner.upgrade(database.engine)
    assert _counts(database) == before
    assert all(before.values())


def test_down_to_nothing_and_up_again_works_on_filled_data(database: Database) -> None:
    _fill(database)
    runner.downgrade(database.engine, "base")
    left = set(inspect(database.engine).get_table_names()) - {"alembic_version"}
    assert left == set()
    runner.upgrade(database.engine)
    assert runner.differences(database.engine) == []


def _hour(number: int, good: int, cycle: str) -> dict[str, object]:
    """A stored hour as the first schema kept it: a kernel tally as JSON."""
    pieces = {"scrap": 1, "rework": 0, "startup_scrap": 0}
    return {
        "work_unit_id": 1,
        "start": number * 3_600_000_000,
        "end": (number + 1) * 3_600_000_000,
        "production_day": "1970-01-01",
        "shift": "D",
        "tally": {
            "schema": "oee-tally/1",
            "window_us": 3_600_000_000,
            "times_us": {"running": 3_000_000_000, "minor_stop": 600_000_000},
            "outside_plan_us": {},
            "pieces": [
                {
                    "bucket": "normal",
                    "material": "A (2 s / 1)",
                    "good": good,
                    **pieces,
                    "ideal_total_s": cycle,
                    "ideal_good_s": cycle,
                    "rate_missing": False,
                }
            ],
            "flags": ["counter_reset"],
        },
    }


def test_stored_hours_become_columns_and_the_shifts_that_they_add_up_to(
    database: Database,
) -> None:
    runner.downgrade(database.engine, "0002_publishing")
    reflected = MetaData()
    reflected.reflect(database.engine)
    with database.transaction() as session:
        equipment = {"code": "press", "level": "work_unit", "names": {}, "position": 0}
        session.execute(insert(reflected.tables["equipment"]).values(**equipment, settings={}))
        item = {"code": "A", "names": {}, "unit": "pcs"}
        session.execute(insert(reflected.tables["material_definition"]).values(**item))
        for number, cycle in ((0, "20"), (1, "41/2"), (2, "1/11000000007")):
            row = _hour(number, 10, cycle)
            session.execute(insert(reflected.tables["rollup_hour"]).values(**row))
    runner.upgrade(database.engine)
    with database.reading() as session:
        hours = session.scalars(select(RollupHour).order_by(RollupHour.start)).all()
        (shift,) = session.scalars(select(RollupShift)).all()
    assert [hour.good for hour in hours] == [10_000_000, 10_000_000, 0]
    assert [hour.running_us for hour in hours] == [3_000_000_000] * 3
    assert [hour.material_id for hour in hours] == [1] * 3
    assert [hour.exact is None for hour in hours] == [True, True, False]
    sums = tally_of_row({**vars(shift)}, "A")
    assert (shift.start, shift.shift) == (0, "D")
    (pieces,) = sums.pieces.values()
    assert (pieces.good, pieces.scrap) == (30, 3)
    assert pieces.ideal_total_s == Fraction(81, 2) + Fraction(1, 11000000007)
    assert sums.window_us == 3 * 3_600_000_000
    assert (sums.loaded_us, sums.failures) == (None, None)


def test_rows_that_lost_no_time_know_their_reasons_and_the_others_wait_for_a_rebuild(
    database: Database,
) -> None:
    _fill(database)
    for lost, known in ((0, {}), (5, None)):
        runner.downgrade(database.engine, "0009_cleared_records")
        with database.transaction() as session:
            for name in ("rollup_hour", "rollup_shift"):
                rows = Base.metadata.tables[name]
                session.execute(
                    update(rows).values(
                        planned_stop_us=0, unplanned_stop_us=lost, setup_us=0, waiting_us=0
                    )
                )
        runner.upgrade(database.engine)
        with database.reading() as session:
            found = [
                session.scalars(select(one.reasons)).one() for one in (RollupHour, RollupShift)
            ]
        assert found == [known, known]


def test_the_calendars_of_lines_become_rows_and_go_back(database: Database) -> None:
    first, since = "0001-01-01", "2026-05-01"
    settings: dict[str, dict[str, object]] = {
        "steady": {"calendar": "days", "oee_rule": "sum"},
        "always": {"calendar": None},
        "moved": {"calendar": "days", "calendars": [[first, None], [since, "days"]]},
    }
    runner.downgrade(database.engine, "0006_quantity_moves")
    reflected = MetaData()
    reflected.reflect(database.engine)
    lines = reflected.tables["equipment"]
    with database.transaction() as session:
        session.execute(insert(reflected.tables["calendar"]).values(code="days", names={}))
        for position, (code, given) in enumerate(settings.items()):
            row = {"code": code, "level": "work_center", "names": {}, "position": position}
            session.execute(insert(lines).values(**row, settings=given))
    runner.upgrade(database.engine)
    with database.reading() as session:
        known = masters(session)
        held = {line.code: line.calendars for line in known.lines.values()}
        rules = {line.code: line.oee_rule for line in known.lines.values()}
    assert held == {
        "steady": ((first, "days"),),
        "always": ((first, None),),
        "moved": ((first, None), (since, "days")),
    }
    assert rules == {"steady": "sum", "always": None, "moved": None}
    runner.downgrade(database.engine, "0006_quantity_moves")
    with database.reading() as session:
        assert dict(session.execute(select(lines.c.code, lines.c.settings)).all()) == settings


def test_there_is_one_head(sqlite_database: Database) -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(runner.configuration(sqlite_database.engine))
    assert len(script.get_heads()) == 1


@pytest.mark.parametrize("foreign_keys", [1])
def test_foreign_keys_hold_after_a_migration(sqlite_database: Database, foreign_keys: int) -> None:
    runner.upgrade(sqlite_database.engine)
    with sqlite_database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == foreign_keys
