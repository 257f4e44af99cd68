"""The page on which people draft and release routings."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint
from flask import Response, render_template, request

from mes.clock import plant_now_us
from mes.core.refusal import Refusal
from mes.features.materials import routings
from mes.features.materials.item_list import item_detail, listed_items
from mes.features.materials.routings import OPERATIONS_MAX, Revision, TypedOperation
from mes.features.plant.forms import EDITORS, field, saved, shown_problem
from mes.features.plant.rows import TypedNames
from mes.features.production.master_loading import masters
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.language import name_of, select_language
from mes.features.screens.report.words import _
from mes.features.screens.site import read_site
from mes.web.roles import actor, require
from mes.web.wiring import database, reading

pages = APIBlueprint("routing_pages", __name__, enable_openapi=False)

SHOWN_MAX = 500
"""Most items that the page lists."""
SPARE = 3
"""Empty rows for further operations."""
STEP = 10
"""By which operations are numbered."""


@pages.get("/routings")
@require(*EDITORS, tokens=False)
def routings_page() -> str:
    """Items with the state of their routings, and the operations of the item `item`."""
    return _page(request.args.get("item", "").strip()[:80])


@pages.post("/routings/<item>")
@require(*EDITORS, tokens=False)
def draft_form(item: str) -> Response:
    """Keep the operations as a draft."""
    do = partial(
        routings.save_draft,
        actor=actor().to_json(),
        item=item,
        operations=_typed_operations(),
        seen=field("seen"),
    )
    return saved(do, _address(item), partial(_page, item))


@pages.post("/routings/<item>/release")
@require(*EDITORS, tokens=False)
def release_form(item: str) -> Response:
    """Let new orders follow the draft."""
    do = partial(
        routings.release_draft,
        actor=actor().to_json(),
        item=item,
        now_us=plant_now_us(),
        seen=field("seen"),
    )
    return saved(do, _address(item), partial(_page, item))


@pages.post("/routings/<item>/retire")
@require(*EDITORS, tokens=False)
def retire_form(item: str) -> Response:
    """Let new orders have one operation again."""
    do = partial(
        routings.retire_routing,
        actor=actor().to_json(),
        item=item,
        now_us=plant_now_us(),
        seen=field("seen"),
    )
    return saved(do, _address(item), partial(_page, item))


def _typed_operations() -> tuple[TypedOperation, ...]:
    """The rows of the form in which anything was typed."""
    rows = [
        TypedOperation(
            number=field(f"number-{place}"),
            names=TypedNames(ko=field(f"ko-{place}"), en=field(f"en-{place}")),
            line=field(f"line-{place}"),
        )
        for place in range(OPERATIONS_MAX)
    ]
    return tuple(row for row in rows if row.names.ko or row.names.en or row.line)


def _page(item: str, problem: Refusal | None = None) -> str:
    text = (request.values.get("text") or "").strip()[:80]
    language = select_language()
    with reading() as session:
        detail = item_detail(session, item) if item else None
        found = listed_items(session, text, SHOWN_MAX + 1)
        known = routings.revisions_by_item(session, [row.code for row in found])
        rows = [(row, _standing(known.get(row.code, []))) for row in found]
        revisions = routings.revisions_of(session, item) if detail is not None else []
        lines = [line for line in masters(session).lines.values() if not line.retired]
    shown = shown_problem(problem)
    typed = _typed_operations() if problem is not None and "number-0" in request.form else None
    speaker = Speaker(zone=ZoneInfo(read_site(database()).zone), language=language)
    return render_template(
        "routings.html",
        rows=rows[:SHOWN_MAX],
        more=len(rows) > SHOWN_MAX,
        text=text,
        item=None if detail is None else detail.item,
        revisions=revisions,
        draft=next((one for one in revisions if one.is_draft), None),
        mark=routings.routing_mark(revisions),
        operations=_form(revisions, typed),
        lines=[(line.code, name_of(line.names, language, line.code)) for line in lines],
        at=speaker.full,
        state_of=_state_of,
        **shown,
    )


def _standing(revisions: list[Revision]) -> dict[str, Any]:
    """What the list tells of a routing."""
    released = next((one for one in revisions if one.released_at and not one.retired_at), None)
    draft = next((one for one in revisions if one.is_draft), None)
    return {"released": released, "draft": draft}


def _form(
    revisions: list[Revision], typed: tuple[TypedOperation, ...] | None
) -> list[dict[str, str]]:
    """Rows of the form: what was typed, else the draft, else what is released; then empty ones."""
    if typed is not None:
        rows = [
            {"number": one.number, "ko": one.names.ko, "en": one.names.en, "line": one.line}
            for one in typed
        ]
    else:
        latest = next((one for one in revisions if one.retired_at is None), None)
        rows = [
            {
                "number": str(one.number),
                "ko": one.names.get("ko", ""),
                "en": one.names.get("en", ""),
                "line": one.line or "",
            }
            for one in (latest.operations if latest is not None else ())
        ]
    last = max((int(row["number"]) for row in rows if row["number"].isdecimal()), default=0)
    start = last - last % STEP
    spare = [
        {"number": str(start + STEP * (place + 1)), "ko": "", "en": "", "line": ""}
        for place in range(SPARE)
    ]
    return [*rows, *spare][:OPERATIONS_MAX]


def _state_of(revision: Revision) -> str:
    if revision.retired_at is not None:
        return _("Retired")
    return _("Draft") if revision.is_draft else _("Released")


def _address(item: str) -> str:
    return f"/routings?item={quote(item, safe='')}"
