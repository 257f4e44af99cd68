"""A write from the wish to its end; each step is a transaction of its own.

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

from connectors.sdk.messages import Value
from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import ActorJson
from mes.features.writes.targets import Target, check_rate, check_value, find_target
from mes.models import Source, Tag, TagWrite

DETAIL_MAX = 2000


class Outcome(StrEnum):
    """What is known of a write in the end.

    CONFIRMED: the device shows the value. NOT_CONFIRMED: it took the value and shows another.
    REFUSED: nothing was changed. UNKNOWN: the value may or may not have arrived.
    """

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to be written, and why.

    Attributes:
        tag: SOURCE/TAG.
    """

    command_id: str
    tag: str
    value: Value
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a write ended; `before` and `after` are readings of the edge, None: not read."""

    outcome: Outcome
    code: str | None = None
    detail: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def known_write(session: Session, wish: Wish) -> TagWrite | None:
    """The write that this command made already, None: it is new.

    Raises:
        Refusal: `command_id_reused` (409): it asked for something else.
    """
    found = session.scalar(select(TagWrite).where(TagWrite.command_id == wish.command_id))
    if found is None:
        return None
    same = (found.value, found.reason, tag_of(session, found)) == (
        wish.value, wish.reason, wish.tag,
    )  # fmt: skip
    if not same:
        message = "this command_id asked for another write; make a new one"
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
        tag_id=target.tag_id,
        job_order_id=job_id,
        value=wish.value,
        reason=wish.reason,
        actor=dict(actor),
        asked_at=real_now_us(),
    )
    session.add(row)
    session.flush()  # the id is needed by whoever sends it
    details = {"value": wish.value, "note": wish.reason, "command_id": wish.command_id}
    record(session, actor, "tag.write", wish.tag, details)
    return row


def begin(session: Session, row: TagWrite) -> Target:
    """Mark a write as given to the edge, after a last look at the allow-list.

    Raises:
        Refusal: `write_not_allowed`, `write_out_of_range` or `write_too_soon`.
    """
    target = find_target(session, tag_of(session, row))
    check_value(target, row.value)
    now = real_now_us()
    check_rate(session, target, now)
    row.sent_at = now
    session.flush()  # the next write of this tag looks for it
    return target


def end(session: Session, row: TagWrite, result: Result) -> None:
    """Keep what came of a write, in its row and in the audit log."""
    row.ended_at = real_now_us()
    row.outcome = result.outcome.value
    row.code = result.code
    row.detail = None if result.detail is None else result.detail[:DETAIL_MAX]
    row.before = None if result.before is None else dict(result.before)
    row.after = None if result.after is None else dict(result.after)
    details = {
        "old": _value(result.before),
        "new": _value(result.after),
        "asked": row.value,
        "outcome": row.outcome,
        "code": row.code,
        "note": row.reason,
        "command_id": row.command_id,
    }
    record(session, row.actor, "tag.write_result", tag_of(session, row), details)


def tag_of(session: Session, row: TagWrite) -> str:
    """SOURCE/TAG of a write."""
    found = session.execute(
        select(Source.code, Tag.name)
        .join(Tag, Tag.source_id == Source.id)
        .where(Tag.id == row.tag_id)
    ).one()
    return f"{found.code}/{found.name}"


def _value(reading: Mapping[str, Any] | None) -> Any:
    return None if reading is None else reading.get("value")
