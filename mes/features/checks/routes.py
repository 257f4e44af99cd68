"""Data checks over REST: suspect counts with their decisions, records kept aside, orphans."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.features.checks.access import CLEARERS, DECIDERS, READERS
from mes.features.checks.clearing import clear_records
from mes.features.checks.effects import effect
from mes.features.checks.excesses import excesses
from mes.features.checks.queries import orphaned, summary
from mes.features.checks.schemas import (
    ClearIn,
    DecisionIn,
    EffectIn,
    KeptAsideQuery,
    OrphansQuery,
    SuspectsQuery,
)
from mes.features.checks.service import decide, decision_of, seen_suspect
from mes.features.checks.suspects import suspect_views, suspects
from mes.features.commands.context import Context
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.commands.subjects import find_work_unit
from mes.features.ingest.queries import kept_aside
from mes.web.roles import require
from mes.web.wiring import reading

bp = APIBlueprint("checks", __name__, url_prefix="/api/v1/checks", tag="Data checks")


@bp.get("/summary")
@require(*READERS)
def read_summary() -> dict[str, int]:
    """How many suspect counts, excesses of entries and refused records wait for a person."""
    with reading() as session:
        return summary(session, plant_now_us())


@bp.get("/counts")
@bp.input(SuspectsQuery, location="query")
@require(*READERS)
def list_counts(query_data: SuspectsQuery) -> dict[str, Any]:
    """Suspect counter increments, the latest first."""
    with reading() as session:
        code = query_data.work_unit
        page, following = suspects(
            session,
            query_data.status,
            work_unit=None if code is None else find_work_unit(session, code),
            before=query_data.before,
            limit=query_data.limit,
        )
        return {"items": suspect_views(session, page), "next": following}


@bp.post("/counts/effect")
@bp.input(EffectIn)
@require(*DECIDERS)
def try_out(json_data: EffectIn) -> dict[str, Any]:
    """What a decision would change in the figures of the shift; nothing is kept."""
    draft = json_data.draft()
    with reading() as session:
        unit = find_work_unit(session, json_data.work_unit)
        suspect = seen_suspect(session, unit, draft)
        return effect(session, suspect, plant_now_us(), decision_of(suspect, draft))


@bp.post("/counts/decisions")
@bp.input(DecisionIn)
@require(*DECIDERS)
def decide_count(json_data: DecisionIn) -> tuple[dict[str, Any], int]:
    """Accept a suspect count, leave it out, or believe another amount; a later one replaces it."""

    def do(session: Session, context: Context) -> Answer:
        return 201, decide(session, context, json_data.work_unit, json_data.draft())

    return answered("count.decide", json_data.work_unit, json_data, do)


@bp.get("/excesses")
@require(*READERS)
def list_excesses() -> dict[str, Any]:
    """Jobs of which more was entered as bad, or taken back, than was made; kept as entered."""
    with reading() as session:
        items = excesses(session, plant_now_us())
    return {"items": items, "next": None}


@bp.get("/quarantined")
@bp.input(KeptAsideQuery, location="query")
@require(*READERS)
def list_quarantined(query_data: KeptAsideQuery) -> dict[str, Any]:
    """Records that ingest refused and kept as they came, the latest first."""
    with reading() as session:
        items, following = kept_aside(
            session,
            query_data.source,
            cleared=query_data.cleared,
            before=query_data.before,
            limit=query_data.limit,
        )
    return {"items": items, "next": following}


@bp.post("/quarantined/clear")
@bp.input(ClearIn)
@require(*CLEARERS)
def clear_quarantined(json_data: ClearIn) -> tuple[dict[str, Any], int]:
    """Clear refused records that somebody has looked at, with a reason; they stay to be seen."""

    def do(session: Session, context: Context) -> Answer:
        return 201, {"cleared": clear_records(session, context, json_data.ids, json_data.note)}

    return answered("quarantine.clear", "", json_data, do)


@bp.get("/orphans")
@bp.input(OrphansQuery, location="query")
@require(*READERS)
def list_orphans(query_data: OrphansQuery) -> dict[str, Any]:
    """Statements about stops that meet no stop at present; they attach again by themselves."""
    with reading() as session:
        items, count = orphaned(session, query_data.days, plant_now_us())
    return {"items": items, "next": None, "count": count}
