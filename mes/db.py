"""The database: engine, transactions and the one place that commits.

SQLite runs in WAL mode with `synchronous=FULL`; writers take the lock at once (`BEGIN IMMEDIATE`),
readers cannot write. A library version with the WAL-reset fault is refused.
Source of the version rule: sqlite.org/wal.html, section "The WAL-reset bug".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

LOOKED_UP = 500
"""Values that one statement looks up: databases limit its parameters."""
ANNOUNCED = "announced_work_units"
"""Key in `Session.info` of the set of work unit ids to announce after the commit."""


Value = TypeVar("Value")


def in_parts(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """The values in parts that one statement can look up."""
    for start in range(0, len(values), LOOKED_UP):
        yield values[start : start + LOOKED_UP]


class UnsafeDatabaseLibrary(RuntimeError):
    """The SQLite library of this Python can corrupt a WAL database."""


def sqlite_version_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether a SQLite version is free of the WAL-reset fault of 3.7.0 to 3.51.2."""
    if version >= (3, 51, 3):
        return version[:2] != (3, 52)
    return (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)


def _sqlite_module() -> Any:
    import pysqlite3.dbapi2 as sqlite_dbapi

    version = sqlite_dbapi.sqlite_version_info
    if not sqlite_version_is_safe(version):
        raise UnsafeDatabaseLibrary(
            f"SQLite {sqlite_dbapi.sqlite_version} can corrupt a WAL database; "
            "install the pinned pysqlite3 wheel"
        )
    return sqlite_dbapi


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "journal_size_limit=67108864",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    writes = bool(connection.get_execution_options().get("mes_write"))
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")


def make_engine(url: str) -> Engine:
    """An engine for a SQLite or PostgreSQL URL.

    Raises:
        UnsafeDatabaseLibrary: the SQLite library has the WAL-reset fault.
    """
    if url.startswith("sqlite"):
        engine = create_engine(url, module=_sqlite_module(), pool_size=20, max_overflow=60)
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    return create_engine(url, pool_size=20, max_overflow=60, pool_pre_ping=True)


class Database:
    """One database with its two ways in: `transaction()` to write, `reading()` to read.

    Args:
        engine: from `make_engine`.
        on_commit: called after each commit with the ids of the announced work units.
    """

    def __init__(
        self, engine: Engine, on_commit: Callable[[frozenset[int]], None] | None = None
    ) -> None:
        self.engine = engine
        self.on_commit = on_commit
        self._writer: Engine = engine.execution_options(mes_write=True)
        self._reader: Engine = engine
        if engine.dialect.name == "postgresql":
            self._reader = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A writing session, committed at the end and rolled back on any exception.

        What was announced inside is handed to `on_commit` only after the commit.
        """
        with Session(self._writer, expire_on_commit=False) as session:
            with session.begin():
                yield session
            announced: frozenset[int] = frozenset(session.info.pop(ANNOUNCED, ()))
        if announced and self.on_commit is not None:
            self.on_commit(announced)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one snapshot that cannot write."""
        with Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()
