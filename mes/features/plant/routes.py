"""An edge pulls what it has to run (long poll); people see its history and go back in it."""

from __future__ import annotations

from dataclasses import asdict
from threading import Event
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field, StrictStr
from sqlalchemy.orm import Session

from mes.clock import monotonic_s
from mes.features.commands.context import Context
from mes.features.commands.routing import answered
from mes.features.commands.schemas import CommandIn, PageMark
from mes.features.commands.service import Answer
from mes.features.plant.queries import edge_configuration, revision
from mes.features.plant.revisions import LIMIT, LIMIT_MAX, revision_rows, roll_back
from mes.web.roles import Role, require, require_own_edge
from mes.web.wiring import reading

bp = APIBlueprint("plant", __name__, url_prefix="/api/v1")

WAIT_S_MAX = 25.0
LOOK_EVERY_S = 0.5


class Poll(BaseModel):
    """`after`: the revision the edge runs, 0 when none; `wait_s`: how long to wait for a newer."""

    after: int = Field(default=0, ge=0)
    wait_s: float = Field(default=0.0, ge=0.0, le=WAIT_S_MAX)


class HistoryQuery(BaseModel):
    """Which revisions; `before` is `next` of the page before."""

    model_config = ConfigDict(extra="forbid")

    before: PageMark | None = None
    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX)


class RollBackIn(CommandIn):
    """`to`: the revision to go back to, absent: the one before the present; and why."""

    to: int | None = Field(default=None, ge=1, lt=2**62)
    reason: StrictStr = Field(min_length=3, max_length=500)


@bp.get("/plant/revisions")
@bp.input(HistoryQuery, location="query")
@bp.doc(tags=["sources"])
@require()
def list_revisions(query_data: HistoryQuery) -> dict[str, Any]:
    """The history of the plant's configuration, latest first: what changed, who and when."""
    with reading() as session:
        return revision_rows(session, before=query_data.before, limit=query_data.limit)


@bp.post("/plant/roll-back")
@bp.input(RollBackIn)
@bp.doc(tags=["sources"])
@require(Role.INTEGRATOR)
def go_back(json_data: RollBackIn) -> tuple[dict[str, Any], int]:
    """Go back to the sources, tags, meanings and allow-list of an earlier revision, in one step."""

    def do(session: Session, context: Context) -> Answer:
        done = roll_back(
            session, context.actor, now_us=context.now, reason=json_data.reason, to=json_data.to
        )
        return 200, asdict(done)

    return answered("plant.roll_back", "plant", json_data, do)


@bp.get("/edges/<edge>/configuration")
@bp.input(Poll, location="query")
@bp.doc(tags=["sources"], responses={204: "Nothing newer within the wait"})
@require_own_edge()
def configuration(edge: str, query_data: Poll) -> Any:
    """The sources an edge has to run, as soon as there is a newer revision than `after`."""
    if not _newer_within(query_data.after, query_data.wait_s):
        return "", 204
    with reading() as session:
        return edge_configuration(session, edge)


def _newer_within(after: int, wait_s: float) -> bool:
    deadline = monotonic_s() + wait_s
    while True:
        with reading() as session:
            if revision(session) > after:
                return True
        if monotonic_s() >= deadline:
            return False
        Event().wait(LOOK_EVERY_S)
