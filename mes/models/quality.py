"""Quality checks: what is to be measured and when, and what was measured."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Names, Quantity, Text


class CheckPlan(Base):
    """One version of a check plan, in force from `valid_from` until the next one of its code.

    Versions are only added; `retired`: from here on nothing is checked by it. `material_id`,
    `work_unit_id` and `segment` (operation) None: whichever. `every_pieces` (good and scrap of the
    job) and `every_us` None: not by count, not by time; `time_base` says of what time: running (of
    the machine, while the job is loaded) or job (since the job began). A check that is due is
    overdue once `grace_pieces` more were made, or `grace_us` passed. `characteristics` in order, as
    `mes.core.quality` says.
    """

    __tablename__ = "check_plan"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[Identity]
    code: Mapped[Code]
    version: Mapped[int]
    names: Mapped[Names]
    material_id: Mapped[int | None] = mapped_column(ForeignKey("material_definition.id"))
    work_unit_id: Mapped[int | None] = mapped_column(ForeignKey("equipment.id"))
    segment: Mapped[int | None]
    every_pieces: Mapped[Quantity | None]
    every_us: Mapped[Instant | None]
    time_base: Mapped[Code]
    first_piece: Mapped[bool]
    middle_piece: Mapped[bool]
    last_piece: Mapped[bool]
    grace_pieces: Mapped[Quantity]
    grace_us: Mapped[Instant]
    characteristics: Mapped[Json]
    valid_from: Mapped[Instant]
    retired: Mapped[bool]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]


class CheckResult(Base):
    """A fact: what was found in a check, judged by the version of the plan that was looked at.

    `at` is plant time. `job_order_id` and `material_id` None: nothing was loaded. `occasion` is why
    it was made: first, middle, last, pieces, time, recheck, extra. `pieces`: good and scrap of the
    job as far as was known then. `values` by characteristic with verdict; `verdict` pass or fail;
    a failed one has a `follow_up`. A result with `voids` (a command_id) takes that one back and has
    no values and no verdict. `who` is the name of the person or terminal at that moment.
    """

    __tablename__ = "check_result"
    __table_args__ = (
        UniqueConstraint("command_id"),
        Index("ix_check_result_work_unit_id_at", "work_unit_id", "at"),
        Index("ix_check_result_plan_id_at", "plan_id", "at"),
        Index("ix_check_result_at", "at"),
        Index("ix_check_result_voids", "voids"),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    job_order_id: Mapped[int | None] = mapped_column(ForeignKey("job_order.id"))
    material_id: Mapped[int | None] = mapped_column(ForeignKey("material_definition.id"))
    plan_id: Mapped[int] = mapped_column(ForeignKey("check_plan.id"))
    occasion: Mapped[Code]
    at: Mapped[Instant]
    pieces: Mapped[Quantity]
    values: Mapped[Json]
    verdict: Mapped[Code | None]
    follow_up: Mapped[Code | None]
    note: Mapped[Text | None]
    voids: Mapped[Code | None]
    who: Mapped[Code]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]


class WorkUnitChecks(Base):
    """What the latest jobs of a work unit were checked for, for its tile: a projection of results.

    `jobs` is {job id: {plan code: sums of its results}}.
    """

    __tablename__ = "work_unit_checks"

    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"), primary_key=True)
    jobs: Mapped[Json]
