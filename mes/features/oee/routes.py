"""Lines, work units, figures, cases and states over REST; reading only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes import clock
from mes.core.case import case_to_json
from mes.core.instants import format_instant
from mes.features.oee.addresses import figure_address, tile_case_address
from mes.features.oee.file_names import case_file_name
from mes.features.oee.queries import line_item, state_items, unit_at, unit_by_code
from mes.features.oee.schemas import FigureQuery, WindowQuery
from mes.features.oee.service import Known, known_as_then, tile_version, unit_case, unit_result
from mes.features.oee.shares import WHOLE
from mes.features.oee.windows import instant_argument, policy_argument, window_of
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.production.queries import tiles
from mes.features.production.tile import instant
from mes.features.publishing.standing import figure_standing
from mes.web.roles import require
from mes.web.wiring import reading

bp = APIBlueprint("oee", __name__, url_prefix="/api/v1")


@bp.get("/lines")
@bp.doc(summary="Lines", tags=["plant"])
@require()
def list_lines() -> dict[str, Any]:
    """All lines in plant order."""
    with reading() as session:
        known = masters(session)
        lines = sorted(known.lines.values(), key=lambda line: (line.position, line.code))
        now_us = clock.plant_now_us()
        items = [line_item(known, line, now_us) for line in lines if not line.retired]
    return {"items": items, "next": None}


@bp.get("/work-units")
@bp.doc(summary="Live tiles of all work units", tags=["plant"])
@require()
def list_work_units() -> dict[str, Any]:
    """All work units in plant order, each as its whole live tile."""
    with reading() as session:
        known, found = masters(session), tiles(session, None, clock.plant_now_us())
        return {"items": [_with_case(known, tile) for tile in found], "next": None}


@bp.get("/work-units/<code>")
@bp.doc(summary="Live tile of a work unit", tags=["plant"])
@require()
def get_work_unit(code: str) -> dict[str, Any]:
    """The live tile."""
    with reading() as session:
        known = masters(session)
        unit = unit_by_code(known, code)
        return _with_case(known, tiles(session, [unit.id], clock.plant_now_us())[0])


@bp.get("/work-units/<code>/oee")
@bp.input(FigureQuery, location="query")
@bp.doc(
    summary="OEE of a work unit",
    description="An OEE result with `case`, the address of the case file behind it.",
    tags=["oee"],
)
@require()
def get_oee(code: str, query_data: FigureQuery) -> dict[str, Any]:
    """The result over a window; default is the current shift."""
    arguments = query_data.arguments()
    with reading() as session:
        given = _known(session, code, arguments)
        as_of = instant_argument(arguments, "as_of")
        window = window_of(arguments, given.unit.plan, given.as_of)
        policy = policy_argument(arguments, given.masters)
        result = unit_result(session, given, window, policy=policy, as_of=as_of)
        publication = figure_standing(session, given, window, result)
    moment = given.as_of if as_of is None else min(as_of, given.as_of)
    further = {k: v for k, v in arguments.items() if k == "known_until"}
    return {
        **result.to_json(),
        "work_unit": code,
        "window": [format_instant(window.start), format_instant(window.end)],
        "as_of": instant(moment),
        "case": figure_address({code: moment}, window, result.policy, WHOLE, **further),
        "publication": publication.to_json(),
    }


@bp.get("/work-units/<code>/case")
@bp.input(FigureQuery, location="query")
@bp.doc(
    summary="OEE case file of a work unit",
    description="Everything the figure depends on; `mes oee case FILE` computes it again.",
    tags=["oee"],
)
@require()
def get_case(code: str, query_data: FigureQuery) -> tuple[dict[str, Any], int, dict[str, str]]:
    """The case file (`oee-case/1`) over a window."""
    arguments = query_data.arguments()
    with reading() as session:
        given = _known(session, code, arguments)
        window = window_of(arguments, given.unit.plan, given.as_of)
        case = unit_case(
            session,
            given,
            window,
            policy=policy_argument(arguments, given.masters),
            as_of=instant_argument(arguments, "as_of"),
        )
        version = tile_version(session, given.unit.id)
    source: dict[str, Any] = {"tile_version": version}
    if "version" in arguments:
        source["asked_tile_version"] = arguments["version"]
    name = case_file_name(given.unit.code, given.unit.plan.calendar, window, "json")
    saved_as = {"Content-Disposition": f"attachment; filename={name}"}
    return {**case_to_json(case), "work_unit": code, "source": source}, 200, saved_as


@bp.get("/work-units/<code>/states")
@bp.input(WindowQuery, location="query")
@bp.doc(summary="States of a work unit", tags=["oee"])
@require()
def get_states(code: str, query_data: WindowQuery) -> dict[str, Any]:
    """States of a window, gapless; `end` null: still open."""
    arguments = query_data.arguments()
    with reading() as session:
        given = unit_at(session, code, clock.plant_now_us())
        window = window_of(arguments, given.unit.plan, given.as_of)
        return {"items": state_items(session, given, window), "next": None}


def _known(session: Session, code: str, arguments: Mapping[str, str]) -> Known:
    """What is known of a work unit now, or what a tile without data knew."""
    given = unit_at(session, code, clock.plant_now_us())
    return known_as_then(given, instant_argument(arguments, "known_until"))


def _with_case(known: Masters, tile: dict[str, Any]) -> dict[str, Any]:
    """A tile with the address of the case file behind its figures."""
    unit = known.work_units[known.work_unit_ids[tile["work_unit"]]]
    return {**tile, "case": tile_case_address(tile, unit.site.policy)}
