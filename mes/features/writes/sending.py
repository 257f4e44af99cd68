"""Giving a write or a call to its edge, and what its answer means."""

from __future__ import annotations

from sqlalchemy import select

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.edge_requests.board import Reply, RequestBoard
from mes.features.writes.service import Outcome, Result, begin, end
from mes.features.writes.targets import Target, Wanted
from mes.models import TagWrite

BEGIN_WITHIN_S = 5.0
BEGIN_WITHIN_S_MAX = 30.0
WORK_S = 20.0
"""Real seconds in which an edge that has begun must have written and read back."""
NOT_DONE = ("edge_busy", "edge_not_listening", "edge_too_late")
"""Refusals of the board after which nothing was or will be done."""


def send(
    database: Database, board: RequestBoard, write_id: int, begin_within_s: float = BEGIN_WITHIN_S
) -> Outcome | None:
    """Give it to its edge and wait for the end; None: it was given before, or has ended.

    Args:
        begin_within_s: real seconds after which the edge must not begin with it any more.

    Raises:
        Refusal: what the allow-list refuses; the write has ended with it.
    """
    begun = _begun(database, write_id)
    if begun is None:
        return None
    target, value = begun
    result = _ask(board, target, value, begin_within_s)
    with database.transaction() as session:
        end(session, session.get_one(TagWrite, write_id), result)
    return result.outcome


def _begun(database: Database, write_id: int) -> tuple[Target, Wanted] | None:
    """Mark it as given to its edge; a refusal is kept as its end before it is raised."""
    with database.transaction() as session:
        row = session.scalars(
            select(TagWrite).where(TagWrite.id == write_id).with_for_update()
        ).one()
        if row.sent_at is not None or row.ended_at is not None:
            return None
        try:
            return begin(session, row), row.value
        except Refusal as refusal:
            refused = refusal
            result = Result(outcome=Outcome.REFUSED, code=refusal.code, detail=refusal.message)
            end(session, row, result)
    raise refused


def _ask(board: RequestBoard, target: Target, wanted: Wanted, begin_within_s: float) -> Result:
    try:
        reply = board.ask(
            target.edge,
            target.kind,
            target.request(wanted),
            timeout_s=begin_within_s + WORK_S,
            begin_within_s=begin_within_s,
        )
    except Refusal as refusal:
        outcome = Outcome.REFUSED if refusal.code in NOT_DONE else Outcome.UNKNOWN
        return Result(outcome=outcome, code=refusal.code, detail=refusal.message)
    return _result(reply)


def _result(reply: Reply) -> Result:
    """An edge that says nothing of the outcome, after it had begun, leaves it unknown."""
    said = reply.result or {}
    outcome = said.get("outcome")
    if outcome not in tuple(Outcome):
        unclear = Outcome.UNKNOWN if reply.was_claimed else Outcome.REFUSED
        return Result(outcome=unclear, code=reply.code, detail=reply.detail)
    return Result(
        outcome=Outcome(outcome),
        code=said.get("code"),
        detail=said.get("detail"),
        before=said.get("before"),
        after=said.get("after"),
    )
