"""`mes source write`: ask the MES to write one tag; the edge does it, and it is read back."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from uuid import uuid4

import click

from connectors.runtime.asking import REASON, SERVER, TOKEN_FILE, WITHIN, ask_once, value_of


@click.command("write")
@click.argument("tag")
@click.argument("value")
@SERVER
@TOKEN_FILE
@REASON
@click.option("--text", is_flag=True, help="VALUE is a text, also when it looks like a number.")
@WITHIN
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
        "value": value if text else value_of(value),
        "reason": reason,
        "begin_within_s": within,
    }
    answer = ask_once(server, token_file, "/api/v1/tag-writes", wish)
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else _line(answer))
    if answer.get("outcome") != "confirmed":
        sys.exit(1)


def _line(answer: dict[str, object]) -> str:
    code, detail = answer.get("code"), answer.get("detail")
    why = f" ({code}: {detail})" if code else ""
    shown = f"{_shown(answer.get('before'))} -> {_shown(answer.get('after'))}"
    return f"{answer['tag']}  {answer['value']}  {answer['outcome']}{why}  {shown}"


def _shown(reading: object) -> str:
    return str(reading.get("value")) if isinstance(reading, dict) else "not read"
