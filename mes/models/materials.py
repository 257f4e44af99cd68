"""Items, their rates and how they are made."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, ExactDecimal, Identity, Instant, Names


class MaterialDefinition(Base):
    """What is made or consumed (an item)."""

    __tablename__ = "material_definition"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Identity]
    code: Mapped[Code]
    names: Mapped[Names]
    unit: Mapped[Code]
    retired_at: Mapped[Instant | None]


class MaterialRate(Base):
    """Ideal cycle of an item from `valid_from` on, for one work unit or (None) for all.

    `ideal_cycle_s` in seconds per cycle, None: the rate ends here.
    """

    __tablename__ = "material_rate"
    __table_args__ = (UniqueConstraint("material_id", "work_unit_id", "valid_from"),)

    id: Mapped[Identity]
    material_id: Mapped[int] = mapped_column(ForeignKey("material_definition.id"))
    work_unit_id: Mapped[int | None] = mapped_column(ForeignKey("equipment.id"))
    valid_from: Mapped[Instant]
    ideal_cycle_s: Mapped[ExactDecimal | None]
    pieces_per_cycle: Mapped[int]


class OperationsDefinition(Base):
    """A routing revision of an item; immutable once released."""

    __tablename__ = "operations_definition"
    __table_args__ = (UniqueConstraint("material_id", "revision"),)

    id: Mapped[Identity]
    material_id: Mapped[int] = mapped_column(ForeignKey("material_definition.id"))
    revision: Mapped[int]
    released_at: Mapped[Instant | None]
    retired_at: Mapped[Instant | None]


class OperationsSegment(Base):
    """One operation of a routing; `number` orders them (10, 20, ...)."""

    __tablename__ = "operations_segment"
    __table_args__ = (UniqueConstraint("definition_id", "number"),)

    id: Mapped[Identity]
    definition_id: Mapped[int] = mapped_column(ForeignKey("operations_definition.id"))
    number: Mapped[int]
    names: Mapped[Names]
    work_center_id: Mapped[int | None] = mapped_column(ForeignKey("equipment.id"))
