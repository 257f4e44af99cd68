"""A write or a call from the wish to its end; each step is a transaction of its own.

A row is given to the edge at most once: `begin` marks it before, and nothing marked is sent again,
whatever becomes of this process. Times are real time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import ActorJson
from mes.features.writes.targets import (
    Kind,
    Target,
    Wanted,
    check_rate,
    check_value,
    find_target,
)
from mes.models import CallPermission, Source, Tag, TagWrite

DETAIL_MAX = 2000
AUDITED = {Kind.WRITE: "tag.write", Kind.CALL: "method.call"}
"""What the audit log calls a wish; `_result` and `_refused` follow it."""


class Outcome(StrEnum):
    """What is known of a write or a call in the end.

    CONFIRMED: the device shows the value, or said that the method ended well. NOT_CONFIRMED: it
    took it and shows another value, or answered what means no success. REFUSED: nothing was
    changed. UNKNOWN: it may or may not have arrived.
    """

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to be written or called, and why.

    Attributes:
        name: SOURCE/TAG or SOURCE/NAME.
        value: of the tag, or the arguments of the method.
    """

    command_id: str
    name: str
    value: Wanted
    reason: str
    kind: Kind = Kind.WRITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How it ended; `before` and `after` are readings of the edge, None: not read.

    Of a call `after` has `results` and `state`, see `TagWrite`.
    """

    outcome: Outcome
    code: str | None = None
    detail: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def known_write(session: Session, wish: Wish) -> TagWrite | None:
    """The write or call that this command made already, None: it is new.

    Raises:
        Refusal: `command_id_reused` (409): it asked for something else.
    """
    found = session.scalar(select(TagWrite).where(TagWrite.command_id == wish.command_id))
    if found is None:
        return None
    known = (kind_of(found), name_of(session, found), found.value, found.reason)
    if known != (wish.kind, wish.name, wish.value, wish.reason):
        message = "this command_id asked for something else; make a new one"
        raise Refusal("command_id_reused", message)
    return found


def ask(
    session: Session, actor: ActorJson, wish: Wish, target: Target, *, job_id: int | None = None
) -> TagWrite:
    """Note a wish; nothing is sent yet.

    Args:
        job_id: the job whose start asks; None: a person asks.
    """
    row = TagWrite(
        command_id=wish.command_id,
        tag_id=target.id if target.kind is Kind.WRITE else None,
        call_id=target.id if target.kind is Kind.CALL else None,
        job_order_id=job_id,
        value=wish.value,
        reason=wish.reason,
        actor=dict(actor),
        asked_at=real_now_us(),
    )
    session.add(row)
    session.flush()  # the id is needed by whoever sends it
    details = {"value": wish.value, "note": wish.reason, "command_id": wish.command_id}
    record(session, actor, AUDITED[target.kind], wish.name, details)
    return row


def begin(session: Session, row: TagWrite) -> Target:
    """Mark a write or call as given to the edge, after a last look at the allow-list.

    Raises:
        Refusal: `write_too_soon`, or what `find_target` and `check_value` refuse.
    """
    target = find_target(session, name_of(session, row), kind_of(row))
    check_value(target, row.value)
    now = real_now_us()
    check_rate(session, target, now)
    row.sent_at = now
    session.flush()  # the next one of this target looks for it
    return target


def end(session: Session, row: TagWrite, result: Result) -> None:
    """Keep what came of it, in its row and in the audit log."""
    row.ended_at = real_now_us()
    row.outcome = result.outcome.value
    row.code = result.code
    row.detail = None if result.detail is None else result.detail[:DETAIL_MAX]
    row.before = None if result.before is None else dict(result.before)
    row.after = None if result.after is None else dict(result.after)
    details = {
        "old": _shown(result.before),
        "new": _shown(result.after),
        "asked": row.value,
        "outcome": row.outcome,
        "code": row.code,
        "note": row.reason,
        "command_id": row.command_id,
    }
    record(session, row.actor, f"{AUDITED[kind_of(row)]}_result", name_of(session, row), details)


def kind_of(row: TagWrite) -> Kind:
    """Whether a row is a write or a call."""
    return Kind.WRITE if row.call_id is None else Kind.CALL


def name_of(session: Session, row: TagWrite) -> str:
    """SOURCE/TAG of a write, SOURCE/NAME of a call."""
    own: type[Tag | CallPermission] = Tag if row.call_id is None else CallPermission
    found = session.execute(
        select(Source.code, own.name)
        .join(own, own.source_id == Source.id)
        .where(own.id == (row.tag_id if row.call_id is None else row.call_id))
    ).one()
    return f"{found.code}/{found.name}"


def _shown(reading: Mapping[str, Any] | None) -> Any:
    """The value of a reading, or what a method answered."""
    if reading is None:
        return None
    return reading["value"] if "value" in reading else reading.get("results")
