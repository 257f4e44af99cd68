"""Stops of a work unit over REST, and stating something about them."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.case_model import Span
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.commands.places import check_place, may_everywhere
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.commands.subjects import find_work_unit
from mes.features.downtime.queries import orphans, statement_answer, stops
from mes.features.downtime.schemas import StatementIn, StopsQuery
from mes.features.downtime.service import state_stop
from mes.features.oee.windows import window_of
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading

bp = APIBlueprint("downtime", __name__, url_prefix="/api/v1", tag="Stops")

STATERS = (Role.OPERATOR, Role.SUPERVISOR, Role.MAINTENANCE, Role.QUALITY, Role.MANAGER)
"""Who may say why a machine stood, besides an administrator and a terminal by itself."""
WINDOW_MAX_US = 32 * 24 * 3600 * 1_000_000


@bp.get("/work-units/<work_unit>/stops")
@bp.input(StopsQuery, location="query")
@require()
def list_stops(work_unit: str, query_data: StopsQuery) -> dict[str, Any]:
    """The stops that overlap a window, with reason, statement and what still needs a reason."""
    now = plant_now_us()
    with reading() as session:
        window = window_asked(session, work_unit, query_data, now)
        needing = query_data.needs_reason
        found = stops(session, work_unit, window.start, window.end, now, needing=needing)
        lost = orphans(session, work_unit, window.start, window.end)
    return {"items": found, "orphans": len(lost), "next": None}


@bp.get("/work-units/<work_unit>/stops/orphans")
@bp.input(StopsQuery, location="query")
@require()
def list_orphans(work_unit: str, query_data: StopsQuery) -> dict[str, Any]:
    """Statements of a window that meet no stop at present; they attach again by themselves."""
    with reading() as session:
        window = window_asked(session, work_unit, query_data, plant_now_us())
        found = orphans(session, work_unit, window.start, window.end)
    return {"items": found, "next": None}


@bp.post("/work-units/<work_unit>/stops/statements")
@bp.input(StatementIn)
@require(*STATERS, terminal=True)
def state(work_unit: str, json_data: StatementIn) -> tuple[dict[str, Any], int]:
    """State a reason of a whole stop or a part, declare a state, or take a statement back."""
    who = actor()

    def do(session: Session, context: Context) -> Answer:
        check_place(session, who, find_work_unit(session, work_unit))
        draft = json_data.draft()
        row = state_stop(session, context, work_unit, draft, may_override=may_everywhere(who))
        return 201, statement_answer(session, work_unit, row, context.now)

    return answered("stop.state", work_unit, json_data, do)


def window_asked(session: Session, work_unit: str, query: StopsQuery, now: int) -> Span:
    """The window asked for; by default the present shift so far."""
    window = window_of(query.arguments(), find_work_unit(session, work_unit).plan, now)
    if window.end - window.start > WINDOW_MAX_US:
        raise Refusal("range_too_long", "ask for at most 32 days at once", status=422, field="from")
    return window
