"""`mes source status` and `past`: what the MES knows of the sources that its edges run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from connectors.runtime.centre import CentreConnection, CentreUnreachable, token_reader

WHAT_TO_DO = {
    "wait_for_link": "wait; the collector goes on trying by itself",
    "check_sensor": "some values are bad: check the sensor wiring; other values are fine",
    "check_power_and_cable": "check cabinet power and cable, then call maintenance",
    "allow_collector": "allow this collector in the device, then it connects by itself",
    "start_source": "start the source again when it is used",
    "start_collector": "start the collector again on its box: mes edge",
}
"""By the code `advice` of `/api/v1/sources`."""


def of_a_server(command: Callable[..., None]) -> Callable[..., None]:
    """A command that asks a MES: `--server`, `--token-file` and `--json`."""

    @click.option("--server", required=True, help="Address of the MES, like http://host:port.")
    @click.option(
        "--token-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        required=True,
        help="File with a token of scope read.",
    )
    @click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
    @wraps(command)
    def asking(**options: Any) -> None:
        command(**options)

    return asking


@click.command("status")
@click.argument("source", required=False)
@of_a_server
def status_command(source: str | None, server: str, token_file: Path, as_json: bool) -> None:
    """Show link, reason and what to do of every source, or of SOURCE; exit 1 unless all are up."""
    found = ask(server, token_file, "/api/v1/sources")["items"]
    assert isinstance(found, list)
    rows = [each for each in found if source in (None, each["source"])]
    if not rows:
        raise click.ClickException(f"source_unknown: no source {source!r} runs there")
    for each in rows:
        click.echo(json.dumps(each, ensure_ascii=False) if as_json else _status(each))
    if any(each["state"] != "up" for each in rows):
        sys.exit(1)


@click.command("past")
@click.argument("source")
@click.option("--hours", type=click.IntRange(1, 168), default=24, help="Plant hours to look back.")
@of_a_server
def past_command(source: str, hours: int, server: str, token_file: Path, as_json: bool) -> None:
    """Show the holes of SOURCE with their reasons, and what its own history has filled."""
    found = ask(server, token_file, f"/api/v1/sources/{quote(source, safe='')}/past?hours={hours}")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    holes, filled = found["holes"], found["filled"]
    assert isinstance(holes, list)
    assert isinstance(filled, list)
    for hole in holes:
        click.echo(f"hole    {hole['start']}  {hole['end']}  {hole['reason'] or '-'}")
    for each in filled:
        kept = f"{each['values']} values of {each['tags']} tags"
        lost = f", {each['not_kept']} tags not kept" if each["not_kept"] else ""
        click.echo(f"filled  {each['start']}  {each['end']}  {kept}{lost}")


def ask(server: str, token_file: Path, path: str) -> Mapping[str, object]:
    """What the MES answers to a GET.

    Raises:
        ClickException: it is not reached, or refuses.
    """
    try:
        connection = CentreConnection(server, token_reader(token_file))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    try:
        answer = connection.request("GET", path)
    except CentreUnreachable as error:
        raise click.ClickException(f"centre_unreachable: {error}") from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise click.ClickException(f"{answer.code}: {answer.document.get('detail', '')}")
    return answer.document


def _status(each: Mapping[str, Any]) -> str:
    why = f"  {each['reason']}: {each['detail'] or ''}".rstrip(": ") if each["reason"] else ""
    running = each["configuration"]
    revision = f"r{running['revision'] or '-'} of r{running['desired_revision'] or '-'}"
    advice = WHAT_TO_DO.get(str(each["advice"]))
    more = f"\n    what to do: {advice}" if advice else ""
    return f"{each['source']}  {each['protocol']}  {each['state'] or '-'}  {revision}{why}{more}"
