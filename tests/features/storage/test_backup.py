"""Backup while the system works, restore while it stands."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mes.core.refusal import Refusal
from mes.db import Database, make_engine
from mes.features.storage import service
from mes.features.storage.sqlite_copy import check_copy
from mes.models import MaterialDefinition
from mes.settings import Settings
from mes.web.locks import WEB_LOCK, hold
from tests.web.serving import ROOT


@pytest.fixture
def settings(tmp_path: Path, sqlite_template: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir()
    (data / "mes.db").write_bytes(sqlite_template.read_bytes())
    return Settings(data_dir=data)


def add_item(settings: Settings, code: str) -> None:
    database = Database(make_engine(settings.url))
    with database.transaction() as session:
        session.add(MaterialDefinition(code=code, names={}, unit="pcs", retired_at=None))
    database.dispose()


def items(path: Path) -> int:
    database = Database(make_engine(f"sqlite:///{path}"))
    with database.reading() as session:
        count = session.scalar(select(func.count()).select_from(MaterialDefinition))
    database.dispose()
    return int(count or 0)


def test_a_backup_taken_while_others_write_is_whole(settings: Settings, tmp_path: Path) -> None:
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        while not stop.is_set():
            add_item(settings, f"item-{len(written)}")
            written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    while len(written) < 5:
        stop.wait(0.01)
    at_least = len(written)
    revision = service.backup(settings, tmp_path / "copy.db")
    stop.set()
    writer.join()
    assert revision == check_copy(tmp_path / "copy.db")
    assert at_least <= items(tmp_path / "copy.db") <= len(written)
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0


def test_restore_puts_the_backup_in_place_and_keeps_what_was_there(
    settings: Settings, tmp_path: Path
) -> None:
    add_item(settings, "before")
    service.backup(settings, tmp_path / "copy.db")
    add_item(settings, "after")
    aside = service.restore(settings, tmp_path / "copy.db")
    assert items(settings.data_dir / "mes.db") == 1
    assert aside is not None
    assert items(aside) == 2


def test_restore_is_refused_while_the_system_runs(settings: Settings, tmp_path: Path) -> None:
    service.backup(settings, tmp_path / "copy.db")
    program = (
        "import sys; from pathlib import Path; from mes.web.locks import *;"
        "hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(settings.data_dir / WEB_LOCK)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    holder.stdout.readline()
    with pytest.raises(Refusal) as refused:
        service.restore(settings, tmp_path / "copy.db")
    assert refused.value.code == "data_in_use"
    holder.communicate()
    assert service.restore(settings, tmp_path / "copy.db") is not None


def test_a_lock_is_free_again_when_its_holder_was_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from mes.web.locks import *;"
        "hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "lock")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    holder.communicate()
    hold(tmp_path / "lock", wait_s=1)


def test_a_damaged_or_foreign_file_is_refused_and_nothing_is_touched(
    settings: Settings, tmp_path: Path
) -> None:
    add_item(settings, "kept")
    good = tmp_path / "good.db"
    service.backup(settings, good)
    data = bytearray(good.read_bytes())
    page = 4096 * 20
    data[page : page + 2000] = bytes(2000)
    (tmp_path / "damaged.db").write_bytes(data)
    (tmp_path / "text.db").write_text("no database")
    (tmp_path / "empty.db").touch()
    for name, codes in (
        ("damaged.db", {"backup_damaged"}),
        ("text.db", {"backup_damaged"}),
        ("empty.db", {"not_a_backup"}),
    ):
        with pytest.raises(Refusal) as refused:
            service.restore(settings, tmp_path / name)
        assert refused.value.code in codes, name
    assert items(settings.data_dir / "mes.db") == 1


def test_a_backup_never_overwrites_a_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "there.db").write_text("precious")
    with pytest.raises(Refusal) as refused:
        service.backup(settings, tmp_path / "there.db")
    assert refused.value.code == "target_exists"
    assert (tmp_path / "there.db").read_text() == "precious"


def test_postgresql_is_refused_by_name_with_what_to_do(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "database_url": "postgresql://somewhere/mes"}
    )
    with pytest.raises(Refusal) as refused:
        service.backup(settings, tmp_path / "copy.db")
    assert refused.value.code == "postgresql_backup"
    assert "pg_dump" in refused.value.message


def mes(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mes.cli", *arguments], cwd=ROOT, capture_output=True, text=True
    )


def test_the_commands_answer_with_one_line_and_a_status(tmp_path: Path) -> None:
    data = str(tmp_path / "plant")
    assert mes("db", "upgrade", "--data", data).returncode == 0
    assert mes("db", "check", "--data", data).returncode == 0
    copy = str(tmp_path / "copy.db")
    assert mes("backup", "--data", data, "--to", copy).returncode == 0
    assert mes("restore", "--data", data, "--from", copy).returncode == 0
    refused = mes("backup", "--data", str(tmp_path / "nowhere"), "--to", copy + "2")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert refused.stderr.startswith("no_database: ")
    assert mes("backup").returncode == 2
