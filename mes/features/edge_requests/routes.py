"""Where people ask something of an edge, and where the edge fetches it and brings its answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from apiflask import APIBlueprint
from flask import Flask, current_app
from pydantic import BaseModel, ConfigDict, Field

from mes.core.refusal import Refusal
from mes.features.edge_requests.board import Reply, RequestBoard
from mes.web.roles import Role, require, require_own_edge

bp = APIBlueprint("edge_requests", __name__, url_prefix="/api/v1")

EXTENSION = "mes_edge_requests"
WAIT_S_MAX = 25.0
TIMEOUT_S = 20.0
NODES_MAX = 1000


class Kind(StrEnum):
    """What people may ask of an edge; all of them only read."""

    TEST = "test"
    PREVIEW = "preview"
    BROWSE = "browse"


class Question(BaseModel):
    """`source`: a source as a plant file writes it; `pattern` and `limit` are for `browse`."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    source: dict[str, Any]
    pattern: str = Field(default="*", max_length=500)
    limit: int = Field(default=200, ge=1, le=NODES_MAX)


class Wait(BaseModel):
    """`wait_s`: real seconds to wait for a request."""

    wait_s: float = Field(default=0.0, ge=0.0, le=WAIT_S_MAX)


class ReplyIn(BaseModel):
    """Either `result`, or `code` with a `detail` for people and perhaps a `field`."""

    model_config = ConfigDict(extra="forbid")

    result: dict[str, Any] | None = None
    code: str | None = Field(default=None, max_length=80)
    detail: str | None = Field(default=None, max_length=2000)
    field: str | None = Field(default=None, max_length=300)


def init_edge_requests(app: Flask) -> None:
    """Give an application its board."""
    app.extensions[EXTENSION] = RequestBoard()


def board() -> RequestBoard:
    """The board of the current application."""
    found: RequestBoard = current_app.extensions[EXTENSION]
    return found


@bp.post("/edges/<edge>/ask")
@bp.input(Question)
@bp.doc(tags=["sources"])
@require(Role.INTEGRATOR)
def ask(edge: str, json_data: Question) -> dict[str, Any]:
    """Let an edge test a source, read it once, or look what it offers; nothing is changed."""
    arguments = json_data.model_dump(exclude={"kind"})
    return found(board().ask(edge, json_data.kind, arguments, timeout_s=TIMEOUT_S))


@bp.get("/edges/<edge>/requests")
@bp.input(Wait, location="query")
@bp.doc(tags=["sources"])
@require_own_edge()
def fetch(edge: str, query_data: Wait) -> dict[str, Any]:
    """What people ask of an edge; each request is handed out once, with the time left for it."""
    return {"requests": board().fetch(edge, wait_s=query_data.wait_s)}


@bp.post("/edges/<edge>/requests/<request_id>/claim")
@bp.doc(tags=["sources"])
@require_own_edge()
def claim(edge: str, request_id: str) -> dict[str, Any]:
    """The edge takes a request for good that must not be done late or twice."""
    return {"begin_within_s": board().claim(edge, request_id)}


@bp.post("/edges/<edge>/requests/<request_id>/answer")
@bp.input(ReplyIn)
@bp.doc(tags=["sources"])
@require_own_edge()
def answer(edge: str, request_id: str, json_data: ReplyIn) -> tuple[str, int]:
    """The answer of an edge to one request."""
    board().answer(edge, request_id, Reply(**json_data.model_dump()))
    return "", 204


def found(reply: Reply) -> dict[str, Any]:
    """The result of a reply.

    Raises:
        Refusal: with the code of the edge (422): what was asked did not work.
    """
    if reply.result is None:
        raise Refusal(
            reply.code or "request_fault", reply.detail or "", status=422, field=reply.field
        )
    return dict(reply.result)
