"""Projections: made from facts alone, thrown away and made again by `mes rebuild`."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import (
    Base,
    BigKey,
    Code,
    ExactDecimal,
    Identity,
    Instant,
    Json,
    JsonOrNull,
    Millionths,
    Quantity,
)


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


class RollupColumns:
    """Policy-neutral sums (a kernel tally) of one job and item, in whole numbers that SQL adds.

    Times are microseconds by class; `outside_*` is running time outside the plan by the class of
    the plan below it; `loaded_us` and `failure_*` are loaded time and failures of the tally. Pieces
    stand in three buckets: ordinary, booked while the state was
    unknown, and booked while running outside the plan. Ideal times are whole parts of a second,
    `IDEAL_PARTS` of `mes.features.production.rollup_row` to one. `marks` are bits (flags, missing
    rates, numbers below zero); `exact` holds the tally where whole numbers cannot, else None.
    `reasons` is how much of the time of a class had which reason, {class: {reason: us}}; None: not
    known (summed before it was kept, until a rebuild).
    Time belongs to the job that is loaded, pieces to the job they are booked on.
    """

    window_us: Mapped[Instant]
    not_scheduled_us: Mapped[Instant]
    break_us: Mapped[Instant]
    planned_stop_us: Mapped[Instant]
    unknown_us: Mapped[Instant]
    unplanned_stop_us: Mapped[Instant]
    minor_stop_us: Mapped[Instant]
    setup_us: Mapped[Instant]
    waiting_us: Mapped[Instant]
    no_order_us: Mapped[Instant]
    running_us: Mapped[Instant]
    outside_not_scheduled_us: Mapped[Instant]
    outside_break_us: Mapped[Instant]
    outside_planned_stop_us: Mapped[Instant]
    loaded_us: Mapped[Instant]
    failure_us: Mapped[Instant]
    failure_count: Mapped[Instant]
    failure_restored: Mapped[Instant]
    good: Mapped[Millionths]
    scrap: Mapped[Millionths]
    rework: Mapped[Millionths]
    startup_scrap: Mapped[Millionths]
    ideal_total: Mapped[Instant]
    ideal_good: Mapped[Instant]
    unknown_good: Mapped[Millionths]
    unknown_scrap: Mapped[Millionths]
    unknown_rework: Mapped[Millionths]
    unknown_startup_scrap: Mapped[Millionths]
    unknown_ideal_total: Mapped[Instant]
    unknown_ideal_good: Mapped[Instant]
    outside_good: Mapped[Millionths]
    outside_scrap: Mapped[Millionths]
    outside_rework: Mapped[Millionths]
    outside_startup_scrap: Mapped[Millionths]
    outside_ideal_total: Mapped[Instant]
    outside_ideal_good: Mapped[Instant]
    marks: Mapped[int]
    exact: Mapped[JsonOrNull]
    reasons: Mapped[JsonOrNull]


class RollupHour(RollupColumns, Base):
    """Sums of a work unit for one hour cut at shift borders, by job (0: none) and item (0: none).

    `shift` is empty outside shifts, `crew` without crews.
    """

    __tablename__ = "rollup_hour"
    __table_args__ = ({"sqlite_with_rowid": False},)

    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"), primary_key=True)
    start: Mapped[Instant] = mapped_column(primary_key=True)
    job_order_id: Mapped[BigKey] = mapped_column(primary_key=True)
    material_id: Mapped[BigKey] = mapped_column(primary_key=True)
    end: Mapped[Instant]
    production_day: Mapped[Code]
    shift: Mapped[Code]
    crew: Mapped[Code]


class RollupShift(RollupColumns, Base):
    """The closed hours of a work unit in one shift of a production day, summed.

    Time in no shift stands under the empty shift of its production day. `start` is the first
    instant summed.
    """

    __tablename__ = "rollup_shift"
    __table_args__ = ({"sqlite_with_rowid": False},)

    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"), primary_key=True)
    production_day: Mapped[Code] = mapped_column(primary_key=True)
    shift: Mapped[Code] = mapped_column(primary_key=True)
    job_order_id: Mapped[BigKey] = mapped_column(primary_key=True)
    material_id: Mapped[BigKey] = mapped_column(primary_key=True)
    crew: Mapped[Code]
    start: Mapped[Instant]


class WorkUnitLive(Base):
    """Tile sums and baselines of a work unit; `version` is bookkeeping and only grows."""

    __tablename__ = "work_unit_live"

    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"), primary_key=True)
    version: Mapped[int]
    tile: Mapped[Json]
