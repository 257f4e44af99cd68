"""`mes import KIND FILE`."""

from __future__ import annotations

import getpass
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import click

from mes.clock import plant_now_us
from mes.features.commands.context import Context
from mes.features.imports.checking import check_read
from mes.features.imports.files import read_file
from mes.features.imports.registry import IMPORTS, find_kind
from mes.features.imports.service import Upload, import_upload, make_upload, read_upload
from mes.features.imports.shown import shown_check
from mes.features.imports.words import LANGUAGES
from mes.features.storage.opening import opened


@click.command("import")
@click.argument("kind", type=click.Choice(list(IMPORTS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), required=True, help="Data folder."
)
@click.option("--check", "only_check", is_flag=True, help="Say what it would do; change nothing.")
@click.option("--skip-bad", is_flag=True, help="Leave out rows with mistakes.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", help="Language of sentences.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
def import_command(
    kind: str,
    file: Path,
    data: Path,
    only_check: bool,
    skip_bad: bool,
    lang: str,
    as_json: bool,
) -> None:
    """Bring the rows of FILE (.xlsx or CSV) in; one mistake stops all unless --skip-bad.

    Exit status 1: nothing was imported, or with --check: there are mistakes.
    """
    content = file.read_bytes()
    upload = make_upload(find_kind(kind), file.name, content, read_file(file.name, content))
    answer = _done(data, upload, lang, only_check=only_check, skip_bad=skip_bad)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _print(answer)
    sys.exit(0 if answer["ok"] else 1)


def _done(
    data: Path, upload: Upload, lang: str, *, only_check: bool, skip_bad: bool
) -> dict[str, Any]:
    read = read_upload(find_kind(upload.kind), upload)
    with opened(data) as database:
        with database.reading() as session:
            checked = check_read(session, plant_now_us(), read)
        shown = shown_check(checked, lang, None)
        right = not checked.blocked and (skip_bad or not checked.mistakes)
        if only_check:
            return {"ok": not checked.mistakes, "imported": False, **shown}
        if right:
            with database.transaction() as session:
                import_upload(
                    session, _context(), upload, read, skip_bad=skip_bad, seen=checked.fingerprint
                )
    return {"ok": right, "imported": right, **shown}


def _context() -> Context:
    now = plant_now_us()
    who = {"kind": "command_line", "id": 0, "label": getpass.getuser()}
    return Context(command_id=str(uuid.uuid4()), actor=who, at=now, now=now)


def _print(answer: dict[str, Any]) -> None:
    for one in answer["mistakes"]:
        cell = f"{one['letter'] or ''}{one['row'] or ''}"
        value = f"{one['value']!r}" if cell else ""
        where = " ".join(part for part in (cell, one["title"], value) if part)
        click.echo(
            f"{where}: {one['message']} [{one['code']}]"
            if where
            else f"{one['message']} [{one['code']}]"
        )
    for note in answer["notes"]:
        click.echo(note)
    click.echo(
        f"{answer['rows']} rows: {answer['new']} new, {answer['changed']} changed,"
        f" {answer['unchanged']} unchanged, {answer['skipped']} wrong"
    )
    if answer["imported"]:
        click.echo("imported")
    elif not answer["ok"]:
        click.echo("nothing was imported")
