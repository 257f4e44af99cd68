"""What people set for reports: targets of KPIs, and views that they named."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import ForeignKey, UniqueConstraint
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
