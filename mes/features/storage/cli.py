"""`mes db upgrade|check`, `mes backup`, `mes restore`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mes.db import make_engine
from mes.features.storage import service
from mes.features.storage.schema import bring_up_to_date
from mes.settings import Settings

DATA = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), required=True, help="Data folder."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")


@click.group()
def db() -> None:
    """Upgrade or check the database schema."""


@db.command("upgrade")
@DATA
def upgrade(data: Path) -> None:
    """Bring the schema to the newest revision; makes the database when there is none."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = make_engine(Settings.from_environment(data_dir=data).url)
    try:
        done = bring_up_to_date(engine)
    finally:
        engine.dispose()
    click.echo("the database schema was upgraded" if done else "the database schema is up to date")


@db.command("check")
@DATA
@JSON
def check(data: Path, as_json: bool) -> None:
    """Compare the schema with what this version needs; exit 1 when it differs."""
    from mes.features.storage.opening import opened
    from migrations import runner

    with opened(data) as database:
        found = [str(difference) for difference in runner.differences(database.engine)]
    if as_json:
        click.echo(json.dumps({"ok": not found, "differences": found}))
    else:
        for difference in found:
            click.echo(difference)
        click.echo("differs: run `mes db upgrade`" if found else "the schema is as it should be")
    sys.exit(1 if found else 0)


@click.command()
@DATA
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), required=True)
def backup(data: Path, to: Path) -> None:
    """Copy the database into one file; safe while everything runs."""
    revision = service.backup(Settings.from_environment(data_dir=data), to)
    click.echo(f"{to}: {to.stat().st_size} bytes, schema {revision}, every page checked")


@click.command()
@DATA
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
)
def restore(data: Path, source: Path) -> None:
    """Put a backup in place of the database; the system must be stopped."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = service.restore(Settings.from_environment(data_dir=data), source)
    click.echo(f"restored from {source}")
    if aside is not None:
        click.echo(f"the database before is kept as {aside}")
    click.echo("run `mes db upgrade` when the backup is of an older version")
