"""What a machine says of a job that was handed to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.instants import format_instant
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.edge_requests.board import RequestBoard
from mes.features.edge_requests.routes import found
from mes.features.writes.service import Outcome, name_of
from mes.features.writes.targets import Kind, find_target
from mes.models import JobOrder, TagWrite

ASK = "call_state"
TIMEOUT_S = 10.0


def ask_machine(database: Database, board: RequestBoard, number: str) -> dict[str, Any]:
    """The state of a job on its machine, asked now and kept with the call that handed it over.

    Returns:
        `{call, state, state_at}`; `state` null: the machine says nothing of it.

    Raises:
        Refusal: `job_not_on_machine` (404): no machine has confirmed that it took the job, or what
            the edge answers.
    """
    with database.transaction() as session:
        row = _handed_over(session, number)
        target = find_target(session, name_of(session, row), Kind.CALL)
        write_id, request = row.id, target.request(row.value)
    answer = found(board.ask(target.edge, ASK, request, timeout_s=TIMEOUT_S))
    with database.transaction() as session:
        row = session.get_one(TagWrite, write_id, with_for_update=True)
        row.after = with_state(row.after, answer.get("state"))
        return {"call": target.name, "state": row.after["state"], "state_at": row.after["state_at"]}


def with_state(after: Mapping[str, Any] | None, state: object) -> dict[str, Any]:
    """What came of a call, with what the machine says of it at this moment (real time)."""
    return {**(after or {}), "state": state, "state_at": format_instant(real_now_us())}


def _handed_over(session: Session, number: str) -> TagWrite:
    row = session.scalar(
        select(TagWrite)
        .join(JobOrder, JobOrder.id == TagWrite.job_order_id)
        .where(
            JobOrder.number == number,
            TagWrite.call_id.is_not(None),
            TagWrite.outcome == Outcome.CONFIRMED,
        )
        .order_by(TagWrite.id.desc())
        .limit(1)
    )
    if row is None:
        message = f"no machine has taken {number!r} over"
        raise Refusal("job_not_on_machine", message, status=404)
    return row
