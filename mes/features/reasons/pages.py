"""The page on which people add, rename and retire reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.classes import ReasonClass, TimeClass
from mes.core.refusal import Refusal
from mes.features.commands.subjects import DOMAINS, STOP
from mes.features.plant.forms import EDITORS as EDITORS
from mes.features.reasons import service
from mes.features.reasons.service import ReasonNames
from mes.features.screens.report.words import _, class_word
from mes.web.roles import actor, require
from mes.web.wiring import reading, transaction

pages = APIBlueprint("reason_pages", __name__, enable_openapi=False)

FIELD_MAX = 400
"""Characters of a field that are looked at; a longer name is refused all the same."""


@pages.get("/reasons")
@require(*EDITORS, tokens=False)
def reasons_page() -> str:
    """Reasons with class and names, and the form for a new one."""
    return _page()


@pages.post("/reasons")
@require(*EDITORS, tokens=False)
def add_form() -> Response:
    """Add a reason."""
    domain = _field("domain")
    add = partial(
        service.add_reason,
        code=_field("code"),
        names=_names(),
        domain=domain,
        time_class=(_field("class") or None) if domain == STOP else None,
        failure=domain == STOP and "failure" in request.form,
    )
    return _done("", lambda session: add(session, actor().to_json(), now_us=plant_now_us()))


@pages.post("/reasons/<code>")
@require(*EDITORS, tokens=False)
def change_form(code: str) -> Response:
    """Give a reason other names, another class or group."""
    change = partial(
        service.change_reason,
        code=code,
        names=_names(),
        time_class=_field("class") or None,
        failure="failure" in request.form,
        group=_field("group") or None,
        seen=_field("seen"),
    )
    return _done(code, lambda session: change(session, actor().to_json(), now_us=plant_now_us()))


@pages.post("/reasons/<code>/<any(up, down):way>")
@require(*EDITORS, tokens=False)
def move_form(code: str, way: str) -> Response:
    """Move a reason up or down among those of its domain."""
    move = partial(service.move_reason, code=code, up=way == "up", seen=_field("seen"))
    return _done(code, lambda session: move(session, actor().to_json(), now_us=plant_now_us()))


@pages.post("/reasons/<code>/retire")
@require(*EDITORS, tokens=False)
def retire_form(code: str) -> Response:
    """Let nobody choose a reason any more."""
    retire = partial(service.retire_reason, code=code, seen=_field("seen"))
    return _done(code, lambda session: retire(session, actor().to_json(), now_us=plant_now_us()))


@pages.post("/reasons/<code>/restore")
@require(*EDITORS, tokens=False)
def restore_form(code: str) -> Response:
    """Let a retired reason be chosen again."""
    restore = partial(service.restore_reason, code=code, seen=_field("seen"))
    return _done(code, lambda session: restore(session, actor().to_json(), now_us=plant_now_us()))


def _done(code: str, do: Callable[[Session], None]) -> Response:
    """Do something to a reason; a refusal stands beside what was typed."""
    try:
        with transaction() as held:
            do(held)
    except Refusal as refusal:
        return make_response(_page(code, refusal), refusal.status)
    return make_response(redirect("/reasons", 303))


def _page(code: str = "", problem: Refusal | None = None) -> str:
    """The page.

    Args:
        code: of the reason that `problem` is about; empty: a new one.
        problem: why the form that was sent did nothing.
    """
    with reading() as held:
        rows = service.listed_reasons(held)
    in_use = [row for row in rows if not row["retired"]]
    mistakes = {} if problem is None else _by_field(problem)
    return render_template(
        "reasons.html",
        rows=rows,
        in_use=in_use,
        orders={domain: service.order_mark(in_use, domain) for domain in DOMAINS},
        at=code,
        problem=problem,
        problem_text="" if problem is None else _text(problem),
        mistakes=mistakes,
        typed=request.form if problem is not None else {},
        domains={domain: domain_word(domain) for domain in DOMAINS},
        classes={str(each): class_word(TimeClass(each)) for each in ReasonClass},
    )


def _by_field(problem: Refusal) -> Mapping[str, str]:
    """What to do about each field, in the language of the page."""
    texts = {
        "code": _("A code has 1 to 60 letters, digits, '.', '_' or '-'."),
        "ko": _("A name has 1 to 200 characters in one line."),
        "en": _("A name has 1 to 200 characters in one line."),
        "domain": _("Choose what it is a reason for."),
        "class": _("Choose the class of the stop."),
        "failure": _("Only unplanned stops are failures."),
        "parent": _("A group is a reason of the same kind that stands in no group itself."),
    }
    if problem.code == "reason_code_taken":
        return {"code": _("This code belongs or belonged to a reason. Choose another.")}
    return {field: text for field, text in texts.items() if field in problem.details}


def _text(problem: Refusal) -> str:
    return {
        "reason_invalid": _("Nothing was saved. Correct the fields that are marked."),
        "reason_code_taken": _("Nothing was saved. Correct the fields that are marked."),
        "reason_changed": _(
            "Somebody changed this reason meanwhile. Nothing was saved: what stands now is in"
            " the list; save again if it shall be as you typed."
        ),
        "reason_built_in": _("The system itself gives this reason: it can only be renamed."),
        "reason_still_named": _(
            "A break, a group or the map of a signal still names this reason. Change that first."
        ),
        "reason_unknown": _("There is no such reason."),
    }.get(problem.code, problem.message)


def domain_word(domain: str) -> str:
    """What a reason is for."""
    words = {STOP: _("Stop"), "scrap": _("Scrap"), "pause": _("Pause of a job")}
    return words.get(domain) or _("Correction")


def _names() -> ReasonNames:
    return ReasonNames(ko=_field("ko"), en=_field("en"))


def _field(name: str) -> str:
    return request.form.get(name, "").strip()[:FIELD_MAX]
