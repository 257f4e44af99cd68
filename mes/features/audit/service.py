"""Writing and checking the audit log (real time, chained by SHA-256)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, select, text
from sqlalchemy.orm import Session, SessionTransaction

from mes.clock import real_now_us
from mes.models import AuditLog

GENESIS = bytes(32)
"""`prev_hash` of the first row."""
CHAIN_LOCK = 0x4D455341
"""Key of the PostgreSQL advisory lock that keeps the chain in one line."""
TEXT_LENGTH = 80
WAITING = "audit_rows"
"""Key in `Session.info` of the rows to be written at the commit."""
Waiting = tuple[SessionTransaction | None, AuditLog]
"""The savepoint in which a row was recorded (None: none), and the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenLink:
    """A row whose hash does not follow from its content or from the row before."""

    id: int
    at: int


def record(
    session: Session,
    actor: Mapping[str, Any],
    action: str,
    subject: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append a row to the audit log, at the very end of the present transaction.

    The chain has one writer at a time, so that its lock is the last one taken and is held only for
    the commit itself; the row is committed with what it tells about, or not at all.

    Args:
        session: the writing session.
        actor: who, as JSON (`Actor.to_json()`).
        action: what, such as `work_order.release`.
        subject: on what, such as the number of an order.
        details: further JSON-able content.
    """
    waiting: list[Waiting] | None = session.info.get(WAITING)
    if waiting is None:
        waiting = session.info[WAITING] = []
        event.listen(session, "before_commit", _write_chain)
        event.listen(session, "after_soft_rollback", _forget)
    row = AuditLog(
        at=real_now_us(),
        actor=dict(actor),
        action=action[:TEXT_LENGTH],
        subject=subject[:TEXT_LENGTH],
        details=dict(details or {}),
    )
    waiting.append((session.get_nested_transaction(), row))


def _write_chain(session: Session) -> None:
    waiting: list[Waiting] = session.info[WAITING]
    if not waiting:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    previous = session.scalar(select(AuditLog.hash).order_by(AuditLog.id.desc()).limit(1))
    for _, row in waiting:
        row.prev_hash = previous or GENESIS
        row.hash = previous = row_hash(row)
        session.add(row)
        session.flush()
    waiting.clear()


def _forget(session: Session, ended: SessionTransaction) -> None:
    """What was recorded in a transaction or savepoint that is rolled back did not happen."""
    waiting: list[Waiting] = session.info[WAITING]
    waiting[:] = [entry for entry in waiting if ended.nested and entry[0] is not ended]


def row_hash(row: AuditLog) -> bytes:
    """SHA-256 over the row before and the content of this one in canonical JSON."""
    content = [row.at, row.actor, row.action, row.subject, row.details]
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(row.prev_hash + canonical.encode()).digest()


def broken_links(session: Session) -> Iterator[BrokenLink]:
    """The rows at which the chain does not hold: changed, removed or inserted content."""
    expected = GENESIS
    for row in session.scalars(
        select(AuditLog).order_by(AuditLog.id).execution_options(yield_per=500)
    ):
        if row.prev_hash != expected or row.hash != row_hash(row):
            yield BrokenLink(id=row.id, at=row.at)
        expected = row.hash
