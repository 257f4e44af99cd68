"""`mes source call`: ask the MES to call one method of a machine; the edge does it, once."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import click

from connectors.runtime.asking import REASON, SERVER, TOKEN_FILE, WITHIN, ask_once, value_of
from connectors.sdk.messages import Value


@click.command("call")
@click.argument("method")
@click.argument("arguments", nargs=-1)
@SERVER
@TOKEN_FILE
@REASON
@click.option("--text", multiple=True, help="Name of an argument that is a text, whatever it says.")
@WITHIN
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
def call_command(
    method: str,
    arguments: Sequence[str],
    server: str,
    token_file: Path,
    reason: str,
    text: Sequence[str],
    within: float,
    as_json: bool,
) -> None:
    """Call METHOD (SOURCE/NAME) once with ARGUMENTS (name=value); exit 1 unless it is confirmed."""
    wish = {
        "command_id": str(uuid4()),
        "call": method,
        "arguments": dict(_argument(each, text) for each in arguments),
        "reason": reason,
        "begin_within_s": within,
    }
    answer = ask_once(server, token_file, "/api/v1/method-calls", wish)
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else _line(answer))
    if answer.get("outcome") != "confirmed":
        sys.exit(1)


def _argument(given: str, texts: Sequence[str]) -> tuple[str, Value]:
    name, sign, value = given.partition("=")
    if not sign:
        raise click.UsageError(f"write an argument as name=value, not {given!r}")
    return name, value if name in texts else value_of(value)


def _line(answer: dict[str, object]) -> str:
    code, detail, after = answer.get("code"), answer.get("detail"), answer.get("after")
    why = f" ({code}: {detail})" if code else ""
    results = after.get("results") if isinstance(after, dict) else None
    return f"{answer['call']}  {answer['outcome']}{why}  {json.dumps(results, ensure_ascii=False)}"
