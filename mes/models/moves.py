"""Pieces that belong to another order than the one loaded when they were made."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Quantity, Text


class QuantityMove(Base):
    """A fact: pieces of one job (None: of no job) belong to another; no total changes.

    Without amounts all pieces made in [start, end) are moved, late ones included; with amounts so
    many, at `start`. A row that `voids` another takes it back and moves nothing.
    """

    __tablename__ = "quantity_move"
    __table_args__ = (
        UniqueConstraint("command_id"),
        Index("ix_quantity_move_work_unit_id_end", "work_unit_id", "end"),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    from_job_id: Mapped[int | None] = mapped_column(ForeignKey("job_order.id"))
    to_job_id: Mapped[int] = mapped_column(ForeignKey("job_order.id"))
    start: Mapped[Instant]
    end: Mapped[Instant]
    good: Mapped[Quantity | None]
    scrap: Mapped[Quantity | None]
    rework: Mapped[Quantity | None]
    voids: Mapped[Code | None]
    note: Mapped[Text | None]
    stated_at: Mapped[Instant]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]
