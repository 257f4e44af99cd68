"""`mes report schedule`: schedules of report files from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mes.clock import plant_now_us
from mes.features.oee.report_cli import report
from mes.features.schedules.folders import root_of
from mes.features.schedules.queries import file_json, schedule_json
from mes.features.schedules.run import run_due
from mes.features.schedules.store import all_schedules, files
from mes.features.storage.opening import opened

_DATA = click.option("--data", type=click.Path(file_okay=False, path_type=Path), required=True)


@report.group()
def schedule() -> None:
    """Report files that are made by themselves."""


@schedule.command("list")
@_DATA
@click.option("--files", "with_files", is_flag=True, help="The last files instead of schedules.")
@click.option("--json", "as_json", is_flag=True)
def list_command(data: Path, *, with_files: bool, as_json: bool) -> None:
    """Schedules, or the files that they made."""
    with opened(data) as database, database.reading() as session:
        rows = (
            [file_json(row) for row in files(session)]
            if with_files
            else [schedule_json(row) for row in all_schedules(session)]
        )
    for row in rows:
        if as_json:
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            click.echo("  ".join(f"{key}={value}" for key, value in row.items()))


@schedule.command("run")
@_DATA
@click.option("--id", "only", type=int, help="One schedule; default: all that are active.")
def run_command(data: Path, only: int | None) -> None:
    """Make what is due now; what was made already is not made again."""
    with opened(data) as database:
        made = run_due(database, root_of(data), plant_now_us(), only=only)
    click.echo(f"{made} files made")
