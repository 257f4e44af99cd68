"""The audit log as people read it: latest first, by object, action, person and time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.instants import format_instant
from mes.models import AuditLog, Person

LIMIT = 50
LIMIT_MAX = 200


def audit_rows(
    session: Session,
    *,
    subject: str | None = None,
    action: str | None = None,
    start: int | None = None,
    end: int | None = None,
    before: int | None = None,
    limit: int = LIMIT,
) -> dict[str, Any]:
    """A page of the audit log, latest first.

    Args:
        subject: the object, such as the code of a work unit or the number of an order.
        action: such as `stop.whole`, or the part before the point for all of its kind.
        start: real time, UTC microseconds; likewise `end`, which is left out.
        before: `next` of the page before; None: the latest.

    Returns:
        `items`, and `next` (None: no more).
    """
    query = select(AuditLog).order_by(AuditLog.id.desc())
    if subject is not None:
        query = query.where(AuditLog.subject == subject)
    if action is not None:
        of_kind = AuditLog.action.startswith(f"{action}.", autoescape=True)
        query = query.where((AuditLog.action == action) | of_kind)
    if start is not None:
        query = query.where(AuditLog.at >= start)
    if end is not None:
        query = query.where(AuditLog.at < end)
    if before is not None:
        query = query.where(AuditLog.id < before)
    limit = max(1, min(limit, LIMIT_MAX))
    rows = list(session.scalars(query.limit(limit + 1)))
    page = rows[:limit]
    names = _names(session, page)
    return {
        "items": [_view(row, names) for row in page],
        "next": page[-1].id if len(rows) > limit else None,
    }


def _view(row: AuditLog, names: dict[str, str]) -> dict[str, Any]:
    actor = row.actor or {}
    details = dict(row.details or {})
    badge = actor.get("person")
    return {
        "id": row.id,
        "at": format_instant(row.at),
        "person": names.get(badge or "", actor.get("label")),
        "badge_no": badge,
        "actor": actor,
        "action": row.action,
        "object": row.subject,
        "old": details.pop("old", None),
        "new": details.pop("new", None),
        "note": details.pop("note", None),
        "details": details,
        "hash": row.hash.hex(),
        "prev_hash": row.prev_hash.hex(),
    }


def _names(session: Session, rows: list[AuditLog]) -> dict[str, str]:
    badges = {(row.actor or {}).get("person") for row in rows} - {None}
    people = session.scalars(select(Person).where(Person.badge_no.in_(sorted(map(str, badges)))))
    return {person.badge_no: person.name for person in people}
