"""Doing a command once: its id is kept with the first answer, in the same transaction."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.commands.context import ActorJson
from mes.models import Command

Answer = tuple[int, dict[str, Any]]
"""HTTP status and JSON-able body."""

COMMAND_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{7,63}")
"""A UUID, or another identity of 8 to 64 letters, digits, `.`, `_`, `:` and `-`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """What was asked.

    Attributes:
        command_id: given by the client, the same in every repeat.
        kind: such as `job.start`.
        body: what was asked, JSON-able; times of sending left out, so that a repeat is equal.
        terminal: code of the terminal it came from, None elsewhere.
        device_time: when the device says it happened, UTC microseconds; None: no such claim.
        received_at: plant time of the server, UTC microseconds.
    """

    command_id: str
    kind: str
    body: Mapping[str, Any]
    actor: ActorJson
    terminal: str | None = None
    device_time: int | None = None
    received_at: int


def run_command(session: Session, request: CommandRequest, do: Callable[[], Answer]) -> Answer:
    """Do a command, or return the answer of its first time.

    The first of two transactions at once does it; the other waits, then sees the answer. A refusal
    is not kept: the transaction is rolled back and the same id may be tried again.

    Args:
        do: does it and returns (status, JSON-able answer).

    Raises:
        Refusal: `command_id_invalid` (422), `command_id_reused` (409), or what `do` raises.
    """
    if not COMMAND_ID.fullmatch(request.command_id):
        raise Refusal(
            "command_id_invalid",
            "command_id must be a UUID or 8 to 64 letters, digits, '.', '_', ':' or '-'",
            status=422,
            field="command_id",
        )
    if not _claimed(session, request):
        return _first_answer(session, request)
    status, answer = do()
    session.execute(
        update(Command)
        .where(Command.command_id == request.command_id)
        .values(answer=answer, status=status)
    )
    return status, answer


def body_hash(kind: str, body: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of what was asked, independent of the order of its fields."""
    canonical = json.dumps([kind, body], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _claimed(session: Session, request: CommandRequest) -> bool:
    """Whether this transaction is the first with the id; waits for one that is under way."""
    first = session.scalar(
        _insert_unless_there(session)
        .values(
            command_id=request.command_id,
            kind=request.kind,
            body_hash=body_hash(request.kind, request.body),
            actor=dict(request.actor),
            terminal=request.terminal,
            device_time=request.device_time,
            received_at=request.received_at,
            answer={},
            status=0,
        )
        .returning(Command.command_id)
    )
    return first is not None


def _insert_unless_there(session: Session) -> postgresql.Insert | sqlite.Insert:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(Command).on_conflict_do_nothing()
    return sqlite.insert(Command).on_conflict_do_nothing()


def _first_answer(session: Session, request: CommandRequest) -> Answer:
    first = session.execute(
        select(Command.body_hash, Command.status, Command.answer).where(
            Command.command_id == request.command_id
        )
    ).one()
    if first.body_hash != body_hash(request.kind, request.body):
        raise Refusal(
            "command_id_reused",
            "this command_id was used for something else; make a new one for each command",
            field="command_id",
        )
    return first.status, first.answer
