"""Bringing the schema up to date, without the migration library where it already is."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Engine, inspect, text

import migrations

VERSIONS = Path(migrations.__file__).parent / "versions"
ASSIGNMENT = re.compile(r"^(revision|down_revision)\b[^=]*= *['\"]([^'\"]+)['\"]", re.M)
VERSION_TABLE = "alembic_version"


def newest_revision() -> str:
    """The revision that no other one builds on."""
    found: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for path in VERSIONS.glob("*.py"):
        for name, value in ASSIGNMENT.findall(path.read_text(encoding="utf-8")):
            found[name].add(value)
    (newest,) = found["revision"] - found["down_revision"]
    return newest


def present_revision(engine: Engine) -> str | None:
    """The revision of a database; None: it holds nothing of ours yet."""
    if not inspect(engine).has_table(VERSION_TABLE):
        return None
    with engine.connect() as connection:
        row = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).first()  # noqa: S608 - a constant
    return None if row is None else str(row[0])


def bring_up_to_date(engine: Engine) -> bool:
    """Upgrade the schema unless it is the newest; whether something was done."""
    if present_revision(engine) == newest_revision():
        return False
    from migrations import runner

    runner.upgrade(engine)
    return True
