"""The two ways into the database behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from mes.db import Database, sqlite_version_is_safe
from mes.live.announce import announce
from mes.models import Equipment, MaterialDefinition, MaterialRate, WorkUnitLive


def _work_unit(code: str) -> Equipment:
    return Equipment(
        code=code,
        level="work_unit",
        parent_id=None,
        names={},
        position=1,
        settings={},
        retired_at=None,
    )


def test_a_reading_session_cannot_write(database: Database) -> None:
    def write_while_reading() -> None:
        with database.reading() as session:
            session.add(_work_unit("press-1"))
            session.flush()

    with pytest.raises(DBAPIError):
        write_while_reading()


def test_what_was_announced_is_handed_over_only_after_the_commit(database: Database) -> None:
    seen: list[frozenset[int]] = []
    database.on_commit = seen.append
    with database.transaction() as session:
        unit = _work_unit("press-1")
        session.add(unit)
        session.flush()
        with session.begin_nested():
            announce(session, unit.id)
        announce(session, unit.id)
        assert seen == []
    assert seen == [frozenset({unit.id})]
    with database.reading() as session:
        assert session.scalar(select(WorkUnitLive.version)) == 1


def test_a_failed_transaction_announces_nothing_and_leaves_nothing(database: Database) -> None:
    seen: list[frozenset[int]] = []
    database.on_commit = seen.append

    def fail_after_announcing() -> None:
        with database.transaction() as session:
            unit = _work_unit("press-1")
            session.add(unit)
            session.flush()
            announce(session, unit.id)
            raise RuntimeError("a programming error")

    with pytest.raises(RuntimeError):
        fail_after_announcing()
    assert seen == []
    with database.reading() as session:
        assert session.scalar(select(Equipment)) is None


def test_writers_that_read_and_write_the_same_row_lose_nothing(database: Database) -> None:
    with database.transaction() as session:
        unit = _work_unit("press-1")
        session.add(unit)
        session.flush()
        session.add(WorkUnitLive(work_unit_id=unit.id, version=0, tile={}))

    def raise_version() -> None:
        for _ in range(25):
            with database.transaction() as session:
                announce(session, unit.id)

    threads = [threading.Thread(target=raise_version) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.scalar(select(WorkUnitLive.version)) == 100


def test_exact_decimals_keep_every_digit(database: Database) -> None:
    with database.transaction() as session:
        item = MaterialDefinition(code="A", names={}, unit="pcs", retired_at=None)
        session.add(item)
        session.flush()
        session.add(
            MaterialRate(
                material_id=item.id,
                work_unit_id=None,
                valid_from=0,
                ideal_cycle_s=Decimal("1.333333333333333333333333"),
                pieces_per_cycle=1,
            )
        )
    with database.reading() as session:
        rate = session.scalar(select(MaterialRate.ideal_cycle_s))
        assert rate == Decimal("1.333333333333333333333333")


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), False),
        ((3, 53, 4), True),
    ],
)
def test_a_library_with_the_wal_reset_fault_is_refused(
    version: tuple[int, int, int], safe: bool
) -> None:
    assert sqlite_version_is_safe(version) is safe
