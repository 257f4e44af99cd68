"""`mes source diagnose`: one file for support, without secrets."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from connectors.runtime.diagnostics import examine
from connectors.runtime.plant_source import find_source
from connectors.runtime.source_check import make_connector
from connectors.sdk.config import SourceConfig
from connectors.sdk.errors import ConnectorError


@click.command("diagnose")
@click.argument("plant", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("source")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data directory of the edge, with its keys and approved certificates.",
)
@click.option("--json", "as_json", is_flag=True, help="In one line.")
def diagnose_command(plant: Path, source: str, data: Path | None, as_json: bool) -> None:
    """Test and read SOURCE of PLANT and print all that helps to find a fault, as JSON."""
    try:
        found = asyncio.run(_examined(find_source(plant, source), data))
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error
    click.echo(json.dumps(found, ensure_ascii=False, indent=None if as_json else 2))


async def _examined(config: SourceConfig, folder: Path | None) -> dict[str, object]:
    return await examine(make_connector(config, folder))
