"""`mes printer ...`: label printers entered on the server itself."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import click

from mes.clock import real_now_us
from mes.features.labels import printers, prints
from mes.features.labels.bitmap import DOTS_PER_MM
from mes.features.labels.printers import PORT, PrinterDraft
from mes.features.labels.zpl import Graphics
from mes.features.storage.opening import opened

DATA = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), required=True, help="Data folder."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Answer for programs.")


@click.group()
def printer() -> None:
    """Enter and list label printers."""


@printer.command("list")
@DATA
@JSON
def list_printers(data: Path, as_json: bool) -> None:
    """List printers, and how many prints are in each state."""
    with opened(data) as database, database.reading() as session:
        rows = [printers.printer_json(row) for row in printers.printers(session)]
        counts = prints.waiting_count(session)
    if as_json:
        click.echo(json.dumps({"printers": rows, "prints": counts}, ensure_ascii=False))
        return
    for row in rows:
        size = f"{row['width_mm']}x{row['height_mm']} mm"
        click.echo(
            f"{row['code']}\t{row['host']}:{row['port']}\t{row['dpi']} dpi\t{size}\t{row['name']}"
        )
    for state, count in sorted(counts.items()):
        click.echo(f"prints {state}: {count}")


@printer.command("add")
@DATA
@click.argument("code")
@click.option("--name", required=True, help="What people call it.")
@click.option("--host", required=True, help="Name or address; here it may be this machine.")
@click.option("--port", type=int, default=PORT, show_default=True)
@click.option(
    "--dpi", type=click.Choice([str(dpi) for dpi in DOTS_PER_MM]), default="203", show_default=True
)
@click.option("--width", "width_mm", type=int, default=100, show_default=True, help="mm")
@click.option("--height", "height_mm", type=int, default=60, show_default=True, help="mm")
@click.option(
    "--graphics",
    type=click.Choice([kind.value for kind in Graphics]),
    default=Graphics.HEX.value,
    show_default=True,
)
def add(
    data: Path,
    code: str,
    name: str,
    host: str,
    port: int,
    dpi: str,
    width_mm: int,
    height_mm: int,
    graphics: str,
) -> None:
    """Enter the printer CODE."""
    draft = PrinterDraft(
        name=name,
        host=host,
        port=port,
        dpi=int(dpi),
        width_mm=width_mm,
        height_mm=height_mm,
        graphics=graphics,
    )
    with opened(data) as database, database.transaction() as session:
        printers.add_printer(session, _who(), code, draft, local=True)
    click.echo(f"printer {code} entered")


@printer.command("retire")
@DATA
@click.argument("code")
def retire(data: Path, code: str) -> None:
    """Let nothing be sent to the printer CODE any more."""
    with opened(data) as database, database.transaction() as session:
        seen = printers.find_printer(session, code).version
        printers.retire_printer(session, _who(), code, seen_version=seen, now_us=real_now_us())
    click.echo(f"printer {code} retired")


def _who() -> dict[str, object]:
    return {"kind": "command_line", "id": 0, "label": getpass.getuser()}
