"""An edge pulls what it has to run (long poll)."""

from __future__ import annotations

from threading import Event
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from mes.clock import monotonic_s
from mes.features.plant.queries import edge_configuration, revision
from mes.web.roles import require_own_edge
from mes.web.wiring import reading

bp = APIBlueprint("plant", __name__, url_prefix="/api/v1")

WAIT_S_MAX = 25.0
LOOK_EVERY_S = 0.5


class Poll(BaseModel):
    """`after`: the revision the edge runs, 0 when none; `wait_s`: how long to wait for a newer."""

    after: int = Field(default=0, ge=0)
    wait_s: float = Field(default=0.0, ge=0.0, le=WAIT_S_MAX)


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
