"""Published figures over REST; signing a shift off and opening it again."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.features.commands.context import Context
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.publishing import service
from mes.features.publishing.queries import case_of_figure, published, shift_view, unit_ids_of
from mes.features.publishing.schemas import PublishedQuery, ReopenIn, ShiftQuery, SignOffIn
from mes.features.publishing.settling import settle_waiting
from mes.web.roles import Role, require
from mes.web.wiring import database, reading, settings

bp = APIBlueprint("publishing", __name__, url_prefix="/api/v1", tag="Published figures")

Answered = tuple[dict[str, Any], int]


@bp.get("/published")
@bp.input(PublishedQuery, location="query")
@bp.doc(summary="Published figures with their revisions")
@require()
def list_published(query_data: PublishedQuery) -> dict[str, Any]:
    """Figures of signed-off shifts, latest first; what arrived late is compared before."""
    asked = query_data.asked()
    with reading() as session:
        units = unit_ids_of(session, asked)
    settle_waiting(database(), plant_now_us(), units)
    with reading() as session:
        return published(session, asked)


@bp.get("/published/<figure>/case")
@bp.doc(
    summary="Case file of a published figure",
    description="Everything this revision was made of when it was published: `oee-case/1`, of a"
    " figure of several work units `oee-case-bundle/1`.",
)
@require()
def get_published_case(figure: str) -> dict[str, Any]:
    """The case as it was kept; `mes oee case FILE` computes the revision again."""
    with reading() as session:
        return case_of_figure(session, figure)


@bp.get("/lines/<line>/signoff")
@bp.input(ShiftQuery, location="query")
@bp.doc(summary="Checklist, history and figures of a shift of a line")
@require()
def get_signoff(line: str, query_data: ShiftQuery) -> dict[str, Any]:
    """What a supervisor looks at before signing a shift off."""
    now = plant_now_us()
    with reading() as session:
        return _view(session, line, query_data.day, query_data.shift, now)


@bp.post("/lines/<line>/signoff")
@bp.input(SignOffIn)
@bp.doc(summary="Sign a shift of a line off")
@require(Role.SUPERVISOR, Role.MANAGER, tokens=False)
def sign_off(line: str, json_data: SignOffIn) -> Answered:
    """Close a shift; its figures are published."""

    def do(session: Session, context: Context) -> Answer:
        service.sign_off(
            session,
            context,
            line,
            json_data.day,
            json_data.shift,
            note=json_data.note,
            coverage_min=settings().signoff_coverage_min,
        )
        return 201, _view(session, line, json_data.day, json_data.shift, context.now)

    return answered("shift.signoff", line, json_data, do)


@bp.post("/lines/<line>/reopen")
@bp.input(ReopenIn)
@bp.doc(summary="Open a signed-off shift again")
@require(Role.MANAGER, tokens=False)
def reopen(line: str, json_data: ReopenIn) -> Answered:
    """A manager opens a shift again, with a reason; what was published stays."""

    def do(session: Session, context: Context) -> Answer:
        service.reopen(
            session, context, line, json_data.day, json_data.shift, reason=json_data.reason
        )
        return 201, _view(session, line, json_data.day, json_data.shift, context.now)

    return answered("shift.reopen", line, json_data, do)


def _view(session: Session, line: str, day: str, shift: str | None, now: int) -> dict[str, Any]:
    coverage_min = settings().signoff_coverage_min
    found = service.look_at_shift(session, line, day, shift, now, coverage_min)
    return shift_view(session, found, now)
