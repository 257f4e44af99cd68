"""Migrations go up, down and up again on filled data, on both databases, and match the models."""

from __future__ import annotations

import pytest
from sqlalchemy import JSON, MetaData, insert, inspect, select

from mes.db import Database
from mes.models import Base
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
                    row[column.name] = None if column.nullable else 1
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


def test_there_is_one_head(sqlite_database: Database) -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(runner.configuration(sqlite_database.engine))
    assert len(script.get_heads()) == 1


@pytest.mark.parametrize("foreign_keys", [1])
def test_foreign_keys_hold_after_a_migration(sqlite_database: Database, foreign_keys: int) -> None:
    runner.upgrade(sqlite_database.engine)
    with sqlite_database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == foreign_keys
