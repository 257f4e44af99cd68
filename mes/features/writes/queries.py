"""Writes and calls as people read them: latest first, and those of jobs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.instants import format_instant
from mes.features.plant.masters import call_rules, write_rules
from mes.features.writes.service import Outcome
from mes.models import CallPermission, JobOrder, Source, Tag, TagWrite

LIMIT = 50
LIMIT_MAX = 200
LONGEST_US = 120_000_000
"""Real time after which a write without an end was left behind by a process that died."""
LEFT_BEHIND = "write_left_behind"


def write_rows(
    session: Session,
    *,
    tag: str | None = None,
    call: str | None = None,
    source: str | None = None,
    job: str | None = None,
    before: int | None = None,
    limit: int = LIMIT,
) -> dict[str, Any]:
    """A page of writes and calls, latest first.

    Args:
        tag: SOURCE/TAG; None: of all.
        call: SOURCE/NAME of a method; None: of all.
        source: code of a source; None: of all.
        job: number of a job order; None: of all.
        before: `next` of the page before; None: the latest.
    """
    query = _selected().order_by(TagWrite.id.desc())
    if tag is not None:
        of, _, name = tag.partition("/")
        query = query.where(Source.code == of, Tag.name == name)
    if call is not None:
        of, _, name = call.partition("/")
        query = query.where(Source.code == of, CallPermission.name == name)
    if source is not None:
        query = query.where(Source.code == source)
    if job is not None:
        query = query.where(JobOrder.number == job)
    if before is not None:
        query = query.where(TagWrite.id < before)
    limit = max(1, min(limit, LIMIT_MAX))
    rows = session.execute(query.limit(limit + 1)).all()
    return {
        "items": [_view(row) for row in rows[:limit]],
        "next": rows[limit - 1][0].id if len(rows) > limit else None,
    }


def one_write(session: Session, command_id: str) -> dict[str, Any] | None:
    """The write or call of a command; None: there is none."""
    row = session.execute(_selected().where(TagWrite.command_id == command_id)).one_or_none()
    return None if row is None else _view(row)


def writes_of_jobs(
    session: Session, job_ids: Collection[int]
) -> Mapping[int, list[dict[str, Any]]]:
    """What the start of jobs has written and called, in the order in which it was sent."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    query = _selected().where(TagWrite.job_order_id.in_(job_ids)).order_by(TagWrite.id)
    for row in session.execute(query):
        found[row[0].job_order_id or 0].append(_view(row))
    return found


def allowed(session: Session) -> list[dict[str, Any]]:
    """The allow-list in force."""
    return [{"tag": tag, **rule} for (_, tag), rule in write_rules(session).items()]


def allowed_calls(session: Session) -> list[dict[str, Any]]:
    """The methods that may be called."""
    return [{"call": call, **rule} for call, rule in call_rules(session).items()]


def _selected() -> Select[TagWrite, str, str, str | None]:
    return (
        select(
            TagWrite,
            Source.code,
            func.coalesce(Tag.name, CallPermission.name),
            JobOrder.number,
        )
        .outerjoin(Tag, Tag.id == TagWrite.tag_id)
        .outerjoin(CallPermission, CallPermission.id == TagWrite.call_id)
        .join(Source, Source.id == func.coalesce(Tag.source_id, CallPermission.source_id))
        .outerjoin(JobOrder, JobOrder.id == TagWrite.job_order_id)
    )


def _view(row: Row[TagWrite, str, str, str | None]) -> dict[str, Any]:
    write, source, name, job = row
    outcome, code = write.outcome, write.code
    if write.ended_at is None and real_now_us() - write.asked_at > LONGEST_US:
        outcome = Outcome.REFUSED if write.sent_at is None else Outcome.UNKNOWN
        code = LEFT_BEHIND
    return {
        "id": write.id,
        "command_id": write.command_id,
        "tag": f"{source}/{name}" if write.call_id is None else None,
        "call": None if write.call_id is None else f"{source}/{name}",
        "value": write.value,
        "reason": write.reason,
        "person": (write.actor or {}).get("label"),
        "job_order": job,
        "asked_at": format_instant(write.asked_at),
        "sent_at": None if write.sent_at is None else format_instant(write.sent_at),
        "ended_at": None if write.ended_at is None else format_instant(write.ended_at),
        "outcome": outcome,
        "code": code,
        "detail": write.detail,
        "before": write.before,
        "after": write.after,
    }
