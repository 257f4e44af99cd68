"""Calls over REST: raise at a work unit, acknowledge, resolve, cancel, list."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.calls import Call
from mes.features.calls import service
from mes.features.calls.queries import call_item, calls
from mes.features.calls.schemas import AcknowledgeIn, CallIn, CallsQuery, RemarkIn
from mes.features.commands.context import Context
from mes.features.commands.places import check_place, may_everywhere
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.commands.subjects import find_work_unit
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading

bp = APIBlueprint("calls", __name__, url_prefix="/api/v1", tag="Calls")

PEOPLE = (Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY, Role.MAINTENANCE, Role.MANAGER)
"""Who may call for help and answer calls, besides an administrator."""
Answered = tuple[dict[str, Any], int]


@bp.get("/calls")
@bp.input(CallsQuery, location="query")
@bp.doc(summary="Calls with response and repair times, latest first")
@require()
def list_calls(query_data: CallsQuery) -> dict[str, Any]:
    """Calls of the plant, a line or a work unit."""
    with reading() as session:
        return calls(session, query_data.asked(), plant_now_us())


@bp.post("/work-units/<work_unit>/calls")
@bp.input(CallIn)
@bp.doc(
    summary="Call for help",
    description="A call of the same kind that is not over is answered again instead (`new` false).",
)
@require(*PEOPLE, terminal=True)
def raise_call(work_unit: str, json_data: CallIn) -> Answered:
    """Raise a call; a terminal may do it without a person."""
    who = actor()

    def do(session: Session, context: Context) -> Answer:
        check_place(session, who, find_work_unit(session, work_unit))
        call, new = service.raise_call(session, context, work_unit, json_data.kind, json_data.note)
        return (201 if new else 200), {**_item(session, call, context), "new": new}

    return answered("call.raise", work_unit, json_data, do)


@bp.post("/calls/<call>/acknowledge")
@bp.input(AcknowledgeIn)
@bp.doc(summary="Say that somebody comes")
@require(*PEOPLE)
def acknowledge(call: str, json_data: AcknowledgeIn) -> Answered:
    """Acknowledge a call."""

    def do(session: Session, context: Context) -> Answer:
        present = service.acknowledge_call(
            session,
            context,
            call,
            expected_min=json_data.expected_min,
            note=json_data.note,
        )
        return 201, _item(session, present, context)

    return answered("call.acknowledge", call, json_data, do)


@bp.post("/calls/<call>/resolve")
@bp.input(RemarkIn)
@bp.doc(summary="Say that the help was given")
@require(*PEOPLE)
def resolve(call: str, json_data: RemarkIn) -> Answered:
    """Resolve a call."""

    def do(session: Session, context: Context) -> Answer:
        present = service.resolve_call(session, context, call, note=json_data.note)
        return 201, _item(session, present, context)

    return answered("call.resolve", call, json_data, do)


@bp.post("/calls/<call>/cancel")
@bp.input(RemarkIn)
@bp.doc(summary="Take a call back")
@require(*PEOPLE, terminal=True)
def cancel(call: str, json_data: RemarkIn) -> Answered:
    """Cancel a call; whoever raised it, or a supervisor."""
    who = actor()

    def do(session: Session, context: Context) -> Answer:
        present = service.cancel_call(
            session, context, call, note=json_data.note, leads=may_everywhere(who)
        )
        return 201, _item(session, present, context)

    return answered("call.cancel", call, json_data, do)


def _item(session: Session, call: Call, context: Context) -> dict[str, Any]:
    return call_item(call, service.work_unit_of(session, call.id), context.now)
