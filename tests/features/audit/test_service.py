"""The audit log is one chain, and a change in it is found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mes.db import Database
from mes.features.audit.service import broken_links, record
from mes.models import AuditLog
from tests.features.commands.floor import KIM


class PowerCutError(Exception):
    pass


def fail_after(session: Session, subject: str) -> None:
    record(session, KIM, "test.do", subject)
    raise PowerCutError


def write(database: Database, *subjects: str) -> None:
    with database.transaction() as session:
        for subject in subjects:
            record(session, KIM, "test.do", subject, {"말": "한국어", "n": 1})


def broken(database: Database) -> list[int]:
    with database.reading() as session:
        return [link.id for link in broken_links(session)]


def subjects(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(AuditLog.subject).order_by(AuditLog.id)))


def test_rows_follow_one_another(database: Database) -> None:
    write(database, "a", "b")
    write(database, "c")
    assert subjects(database) == ["a", "b", "c"]
    assert broken(database) == []


def test_a_row_changed_or_removed_is_found(database: Database) -> None:
    write(database, "a", "b", "c", "d")
    with database.reading() as session:
        ids = list(session.scalars(select(AuditLog.id).order_by(AuditLog.id)))
    with database.transaction() as session:
        session.execute(update(AuditLog).where(AuditLog.id == ids[1]).values(subject="x"))
    assert broken(database) == [ids[1]]
    with database.transaction() as session:
        session.delete(session.get_one(AuditLog, ids[1]))
    assert broken(database) == [ids[2]]


def test_writers_at_once_make_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: write(database, f"{n}a", f"{n}b"), range(18)))
    assert len(subjects(database)) == 36
    assert broken(database) == []


def test_what_was_rolled_back_is_not_in_the_log(database: Database) -> None:
    with pytest.raises(PowerCutError), database.transaction() as session:
        fail_after(session, "never")
    with database.transaction() as session:
        record(session, KIM, "test.do", "before")
        with pytest.raises(PowerCutError), session.begin_nested():
            fail_after(session, "in a savepoint that fails")
        with session.begin_nested():
            record(session, KIM, "test.do", "in a savepoint that holds")
    assert subjects(database) == ["before", "in a savepoint that holds"]
    assert broken(database) == []
