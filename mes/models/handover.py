"""What people write about shifts and hours of a line: handovers and comments."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Text


class HandoverEvent(Base):
    """A fact about the handover of a shift of a line: entry, crew, hand_over, take_over,
    reopen.

    `at` is plant time; `production_day` and `shift` name the shift as published figures do (`shift`
    empty: the whole day). `replaces` is the command_id of the entry that this one corrects; `who`
    the name of the person at that moment; `body` as `mes.core.handover` says.
    """

    __tablename__ = "handover_event"
    __table_args__ = (
        UniqueConstraint("command_id"),
        Index(
            "ix_handover_event_equipment_id_production_day",
            "equipment_id",
            "production_day",
            "shift",
        ),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    production_day: Mapped[Code]
    shift: Mapped[Code]
    action: Mapped[Code]
    replaces: Mapped[Code | None]
    body: Mapped[Json]
    at: Mapped[Instant]
    who: Mapped[Code]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]


class HourComment(Base):
    """What was said about an hour of a line; a later one of the same hour replaces it.

    `hour` is the first instant of the hour by the line's calendar; `text` empty: taken back.
    `replaces` is the command_id of the comment that its author saw; None: there was none.
    """

    __tablename__ = "hour_comment"
    __table_args__ = (
        UniqueConstraint("command_id"),
        Index("ix_hour_comment_equipment_id_hour", "equipment_id", "hour"),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    hour: Mapped[Instant]
    text: Mapped[Text]
    replaces: Mapped[Code | None]
    at: Mapped[Instant]
    who: Mapped[Code]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]
