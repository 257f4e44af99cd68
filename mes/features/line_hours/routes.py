"""Hours of a line over REST: plan, good and gap, and the comments on them."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.instants import parse_instant
from mes.features.commands.context import Context
from mes.features.commands.places import check_line
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.line_hours import service
from mes.features.line_hours.queries import comment_item, line_hours
from mes.features.line_hours.schemas import CommentIn, HoursQuery
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading

bp = APIBlueprint("line_hours", __name__, url_prefix="/api/v1", tag="Lines")

COMMENTERS = (Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY, Role.MAINTENANCE, Role.MANAGER)
"""Who may say what happened in an hour, besides an administrator."""


@bp.get("/lines/<line>/hours")
@bp.input(HoursQuery, location="query")
@bp.doc(summary="Plan, good, gap and comment of each hour of a shift")
@require()
def list_hours(line: str, query_data: HoursQuery) -> dict[str, Any]:
    """The hours of a shift of a line."""
    asked = query_data
    with reading() as session:
        return line_hours(session, line, asked.day, asked.shift, asked.work_unit, plant_now_us())


@bp.post("/lines/<line>/hours/comments")
@bp.input(CommentIn)
@bp.doc(summary="Say what happened in an hour, or correct it")
@require(*COMMENTERS)
def comment(line: str, json_data: CommentIn) -> tuple[dict[str, Any], int]:
    """Comment on an hour."""
    who = actor()

    def do(session: Session, context: Context) -> Answer:
        check_line(session, who, line)
        row = service.comment_hour(
            session,
            context,
            line,
            parse_instant(json_data.hour),
            json_data.text,
            json_data.replaces,
        )
        return 201, {"line": line, "comment": comment_item([row])}

    return answered("hour.comment", line, json_data, do)
