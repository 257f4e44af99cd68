"""The page on which people add, change, retire and bring back check plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.quality import CHARACTERISTICS_MAX, Kind
from mes.core.refusal import Refusal
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.quality import plans, words
from mes.features.quality.access import EDITORS
from mes.features.quality.drafts import CharacteristicDraft, PlanDraft, draft_of
from mes.features.quality.plans import ListedPlan
from mes.features.screens.report.words import _
from mes.web.roles import actor, require
from mes.web.wiring import reading, transaction

pages = APIBlueprint("quality_plan_pages", __name__, enable_openapi=False)

FIELD_MAX = 400
"""Characters of a field that are looked at; a longer name is refused all the same."""
BLANK_ROWS = 3
"""Empty rows behind the characteristics of a plan."""
TEXTS = (
    "ko",
    "en",
    "item",
    "work_unit",
    "segment",
    "every_pieces",
    "every_min",
    "time_base",
    "grace_pieces",
    "grace_min",
)
TICKS = ("first", "middle", "last")
COLUMNS = ("key", "ko", "en", "kind", "unit", "target", "lower", "upper", "decimals")


@pages.get("/quality/plans")
@require(*EDITORS, tokens=False)
def check_plans() -> str:
    """Plans, and the form for a new one or the one that `change` names."""
    return _page(request.args.get("change", "")[:FIELD_MAX])


@pages.post("/quality/plans")
@require(*EDITORS, tokens=False)
def add_form() -> Response:
    """Add a plan."""
    add = partial(plans.add_plan, code=_field("code"), draft=_typed())
    return _done("", lambda session: add(session, actor().to_json(), now_us=plant_now_us()))


@pages.post("/quality/plans/<code>/change")
@require(*EDITORS, tokens=False)
def change_form(code: str) -> Response:
    """Give a plan a new version."""
    change = partial(plans.change_plan, code=code, draft=_typed(), seen=_seen())
    return _done(code, lambda session: change(session, actor().to_json(), now_us=plant_now_us()))


@pages.post("/quality/plans/<code>/retire")
@require(*EDITORS, tokens=False)
def retire_form(code: str) -> Response:
    """Let nothing be checked by a plan any more."""
    retire = partial(plans.retire_plan, code=code, seen=_seen())
    return _done("", lambda session: retire(session, actor().to_json(), now_us=plant_now_us()))


@pages.post("/quality/plans/<code>/restore")
@require(*EDITORS, tokens=False)
def restore_form(code: str) -> Response:
    """Let a retired plan be checked again."""
    restore = partial(plans.restore_plan, code=code, seen=_seen())
    return _done("", lambda session: restore(session, actor().to_json(), now_us=plant_now_us()))


def _done(code: str, do: Callable[[Session], None]) -> Response:
    """Do something to a plan; a refusal stands beside what was typed."""
    try:
        with transaction() as held:
            do(held)
    except Refusal as refusal:
        return make_response(_page(code, refusal), refusal.status)
    return make_response(redirect("/quality/plans", 303))


def _page(changes: str, problem: Refusal | None = None) -> str:
    """The page.

    Args:
        changes: code of the plan that the form is about; empty: a new one.
        problem: why the form that was sent did nothing.
    """
    with reading() as held:
        rows = plans.listed_plans(held)
        known = masters(held)
    found = next((one for one in rows if one.plan.code == changes and not one.retired), None)
    typed = "ko" in request.form
    if typed:
        form = _typed()
    else:
        form = PlanDraft(ko="", en="") if found is None else draft_of(found.plan, known)
    return render_template(
        "quality-plans.html",
        rows=[_row(one, known) for one in rows],
        changes="" if found is None else changes,
        version=0 if found is None else found.plan.version,
        code=_field("code") if typed else "",
        form=_with_blanks(form),
        items=sorted((m.code, m.names) for m in known.materials.values()),
        units=[(unit.code, unit.names) for unit in known.active_work_units()],
        kinds={kind.value: words.kind_word(kind) for kind in Kind},
        problem=problem,
        problem_text="" if problem is None else _text(problem),
        mistakes={} if problem is None else _by_field(problem),
        words=words,
    )


def _with_blanks(form: PlanDraft) -> PlanDraft:
    filled = [one for one in form.characteristics if not one.is_empty]
    blank = min(BLANK_ROWS, max(0, CHARACTERISTICS_MAX - len(filled)))
    return replace(form, characteristics=[*filled, *[CharacteristicDraft()] * blank])


def _row(one: ListedPlan, known: Masters) -> dict[str, Any]:
    """A plan in the list: for what, when, and what is looked at."""
    form = draft_of(one.plan, known)
    item = known.materials.get(one.plan.material_id or 0)
    unit = known.work_units.get(one.plan.work_unit_id or 0)
    return {
        "code": one.plan.code,
        "version": one.plan.version,
        "names": one.plan.names,
        "retired": one.retired,
        "item": None if item is None else (item.code, item.names),
        "unit": None if unit is None else (unit.code, unit.names),
        "segment": form.segment,
        "when": _when(form),
        "characteristics": [one.to_json() for one in one.plan.characteristics],
    }


def _when(form: PlanDraft) -> list[str]:
    by_running = form.time_base == "running"
    said = [
        _("every %(n)s pieces", n=form.every_pieces) if form.every_pieces else "",
        (
            _("every %(n)s min of running", n=form.every_min)
            if by_running
            else _("every %(n)s min", n=form.every_min)
        )
        if form.every_min
        else "",
        _("First piece") if form.first else "",
        _("Middle piece") if form.middle else "",
        _("Last piece") if form.last else "",
    ]
    return [text for text in said if text]


def _typed() -> PlanDraft:
    """What the form says."""
    lists = {name: request.form.getlist(f"c_{name}")[: 2 * CHARACTERISTICS_MAX] for name in COLUMNS}
    count = max((len(one) for one in lists.values()), default=0)
    required = set(request.form.getlist("c_required"))

    def cell(name: str, number: int) -> str:
        held = lists[name]
        return held[number].strip()[:FIELD_MAX] if number < len(held) else ""

    rows = [
        CharacteristicDraft(
            **{name: cell(name, number) for name in COLUMNS}, required=str(number) in required
        )
        for number in range(count)
    ]
    given: dict[str, Any] = {name: _field(name) for name in TEXTS}
    given |= {name: name in request.form for name in TICKS}
    return PlanDraft(**given, characteristics=[one for one in rows if not one.is_empty])


def _seen() -> int:
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _field(name: str) -> str:
    return request.form.get(name, "").strip()[:FIELD_MAX]


def _by_field(problem: Refusal) -> dict[str, str]:
    """What to do about each field, in the language of the page; characteristics by N.FIELD."""
    texts = {
        "code": _("A code has 1 to 60 letters, digits, '.', '_' or '-'."),
        "ko": _("A name has 1 to 200 characters in one line."),
        "en": _("A name has 1 to 200 characters in one line."),
        "item": _("There is no such item."),
        "work_unit": _("There is no such machine."),
        "segment": _("A whole number from 1 to 9999."),
        "every_pieces": _("A number of pieces above zero."),
        "every_min": _("A whole number from 1 to 1440."),
        "grace_pieces": _("A number of pieces, not below zero."),
        "grace_min": _("A whole number from 0 to 1440."),
        "time_base": _("Choose one of the list."),
        "when": _("Say when it is checked: by count, by time, or first, middle or last piece."),
        "characteristics": _("Give at least one and at most 30 characteristics."),
        "kind": _("Choose one of the list."),
        "unit": _("A unit has at most 20 characters."),
        "decimals": _("A whole number from 0 to 6."),
        "upper": _("A number, not below the lower limit."),
        "lower": _("A number with at most 6 decimals."),
        "target": _("A number between the limits."),
    }
    if problem.code == "check_plan_code_taken":
        return {"code": _("This code belongs or belonged to a check plan. Choose another.")}
    given = problem.details.get("fields")
    fields = given if isinstance(given, dict) else {}
    return {field: texts.get(field.rpartition(".")[2], problem.message) for field in fields}


def _text(problem: Refusal) -> str:
    return {
        "check_plan_invalid": _("Nothing was saved. Correct the fields that are marked."),
        "check_plan_code_taken": _("Nothing was saved. Correct the fields that are marked."),
        "check_plan_changed": _(
            "Somebody changed this check plan meanwhile. Nothing was saved: what stands now is in"
            " the list; save again if it shall be as you typed."
        ),
        "check_plan_unknown": _("There is no such check plan."),
    }.get(problem.code, problem.message)
