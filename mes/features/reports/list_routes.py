"""Files of lists: who may open the page may take the file, with the filter of the page."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from mes.clock import plant_now_us
from mes.core.instants import US_PER_S
from mes.features.materials.item_list import listed_items
from mes.features.people.blueprints import LEADERS
from mes.features.people.queries import floor
from mes.features.plant.forms import EDITORS
from mes.features.production.master_loading import masters
from mes.features.reports.list_grids import (
    audit_grid,
    calls_grid,
    items_grid,
    orders_grid,
    people_grid,
)
from mes.features.reports.listed_orders import orders_of
from mes.features.reports.lists import ROWS_MAX, list_answer
from mes.features.screens.audit import AuditFilter, audit_lines
from mes.features.screens.floor.calls_page import asked_calls, conditions
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.language import select_language
from mes.features.screens.routes import AUDIT_FIELDS, held
from mes.features.screens.site import read_site
from mes.web.roles import Role, require
from mes.web.wiring import reading

lists = Blueprint("lists", __name__)


@lists.get("/calls.<any(csv, xlsx):kind>")
@require()
def calls_file(kind: str) -> Response:
    """The calls that the page lists."""
    now, zone = plant_now_us(), _zone()
    speaker = Speaker(zone=ZoneInfo(zone), language=select_language())
    with reading() as session:
        given = conditions(masters(session), now)
        grid = calls_grid(asked_calls(session, given, now), speaker)
    return list_answer(kind, grid, zone, _today(zone))


@lists.get("/orders.<any(csv, xlsx):kind>")
@require()
def orders_file(kind: str) -> Response:
    """The work orders that the page lists."""
    zone = _zone()
    speaker = Speaker(zone=ZoneInfo(zone), language=select_language())
    with reading() as session:
        units = masters(session).work_units.values()
        machines = {unit.code: speaker.named(unit.names, unit.code) for unit in units}
        grid = orders_grid(orders_of(request.args).found(session, speaker), machines, speaker)
    return list_answer(kind, grid, zone, _today(zone))


@lists.get("/audit.<any(csv, xlsx):kind>")
@require(Role.MANAGER, Role.ADMINISTRATOR, tokens=False)
def audit_file(kind: str) -> Response:
    """The rows of the audit log that the page lists."""
    zone = _zone()
    asked = {name: request.args.get(name, "").strip()[:80] for name in AUDIT_FIELDS}
    with reading() as session:
        grid = audit_grid(audit_lines(session, AuditFilter(**asked), zone))
    return list_answer(kind, grid, zone, _today(zone))


@lists.get("/items.<any(csv, xlsx):kind>")
@require(*EDITORS, tokens=False)
def items_file(kind: str) -> Response:
    """The items that the page lists."""
    zone = _zone()
    text = request.args.get("text", "").strip()[:80]
    with reading() as session:
        found = listed_items(session, text, ROWS_MAX + 1)
    speaker = Speaker(zone=ZoneInfo(zone), language=select_language())
    return list_answer(kind, items_grid(found, speaker), zone, _today(zone))


@lists.get("/people.<any(csv, xlsx):kind>")
@require(*LEADERS, tokens=False)
def people_file(kind: str) -> Response:
    """The people that the page lists, without secrets."""
    zone = _zone()
    with reading() as session:
        grid = people_grid(floor(session, ROWS_MAX + 1))
    return list_answer(kind, grid, zone, _today(zone))


def _zone() -> str:
    return read_site(held().database).zone


def _today(zone: str) -> date:
    return datetime.fromtimestamp(plant_now_us() / US_PER_S, ZoneInfo(zone)).date()
