"""Entering pieces, voiding an entry, recent entries."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.features.commands.context import Context
from mes.features.commands.places import check_place
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.commands.subjects import find_work_unit
from mes.features.production.master_loading import masters
from mes.features.quantities import moves, service
from mes.features.quantities.queries import KINDS, entered_view, entries, move_view, quantity_view
from mes.features.quantities.schemas import EntriesQuery, MoveIn, QuantitiesIn, VoidIn
from mes.web.roles import Actor, Role, actor, require
from mes.web.wiring import reading

bp = APIBlueprint("quantities", __name__, url_prefix="/api/v1", tag="Quantities")

COUNTERS = (Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY)
"""Who may enter pieces, besides an administrator."""

Answered = tuple[dict[str, Any], int]


@bp.post("/work-units/<work_unit>/quantities")
@bp.input(QuantitiesIn)
@require(*COUNTERS)
def enter(work_unit: str, json_data: QuantitiesIn) -> Answered:
    """Enter good and bad pieces of a work unit in one statement.

    More bad pieces than were made are kept and flagged: `excess` then says what is below 0.
    """
    who = actor()

    def do(session: Session, context: Context) -> Answer:
        check_place(session, who, find_work_unit(session, work_unit))
        row = service.enter_quantities(session, context, work_unit, json_data.entry())
        return 201, entered_view(session, row)

    return answered("quantity.enter", work_unit, json_data, do)


@bp.post("/quantities/<command_id>/void")
@bp.input(VoidIn)
@require(*COUNTERS)
def void(command_id: str, json_data: VoidIn) -> Answered:
    """Take an entry back by a new fact; the entry stays visible."""
    who = actor()

    def do(session: Session, context: Context) -> Answer:
        _check_entry(session, who, command_id)
        row = service.void_entry(session, context, command_id, note=json_data.note)
        return 201, quantity_view(session, row)

    return answered("quantity.void", command_id, json_data, do)


@bp.post("/quantities/<command_id>/correct")
@bp.input(QuantitiesIn)
@require(*COUNTERS)
def correct(command_id: str, json_data: QuantitiesIn) -> Answered:
    """Put a new entry in the place of one; the old one stays visible."""
    who = actor()

    def do(session: Session, context: Context) -> Answer:
        _check_entry(session, who, command_id)
        row = service.correct_entry(session, context, command_id, json_data.entry())
        return 201, entered_view(session, row)

    return answered("quantity.correct", command_id, json_data, do)


@bp.post("/work-units/<work_unit>/moves")
@bp.input(MoveIn)
@require(Role.SUPERVISOR)
def move(work_unit: str, json_data: MoveIn) -> Answered:
    """Let pieces belong to another job; no total changes."""

    def do(session: Session, context: Context) -> Answer:
        row = moves.move_pieces(session, context, work_unit, json_data.draft())
        return 201, move_view(session, row)

    return answered("quantity.move", work_unit, json_data, do)


@bp.post("/moves/<command_id>/void")
@bp.input(VoidIn)
@require(Role.SUPERVISOR)
def void_move(command_id: str, json_data: VoidIn) -> Answered:
    """Take a move back by a new fact; the move stays visible."""

    def do(session: Session, context: Context) -> Answer:
        row = moves.void_move(session, context, command_id, note=json_data.note)
        return 201, move_view(session, row)

    return answered("quantity.move_void", command_id, json_data, do)


@bp.get("/work-units/<work_unit>/entries")
@bp.input(EntriesQuery, location="query")
@require()
def recent(work_unit: str, query_data: EntriesQuery) -> dict[str, Any]:
    """What people entered and did on a work unit, latest first, voided entries included."""
    with reading() as session:
        return entries(
            session,
            work_unit,
            kinds=KINDS if query_data.kind is None else query_data.kind.split(","),
            before=query_data.before,
            limit=query_data.limit,
        )


def _check_entry(session: Session, who: Actor, command_id: str) -> None:
    """That somebody at a terminal corrects entries of its own line only."""
    entry = service.find_entry(session, command_id)
    check_place(session, who, masters(session).work_units[entry.work_unit_id])
