"""Calendars: shift patterns from a date on, exceptions of single dates, and who has which."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Names


class Calendar(Base):
    """A named calendar; `line_calendar` says which work center has it when."""

    __tablename__ = "calendar"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Identity]
    code: Mapped[Code]
    names: Mapped[Names]
    retired_at: Mapped[Instant | None]


class ShiftPattern(Base):
    """The shifts of a calendar from the production day `valid_from` (YYYY-MM-DD) on.

    `definition` holds the plant file's `shifts`, `days` and `cycle` of the calendar. A row is never
    changed: what takes its place is a row of its own, and the old one has `withdrawn_at`.
    """

    __tablename__ = "shift_pattern"
    __table_args__ = (
        Index(
            "ix_shift_pattern_in_force",
            "calendar_id",
            "valid_from",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[Identity]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    valid_from: Mapped[Code]
    definition: Mapped[Json]
    recorded_at: Mapped[Instant] = mapped_column(default=0)
    withdrawn_at: Mapped[Instant | None]


class CalendarException(Base):
    """A holiday, overtime or planned stop of one date that beats the pattern.

    `date` is YYYY-MM-DD; `kind` is holiday, overtime or stop; `definition` holds start, end
    (local wall time), shift code, crew or reason as the kind needs, `country` of a holiday that was
    seeded. A withdrawn one has `withdrawn_at`, and seeding the same country again leaves it so.
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


class LineCalendar(Base):
    """Which calendar a work center has from the production day `valid_from` (YYYY-MM-DD) on.

    `calendar_id` None: always scheduled. A row is never changed: what takes its place is a row of
    its own, and the old one has `withdrawn_at`.
    """

    __tablename__ = "line_calendar"
    __table_args__ = (
        Index(
            "ix_line_calendar_in_force",
            "line_id",
            "valid_from",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[Identity]
    line_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendar.id"))
    valid_from: Mapped[Code]
    recorded_at: Mapped[Instant]
    withdrawn_at: Mapped[Instant | None]
