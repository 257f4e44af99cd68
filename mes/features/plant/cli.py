"""`mes plant check|apply|export`."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy import inspect

from connectors.templates.catalogue import catalogue_for
from mes.clock import plant_now_us
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.plant.check import Checked, check_file
from mes.features.plant.export import export
from mes.features.plant.policies import stored_policies
from mes.features.plant.revisions import revision_rows, roll_back
from mes.features.plant.service import ApplyReport, apply
from mes.features.plant.trades import TRADES
from mes.features.plant.trades.text import preset_text
from mes.features.storage.opening import opened
from mes.models import Equipment

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
DATA = click.option("--data", type=click.Path(file_okay=False, path_type=Path), required=True)
JSON = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")


@click.group()
def plant() -> None:
    """Check, apply or export a plant file."""


@plant.command("check")
@FILE
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Compare the policies with those of this plant too.",
)
@JSON
def check_command(file: Path, data: Path | None, as_json: bool) -> None:
    """List every mistake of FILE with its line; exit 1 when there is one."""
    checked = _read(file, data)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "ok": not checked.mistakes,
                    "mistakes": [asdict(mistake) for mistake in checked.mistakes],
                    "notes": [asdict(note) for note in checked.notes],
                },
                ensure_ascii=False,
            )
        )
    else:
        _print_mistakes(file, checked)
    sys.exit(1 if checked.mistakes else 0)


@plant.command("apply")
@FILE
@DATA
@JSON
@click.option("--force", is_flag=True, help="Take the file where it conflicts.")
@click.option("--prune", is_flag=True, help="Retire what the file no longer has.")
def apply_command(file: Path, data: Path, as_json: bool, force: bool, prune: bool) -> None:
    """Bring FILE into the database of a plant; a running plant takes it over at once."""
    checked = check_file(file, templates=catalogue_for(file, data))
    if checked.plant is None:
        _print_mistakes(file, checked)
        sys.exit(1)
    with _migrated(data) as database, database.transaction() as session:
        report = apply(
            session,
            checked.plant,
            actor="command line",
            now_us=plant_now_us(),
            force=force,
            prune=prune,
        )
    if as_json:
        click.echo(json.dumps(_as_dict(report), ensure_ascii=False))
    else:
        print_report(report)
    sys.exit(1 if report.conflicts else 0)


@plant.command("export")
@DATA
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Default: print.")
def export_command(data: Path, to: Path | None) -> None:
    """Write the plant in the database as a plant file."""
    with _migrated(data) as database, database.reading() as session:
        text = export(session, catalogue_for(to, data))
    if to is None:
        click.echo(text, nl=False)
    else:
        to.write_text(text, encoding="utf-8")


@plant.command("revisions")
@DATA
@JSON
def revisions_command(data: Path, as_json: bool) -> None:
    """List the last configurations of a plant: what changed, who and when."""
    with _migrated(data) as database, database.reading() as session:
        rows = revision_rows(session)["items"]
    for row in rows:
        if as_json:
            click.echo(json.dumps(row, ensure_ascii=False))
            continue
        counts = ", ".join(f"{len(row[word])} {word}" for word in ("added", "changed", "retired"))
        back = f"  goes back to {row['goes_back_to']}" if row["goes_back_to"] else ""
        click.echo(f"{row['revision']}  {row['at']}  {row['person']}  {counts}{back}")


@plant.command("rollback")
@DATA
@JSON
@click.option("--to", type=click.IntRange(min=1), help="Revision; default: the one before.")
@click.option("--reason", required=True, help="Why; it is kept in the audit log.")
def rollback_command(data: Path, as_json: bool, to: int | None, reason: str) -> None:
    """Go back to the sources, tags, meanings and allow-list of an earlier configuration."""
    actor = {"kind": "command_line", "id": 0, "label": getpass.getuser()}
    with _migrated(data) as database, database.transaction() as session:
        done = roll_back(session, actor, now_us=plant_now_us(), reason=reason, to=to)
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False))
        return
    for word in ("added", "changed", "retired"):
        for key in getattr(done, word):
            click.echo(f"{word}: {key}")
    click.echo(f"revision {done.revision} has the sources of revision {done.to}")


@plant.command("preset")
@click.argument("trade", type=click.Choice(TRADES))
@click.option(
    "--shifts", type=click.IntRange(1, 3), default=1, show_default=True, help="Shifts a day."
)
@click.option("--zone", default="Asia/Seoul", show_default=True, help="IANA time zone.")
@click.option("--day-starts", default="08:00", show_default=True, help="Of the production day.")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Default: print.")
def preset_command(trade: str, shifts: int, zone: str, day_starts: str, to: Path | None) -> None:
    """Print a plant file to begin with: reasons and shifts that plants of TRADE usually have."""
    text = preset_text(trade, shifts, zone=zone, day_starts=day_starts)
    if to is None:
        click.echo(text, nl=False)
    else:
        to.write_text(text, encoding="utf-8")


@plant.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of plant files, for editors that complete and check while typing."""
    from mes.features.plant.json_schema import plant_file_schema

    click.echo(json.dumps(plant_file_schema(), ensure_ascii=False, indent=2))


@contextmanager
def _migrated(data: Path) -> Iterator[Database]:
    """The database of a data folder.

    Raises:
        Refusal: `no_database`: there is none, or one without tables.
    """
    with opened(data) as database:
        if not inspect(database.engine).has_table(Equipment.__tablename__):
            raise Refusal(
                "no_database",
                f"the database in {data} has no tables; make them with `mes db upgrade`",
            )
        yield database


def print_report(report: ApplyReport) -> None:
    """Say what an apply changed, a line each."""
    for word, keys in (
        ("added", report.added),
        ("changed", report.changed),
        ("retired", report.retired),
        ("not in the file, kept", report.missing),
        ("changed on both sides, nothing applied", report.conflicts),
    ):
        for key in keys:
            click.echo(f"{word}: {key}")
    if not (report.added or report.changed or report.retired or report.conflicts):
        click.echo("nothing to change")


def _as_dict(report: ApplyReport) -> dict[str, object]:
    return {
        "added": report.added,
        "changed": report.changed,
        "retired": report.retired,
        "missing": report.missing,
        "conflicts": report.conflicts,
        "revision": report.revision,
    }


def _read(file: Path, data: Path | None = None) -> Checked:
    templates = catalogue_for(file, data)
    if data is None:
        return check_file(file, templates=templates)
    with _migrated(data) as database, database.reading() as session:
        return check_file(file, stored_policies(session), templates)


def _print_mistakes(file: Path, checked: Checked) -> None:
    for mistake in checked.mistakes:
        click.echo(f"{file}: {mistake}")
    for note in checked.notes:
        click.echo(f"{file}: note, no mistake: {note}")
    if not checked.mistakes:
        click.echo(f"{file}: no mistakes")
