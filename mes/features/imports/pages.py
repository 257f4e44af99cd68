"""Pages of imports: choose, take the template, check, confirm, see what was done."""

from __future__ import annotations

from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request
from flask_babel import gettext
from sqlalchemy import select

from mes.clock import plant_now_us
from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.features.imports.access import allowed_kind, allowed_kinds, may_import, owner
from mes.features.imports.checking import Checked
from mes.features.imports.columns import Column
from mes.features.imports.files import read_file
from mes.features.imports.kind import Kind
from mes.features.imports.limits import MISTAKES_SHOWN
from mes.features.imports.routes import import_answer, kept_files, template_answer
from mes.features.imports.schemas import ImportIn, file_missing
from mes.features.imports.service import (
    Upload,
    check_upload,
    done_from,
    left_out_from,
    make_upload,
)
from mes.features.imports.shown import shown_check, shown_file_problem, shown_mistakes
from mes.features.imports.template import title
from mes.features.imports.words import say
from mes.features.reports.grid import Column as GridColumn
from mes.features.reports.grid import Kind as GridKind
from mes.features.reports.lists import list_answer, list_grid
from mes.features.screens.language import select_language
from mes.features.screens.site import read_site
from mes.models import Command
from mes.web.roles import actor, require
from mes.web.wiring import database, reading

pages = APIBlueprint("import_pages", __name__, enable_openapi=False)

FIELD_MAX = 80
TEXT_NAME = "clipboard.txt"
"""Name of what was pasted, in the audit log."""


@pages.app_context_processor
def helpers() -> dict[str, object]:
    """Pages ask whether their reader may import what they show."""
    return {"may_import": may_import}


@pages.get("/import")
@require(tokens=False)
def import_page() -> str:
    """What may be imported."""
    language = select_language()
    kinds = [
        {"key": kind.key, "title": say(kind.title, language), "about": say(kind.about, language)}
        for kind in allowed_kinds(people_only=True)
    ]
    return render_template("import.html", kinds=kinds)


@pages.get("/import/<key>")
@require(tokens=False)
def import_kind(key: str) -> str:
    """Template, upload and the columns of a kind."""
    return _kind_page(allowed_kind(key, people_only=True))


@pages.get("/import/<kind>/template.<any(csv, xlsx):form>")
@require(tokens=False)
def template_file(kind: str, form: str) -> Response:
    """The template; with `current` what is there now."""
    found = allowed_kind(kind, people_only=True)
    return template_answer(found, form, select_language(), current="current" in request.args)


@pages.post("/import/<kind>/check")
@require(tokens=False)
def check_form(kind: str) -> Response:
    """Read the file or what was pasted, keep it, and show what it would do."""
    found = allowed_kind(kind, people_only=True)
    try:
        name, content = _sent()
        upload = make_upload(found, name, content, read_file(name, content))
    except Refusal as refusal:
        return make_response(_kind_page(found, refusal), refusal.status)
    identity = kept_files().keep(owner(), upload)
    return make_response(redirect(f"/import/{found.key}/checks/{identity}", 303))


@pages.get("/import/<kind>/checks/<identity>")
@require(tokens=False)
def import_check(kind: str, identity: str) -> Response:
    """What the file would do now."""
    found = allowed_kind(kind, people_only=True)
    try:
        return make_response(_check_page(found, identity))
    except Refusal as refusal:
        return make_response(_kind_page(found, refusal), refusal.status)


@pages.post("/import/<kind>/checks/<identity>")
@require(tokens=False)
def confirm_form(kind: str, identity: str) -> Response:
    """Bring in exactly the file that was checked."""
    found = allowed_kind(kind, people_only=True)
    command = request.form.get("command_id", "")[:FIELD_MAX] or "-"
    asked = ImportIn(
        command_id=command,
        upload=identity[:FIELD_MAX],
        skip_bad="skip_bad" in request.form,
        seen=request.form.get("seen", "")[:FIELD_MAX] or "-",
    )
    try:
        import_answer(found, asked)
    except Refusal as refusal:
        return _not_imported(found, identity, refusal)
    return make_response(redirect(f"/import/{found.key}/results/{command}", 303))


@pages.get("/import/<kind>/results/<command>")
@require(tokens=False)
def import_result(kind: str, command: str) -> Response:
    """What an import did."""
    found = allowed_kind(kind, people_only=True)
    with reading() as session:
        row = session.scalar(
            select(Command).where(Command.command_id == command, Command.kind == "import")
        )
    who = actor().to_json()
    if row is None or row.answer.get("kind") != found.key or row.actor.get("id") != who["id"]:
        return make_response(redirect(f"/import/{found.key}", 303))
    language = select_language()
    page = render_template(
        "import-done.html",
        kind={"key": found.key, "title": say(found.title, language), "page": found.page},
        file=row.answer.get("file", ""),
        done=done_from(row.answer),
        mistakes=shown_mistakes(found, left_out_from(row.answer), language),
        shown_max=MISTAKES_SHOWN,
    )
    return make_response(page)


@pages.get("/import/<kind>/checks/<identity>/mistakes.<any(csv, xlsx):form>")
@require(tokens=False)
def mistakes_file(kind: str, identity: str, form: str) -> Response:
    """Every mistake of a check as a file."""
    found = allowed_kind(kind, people_only=True)
    checked, _upload = _checked(found, identity)
    shown = shown_check(checked, select_language(), None)
    columns = [
        GridColumn(key="row", label=gettext("Row"), kind=GridKind.NUMBER),
        GridColumn(key="letter", label=gettext("Column")),
        GridColumn(key="title", label=gettext("Title")),
        GridColumn(key="value", label=gettext("Value")),
        GridColumn(key="message", label=gettext("Why")),
        GridColumn(key="code", label=gettext("Code")),
    ]
    keys = [column.key for column in columns]
    rows = ([one[key] for key in keys] for one in shown["mistakes"])
    grid = list_grid("mistakes", gettext("Mistakes"), columns, rows)
    site = read_site(database())
    return list_answer(form, grid, site.zone, _today(site.zone))


def _sent() -> tuple[str, bytes]:
    """Name and content of the file, or of what was pasted.

    Raises:
        Refusal: `file_missing` (422).
    """
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.filename, file.read()
    text = request.form.get("text", "")
    if not text.strip():
        raise file_missing()
    return TEXT_NAME, text.encode("utf-8", "replace")


def _checked(kind: Kind, identity: str) -> tuple[Checked, Upload]:
    upload = kept_files().find(identity, owner(), kind.key).upload
    with reading() as session:
        return check_upload(session, plant_now_us(), kind, upload), upload


def _not_imported(kind: Kind, identity: str, refusal: Refusal) -> Response:
    """The check as it is now beside why nothing was done."""
    try:
        page = _check_page(kind, identity, refusal)
    except Refusal as gone:
        page = _kind_page(kind, gone)
    return make_response(page, refusal.status)


def _check_page(kind: Kind, identity: str, problem: Refusal | None = None) -> str:
    """The page of a check.

    Raises:
        Refusal: `import_gone` (404).
    """
    checked, upload = _checked(kind, identity)
    language = select_language()
    return render_template(
        "import-check.html",
        kind={"key": kind.key, "title": say(kind.title, language)},
        upload={"id": identity, "file": upload.file},
        check=shown_check(checked, language),
        effective=checked.effective,
        shown_max=MISTAKES_SHOWN,
        command_id=str(uuid4()),
        problem=problem,
        problem_text="" if problem is None else _text(problem, language),
    )


def _kind_page(kind: Kind, problem: Refusal | None = None) -> str:
    language = select_language()
    return render_template(
        "import-kind.html",
        kind={
            "key": kind.key,
            "title": say(kind.title, language),
            "about": say(kind.about, language),
            "page": kind.page,
            "rows_max": f"{kind.rows_max:,}",
            "people": kind.key == "people",
        },
        columns=[_column(column, language) for column in kind.columns],
        typed=request.form.get("text", "") if problem is not None else "",
        problem=problem,
        problem_text="" if problem is None else _text(problem, language),
    )


def _column(column: Column, language: str) -> dict[str, str]:
    example = column.choices.get(column.example)
    return {
        "title": title(column, language),
        "key": column.key,
        "about": say(column.about, language),
        "choices": ", ".join(say(word, language) for word in column.choices.values()),
        "example": say(example, language) if example else column.example,
    }


def _text(problem: Refusal, language: str) -> str:
    return (
        shown_file_problem(problem.code, problem.details, language)
        or {
            "file_missing": gettext("Choose a file, or paste rows with their titles."),
            "import_busy": gettext(
                "Other files are being read just now. Send it again in a moment."
            ),
            "import_gone": gettext(
                "This check is over: an hour has passed, or the file was imported. Send it again."
            ),
            "import_changed": gettext(
                "Somebody changed something meanwhile. Nothing was imported: look at what the file"
                " would do now."
            ),
            "import_has_mistakes": gettext("Nothing was imported: the file has mistakes."),
        }.get(problem.code)
        or problem.message
    )


def _today(zone: str) -> date:
    return datetime.fromtimestamp(plant_now_us() / US_PER_S, ZoneInfo(zone)).date()
