"""Pages of lots: a search, and one lot."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request

from mes.clock import plant_now_us
from mes.core.exact import parse_number
from mes.core.instants import US_PER_S, parse_instant
from mes.core.lots import lot_code
from mes.core.refusal import Refusal
from mes.features.explain.timeline import strip
from mes.features.lots.queries import Around, Lot, find_lot, list_lots
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.reports.grid import Column, Grid, Kind
from mes.features.reports.lists import list_answer, list_grid
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.language import name_of, select_language
from mes.features.screens.report import words
from mes.features.screens.report.words import _
from mes.features.screens.routes import held
from mes.features.screens.site import read_site
from mes.web.roles import require
from mes.web.wiring import reading

pages = APIBlueprint("lot_pages", __name__, enable_openapi=False)
TEXT_MAX = 80


@pages.get("/lots")
@require()
def lots_page() -> Response:
    """The search; a text that is the code of one lot opens it."""
    text = request.args.get("lot", request.args.get("text", ""))[: 2 * TEXT_MAX].strip()
    problem = None
    with reading() as session:
        if text and (code := lot_code(text)):
            found = list_lots(session, code, 2)
            if any(one["lot"] == code for one in found):
                return make_response(redirect(f"/lots/{code}", 303))
        rows = list_lots(session, text)
    if text and not rows:
        problem = _("No lot, item or job holds this text.")
    page = render_template("lots.html", rows=rows, text=text[:TEXT_MAX], problem=problem, **_say())
    return make_response(page)


@pages.get("/lots/<code>")
@require()
def lot_page(code: str) -> Response:
    """One lot; an unknown one comes back to the search."""
    try:
        with reading() as session:
            found = find_lot(session, code, plant_now_us())
            known = masters(session)
    except Refusal as refusal:
        problem = _("There is no lot %(code)s.", code=code[:TEXT_MAX])
        page = render_template("lots.html", rows=[], text="", problem=problem, **_say())
        return make_response(page, refusal.status)
    around = [_around(one, known) for one in found.around]
    page = render_template("lot.html", lot=found, around=around, **_say())
    return make_response(page)


@pages.get("/lots/<code>.<any(csv, xlsx):kind>")
@require()
def lot_file(code: str, kind: str) -> Response:
    """The entries of a lot as a file."""
    site = read_site(held().database)
    with reading() as session:
        found = find_lot(session, code, plant_now_us())
    speaker = Speaker(zone=ZoneInfo(site.zone), language=select_language())
    today = datetime.fromtimestamp(plant_now_us() / US_PER_S, ZoneInfo(site.zone)).date()
    return list_answer(kind, lot_grid(found, speaker), site.zone, today)


def lot_grid(lot: Lot, speaker: Speaker) -> Grid:
    """The entries of a lot."""
    columns = [
        Column(key="lot", label=_("Lot")),
        Column(key="at", label=_("Made at"), kind=Kind.TIME),
        Column(key="machine", label=_("Machine")),
        Column(key="job", label=_("Order")),
        Column(key="good", label=_("Good"), kind=Kind.NUMBER),
        Column(key="scrap", label=_("Scrap"), kind=Kind.NUMBER),
        Column(key="rework", label=_("Rework"), kind=Kind.NUMBER),
        Column(key="reason", label=_("Reason")),
        Column(key="person", label=_("Person")),
        Column(key="state", label=_("State")),
        Column(key="note", label=_("Note")),
    ]
    names = {one["work_unit"]: one["name"] for one in lot.view["work_units"]}
    rows = (
        [
            lot.view["lot"],
            parse_instant(one["at"]),
            speaker.named(names.get(one["work_unit"], {}), one["work_unit"]),
            one["job_order"],
            parse_number(one["good"]),
            parse_number(one["scrap"]),
            parse_number(one["rework"]),
            speaker.named(one["reason"]["name"], one["reason"]["code"]) if one["reason"] else None,
            one["person"],
            _("Voided") if one["voided"] else None,
            one["note"],
        ]
        for one in lot.entries
    )
    return list_grid(lot.view["lot"].lower(), lot.view["lot"], columns, rows)


def _around(one: Around, known: Masters) -> dict[str, Any]:
    """The states of a machine as a strip and as a list of what did not run."""
    language, zone = select_language(), read_site(held().database).zone
    say = Speaker(zone=ZoneInfo(zone), language=language)
    return {
        "unit": one.unit.code,
        "name": name_of(one.unit.names, language, one.unit.code),
        "from": say.day_clock(one.span.start),
        "to": say.day_clock(one.span.end),
        **strip(one.intervals, one.span, zone, None),
        "parts": [
            {
                "start": say.day_clock(part.start),
                "end": say.day_clock(part.end),
                "minutes": words.minutes(part.length_us),
                "word": words.class_word(part.time_class),
                "reason": None
                if part.reason is None
                else name_of(
                    known.reasons[part.reason].names if part.reason in known.reasons else None,
                    language,
                    part.reason,
                ),
            }
            for part in one.intervals
        ],
    }


def _say() -> dict[str, Any]:
    language = select_language()
    say = Speaker(zone=ZoneInfo(read_site(held().database).zone), language=language)
    return {
        "say": say,
        "amount": lambda value: words.pieces(parse_number(value)),
        "named": lambda names, fallback="": name_of(names, language, fallback),
    }
