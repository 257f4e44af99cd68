"""What people set for reports: targets of KPIs, and views that they named."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, ExactDecimalType, Identity, Instant, Json, Text


class KpiTarget(Base):
    """The target of a KPI at an element of the hierarchy from `valid_from` (plant time) on.

    `target` is a plain ratio; None: there is none from then on. The first one of an element and
    KPI holds for the time before it as well. `set_at` is real time.
    """

    __tablename__ = "kpi_target"
    __table_args__ = (UniqueConstraint("equipment_id", "kpi", "valid_from", "set_at"),)

    id: Mapped[Identity]
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    kpi: Mapped[Code]
    target: Mapped[Decimal | None] = mapped_column(ExactDecimalType)
    valid_from: Mapped[Instant]
    set_at: Mapped[Instant]
    actor: Mapped[Json]


class SavedView(Base):
    """An address of a report page that somebody named; `owner` is kind and id of the actor."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("owner", "name"),)

    id: Mapped[Identity]
    owner: Mapped[Code]
    name: Mapped[Code]
    address: Mapped[Text]
    saved_at: Mapped[Instant]


class ReportSchedule(Base):
    """A report that is made as a file after each period; stopped, never deleted.

    `since`: only periods that end after it (plant time) are made. `delay_min`: minutes after the
    end of a period. `kept`: how many of its files stay. `policy` None: the profile of the site.
    """

    __tablename__ = "report_schedule"

    id: Mapped[Identity]
    command_id: Mapped[Code] = mapped_column(unique=True)
    version: Mapped[int]
    kind: Mapped[Code]
    place: Mapped[Code]
    period: Mapped[Code]
    policy: Mapped[Code | None]
    language: Mapped[Code]
    folder: Mapped[Code]
    delay_min: Mapped[int]
    kept: Mapped[int]
    active: Mapped[bool]
    since: Mapped[Instant]
    changed_at: Mapped[Instant]
    actor: Mapped[Json]


class ReportFile(Base):
    """What became of one period of a schedule: a file, a failure, or nothing with a reason.

    `name` is within the folder of the reports; None: there is no file (any more). `made_at` and
    `next_at` are real time; `next_at` None: it is not tried again by itself.
    """

    __tablename__ = "report_file"
    __table_args__ = (UniqueConstraint("schedule_id", "period_key"),)

    id: Mapped[Identity]
    schedule_id: Mapped[int] = mapped_column(ForeignKey("report_schedule.id"))
    period_key: Mapped[Code]
    start: Mapped[Instant]
    end: Mapped[Instant]
    state: Mapped[Code]
    name: Mapped[Text | None]
    size: Mapped[int]
    standing: Mapped[Text | None]
    reason: Mapped[Text | None]
    attempts: Mapped[int]
    made_at: Mapped[Instant]
    next_at: Mapped[Instant | None]


class MomentNote(Base):
    """What somebody wrote about a moment (plant time) of the plant; append-only.

    `tag_id` None: of all trends. A row with `voids` withdraws that note; its text says why.
    """

    __tablename__ = "moment_note"
    __table_args__ = (Index("ix_moment_note_at", "at"), UniqueConstraint("voids"))

    id: Mapped[Identity]
    command_id: Mapped[Code] = mapped_column(unique=True)
    at: Mapped[Instant]
    tag_id: Mapped[int | None] = mapped_column(ForeignKey("tag.id"))
    text: Mapped[Text]
    voids: Mapped[int | None] = mapped_column(ForeignKey("moment_note.id"))
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]
