"""Files of the lists of sources, checks, stops, reasons, terminals, displays and publications.

Who may open the list may take its file, with its conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint
from flask import Response, request
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.instants import US_PER_S
from mes.features.checks.access import READERS
from mes.features.checks.excesses import excesses
from mes.features.checks.queries import orphaned
from mes.features.checks.suspects import LIMIT_MAX as SUSPECTS_MAX
from mes.features.checks.suspects import Status, suspect_views, suspects
from mes.features.displays.routes import present_displays
from mes.features.downtime.queries import stops
from mes.features.downtime.routes import window_asked
from mes.features.downtime.schemas import StopsQuery
from mes.features.ingest.queries import kept_aside
from mes.features.ingest.queries import sources as listed_sources
from mes.features.people.blueprints import ENROLLERS
from mes.features.people.queries import terminals
from mes.features.publishing.queries import LIMIT_MAX as PUBLISHED_MAX
from mes.features.publishing.queries import published, unit_ids_of
from mes.features.publishing.schemas import PublishedQuery
from mes.features.publishing.settling import settle_waiting
from mes.features.reasons.pages import EDITORS as REASON_EDITORS
from mes.features.reasons.pages import domain_word
from mes.features.reasons.service import listed_reasons
from mes.features.reports.exports import csv_answer, xlsx_answer
from mes.features.reports.grid import Grid
from mes.features.reports.lists import ROWS_MAX, list_answer
from mes.features.reports.system_grids import (
    Named,
    counts_grid,
    displays_grid,
    excesses_grid,
    kept_aside_grid,
    lost_reasons_grid,
    published_grid,
    reasons_grid,
    signals_grid,
    sources_grid,
    stops_grid,
    tags_grid,
    terminals_grid,
)
from mes.features.screens.language import name_of, select_language
from mes.features.screens.routes import held
from mes.features.screens.site import read_site
from mes.features.sources.service import configuration, signals
from mes.web.roles import Role, require
from mes.web.wiring import database, reading

files = APIBlueprint("list_files", __name__, enable_openapi=False)

CHECKS_WAITING = ("open", "excesses", "quarantined", "orphans")
CHECKS = (*CHECKS_WAITING, "decided", "cleared")
"""Lists of the page of data checks."""
PAGE = 200
ORPHAN_DAYS = 31
"""How far back the page of checks looks for reasons without a stop."""
Fetch = Callable[[Any], tuple[list[dict[str, Any]], Any]]


@files.get("/sources.<any(csv, xlsx):kind>")
@require()
def sources_file(kind: str) -> Response:
    """The sources that the page lists."""
    with reading() as session:
        grid = sources_grid(listed_sources(session), lambda one: str(one["state"] or ""))
    return _answer(kind, grid)


@files.get("/sources/<code>.<any(csv, xlsx):kind>")
@require()
def source_file(code: str, kind: str) -> Response:
    """Tags with their registers and last values, and signals of a source; CSV: one `table`."""
    with reading() as session:
        definition = configuration(session, code)
        found = next((one for one in listed_sources(session) if one["source"] == code), None)
        values = {one["tag"]: one for one in (found or {}).get("values", ())}
        bound = [
            (unit, role, binding)
            for unit, roles in signals(session).items()
            for role, binding in roles.items()
            if f'"{code}/' in _as_json(binding) or f"{code}/" in str(binding)
        ]
        grids = [tags_grid(definition.get("tags") or (), values), signals_grid(bound)]
    return _several(kind, grids, code)


@files.get("/checks.<any(csv, xlsx):kind>")
@require(*READERS)
def checks_file(kind: str) -> Response:
    """The list of the page of data checks that `list` names; without it all that wait."""
    asked = request.args.get("list", "")
    named, now = _namer(), plant_now_us()

    def grid_of(name: str, session: Session) -> Grid:
        match name:
            case "open" | "decided":
                status = Status(name)
                return counts_grid(_pages(lambda before: _counts(session, status, before)), named)
            case "excesses":
                return excesses_grid(excesses(session, now), named)
            case "quarantined" | "cleared":
                cleared = name == "cleared"
                return kept_aside_grid(
                    _pages(lambda b: kept_aside(session, cleared=cleared, before=b, limit=PAGE))
                )
            case _:
                return lost_reasons_grid(orphaned(session, ORPHAN_DAYS, now)[0], named)

    with reading() as session:
        grids = [
            grid_of(name, session) for name in ([asked] if asked in CHECKS else CHECKS_WAITING)
        ]
    return _several(kind, grids, f"checks-{asked}" if asked in CHECKS else "checks")


@files.get("/stops.<any(csv, xlsx):kind>")
@files.input(StopsQuery, location="query")
@require()
def stops_file(kind: str, query_data: StopsQuery) -> Response:
    """The stops of a machine in a window, as the list of the report shows them."""
    code = request.args.get("work_unit", "")[:80]
    now = plant_now_us()
    with reading() as session:
        window = window_asked(session, code, query_data, now)
        needing = query_data.needs_reason
        found = stops(session, code, window.start, window.end, now, needing=needing)
        grid = stops_grid(found, _namer())
    return _answer(kind, grid)


@files.get("/reasons.<any(csv, xlsx):kind>")
@require(*REASON_EDITORS, tokens=False)
def reasons_file(kind: str) -> Response:
    """All reasons."""
    with reading() as session:
        grid = reasons_grid(listed_reasons(session), domain_word, _namer())
    return _answer(kind, grid)


@files.get("/terminals.<any(csv, xlsx):kind>")
@require(*ENROLLERS, tokens=False)
def terminals_file(kind: str) -> Response:
    """Terminals, without codes and keys."""
    with reading() as session:
        grid = terminals_grid(terminals(session), _namer())
    return _answer(kind, grid)


@files.get("/displays.<any(csv, xlsx):kind>")
@require(Role.ADMINISTRATOR, tokens=False)
def displays_file(kind: str) -> Response:
    """Wall displays, without their addresses."""
    return _answer(kind, displays_grid(present_displays()))


@files.get("/published.<any(csv, xlsx):kind>")
@files.input(PublishedQuery, location="query")
@require()
def published_file(kind: str, query_data: PublishedQuery) -> Response:
    """Published figures under the conditions of `GET /api/v1/published`."""
    asked = query_data.asked()
    with reading() as session:
        units = unit_ids_of(session, asked)
    settle_waiting(database(), plant_now_us(), units)

    def page(session: Session, before: int | None) -> tuple[list[dict[str, Any]], int | None]:
        data = query_data.model_copy(update={"before": before, "limit": PUBLISHED_MAX})
        found = published(session, data.asked())
        return found["items"], found["next"]

    with reading() as session:
        grid = published_grid(_pages(lambda before: page(session, before)))
    return _answer(kind, grid)


def _counts(session: Session, status: Status, before: Any) -> tuple[list[dict[str, Any]], Any]:
    found, following = suspects(session, status, before=before, limit=SUSPECTS_MAX)
    return suspect_views(session, found), following


def _pages(fetch: Fetch) -> Iterator[dict[str, Any]]:
    """The items of all pages, one more than a file may have rows at most."""
    before: Any = None
    taken = 0
    while taken <= ROWS_MAX:
        items, before = fetch(before)
        yield from items
        taken += len(items)
        if before is None:
            return


def _as_json(binding: object) -> str:
    return str(binding).replace("'", '"')


def _namer() -> Named:
    language = select_language()

    def named(names: Mapping[str, str] | None, code: str) -> str:
        return name_of(names, language, code)

    return named


def _answer(kind: str, grid: Grid) -> Response:
    zone = read_site(held().database).zone
    return list_answer(kind, grid, zone, _today(zone))


def _several(kind: str, grids: list[Grid], name: str) -> Response:
    """Several grids: sheets of a spreadsheet, or one of them as CSV by `table`."""
    zone = read_site(held().database).zone
    named = f"{name}-{_today(zone):%Y%m%d}"
    if kind == "xlsx":
        return xlsx_answer(grids, zone, named)
    return csv_answer(grids, request.args.get("table", ""), zone, named)


def _today(zone: str) -> date:
    return datetime.fromtimestamp(plant_now_us() / US_PER_S, ZoneInfo(zone)).date()
