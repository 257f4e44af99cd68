"""Imports over REST: templates, a check that writes nothing, and the import of what was checked."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint
from flask import Response, send_file
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.imports.access import allowed_kind, allowed_kinds, owner
from mes.features.imports.checking import ReadFile
from mes.features.imports.files import read_file
from mes.features.imports.kept import KEPT_S, KeptFiles
from mes.features.imports.kind import Kind
from mes.features.imports.schemas import FileIn, ImportIn, TemplateQuery
from mes.features.imports.service import (
    Upload,
    check_upload,
    import_upload,
    make_upload,
    read_upload,
)
from mes.features.imports.shown import shown_check
from mes.features.imports.template import csv_template, references, xlsx_template
from mes.features.imports.words import say
from mes.features.screens.language import select_language
from mes.web.roles import require
from mes.web.wiring import reading, settings

bp = APIBlueprint("imports", __name__, url_prefix="/api/v1", tag="Imports")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/imports")
@require()
def list_imports() -> dict[str, Any]:
    """What the sender may import, with its columns."""
    language = select_language()
    return {
        "items": [
            {
                "kind": kind.key,
                "title": say(kind.title, language),
                "rows_max": kind.rows_max,
                "columns": [
                    {
                        "key": column.key,
                        "title": say(column.label, language),
                        "meaning": say(column.about, language),
                        "needed": column.needed.value,
                        "choices": list(column.choices),
                    }
                    for column in kind.columns
                ],
            }
            for kind in allowed_kinds()
        ],
        "next": None,
    }


@bp.get("/imports/<kind>/template")
@bp.input(TemplateQuery, location="query")
@bp.doc(responses={200: "The template as a file"})
@require()
def template(kind: str, query_data: TemplateQuery) -> Response:
    """The template of a kind, with what is there now if asked for."""
    found = allowed_kind(kind)
    language = query_data.lang or select_language()
    return template_answer(found, query_data.form, language, current=query_data.current)


@bp.post("/imports/<kind>/check")
@bp.input(FileIn)
@require()
def check_file(kind: str, json_data: FileIn) -> tuple[dict[str, Any], int]:
    """Read a file and say what it would do, with row, column and reason of each mistake."""
    found = allowed_kind(kind)
    content = json_data.data()
    upload = make_upload(found, json_data.file, content, read_file(json_data.file, content))
    with reading() as session:
        checked = check_upload(session, plant_now_us(), found, upload)
    identity = kept_files().keep(owner(), upload)
    shown = shown_check(checked, select_language())
    return {"upload": identity, "kept_s": KEPT_S, **shown}, 200


@bp.post("/imports/<kind>")
@bp.input(ImportIn)
@require()
def carry_out(kind: str, json_data: ImportIn) -> tuple[dict[str, Any], int]:
    """Bring in a file that was checked: all of it or nothing, or without its bad rows."""
    return import_answer(allowed_kind(kind), json_data)


def import_answer(kind: Kind, asked: ImportIn) -> tuple[dict[str, Any], int]:
    """Import a kept file once; the file is let go of when it is in.

    Raises:
        Refusal: `import_gone` (404) or what `import_upload` refuses.
    """

    ready = _ready(kind, asked.upload)

    def do(session: Session, context: Context) -> Answer:
        if isinstance(ready, Refusal):
            raise ready
        upload, read = ready
        return 200, import_upload(
            session, context, upload, read, skip_bad=asked.skip_bad, seen=asked.seen
        )

    answer = answered("import", kind.key, asked, do)
    kept_files().forget(asked.upload)
    return answer


def _ready(kind: Kind, identity: str) -> tuple[Upload, ReadFile] | Refusal:
    """The file and what it says, before anything is locked; why not, for a repeat needs it not."""
    try:
        upload = kept_files().find(identity, owner(), kind.key).upload
    except Refusal as gone:
        return gone
    return upload, read_upload(kind, upload)


def template_answer(kind: Kind, form: str, language: str, *, current: bool) -> Response:
    """The template as a file.

    Args:
        form: `csv` or `xlsx`.
        current: with what is there now.
    """
    with reading() as session:
        rows = list(kind.current(session, plant_now_us())) if current else []
        codes = references(session, kind) if form == "xlsx" else {}
    if form == "csv":
        answer = Response(csv_template(kind, rows, language), mimetype="text/csv")
        answer.headers.set("Content-Disposition", "attachment", filename=f"{kind.key}.csv")
        return answer
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        xlsx_template(Path(file.name), kind, rows, codes, language)
        # the name may go while it is being sent: the open file stays
        return send_file(
            Path(file.name).open("rb"),
            mimetype=XLSX,
            as_attachment=True,
            download_name=f"{kind.key}.xlsx",
        )


def kept_files() -> KeptFiles:
    """Files that wait for a confirmation."""
    return KeptFiles(settings().data_dir)
