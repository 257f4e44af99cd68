"""The trend: its page, its files, and notes about its moments."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from flask import Response, make_response, redirect, render_template, request

from mes.clock import plant_now_us
from mes.core.case_model import Span
from mes.core.refusal import Refusal
from mes.features.explain.timeline import hour_marks
from mes.features.production.master_loading import masters
from mes.features.reports.notes import (
    TEXT_MAX,
    Note,
    add_note,
    notes_grid,
    notes_in,
    void_note,
)
from mes.features.reports.routes import grids_file, pages
from mes.features.reports.samples import TAGS_MAX, Trends, known_tags
from mes.features.reports.trend import (
    HOURS,
    covered_until,
    hours_words,
    lines_of,
    near_spans,
    shown_series,
    shown_states,
    span_of,
    span_words,
    tags_grid,
)
from mes.features.reports.trend_files import file_grid
from mes.features.screens.language import name_of, select_language
from mes.features.screens.report import charts
from mes.features.screens.report.frame import Shown
from mes.web.roles import Role, actor, maybe_actor, require
from mes.web.wiring import reading, transaction

__all__ = ["pages"]


@pages.get("/trend")
def trend() -> str:
    """Values of up to eight tags over time, with limits, over the states of a machine."""
    now_us = plant_now_us()
    language = select_language()
    with reading() as session:
        known = masters(session)
        zone = known.sites[0].time_zone if known.sites else "UTC"
        span, hours = span_of(request.args, zone, now_us)
        tags = known_tags(session)
        lines = lines_of(tags, *(request.args.getlist(name) for name in ("tag", "low", "high")))
        trends = Trends(session, [line.tag for line in lines], span)
        series = [
            shown_series(
                line, trends.series(line.tag, covered_until(session, line.tag, now_us)), span
            )
            for line in lines
        ]
        unit_id = known.work_unit_ids.get(request.args.get("unit", ""))
        unit = None if unit_id is None else known.work_units[unit_id]
        states = {} if unit is None else shown_states(session, known, unit, span, now_us)
        notes = notes_in(session, span)
    rows = [*zip(*(request.args.getlist(name) for name in ("tag", "low", "high")), strict=False)]
    return render_template(
        "trend.html",
        series=series,
        tags=[tag.name for tag in tags],
        rows=[row for row in rows if row[0]],
        tags_max=TAGS_MAX,
        hours=[(n, hours_words(n)) for n in HOURS],
        hours_chosen=hours,
        since=request.args.get("from", "")[:19],
        until=request.args.get("until", "")[:19],
        near={
            key: None if other is None else _trend_of(other, zone)
            for key, other in near_spans(span, now_us).items()
        },
        live=request.args.get("live", ""),
        units=[
            (one.code, name_of(one.names, language, one.code)) for one in known.active_work_units()
        ],
        unit=None if unit is None else {"code": unit.code, "name": name_of(unit.names, language)},
        states=states,
        notes=[_shown_note(one, span, zone) for one in notes],
        problem=request.args.get("refused", "")[:40],
        typed_text=request.args.get("note_text", "")[:TEXT_MAX],
        typed_at=request.args.get("note_at", "")[:19],
        command_id=str(uuid4()),
        may_note=may_note(),
        marks=hour_marks(span, zone),
        span=(charts.day_and_clock(span.start, zone), charts.day_and_clock(span.end, zone)),
        edges=(span.start // 1000, span.end // 1000),
        nearby=_trend_of(None, zone),
        query=urlencode(list(request.args.items(multi=True))),
    )


@pages.get("/trend.<any(csv, xlsx):kind>")
def trendgrids_file(kind: str) -> Response:
    """The values of a trend as a file."""
    with reading() as session:
        known = masters(session)
        zone = known.sites[0].time_zone if known.sites else "UTC"
        span, _hours = span_of(request.args, zone, plant_now_us())
        names = (request.args.getlist(name) for name in ("tag", "low", "high"))
        lines = lines_of(known_tags(session), *names)
        now_us = plant_now_us()
        trends = Trends(session, [line.tag for line in lines], span)
        known_to = [(line, covered_until(session, line.tag, now_us)) for line in lines]
        told = [(line, trends.series(line.tag, until)) for line, until in known_to]
        notes = notes_grid(notes_in(session, span))
        grids = [file_grid(trends, known_to, span), tags_grid(told, span), notes]
    return grids_file(kind, grids, zone, "trend")


def _trend_of(span: Span | None, zone: str) -> str:
    """The address of the same trend over another span; None: without its moments."""
    kept = [
        pair
        for pair in request.args.items(multi=True)
        if pair[0] not in ("from", "until", "live", "refused", "note_text", "note_at")
    ]
    if span is not None:
        kept += zip(("from", "until"), span_words(span, zone), strict=True)
    return f"/trend?{urlencode(kept)}"


NOTERS = (Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY, Role.MAINTENANCE, Role.MANAGER)
"""Who may write notes about moments, besides an integrator and an administrator."""


def may_note() -> bool:
    """Whether the reader may write notes."""
    who = maybe_actor()
    return who is not None and who.has(*NOTERS, Role.INTEGRATOR)


@pages.post("/trend/notes")
@require(*NOTERS, Role.INTEGRATOR, tokens=False)
def write_note() -> Response:
    """Write a note about a moment of the trend that is looked at, or withdraw one."""
    form, now_us = request.form, plant_now_us()
    command = form.get("command_id", "")[:80] or str(uuid4())
    voids, who = form.get("voids", ""), actor().to_json()
    try:
        with transaction() as session:
            known = masters(session)
            zone = known.sites[0].time_zone if known.sites else "UTC"
            if voids:
                number = (
                    int(voids) if voids.isascii() and voids.isdigit() and len(voids) < 18 else 0
                )
                void_note(session, who, number, text=form.get("text", ""), command_id=command)
            else:
                add_note(
                    session,
                    who,
                    at=form.get("at", ""),
                    zone=zone,
                    text=form.get("text", ""),
                    command_id=command,
                    now_us=now_us,
                )
    except Refusal as refusal:
        typed = {
            "refused": refusal.code,
            "note_text": form.get("text", "")[:TEXT_MAX],
            "note_at": form.get("at", "")[:19],
        }
        return make_response(redirect(_trend_again(typed), 303))
    return make_response(redirect(_trend_again({}), 303))


def _trend_again(further: Mapping[str, str]) -> str:
    """The trend that was looked at."""
    pairs = parse_qsl(request.form.get("query", "")[:4000])
    kept = [pair for pair in pairs if pair[0] not in ("refused", "note_text", "note_at")]
    return f"/trend?{urlencode([*kept, *further.items()])}#notes"


def _shown_note(note: Note, span: Span, zone: str) -> Shown:
    share = (note.at - span.start) / (span.end - span.start)
    return {
        "id": note.id,
        "left": f"{share * 1000:.1f}",
        "at": charts.day_and_clock(note.at, zone),
        "text": note.text,
        "person": note.person,
        "written": charts.day_and_clock(note.recorded_at, zone),
        "void": note.void,
        "void_by": note.void_by,
    }
