"""The commands `mes edge` and `mes source`; they need neither database nor web server."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path

import click
import structlog

from connectors.runtime.browse_command import browse_command
from connectors.runtime.call_command import call_command
from connectors.runtime.diagnose_command import diagnose_command
from connectors.runtime.edge import Edge, EdgeOptions, read_options
from connectors.runtime.export_command import export_command
from connectors.runtime.frames_command import frames_command
from connectors.runtime.meaning_command import meaning_command
from connectors.runtime.orders_command import orders_command
from connectors.runtime.plant_source import find_source, load_sources
from connectors.runtime.source_check import (
    WHAT_TO_DO,
    as_line,
    iso_time,
    read_source,
    test_source,
)
from connectors.runtime.status_command import past_command, status_command
from connectors.runtime.store import SpoolFileError
from connectors.runtime.write_command import write_command
from connectors.sdk.errors import ConfigurationError, ConnectorError
from connectors.sdk.form import form_of
from connectors.sdk.form_text import as_document, as_markdown
from connectors.sdk.messages import Sample
from connectors.sdk.registry import (
    InstalledConnector,
    checked,
    installed,
    manifest_of,
    manifests,
)
from connectors.sdk.steps import StepOutcome, StepResult
from connectors.sdk.version import SdkVersion
from connectors.templates.catalogue import catalogue_for
from connectors.templates.sources import without_template

LEAVE_S = 0.5
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EDGE_FOLDER = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data directory of the edge, with its keys and approved certificates.",
)


def set_up_logging() -> None:
    """One line per event on standard error; libraries only speak when something is wrong."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@click.command("edge")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Data directory.")
@click.option("--server", help="Address of the MES, like http://host:port.")
@click.option("--edge", "edge_name", help="Name of this edge.")
@click.option("--token-file", type=click.Path(path_type=Path), help="File with the ingest token.")
@click.option("--config", type=EXISTING_FILE, help="Fixed configuration (JSON).")
def edge_command(
    data: Path,
    server: str | None,
    edge_name: str | None,
    token_file: Path | None,
    config: Path | None,
) -> None:
    """Read the sources and bring their records to the MES."""
    set_up_logging()
    try:
        if config is not None:
            options = read_options(data, config)
        elif server and edge_name and token_file:
            options = EdgeOptions(data=data, edge=edge_name, server=server, token_file=token_file)
        else:
            raise click.UsageError("give --server, --edge and --token-file, or --config")
        asyncio.run(run_edge(options))
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error
    except (SpoolFileError, OSError, ValueError) as error:
        raise click.ClickException(f"edge_not_startable: {error}") from error


async def run_edge(options: EdgeOptions) -> None:
    """Run an edge until SIGTERM or SIGINT; a second signal changes nothing."""
    edge = Edge(options)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, edge.stop)
    await edge.run()
    _leave_anyway()


def _leave_anyway() -> None:
    """End the process even if a name look-up hangs in a thread; all records are on disk."""
    timer = threading.Timer(LEAVE_S, os._exit, (0,))
    timer.daemon = True
    timer.start()


class SourceGroup(click.Group):
    """Our commands and those that installed connectors bring; ours win, a broken one brings none.

    Those of connectors are looked for only when one of them may be meant.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in alphabetical order."""
        return sorted({*super().list_commands(ctx), *_commands_of_connectors()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None when there is none."""
        return super().get_command(ctx, cmd_name) or _commands_of_connectors().get(cmd_name)


@cache
def _commands_of_connectors() -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for manifest in manifests().values():
        with suppress(ConfigurationError):
            found = {**manifest.own_commands(), **found}
    return found


@click.group("source", cls=SourceGroup)
def source_command() -> None:
    """Look at the sources of a plant file, with neither database nor server.

    Only `status`, `past`, `call` and `write` ask a running MES.
    """


for command in (
    browse_command,
    diagnose_command,
    export_command,
    frames_command,
    meaning_command,
    orders_command,
    past_command,
    status_command,
    call_command,
    write_command,
):
    source_command.add_command(command)


@source_command.command("list")
@click.argument("plant", type=EXISTING_FILE)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_command(plant: Path, as_json: bool) -> None:
    """List the sources of PLANT."""
    try:
        templates = catalogue_for(plant)
        sources = [without_template(source, templates) for source in load_sources(plant)]
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error
    for source in sources:
        tags = source.get("tags")
        count = len(tags) if isinstance(tags, list) else 0
        line = {"source": source.get("id"), "protocol": source.get("protocol"), "tags": count}
        click.echo(json.dumps(line) if as_json else "  ".join(str(v) for v in line.values()))


@source_command.command("read")
@click.argument("plant", type=EXISTING_FILE)
@click.argument("source")
@click.option("--for", "seconds", type=click.FloatRange(min=0), default=0.0, help="Real seconds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@EDGE_FOLDER
def read_command(
    plant: Path, source: str, seconds: float, as_json: bool, data: Path | None
) -> None:
    """Read SOURCE of PLANT: each tag once, then changes for the given time."""

    def show(sample: Sample) -> None:
        line = as_line(source, sample)
        click.echo(json.dumps(line, ensure_ascii=False) if as_json else _for_people(sample))

    try:
        asyncio.run(read_source(find_source(plant, source), seconds, show, data))
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error


@source_command.command("test")
@click.argument("plant", type=EXISTING_FILE)
@click.argument("source")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@EDGE_FOLDER
def test_command(plant: Path, source: str, as_json: bool, data: Path | None) -> None:
    """Test SOURCE of PLANT step by step and name the step that fails."""
    try:
        steps = asyncio.run(test_source(find_source(plant, source), data))
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error
    for step in steps:
        click.echo(_step_json(step) if as_json else _step_line(step))
    if any(step.outcome is StepOutcome.FAILED for step in steps):
        sys.exit(1)


@source_command.command("connectors")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def connectors_command(as_json: bool) -> None:
    """List the installed connectors; a broken one with its reason, and then exit with 1."""
    found = [checked(each) for each in installed()]
    for each in found:
        click.echo(json.dumps(_connector(each), ensure_ascii=False) if as_json else str(each))
    if any(each.problem for each in found):
        sys.exit(1)


@source_command.command("describe")
@click.argument("protocol")
@click.option("--markdown", is_flag=True, help="As a page of the documentation.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, as without it.")
def describe_command(protocol: str, markdown: bool, as_json: bool) -> None:
    """Describe the fields of a source of PROTOCOL as JSON, the way a form is drawn from it."""
    if markdown and as_json:
        raise click.UsageError("give --markdown or --json")
    try:
        manifest = manifest_of(protocol)
        form = form_of(manifest)
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error
    if markdown:
        click.echo(as_markdown(form, manifest), nl=False)
    else:
        click.echo(json.dumps(as_document(form), ensure_ascii=False, indent=2))


def _connector(each: InstalledConnector) -> dict[str, object]:
    manifest = each.manifest
    return {
        "protocol": each.name,
        "package": each.package,
        "capabilities": sorted(manifest.capabilities) if manifest else [],
        "sdk_version": str(SdkVersion(*manifest.sdk_version)) if manifest else None,
        "problem": each.problem,
    }


def _for_people(sample: Sample) -> str:
    value = "-" if sample.value is None else f"{sample.value} {sample.unit or ''}".rstrip()
    quality = sample.quality.name.lower()
    reason = f" ({sample.reason})" if sample.reason else ""
    time = iso_time(sample.source_time or sample.received_time)
    return f"{time}  {sample.tag}  {value}  {quality}{reason}"


def _step_json(step: StepResult) -> str:
    line = {
        "step": step.step,
        "outcome": step.outcome,
        "code": step.code,
        "message": step.message,
        "advice": _advice(step),
    }
    return json.dumps(line, ensure_ascii=False)


def _step_line(step: StepResult) -> str:
    marks = {
        StepOutcome.PASSED: "ok  ",
        StepOutcome.FAILED: "FAIL",
        StepOutcome.NOT_REACHED: "-   ",
    }
    code = f"{step.code}: " if step.code else ""
    advice = _advice(step)
    more = f"\n      what to do: {advice}" if advice else ""
    return f"{marks[step.outcome]}  {step.step}: {code}{step.message}{more}".rstrip(": ")


def _advice(step: StepResult) -> str | None:
    return WHAT_TO_DO[step.step] if step.outcome is StepOutcome.FAILED else None
