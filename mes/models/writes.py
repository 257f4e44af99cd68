"""The allow-lists of writes and calls, and every one of them that was asked for."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
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


class CallPermission(Base):
    """A method of a source that may be called; `rule` is the plant file's object without `call`."""

    __tablename__ = "call_permission"
    __table_args__ = (UniqueConstraint("source_id", "name"),)

    id: Mapped[Identity]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    name: Mapped[Code]
    rule: Mapped[Json]
    retired_at: Mapped[Instant | None]


class TagWrite(Base):
    """A write or a call that somebody, or the start of a job, asked for; it is sent at most once.

    Of a write `tag_id` says what was written, and `before` and `after` are the readings of the
    edge, None: not read. Of a call `call_id` says which method, `value` has its arguments by name,
    and `after` what came of it. `outcome` None: not ended yet. Real time; `job_order_id` None: a
    person asked. `sent_at` None: not given to the edge.
    """

    __tablename__ = "tag_write"
    __table_args__ = (
        UniqueConstraint("command_id"),
        CheckConstraint("(tag_id IS NULL) <> (call_id IS NULL)", name="tag_or_call"),
        Index("ix_tag_write_tag_id_sent_at", "tag_id", "sent_at"),
        Index("ix_tag_write_call_id_sent_at", "call_id", "sent_at"),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    tag_id: Mapped[int | None] = mapped_column(ForeignKey("tag.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call_permission.id"))
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
