"""`mes source export`: a source as a template for the next device of its kind, or as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from connectors.runtime.plant_source import signals_of_units, source_document
from connectors.sdk.errors import ConnectorError
from connectors.templates.expansion import TemplateError
from connectors.templates.from_source import template_of_source
from connectors.templates.importing import Header
from connectors.templates.writing import as_document, as_list, as_yaml


@click.command("export")
@click.argument("plant", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("source")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["template", "source"]),
    default="template",
    help="A template (default), or the source with its template written out.",
)
@click.option(
    "--format", type=click.Choice(["yaml", "csv"]), default="yaml", help="csv: a register list."
)
@click.option("--id", "identity", help="Id of the template; the source's id without it.")
@click.option("--version", type=click.IntRange(1, 10_000), default=1)
@click.option("--vendor", default="unknown")
@click.option("--model", default="unknown")
@click.option("--name", help="Name for people.")
@click.option("--author", default="plant")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Default: print.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def export_command(
    plant: Path,
    source: str,
    kind: str,
    format: str,
    identity: str | None,
    to: Path | None,
    as_json: bool,
    **header: Any,
) -> None:
    """Write SOURCE of PLANT with its map and meanings, for `mes template import` or another plant.

    Addresses become parameters; sign-in and secrets are left out of a template.
    """
    if format == "csv" and (kind == "source" or as_json):
        raise click.UsageError("a register list (csv) is made of a template, and is no JSON")
    try:
        document = source_document(plant, source)
        if kind == "source":
            text = _written(document, as_json)
        else:
            told = Header(id=identity or source, **header)
            template = template_of_source(document, signals_of_units(plant), told)
            text = (
                as_list(template) if format == "csv" else _written(as_document(template), as_json)
            )
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error
    except TemplateError as error:
        raise click.ClickException(f"{error.code}: {error}") from error
    if to is None:
        click.echo(text, nl=False)
    else:
        to.write_text(text, encoding="utf-8", newline="")


def _written(document: Mapping[str, Any], as_json: bool) -> str:
    return json.dumps(document, ensure_ascii=False) + "\n" if as_json else as_yaml(document)
