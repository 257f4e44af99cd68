"""Copying and judging SQLite files with the library that the product runs on."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Any

from mes.core.refusal import Refusal

VERSION_TABLE = "alembic_version"


def connect(path: Path, *, read_only: bool = True) -> Any:
    """A plain connection to a SQLite file that exists."""
    import pysqlite3.dbapi2 as sqlite

    mode = "ro" if read_only else "rw"
    return sqlite.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=30)


def copy_consistent(source: Path, target: Path) -> None:
    """One consistent copy of a database in use, in one step (`VACUUM INTO`), on disk at return.

    Writers go on meanwhile; the copy is what was committed when it began.

    Raises:
        Refusal: `target_exists`.
    """
    if target.exists():
        raise Refusal("target_exists", f"{target} exists; give another name", field="to")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    with closing(connect(source)) as connection:
        connection.isolation_level = None
        connection.execute("VACUUM INTO ?", (str(part),))
    part.chmod(0o600)
    flush(part)
    part.rename(target)
    flush(target.parent)


def check_copy(path: Path) -> str:
    """The schema revision of a database file after checking every page of it.

    Raises:
        Refusal: `not_a_backup` or `backup_damaged`.
    """
    import pysqlite3.dbapi2 as sqlite

    try:
        with closing(connect(path)) as connection:
            faults = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
            if faults != ["ok"]:
                raise Refusal("backup_damaged", f"{path} is damaged: {faults[0]}")
            row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - a constant
    except sqlite.OperationalError:
        raise Refusal("not_a_backup", f"{path} holds no database of this program") from None
    except sqlite.DatabaseError as error:
        raise Refusal("backup_damaged", f"{path} is damaged: {error}") from None
    if row is None:
        raise Refusal("not_a_backup", f"{path} holds no schema revision")
    return str(row[0])


def flush(path: Path) -> None:
    """Bring a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
