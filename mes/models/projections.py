"""Projections: made from facts alone, thrown away and made again by `mes rebuild`."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, ExactDecimal, Identity, Instant, Json, Quantity


class StateRecord(Base):
    """One piece of the gapless partition of a work unit's time; `end` None: still open."""

    __tablename__ = "state_record"
    __table_args__ = (
        UniqueConstraint("work_unit_id", "start"),
        Index("ix_state_record_work_unit_id_end", "work_unit_id", "end"),
    )

    id: Mapped[Identity]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    start: Mapped[Instant]
    end: Mapped[Instant | None]
    state: Mapped[Code]
    stop_start: Mapped[Instant | None]
    reason: Mapped[Code | None]
    reason_source: Mapped[Code | None]
    command_id: Mapped[Code | None]


class JobRun(Base):
    """When an order (or the default item) was loaded on a work unit, with its frozen rate.

    `job_order_id` None: the default item; `ideal_cycle_s` None: no rate.
    """

    __tablename__ = "job_run"
    __table_args__ = (Index("ix_job_run_work_unit_id_start", "work_unit_id", "start"),)

    id: Mapped[Identity]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    job_order_id: Mapped[int | None] = mapped_column(ForeignKey("job_order.id"))
    material_id: Mapped[int | None] = mapped_column(ForeignKey("material_definition.id"))
    ideal_cycle_s: Mapped[ExactDecimal | None]
    pieces_per_cycle: Mapped[int]
    start: Mapped[Instant]
    end: Mapped[Instant | None]


class QuantityRecord(Base):
    """Pieces of a work unit in one minute, by job (0: none) and item (0: none)."""

    __tablename__ = "quantity_record"
    __table_args__ = (
        UniqueConstraint("work_unit_id", "minute", "job_order_id", "material_id"),
        Index("ix_quantity_record_job_order_id", "job_order_id"),
    )

    id: Mapped[Identity]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    minute: Mapped[Instant]
    job_order_id: Mapped[int]
    material_id: Mapped[int]
    good: Mapped[Quantity]
    scrap: Mapped[Quantity]
    rework: Mapped[Quantity]
    startup_scrap: Mapped[Quantity]
    estimated: Mapped[Quantity]


class RollupHour(Base):
    """Policy-neutral sums of a work unit for one hour cut at shift borders (a kernel tally)."""

    __tablename__ = "rollup_hour"
    __table_args__ = (UniqueConstraint("work_unit_id", "start"),)

    id: Mapped[Identity]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    start: Mapped[Instant]
    end: Mapped[Instant]
    production_day: Mapped[Code]
    shift: Mapped[Code]
    tally: Mapped[Json]


class WorkUnitLive(Base):
    """Tile sums and baselines of a work unit; `version` is bookkeeping and only grows."""

    __tablename__ = "work_unit_live"

    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"), primary_key=True)
    version: Mapped[int]
    tile: Mapped[Json]
