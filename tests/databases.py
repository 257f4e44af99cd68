"""Databases for tests: copies of templates, opened by engines that keep what they compiled."""

from __future__ import annotations

import itertools
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, make_url, text

from mes.db import Database, make_engine
from migrations import runner

Prepare = Callable[[Database], None]


class Engines:
    """Engines that open one database after another.

    SQLAlchemy compiles a statement once for each engine, which takes longer than most tests; what
    the product remembers about a database goes with the pool, and each database has its own.
    """

    def __init__(self) -> None:
        self._idle: dict[str, list[Engine]] = defaultdict(list)

    @contextmanager
    def open(self, url: str) -> Iterator[Database]:
        """The database of a URL, through an engine that nobody else has."""
        target = make_url(url)
        idle = self._idle[target.get_backend_name()]
        engine = idle.pop() if idle else _movable(url)
        engine.url = target
        database = Database(engine)
        try:
            yield database
        finally:
            database.dispose()
            idle.append(engine)


def _movable(url: str) -> Engine:
    """An engine whose connections go to what its URL says by then."""
    engine = make_engine(url)

    def connect(dialect: Any, _: object, arguments: list[Any], named: dict[str, Any]) -> None:
        positional, keywords = dialect.create_connect_args(engine.url)
        arguments[:] = positional
        named.update(keywords)

    event.listen(engine, "do_connect", connect)
    return engine


class SqliteDatabases:
    """SQLite files that are copies of a template.

    Args:
        folder: of the templates.
    """

    def __init__(self, folder: Path, engines: Engines) -> None:
        self._folder, self._engines = folder, engines
        self._made: dict[Prepare | None, Path] = {}

    @contextmanager
    def fresh(self, folder: Path, prepare: Prepare | None) -> Iterator[Database]:
        """A migrated database in a folder, prepared by `prepare`."""
        path = folder / "mes.db"
        shutil.copyfile(self.template(prepare), path)
        with self._engines.open(f"sqlite:///{path}") as database:
            yield database

    def template(self, prepare: Prepare | None = None) -> Path:
        """The file to copy, made at the first call."""
        path = self._made.get(prepare)
        if path is None:
            path = self._made[prepare] = self._folder / f"template-{len(self._made)}.db"
            self._make(path, prepare)
        return path

    def _make(self, path: Path, prepare: Prepare | None) -> None:
        if prepare is not None:
            shutil.copyfile(self.template(), path)
        with self._engines.open(f"sqlite:///{path}") as database:
            if prepare is None:
                runner.upgrade(database.engine)
            else:
                prepare(database)


class PostgresqlDatabases:
    """Databases of one PostgreSQL server that are copies of a template.

    Args:
        admin: engine of a superuser, in autocommit mode.
    """

    def __init__(self, admin: Engine, engines: Engines) -> None:
        self._admin, self._engines = admin, engines
        self._made: dict[Prepare | None, str] = {}
        self._numbers = itertools.count(1)

    @contextmanager
    def fresh(self, prepare: Prepare | None) -> Iterator[Database]:
        """A migrated database, prepared by `prepare`, dropped at the end."""
        name = f"t{os.getpid()}_{next(self._numbers)}"
        self._copy(self._template(prepare), name)
        with self._engines.open(self._url(name)) as database:
            yield database
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _template(self, prepare: Prepare | None = None) -> str:
        name = self._made.get(prepare)
        if name is None:
            name = self._made[prepare] = f"template_{len(self._made)}"
            if prepare is None:
                self._run(f"CREATE DATABASE {name}")
            else:
                self._copy(self._template(), name)
            with self._engines.open(self._url(name)) as database:
                if prepare is None:
                    runner.upgrade(database.engine)
                else:
                    prepare(database)
        return name

    def _copy(self, template: str, name: str) -> None:
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))

    def _url(self, name: str) -> str:
        return self._admin.url.set(database=name).render_as_string(hide_password=False)


def psycopg_url(uri: str) -> str:
    """The URL of SQLAlchemy for the URI of a PostgreSQL server."""
    return "postgresql+psycopg://" + uri.split("://", 1)[1]
