"""Asking the MES for one thing, once, for `mes source write` and `mes source call`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import click

from connectors.runtime.centre import CentreConnection, CentreUnreachable, token_reader
from connectors.sdk.messages import Value

ANSWER_TIMEOUT_S = 75.0
SERVER = click.option("--server", required=True, help="Address of the MES, like http://host:port.")
TOKEN_FILE = click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="File with a token of scope write.",
)
REASON = click.option("--reason", required=True, help="Why; it is kept in the audit log.")
WITHIN = click.option(
    "--within",
    type=click.FloatRange(0, 30, min_open=True),
    default=5.0,
    help="Real seconds after which it is not begun any more.",
)


def ask_once(
    server: str, token_file: Path, path: str, wish: Mapping[str, object]
) -> dict[str, object]:
    """Send a wish once and wait for its end.

    Raises:
        ClickException: the MES refuses it, or did not answer; the text has the code.
    """
    try:
        connection = CentreConnection(server, token_reader(token_file))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    try:
        answer = connection.request(
            "POST", path, body=json.dumps(wish).encode(), timeout_s=ANSWER_TIMEOUT_S
        )
    except CentreUnreachable as error:
        message = f"centre_unreachable: {error}; look at `GET /api/v1/tag-writes` before you repeat"
        raise click.ClickException(message) from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise click.ClickException(f"{answer.code}: {answer.document.get('detail', '')}")
    return answer.document


def value_of(text: str) -> Value:
    """A number or truth where the text is one, else the text itself."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text
