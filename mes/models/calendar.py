"""Calendars: shift patterns from a date on and exceptions of single dates."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Names


class Calendar(Base):
    """A named calendar; work centers refer to it by code."""

    __tablename__ = "calendar"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Identity]
    code: Mapped[Code]
    names: Mapped[Names]
    retired_at: Mapped[Instant | None]


class ShiftPattern(Base):
    """The shifts of a calendar from the production day `valid_from` (YYYY-MM-DD) on.

    `definition` holds the plant file's `shifts` and `days` of the calendar.
    """

    __tablename__ = "shift_pattern"
    __table_args__ = (UniqueConstraint("calendar_id", "valid_from"),)

    id: Mapped[Identity]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    valid_from: Mapped[Code]
    definition: Mapped[Json]


class CalendarException(Base):
    """A holiday, overtime or planned stop of one date that beats the pattern.

    `date` is YYYY-MM-DD; `kind` is holiday, overtime or stop; `definition` holds start, end
    (local wall time), shift code or reason as the kind needs. A withdrawn one has `withdrawn_at`.
    """

    __tablename__ = "calendar_exception"

    id: Mapped[Identity]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"), index=True)
    date: Mapped[Code]
    kind: Mapped[Code]
    names: Mapped[Names]
    definition: Mapped[Json]
    recorded_at: Mapped[Instant]
    withdrawn_at: Mapped[Instant | None]
