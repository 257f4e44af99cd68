"""The page on which people set up the plant, its areas, lines and machines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from apiflask import APIBlueprint
from flask import Response, abort, render_template, request

from mes.clock import plant_now_us
from mes.core.calls import CallKind
from mes.core.refusal import Refusal
from mes.features.equipment import service
from mes.features.equipment.queries import ListedEquipment, PlantTree, plant_tree
from mes.features.equipment.service import (
    AreaDraft,
    Draft,
    LineDraft,
    MachineDraft,
    SiteDraft,
    TypedLevel,
)
from mes.features.plant.forms import EDITORS, field, saved, shown_problem, typed_names
from mes.features.screens.floor.words import call_word
from mes.features.screens.language import name_of, select_language
from mes.features.screens.report.words import _
from mes.web.pages import ROLE_NAMES
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading

pages = APIBlueprint("plant_pages", __name__, enable_openapi=False)

KINDS = ("area", "line", "machine")
LEVEL_OF = {"area": service.AREA, "line": service.LINE, "machine": service.MACHINE}
LEVELS_MAX = 12
"""Most levels of calls, as in a plant file."""
SPARE_LEVELS = 2
"""Empty rows for further levels."""
TOLD = (Role.SUPERVISOR, Role.QUALITY, Role.MAINTENANCE, Role.MANAGER)
"""Who can be told of a call."""


@pages.get("/plant")
@require(*EDITORS, tokens=False)
def plant_page() -> str:
    """The tree of the plant, and the form of what `at` names: a code, `site`, or a `new` kind."""
    return _page(request.args.get("at", "").strip()[:80], request.args.get("new", ""))


@pages.post("/plant")
@require(*EDITORS, tokens=False)
def site_form() -> Response:
    """Change the plant itself."""
    draft = SiteDraft(
        names=typed_names(),
        zone=field("zone"),
        day_starts=field("day_starts"),
        terminal_idle_min=field("terminal_idle"),
        levels=_levels(),
    )
    do = partial(
        service.change_site,
        actor=actor().to_json(),
        now_us=plant_now_us(),
        draft=draft,
        seen=field("seen"),
    )
    return saved(do, "/plant", partial(_page, "", ""))


@pages.post("/plant/new/<any(area, line, machine):kind>")
@require(*EDITORS, tokens=False)
def add_form(kind: str) -> Response:
    """Add an area, a line or a machine."""
    code = field("code")
    do = partial(
        service.add,
        actor=actor().to_json(),
        now_us=plant_now_us(),
        code=code,
        draft=_draft(kind),
    )
    return saved(do, _address(code), partial(_page, "", kind))


@pages.post("/plant/<any(area, line, machine):kind>/<code>")
@require(*EDITORS, tokens=False)
def change_form(kind: str, code: str) -> Response:
    """Change an area, a line or a machine."""
    _check_kind(kind, code)
    do = partial(
        service.change,
        actor=actor().to_json(),
        code=code,
        now_us=plant_now_us(),
        draft=_draft(kind),
        seen=field("seen"),
    )
    return saved(do, _address(code), partial(_page, code, ""))


@pages.post("/plant/<code>/<any(up, down):way>")
@require(*EDITORS, tokens=False)
def move_form(code: str, way: str) -> Response:
    """Move something up or down among its like."""
    do = partial(
        service.move,
        actor=actor().to_json(),
        code=code,
        now_us=plant_now_us(),
        up=way == "up",
        seen=field("seen"),
    )
    return saved(do, _address(code), partial(_page, code, ""))


@pages.post("/plant/<code>/retire")
@require(*EDITORS, tokens=False)
def retire_form(code: str) -> Response:
    """Take something out of use."""
    do = partial(
        service.retire,
        actor=actor().to_json(),
        code=code,
        now_us=plant_now_us(),
        seen=field("seen"),
    )
    return saved(do, _address(code), partial(_page, code, ""))


@pages.post("/plant/<code>/restore")
@require(*EDITORS, tokens=False)
def restore_form(code: str) -> Response:
    """Use something again."""
    do = partial(service.restore, actor=actor().to_json(), code=code, now_us=plant_now_us())
    return saved(do, _address(code), partial(_page, code, ""))


def _check_kind(kind: str, code: str) -> None:
    with reading() as session:
        row = service.find(session, code)
    if row is not None and row.level != LEVEL_OF[kind]:
        abort(404)


def _draft(kind: str) -> Draft:
    if kind == "area":
        return AreaDraft(names=typed_names())
    if kind == "line":
        return LineDraft(names=typed_names(), area=field("area"), oee_rule=field("oee_rule"))
    return MachineDraft(
        names=typed_names(),
        line=field("line"),
        minor_stop_s=field("minor"),
        key_machine="key_machine" in request.form,
        default_item=field("default_item"),
        state=field("state") or service.NO_STATE,
        idle_after_s=field("idle"),
    )


def _levels() -> tuple[TypedLevel, ...]:
    """The levels with a time, in the order of the form."""
    return tuple(
        TypedLevel(
            after_min=field(f"after-{number}"),
            to=field(f"to-{number}"),
            kinds=tuple(
                kind for kind in CallKind if kind in request.form.getlist(f"kinds-{number}")
            ),
        )
        for number in range(LEVELS_MAX)
        if field(f"after-{number}")
    )


def _page(at: str, new: str, problem: Refusal | None = None) -> str:
    with reading() as session:
        tree = plant_tree(session)
    row = tree.row(at)
    kind = new if new in KINDS else ""
    if row is not None:
        kind = next(name for name, level in LEVEL_OF.items() if level == row.level)
    shown, language = shown_problem(problem), select_language()
    return render_template(
        "plant.html",
        tree=tree,
        row=row,
        kind=kind,
        form={**shown["typed"]} if shown["typed"] else _stored(tree, row, kind),
        levels=_typed_levels() if shown["typed"] else _stored_levels(tree),
        spare=SPARE_LEVELS,
        levels_max=LEVELS_MAX,
        told_roles=[(role.value, ROLE_NAMES[role]) for role in TOLD],
        call_kinds=[(kind.value, call_word(kind)) for kind in CallKind],
        rules=_rules(),
        states=_states(),
        state_choices=_state_choices(row),
        area_choices=_choices(tree, service.AREA),
        line_choices=_choices(tree, service.LINE),
        item_choices=[(code, f"{code} {name_of(names, language)}") for code, names in tree.items],
        kind_names={
            service.AREA: _("Area"),
            service.LINE: _("Line"),
            service.MACHINE: _("Machine"),
        },
        **shown,
    )


def _rules() -> list[tuple[str, str]]:
    """Rules of a line's OEE with their words."""
    return [
        ("key_machine", _("Key machine")),
        ("sum", _("Sum of the machines")),
        ("last", _("Last machine")),
    ]


def _states() -> dict[str, str]:
    """Ways of knowing a state with their words."""
    return {
        service.SIGNALS: _("Signals of a device"),
        service.MANUAL: _("By hand: running while a job is started"),
        service.COUNTS: _("From counts: stopped when no piece comes"),
        service.NO_STATE: _("Not known yet"),
    }


def _state_choices(row: ListedEquipment | None) -> list[tuple[str, str]]:
    """Signals are made on the pages of sources: only a machine that has them can keep them."""
    has = row is not None and row.details.get("state") == service.SIGNALS
    return [(key, word) for key, word in _states().items() if has or key != service.SIGNALS]


def _choices(tree: PlantTree, level: str) -> list[tuple[str, str]]:
    language = select_language()
    return [
        (row.code, name_of(row.names, language, row.code))
        for row in tree.rows
        if row.level == level and not row.retired
    ]


def _stored(tree: PlantTree, row: ListedEquipment | None, kind: str) -> dict[str, Any]:
    if row is not None:
        return {**row.names, **row.details, "code": row.code}
    if kind:
        return {"minor": "300", "state": service.MANUAL, "line": request.args.get("line", "")}
    site = tree.site or {}
    names: Mapping[str, str] = site.get("name") or {}
    return {
        **names,
        "zone": site.get("time_zone", ""),
        "day_starts": site.get("day_starts", "00:00"),
        "terminal_idle": site.get("terminal_idle_min", 10),
    }


def _stored_levels(tree: PlantTree) -> list[dict[str, Any]]:
    levels = (tree.site or {}).get("call_escalation", [])
    return [
        {"after": str(one["after_min"]), "to": one["to"], "kinds": one.get("kinds", [])}
        for one in levels
    ]


def _typed_levels() -> list[dict[str, Any]]:
    return [{"after": one.after_min, "to": one.to, "kinds": list(one.kinds)} for one in _levels()]


def _address(code: str) -> str:
    return f"/plant?at={quote(code, safe='')}"
