"""The page on which people add, change and retire items with their rates."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint
from flask import Response, render_template, request

from mes.clock import plant_now_us
from mes.core.refusal import Refusal
from mes.features.materials import service
from mes.features.materials.item_list import (
    ItemDetail,
    item_detail,
    listed_items,
    no_rates,
)
from mes.features.materials.service import ItemDraft, TypedRate
from mes.features.plant.forms import EDITORS, field, saved, shown_problem, typed_names
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.language import select_language
from mes.features.screens.report.words import _
from mes.features.screens.site import read_site
from mes.web.roles import actor, require
from mes.web.wiring import database, reading

pages = APIBlueprint("item_pages", __name__, enable_openapi=False)

SHOWN_MAX = 500
"""Most items that the page lists; the file has more."""
MACHINES_MAX = 500
"""Most machines of one form."""


@pages.get("/items")
@require(*EDITORS, tokens=False)
def items_page() -> str:
    """Items found by `text`, and the form of the item `item` or of a new one."""
    return _page(request.args.get("item", "").strip()[:80])


@pages.post("/items")
@require(*EDITORS, tokens=False)
def add_form() -> Response:
    """Add an item."""
    code = field("code")
    do = partial(
        service.add_item,
        actor=actor().to_json(),
        now_us=plant_now_us(),
        code=code,
        draft=_draft(),
    )
    return saved(do, _address(code), partial(_page, ""))


@pages.post("/items/<code>")
@require(*EDITORS, tokens=False)
def change_form(code: str) -> Response:
    """Change names, unit and rates of an item."""
    do = partial(
        service.change_item,
        actor=actor().to_json(),
        code=code,
        now_us=plant_now_us(),
        draft=_draft(),
        seen=field("seen"),
    )
    return saved(do, _address(code), partial(_page, code))


@pages.post("/items/<code>/retire")
@require(*EDITORS, tokens=False)
def retire_form(code: str) -> Response:
    """Let nobody choose an item any more."""
    do = partial(
        service.retire_item,
        actor=actor().to_json(),
        code=code,
        now_us=plant_now_us(),
        seen=field("seen"),
    )
    return saved(do, _address(code), partial(_page, code))


@pages.post("/items/<code>/restore")
@require(*EDITORS, tokens=False)
def restore_form(code: str) -> Response:
    """Let a retired item be chosen again."""
    do = partial(service.restore_item, actor=actor().to_json(), code=code, now_us=plant_now_us())
    return saved(do, _address(code), partial(_page, code))


def _draft() -> ItemDraft:
    machines = request.form.getlist("machine")[:MACHINES_MAX]
    return ItemDraft(
        names=typed_names(),
        unit=field("unit"),
        rates={
            machine: TypedRate(
                cycle_s=field(f"cycle-{machine}"),
                pieces=field(f"pieces-{machine}"),
                default=f"default-{machine}" in request.form,
            )
            for machine in machines
        },
    )


def _page(code: str, problem: Refusal | None = None) -> str:
    text = (request.values.get("text") or "").strip()[:80]
    with reading() as session:
        rows = listed_items(session, text, SHOWN_MAX + 1)
        detail = item_detail(session, code) if code else None
        rates = no_rates(session) if detail is None else detail.rates
    site = read_site(database())
    speaker = Speaker(zone=ZoneInfo(site.zone), language=select_language())
    shown = shown_problem(problem)
    return render_template(
        "items.html",
        rows=rows[:SHOWN_MAX],
        more=len(rows) > SHOWN_MAX,
        text=text,
        detail=detail,
        rates=rates,
        form=_typed(shown["typed"]) if shown["typed"] else _stored(detail),
        since=partial(_since, speaker),
        **shown,
    )


def _since(speaker: Speaker, at: int | None) -> str:
    if at is None:
        return ""
    return _("from the beginning") if at == 0 else speaker.full(at)


def _typed(typed: Any) -> dict[str, Any]:
    values = {name: value[:400] for name, value in typed.items()}
    return {**values, "is_typed": True}


def _stored(detail: ItemDetail | None) -> dict[str, Any]:
    if detail is None:
        return {}
    names = detail.item.names
    return {
        "code": detail.item.code,
        "ko": names.get("ko", ""),
        "en": names.get("en", ""),
        "unit": detail.item.unit,
    }


def _address(code: str) -> str:
    text = quote(field("text"), safe="")
    return f"/items?item={quote(code, safe='')}" + (f"&text={text}" if text else "")
