"""`mes source orders`: the same registers as every type in every order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import click

from connectors.runtime.configuration import check_source
from connectors.runtime.looking import REGISTERS_MAX, register_viewing, registers
from connectors.runtime.plant_source import source_document
from connectors.runtime.source_check import make_connector
from connectors.sdk.connector import Connector
from connectors.sdk.errors import ConnectorError

MARK = "  <- plausible"


@click.command("orders")
@click.argument("plant", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("source")
@click.argument("address")
@click.option("--table", help="Area of the device, like holding; not where ADDRESS says it.")
@click.option("--count", type=click.IntRange(1, REGISTERS_MAX), default=2, help="Registers.")
@click.option("--display", type=float, help="What the device itself shows.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
def orders_command(
    plant: Path,
    source: str,
    address: str,
    table: str | None,
    count: int,
    display: float | None,
    as_json: bool,
) -> None:
    """Read registers of SOURCE of PLANT from ADDRESS on, and show them in all types and orders.

    ADDRESS is written as manuals of the protocol do; for Modbus 16 or 0x10 (on the wire), 40017 or
    4x17 (counted from 1).
    """
    try:
        document = source_document(plant, source)
        viewing = register_viewing(document.get("protocol"))
        area, first = viewing.register_place(address, table)
        asked = {
            "source": document,
            "table": area,
            "address": first,
            "count": count,
            "display": display,
        }
        found = asyncio.run(registers(_made, asked))
    except ConnectorError as error:
        raise click.ClickException(f"{error.code}: {error.detail}") from error
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _print(found, area)


def _print(found: Mapping[str, object], area: str) -> None:
    rows, readings = found["registers"], found["readings"]
    assert isinstance(rows, list)
    assert isinstance(readings, list)
    for address, value, reason, label in rows:
        word = f"0x{value:04X}  {value}" if value is not None else f"bad: {reason}"
        click.echo(f"{area} {address} (0x{address:04X}, {label})  {word}")
    for reading in readings:
        click.echo(f"from {reading['address']}, {reading['count']} registers:")
        for each in reading["candidates"]:
            value = "-" if each["value"] is None else each["value"]
            scale = f" x {each['scale']:g}" if each["scale"] is not None else ""
            mark = MARK if each["is_plausible"] else ""
            click.echo(f"  {each['type']:8} {each['order']:8}  {value}{scale}{mark}")


async def _made(document: Mapping[str, object]) -> Connector:
    return make_connector(check_source(document))
