"""Counter increments that wait for a person: made from facts, made again by `mes rebuild`."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json


class CountSuspect(Base):
    """A counter increment that its rule does not believe, and what was decided about it.

    `at` and `since` are the instants of its readings, `reading` holds "old", "new" and "amount" in
    counts; `decision` None: it is left out until a person decides.
    """

    __tablename__ = "count_suspect"
    __table_args__ = (
        UniqueConstraint("work_unit_id", "tag_id", "at", "since"),
        Index("ix_count_suspect_work_unit_id_at", "work_unit_id", "at"),
    )

    id: Mapped[Identity]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    role: Mapped[Code]
    at: Mapped[Instant]
    since: Mapped[Instant]
    reading: Mapped[Json]
    decision: Mapped[Code | None]
