"""Backup of a running system and restore of a stopped one."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.features.storage.sqlite_copy import check_copy, copy_consistent, flush
from mes.settings import Settings
from mes.web.locks import RUN_LOCK, WEB_LOCK, holding

BESIDE = ("", "-wal", "-shm")
"""A SQLite database and what stands beside it."""


def backup(settings: Settings, target: Path) -> str:
    """Copy the database into one file, safe while everything runs; returns its schema revision.

    Raises:
        Refusal: `postgresql_backup`, `no_database`, `target_exists`, `folder_missing`.
    """
    source = _sqlite_file(settings, "back it up with `pg_dump --format=custom`")
    if not source.is_file():
        raise Refusal("no_database", f"there is no database in {settings.data_dir}")
    if not target.parent.is_dir():
        raise Refusal("folder_missing", f"there is no folder {target.parent}", field="to")
    copy_consistent(source, target)
    return check_copy(target)


def restore(settings: Settings, source: Path) -> Path | None:
    """Put a backup in place of the database; returns where the old one was put (None: none).

    Raises:
        Refusal: `data_in_use` while the system runs, `not_a_backup`, `backup_damaged`,
            `postgresql_backup`.
    """
    target = _sqlite_file(settings, "restore it with `pg_restore`")
    check_copy(source)
    with holding(settings.data_dir / RUN_LOCK), holding(settings.data_dir / WEB_LOCK):
        return _put_in_place(source, target)


def _put_in_place(source: Path, target: Path) -> Path | None:
    fresh = target.with_name(target.name + ".restoring")
    shutil.copyfile(source, fresh)
    fresh.chmod(0o600)
    flush(fresh)
    check_copy(fresh)
    aside = _put_aside(target)
    fresh.rename(target)
    flush(target.parent)
    return aside


def _sqlite_file(settings: Settings, instead: str) -> Path:
    if not settings.url.startswith("sqlite:///"):
        raise Refusal("postgresql_backup", f"this plant's database is PostgreSQL: {instead}")
    return Path(settings.url.removeprefix("sqlite:///"))


def _put_aside(target: Path) -> Path | None:
    if not target.exists():
        return None
    stamp = datetime.fromtimestamp(real_now_us() // 1_000_000, UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{target.name}.before-restore-{stamp}"
    number = 1
    while target.with_name(name).exists():
        number += 1
        name = f"{target.name}.before-restore-{stamp}-{number}"
    for suffix in BESIDE:
        old = target.with_name(target.name + suffix)
        if old.exists():
            old.rename(target.with_name(name + suffix))
    return target.with_name(name)
