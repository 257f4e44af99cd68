"""Opening the database of a data folder from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mes.core.refusal import Refusal
from mes.db import Database, make_engine
from mes.settings import Settings


@contextmanager
def opened(data: Path) -> Iterator[Database]:
    """The database of a data folder, closed at the end.

    Raises:
        Refusal: `no_database`: there is none yet.
    """
    settings = Settings.from_environment(data_dir=data)
    if settings.database_url is None and not (data / "mes.db").is_file():
        raise Refusal(
            "no_database", f"there is no database in {data}; make it with `mes db upgrade`"
        )
    database = Database(make_engine(settings.url))
    try:
        yield database
    finally:
        database.dispose()
