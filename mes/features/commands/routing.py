"""From a request to a command done once: who, when, and one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.features.commands.context import Context, happened_at
from mes.features.commands.schemas import CommandIn
from mes.features.commands.service import Answer, CommandRequest, run_command
from mes.features.commands.typists import check_life
from mes.web.roles import actor
from mes.web.wiring import transaction

TRIES_MAX = 3
"""How often a command is tried when the database chose it as the victim of two writers."""
CONFLICTS = ("40001", "40P01")
"""SQLSTATE of a serialization failure and of a deadlock."""

Do = Callable[[Session, Context], Answer]


def answered(kind: str, subject: str, body: CommandIn, do: Do) -> tuple[dict[str, Any], int]:
    """Do what a request asks for, once, and give its answer for the route to return.

    Args:
        kind: such as `job.start`.
        subject: what the address names; belongs to what was asked.
        do: does it and returns (status, JSON-able answer).

    Raises:
        Refusal: what stands in the way.
    """
    who = actor()
    now = plant_now_us()
    at = happened_at(body.device_time, body.device_now, now)
    check_life(who, now - at)
    asked = body.model_dump(mode="json", exclude={"command_id", "device_time", "device_now"})
    request = CommandRequest(
        command_id=body.command_id,
        kind=kind,
        body={"subject": subject, "asked": asked},
        actor=who.to_json(),
        terminal=who.terminal,
        device_time=None if body.device_time is None else at,
        received_at=now,
    )
    context = Context(command_id=body.command_id, actor=who.to_json(), at=at, now=now)
    for attempt in range(1, TRIES_MAX + 1):
        try:
            with transaction() as session:
                status, answer = run_command(session, request, lambda: do(session, context))
            break
        except (IntegrityError, OperationalError) as conflict:
            if attempt == TRIES_MAX or not _worth_another_try(conflict):
                raise
    return answer, status


def _worth_another_try(error: IntegrityError | OperationalError) -> bool:
    if isinstance(error, IntegrityError):
        return True
    return getattr(error.orig, "sqlstate", None) in CONFLICTS
