"""`mes source write`: ask the MES to write one tag; the edge does it, and it is read back."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import click

from connectors.runtime.centre import CentreConnection, CentreUnreachable, token_reader
from connectors.sdk.messages import Value

ANSWER_TIMEOUT_S = 75.0


@click.command("write")
@click.argument("tag")
@click.argument("value")
@click.option("--server", required=True, help="Address of the MES, like http://host:port.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="File with a token of scope write.",
)
@click.option("--reason", required=True, help="Why; it is kept in the audit log.")
@click.option("--text", is_flag=True, help="VALUE is a text, also when it looks like a number.")
@click.option(
    "--within",
    type=click.FloatRange(0, 30, min_open=True),
    default=5.0,
    help="Real seconds after which it is not written any more.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
def write_command(
    tag: str,
    value: str,
    server: str,
    token_file: Path,
    reason: str,
    text: bool,
    within: float,
    as_json: bool,
) -> None:
    """Write VALUE to TAG (SOURCE/TAG) once and read it back; exit 1 unless that confirms it."""
    wish = {
        "command_id": str(uuid4()),
        "tag": tag,
        "value": value if text else _value(value),
        "reason": reason,
        "begin_within_s": within,
    }
    answer = _ask(server, token_file, wish)
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else _line(answer))
    if answer.get("outcome") != "confirmed":
        sys.exit(1)


def _ask(server: str, token_file: Path, wish: Mapping[str, object]) -> dict[str, object]:
    try:
        connection = CentreConnection(server, token_reader(token_file))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    try:
        answer = connection.request(
            "POST",
            "/api/v1/tag-writes",
            body=json.dumps(wish).encode(),
            timeout_s=ANSWER_TIMEOUT_S,
        )
    except CentreUnreachable as error:
        message = f"centre_unreachable: {error}; look at `GET /api/v1/tag-writes` before you repeat"
        raise click.ClickException(message) from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise click.ClickException(f"{answer.code}: {answer.document.get('detail', '')}")
    return answer.document


def _value(text: str) -> Value:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text


def _line(answer: dict[str, object]) -> str:
    code, detail = answer.get("code"), answer.get("detail")
    why = f" ({code}: {detail})" if code else ""
    shown = f"{_shown(answer.get('before'))} -> {_shown(answer.get('after'))}"
    return f"{answer['tag']}  {answer['value']}  {answer['outcome']}{why}  {shown}"


def _shown(reading: object) -> str:
    return str(reading.get("value")) if isinstance(reading, dict) else "not read"
