"""What the pages of master data share: who may edit, fields as typed, the words of refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, make_response, redirect, request
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.plant.rows import TypedNames
from mes.features.screens.report.words import _
from mes.web.roles import Role
from mes.web.wiring import transaction

EDITORS = (Role.MANAGER, Role.SUPERVISOR, Role.INTEGRATOR)
"""Who changes master data, besides an administrator."""
FIELD_MAX = 400
"""Characters of a field that are looked at; longer names are refused all the same."""


def field(name: str) -> str:
    """What was typed into a field, without blanks around it."""
    return request.form.get(name, "").strip()[:FIELD_MAX]


def typed_names(prefix: str = "") -> TypedNames:
    """The two names."""
    return TypedNames(ko=field(f"{prefix}ko"), en=field(f"{prefix}en"))


def saved(
    do: Callable[[Session], object], address: str, page: Callable[[Refusal], str]
) -> Response:
    """Do what a form asks; a refusal stands beside what was typed.

    Args:
        address: where a browser goes afterwards, with a sign that it was saved.
        page: the page once more, with why nothing was done.
    """
    try:
        with transaction() as session:
            do(session)
    except Refusal as refusal:
        return make_response(page(refusal), refusal.status)
    sign = "&" if "?" in address else "?"
    return make_response(redirect(f"{address}{sign}saved=1", 303))


def shown_problem(problem: Refusal | None) -> dict[str, Any]:
    """What a template shows of a refusal: `problem`, `problem_text`, `mistakes` and `typed`."""
    return {
        "problem": problem,
        "problem_text": "" if problem is None else problem_text(problem),
        "mistakes": {} if problem is None else mistakes_of(problem),
        "typed": request.form if problem is not None else {},
        "was_saved": problem is None and "saved" in request.args,
    }


def mistakes_of(problem: Refusal) -> Mapping[str, str]:
    """What to do about each field, in the language of the page."""
    fields: Any = problem.details.get("fields", {})
    if problem.code == "master_code_taken":
        return {"code": _("This code belongs or belonged to something. Choose another.")}
    return {name: _field_text(name, str(message)) for name, message in fields.items()}


def problem_text(problem: Refusal) -> str:
    """The sentence above the form."""
    if problem.code == "master_in_use":
        return _in_use_text(problem)
    return {
        "master_invalid": _("Nothing was saved. Correct the fields that are marked."),
        "master_code_taken": _("Nothing was saved. Correct the fields that are marked."),
        "master_changed": _(
            "Somebody changed this meanwhile. Nothing was saved: what you typed is still in the"
            " form; the list shows what stands now. Save again if it shall be as you typed."
        ),
        "master_unknown": _("There is nothing with this code."),
        "master_parent_retired": _(
            "The line or area that it belongs to is retired. Use that again first."
        ),
        "machine_move_changes_past": _(
            "The two lines work by different calendars: past shifts of the machine would be"
            " counted anew. Give both lines the same calendar, or add it as a new machine."
        ),
        "routing_released": _("There is no draft to release: save the operations first."),
        "routing_empty": _("A routing has 1 to 50 operations."),
        "plant_day_fixed": _(
            "Time zone and start of the production day stand as soon as production was recorded:"
            " past days would be counted anew."
        ),
    }.get(problem.code, problem.message)


def _in_use_text(problem: Refusal) -> str:
    names: Any = problem.details.get("names", [])
    count = int(str(problem.details.get("count", len(names))))
    listed = ", ".join(map(str, names)) + (" …" if count > len(names) else "")
    return {
        "order": _("Open work orders still name it: %(names)s. Close them first."),
        "job": _("Jobs on it are not finished: %(names)s. Finish or cancel them first."),
        "machine": _(
            "Machines still name it: %(names)s. Change that on the page of lines and machines"
            " first."
        ),
        "machines_of_line": _("Machines still belong to it: %(names)s. Move or retire them first."),
        "line": _("Lines still belong to it: %(names)s. Move or retire them first."),
        "terminal": _("Terminals stand at it: %(names)s. Retire them first."),
        "routing": _("Routings still name it: %(names)s. Make a new revision first."),
        "plant": _("Other master data still names it: %(names)s. Change that first."),
    }[str(problem.details.get("what", "plant"))] % {"names": listed}


def _field_text(name: str, message: str) -> str:
    part = name.partition("-")[0]
    texts = {
        "code": _("A code has 1 to 60 letters, digits, '.', '_' or '-'."),
        "ko": _("A name has 1 to 200 characters in one line."),
        "en": _("A name has 1 to 200 characters in one line."),
        "unit": _("A unit has 1 to 20 characters."),
        "cycle": _("Seconds above 0, such as 2.5; empty: this machine does not make it."),
        "pieces": _("A whole number from 1 to 1,000; empty: 1."),
        "minor": _("Seconds from 0, such as 300."),
        "idle": _("Seconds above 0, such as 60."),
        "line": _("Choose a line that is in use."),
        "area": _("Choose an area that is in use."),
        "default_item": _("Choose an item that is in use."),
        "oee_rule": _("Choose one of the rules."),
        "state": _("A state from counts needs a counter among the signals of the machine."),
        "zone": _("An IANA time zone such as Asia/Seoul."),
        "day_starts": _("A time of day such as 08:00."),
        "terminal_idle": _("Whole minutes from 1 to 240."),
        "after": _("Minutes above 0; each level has a time of its own."),
        "to": _("Choose who is told."),
        "number": _("A whole number from 1 to 9,999, each only once."),
        "segment": _("A routing has 1 to 50 operations."),
    }
    return texts.get(part, message)
