"""The pages on which work instructions are listed, made, written and retired."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.instructions import service
from mes.features.instructions.access import EDITORS
from mes.features.instructions.content import CODE, TITLE_MAX, is_clean
from mes.features.instructions.queries import instruction, instructions
from mes.features.instructions.service import Scope
from mes.features.production.master_loading import masters
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.language import select_language
from mes.features.screens.report.words import _
from mes.features.screens.site import read_site
from mes.web.roles import actor, require
from mes.web.wiring import database, reading, transaction

pages = APIBlueprint("instruction_pages", __name__, enable_openapi=False)

FIELD_MAX = 400
"""Characters of a field that are looked at; a longer text is refused all the same."""
OPERATION_MAX = 99_999


@pages.get("/instructions")
@require(*EDITORS, tokens=False)
def instructions_page() -> str:
    """Work instructions, and the form for a new one."""
    return _list_page()


@pages.post("/instructions")
@require(*EDITORS, tokens=False)
def create_form() -> Response:
    """Make a work instruction and go on to its steps."""
    code = _field("code")

    def do(session: Session) -> None:
        names = {"ko": _field("ko"), "en": _field("en")}
        scope = _checked_scope(code, names)
        copy = _field("copy_from") or None
        service.create_instruction(session, _context(), code, scope, names=names, copy_from=copy)

    return _done(do, f"/instructions/{quote(code)}", _list_page)


@pages.get("/instructions/<code>")
@require(*EDITORS, tokens=False)
def instruction_page(code: str) -> str:
    """One work instruction: its revisions, and the draft to be written."""
    return _one_page(code)


@pages.post("/instructions/<code>/retire")
@require(*EDITORS, tokens=False)
def retire_form(code: str) -> Response:
    """Let it apply nowhere any more."""
    return _done(
        lambda session: service.retire_instruction(session, _context(), code),
        f"/instructions/{quote(code)}",
        lambda problem: _one_page(code, problem),
    )


@pages.post("/instructions/<code>/restore")
@require(*EDITORS, tokens=False)
def restore_form(code: str) -> Response:
    """Let it apply again."""
    return _done(
        lambda session: service.restore_instruction(session, _context(), code),
        f"/instructions/{quote(code)}",
        lambda problem: _one_page(code, problem),
    )


def problem_text(problem: Refusal) -> str:
    """What a refusal means on these pages."""
    other = problem.details.get("instruction", "")
    return {
        "instruction_form_invalid": _("Nothing was saved. Correct the fields that are marked."),
        "instruction_code_taken": _("Nothing was saved. Correct the fields that are marked."),
        "instruction_scope_needed": _("Choose an item, a machine or an operation."),
        "instruction_scope_taken": _(
            "%(other)s applies to the same. Revise that one, or retire it first.", other=other
        ),
        "instruction_unknown": _("There is no such work instruction."),
        "instruction_retired": _("Somebody has retired it meanwhile."),
        "instruction_not_retired": _("It is in use already."),
        "instruction_proposal_answered": _("Somebody has answered this proposal already."),
        "instruction_proposal_unknown": _("There is no such proposal."),
        "item_unknown": _("There is no such item. Choose one of the list."),
        "unknown_work_unit": _("There is no such machine. Choose one of the list."),
    }.get(problem.code, problem.message)


def speaker() -> Speaker:
    """How times and names are written for the reader."""
    zone = ZoneInfo(read_site(database()).zone)
    return Speaker(zone=zone, language=select_language())


def _list_page(problem: Refusal | None = None) -> str:
    with reading() as session:
        rows = instructions(session)
        known = masters(session)
    return render_template(
        "instructions.html",
        rows=rows,
        items=sorted(
            ((one.code, dict(one.names)) for one in known.materials.values()), key=lambda x: x[0]
        ),
        units=[(unit.code, dict(unit.names)) for unit in known.active_work_units()],
        say=speaker(),
        problem=problem,
        problem_text="" if problem is None else problem_text(problem),
        mistakes={} if problem is None else _mistakes(problem),
        typed=request.form if problem is not None else {},
        was_saved=False,
    )


def _one_page(code: str, problem: Refusal | None = None) -> str:
    with reading() as session:
        found = instruction(session, code)
    return render_template(
        "instruction.html",
        one=found,
        say=speaker(),
        problem=problem,
        problem_text="" if problem is None else problem_text(problem),
        mistakes={},
        was_saved=False,
    )


def _done(
    do: Callable[[Session], object], address: str, page: Callable[[Refusal], str]
) -> Response:
    try:
        with transaction() as held:
            do(held)
    except Refusal as refusal:
        if refusal.code == "instruction_unknown":
            raise
        return make_response(page(refusal), refusal.status)
    return make_response(redirect(address, 303))


def _checked_scope(code: str, names: dict[str, str]) -> Scope:
    mistakes: dict[str, object] = {}
    if CODE.fullmatch(code) is None:
        mistakes["code"] = "1 to 40 letters, digits, '.', '_' or '-'"
    for language, name in names.items():
        if len(name) > TITLE_MAX or not is_clean(name):
            mistakes[language] = "at most 200 characters in one line"
    operation = _field("operation")
    is_number = operation.isascii() and operation.isdigit() and len(operation) < 9
    if operation and not (is_number and 1 <= int(operation) <= OPERATION_MAX):
        mistakes["operation"] = "a whole number from 1 to 99,999"
    if mistakes:
        raise Refusal("instruction_form_invalid", "fields are wrong", status=422, details=mistakes)
    return Scope(
        item=_field("item") or None,
        work_unit=_field("work_unit") or None,
        operation=int(operation) if operation else None,
    )


def _mistakes(problem: Refusal) -> dict[str, str]:
    texts = {
        "code": _("A code has 1 to 40 letters, digits, '.', '_' or '-'."),
        "ko": _("A title has at most 200 characters in one line."),
        "en": _("A title has at most 200 characters in one line."),
        "operation": _("A whole number from 1 to 99,999."),
    }
    if problem.code == "instruction_code_taken":
        return {"code": _("This code belongs or belonged to something. Choose another.")}
    if problem.code in ("instruction_scope_needed", "instruction_scope_taken", "item_unknown"):
        return {"item": problem_text(problem)}
    if problem.code == "unknown_work_unit":
        return {"work_unit": problem_text(problem)}
    return {field: text for field, text in texts.items() if field in problem.details}


def _context() -> Context:
    now = plant_now_us()
    return Context(command_id="", actor=actor().to_json(), at=now, now=now)


def _field(name: str) -> str:
    return request.form.get(name, "").strip()[:FIELD_MAX]
