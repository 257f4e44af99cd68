"""Pictures of work instructions are in a backup and come back with it."""

from __future__ import annotations

import shutil
from pathlib import Path

from mes.db import Database, make_engine
from mes.features.instructions.files import find_file, keep_file
from mes.features.storage.service import backup, restore
from mes.settings import Settings
from tests.features.instructions.documents import png


def test_a_backup_holds_the_pictures_and_a_restore_brings_them_back(
    sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "mes.db")
    settings = Settings(data_dir=tmp_path)
    database = Database(make_engine(settings.url))
    with database.transaction() as session:
        sha256 = keep_file(session, png(640, 480)).sha256
    database.dispose()
    backup(settings, tmp_path / "kept.db")
    (tmp_path / "mes.db").unlink()
    restore(settings, tmp_path / "kept.db")
    database = Database(make_engine(settings.url))
    with database.reading() as session:
        assert find_file(session, sha256).content == png(640, 480)
    database.dispose()
