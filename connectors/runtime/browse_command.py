"""`mes source browse`: what a source offers, by a pattern."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from connectors.runtime.plant_source import find_source
from connectors.runtime.source_check import browse_in_time, make_connector
from connectors.sdk.capabilities import Browsed, BrowsedNode
from connectors.sdk.config import SourceConfig
from connectors.sdk.errors import ConnectorError

MOST_NODES = 10_000


@click.command("browse")
@click.argument("plant", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("source")
@click.argument("pattern", default="*")
@click.option("--limit", type=click.IntRange(1, MOST_NODES), default=200, help="Most nodes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data directory of the edge, with its keys and approved certificates.",
)
def browse_command(
    plant: Path, source: str, pattern: str, limit: int, as_json: bool, data: Path | None
) -> None:
    """List what SOURCE of PLANT offers where its path matches PATTERN (`*` a name, `**` any)."""
    try:
        browsed = asyncio.run(_browsed(find_source(plant, source), pattern, limit, data))
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error
    for node in browsed.nodes:
        click.echo(json.dumps(_fields(node), ensure_ascii=False) if as_json else _line(node))
    if not browsed.is_complete:
        click.echo(f"there is more than {limit}; narrow the pattern or raise --limit", err=True)


async def _browsed(config: SourceConfig, pattern: str, limit: int, folder: Path | None) -> Browsed:
    return await browse_in_time(make_connector(config, folder), pattern, limit)


def _fields(node: BrowsedNode) -> dict[str, object]:
    return {
        "path": node.path,
        "kind": node.kind,
        "address": dict(node.address),
        "data_type": node.data_type,
        "unit": node.unit,
        "writable": node.writable,
        "value": node.sample.value if node.sample is not None else None,
        "quality": node.sample.quality.name.lower() if node.sample is not None else None,
    }


def _line(node: BrowsedNode) -> str:
    address = ", ".join(f"{key}: {value}" for key, value in node.address.items())
    value = "" if node.sample is None else str(node.sample.value)
    return "  ".join(part for part in (node.path, node.data_type or "", value, address) if part)
