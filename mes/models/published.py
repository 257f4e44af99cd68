"""Published figures, audit log and the outbox to other systems."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Text


class PublishedFigure(Base):
    """A figure as it was published: scope, period, policy version, revision and the result."""

    __tablename__ = "published_figure"
    __table_args__ = (UniqueConstraint("scope", "period", "policy", "revision"),)

    id: Mapped[Identity]
    scope: Mapped[Code]
    period: Mapped[Code]
    policy: Mapped[Code]
    revision: Mapped[int]
    result: Mapped[Json]
    published_at: Mapped[Instant]


class AuditLog(Base):
    """Who did what, chained by hash; real time."""

    __tablename__ = "audit_log"

    id: Mapped[Identity]
    at: Mapped[Instant]
    actor: Mapped[Json]
    action: Mapped[Code]
    subject: Mapped[Code]
    details: Mapped[Json]
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Outbox(Base):
    """A message to another system, sent after the commit by its own worker."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state", "state"),)

    id: Mapped[Identity]
    kind: Mapped[Code]
    payload: Mapped[Json]
    state: Mapped[Code]
    attempts: Mapped[int]
    next_at: Mapped[Instant]
    last_error: Mapped[Text | None]
    created_at: Mapped[Instant]
