"""The allow-list of writes to machines, and every write that was asked for."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, JsonOrNull, Text


class WritePermission(Base):
    """A tag that may be written; `rule` is the plant file's object without its tag."""

    __tablename__ = "write_permission"
    __table_args__ = (UniqueConstraint("tag_id"),)

    id: Mapped[Identity]
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    rule: Mapped[Json]
    retired_at: Mapped[Instant | None]


class TagWrite(Base):
    """A write that somebody, or the start of a job, asked for; it is sent at most once.

    `outcome` None: not ended yet. `before` and `after` are the readings of the edge, None: not
    read. Real time; `job_order_id` None: a person asked. `sent_at` None: not given to the edge.
    """

    __tablename__ = "tag_write"
    __table_args__ = (
        UniqueConstraint("command_id"),
        Index("ix_tag_write_tag_id_sent_at", "tag_id", "sent_at"),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    job_order_id: Mapped[int | None] = mapped_column(ForeignKey("job_order.id"), index=True)
    value: Mapped[Json]
    reason: Mapped[Text]
    actor: Mapped[Json]
    asked_at: Mapped[Instant]
    sent_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    outcome: Mapped[Code | None]
    code: Mapped[Code | None]
    detail: Mapped[Text | None]
    before: Mapped[JsonOrNull]
    after: Mapped[JsonOrNull]
