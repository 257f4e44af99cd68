"""Handovers over REST: read, write entries and crew, hand over, take over, open again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.features.commands.context import Context
from mes.features.commands.places import check_line
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.handover import service
from mes.features.handover.queries import handover_view
from mes.features.handover.schemas import CrewIn, EntryIn, ReopenIn, ShiftIn, SignIn
from mes.features.handover.service import Shift
from mes.features.handover.waiting import LEADS
from mes.features.publishing.schemas import ShiftQuery
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading

bp = APIBlueprint("handover", __name__, url_prefix="/api/v1", tag="Handover")

WRITERS = (Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY, Role.MAINTENANCE, Role.MANAGER)
"""Who may write entries and the crew, besides an administrator."""
OPENERS = (Role.MANAGER,)
"""Who may open a handover again that was taken over, as with the sign-off of a shift."""
Answered = tuple[dict[str, Any], int]


@bp.get("/lines/<line>/handover")
@bp.input(ShiftQuery, location="query")
@bp.doc(summary="What is handed over with a shift of a line")
@require()
def get_handover(line: str, query_data: ShiftQuery) -> dict[str, Any]:
    """Figures, stops without reason, calls, jobs, entries, crew and signatures."""
    who, asked = actor(), query_data
    with reading() as session:
        return handover_view(session, line, asked.day, asked.shift, plant_now_us(), who.to_json())


@bp.post("/lines/<line>/handover/entries")
@bp.input(EntryIn)
@bp.doc(summary="Write an entry or correct one's own")
@require(*WRITERS, tokens=False)
def write_entry(line: str, json_data: EntryIn) -> Answered:
    """Write an entry; behind the take-over it is an addition."""
    given = json_data

    def do(session: Session, context: Context, shift: Shift) -> None:
        service.write_entry(
            session,
            context,
            shift,
            topic=given.topic,
            text=given.text,
            replaces=given.replaces,
        )

    return _done("handover.entry", line, given, do)


@bp.post("/lines/<line>/handover/crew")
@bp.input(CrewIn)
@bp.doc(summary="Say who worked")
@require(*WRITERS, tokens=False)
def tell_crew(line: str, json_data: CrewIn) -> Answered:
    """Say who worked, or put another crew in the place of the one that was seen."""
    given = json_data

    def do(session: Session, context: Context, shift: Shift) -> None:
        service.tell_crew(
            session,
            context,
            shift,
            people=given.people,
            others=given.others,
            replaces=given.replaces,
        )

    return _done("handover.crew", line, given, do)


@bp.post("/lines/<line>/handover/hand-over")
@bp.input(SignIn)
@bp.doc(summary="Hand the shift over as its lead")
@require(*LEADS, tokens=False)
def hand_over(line: str, json_data: SignIn) -> Answered:
    """The outgoing lead signs; the figures of the moment are kept."""

    def do(session: Session, context: Context, shift: Shift) -> None:
        service.hand_over(session, context, shift, note=json_data.note)

    return _done("handover.hand_over", line, json_data, do)


@bp.post("/lines/<line>/handover/take-over")
@bp.input(SignIn)
@bp.doc(summary="Take the shift over as the incoming lead")
@require(*LEADS, tokens=False)
def take_over(line: str, json_data: SignIn) -> Answered:
    """The incoming lead signs; the handover is closed."""

    def do(session: Session, context: Context, shift: Shift) -> None:
        service.take_over(session, context, shift, note=json_data.note)

    return _done("handover.take_over", line, json_data, do)


@bp.post("/lines/<line>/handover/reopen")
@bp.input(ReopenIn)
@bp.doc(summary="Open a handover again that was taken over")
@require(*OPENERS, tokens=False)
def open_again(line: str, json_data: ReopenIn) -> Answered:
    """Both signatures are withdrawn and stay to be read."""

    def do(session: Session, context: Context, shift: Shift) -> None:
        service.open_again(session, context, shift, reason=json_data.reason)

    return _done("handover.reopen", line, json_data, do)


def _done(
    kind: str, line: str, body: ShiftIn, do: Callable[[Session, Context, Shift], None]
) -> Answered:
    who = actor()
    shift = Shift(line=line, day=body.day, shift=body.shift)

    def act(session: Session, context: Context) -> Answer:
        check_line(session, who, line)
        do(session, context, shift)
        view = handover_view(session, line, body.day, body.shift, context.now, who.to_json())
        return 201, {name: view[name] for name in ("line", "production_day", "shift", "state")}

    return answered(kind, line, body, act)
