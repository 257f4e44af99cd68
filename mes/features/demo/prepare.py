"""`mes prepare` (internal): what a start needs done in the database, in a process of its own."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from connectors.templates.catalogue import catalogue_for
from mes.clock import monotonic_s, plant_now_us
from mes.db import Database, make_engine
from mes.features.demo.credentials import make_people
from mes.features.demo.start import CREDENTIALS_FILE, EDGE, TOKEN_FILE
from mes.features.people.service import create_token, revoke_labelled
from mes.features.plant.check import check_file
from mes.features.plant.schema import PlantFile
from mes.features.plant.service import ApplyReport, apply
from mes.features.storage.opening import opened
from mes.features.storage.schema import bring_up_to_date
from mes.settings import Settings
from mes.web.notices import PLAIN_HTTP, PLANT_CONFLICTS, write_notices
from mes.web.roles import Scope
from mes.web.secrets import write_secret_file
from mes.web.setup_code import renew_setup_code

ACTOR = {"kind": "command_line", "id": 0, "label": "start"}
TOKEN_LABEL = f"{EDGE}, of the present start"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--plant", "plant_file", type=FILE, help="None: the plant of the database.")
@click.option("--history", type=FILE, help="Past days to load; makes the people of the demo.")
@click.option("--plain-http", is_flag=True)
def prepare(data: Path, plant_file: Path | None, history: Path | None, plain_http: bool) -> None:
    """Upgrade the database, apply the plant file, load past days, make token and setup code."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    plant = None if plant_file is None else _checked(plant_file, data)
    _bring_up_to_date(data)
    with opened(data) as database:
        notices = [PLAIN_HTTP] if plain_http else []
        if plant is not None and plant_file is not None:
            with database.transaction() as session:
                report = apply(session, plant, actor="start", now_us=_applied_at(history))
            _say_report(plant_file, report)
            notices = [*([PLANT_CONFLICTS] if report.conflicts else []), *notices]
        write_notices(data, notices)
        if history is not None:
            _load(database, data, history)
        _make_token(database, data)
        with database.transaction() as session:
            renew_setup_code(session, data)


def _bring_up_to_date(data: Path) -> None:
    engine = make_engine(Settings.from_environment(data_dir=data).url)
    try:
        bring_up_to_date(engine)
    finally:
        engine.dispose()


def _checked(plant_file: Path, data: Path) -> PlantFile:
    checked = check_file(plant_file, templates=catalogue_for(plant_file, data))
    if checked.plant is None:
        for mistake in checked.mistakes:
            click.echo(f"{plant_file}: {mistake}", err=True)
        sys.exit(1)
    return checked.plant


def _applied_at(history: Path | None) -> int:
    """Plant time from which the plant file holds: before the past days when they are loaded."""
    if history is None:
        return plant_now_us()
    from mes.features.demo.history import read_head

    return int(read_head(history)["from"])


def _say_report(plant_file: Path, report: ApplyReport) -> None:
    for key in report.conflicts:
        click.echo(
            f"{plant_file}: {key} was changed on both sides; starting on the database "
            "(`mes plant apply --force` takes the file)",
            err=True,
        )
    for key in report.missing:
        click.echo(f"{plant_file}: {key} is not in the file and stays", err=True)


def _load(database: Database, data: Path, history: Path) -> None:
    from mes.features.demo.checks import add_checks
    from mes.features.demo.history import load_history, read_head
    from mes.features.demo.instruction import add_instruction

    with database.transaction() as session:
        make_people(session, read_head(history)["persons"], data / CREDENTIALS_FILE)
    began = monotonic_s()
    loaded = load_history(database, history, edge=EDGE)
    add_instruction(database, plant_now_us())
    add_checks(database, plant_now_us())
    click.echo(
        f"past week: {loaded.records} readings and {loaded.statements} entries of people "
        f"in {monotonic_s() - began:.1f} s",
        err=True,
    )
    for code, count in sorted(loaded.refused.items()):
        click.echo(f"past week: {count} entries refused with {code}", err=True)


def _make_token(database: Database, data: Path) -> None:
    with database.transaction() as session:
        revoke_labelled(session, ACTOR, TOKEN_LABEL)
        made = create_token(session, ACTOR, scope=Scope.INGEST, label=TOKEN_LABEL, edge=EDGE)
        write_secret_file(data / TOKEN_FILE, made.token)
