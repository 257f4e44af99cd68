"""Entering pieces, voiding an entry, recent entries."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.features.commands.context import Context
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.quantities import service
from mes.features.quantities.queries import entries, quantity_view
from mes.features.quantities.schemas import EntriesQuery, QuantitiesIn, VoidIn
from mes.web.roles import Role, require
from mes.web.wiring import reading

bp = APIBlueprint("quantities", __name__, url_prefix="/api/v1", tag="Quantities")

COUNTERS = (Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY)
"""Who may enter pieces, besides an administrator."""

Answered = tuple[dict[str, Any], int]


@bp.post("/work-units/<work_unit>/quantities")
@bp.input(QuantitiesIn)
@require(*COUNTERS)
def enter(work_unit: str, json_data: QuantitiesIn) -> Answered:
    """Enter good and bad pieces of a work unit in one statement."""

    def do(session: Session, context: Context) -> Answer:
        row = service.enter_quantities(session, context, work_unit, json_data.entry())
        return 201, quantity_view(session, row)

    return answered("quantity.enter", work_unit, json_data, do)


@bp.post("/quantities/<command_id>/void")
@bp.input(VoidIn)
@require(*COUNTERS)
def void(command_id: str, json_data: VoidIn) -> Answered:
    """Take an entry back by a new fact; the entry stays visible."""

    def do(session: Session, context: Context) -> Answer:
        return 201, quantity_view(session, service.void_entry(session, context, command_id))

    return answered("quantity.void", command_id, json_data, do)


@bp.get("/work-units/<work_unit>/entries")
@bp.input(EntriesQuery, location="query")
@require()
def recent(work_unit: str, query_data: EntriesQuery) -> dict[str, Any]:
    """What people entered and did on a work unit, latest first, voided entries included."""
    with reading() as session:
        return entries(session, work_unit, before=query_data.before, limit=query_data.limit)
