"""Equipment hierarchy (ISA-95: site, area, work center, work unit) and its dated settings."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Names


class Equipment(Base):
    """One element of the hierarchy; retired, never deleted.

    `level` is site, area, work_center or work_unit. `settings` of a site: time_zone, day_starts,
    policy; of a work center: oee_rule, key_work_unit.
    """

    __tablename__ = "equipment"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("level IN ('site','area','work_center','work_unit')", name="level"),
    )

    id: Mapped[Identity]
    code: Mapped[Code]
    level: Mapped[Code]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("equipment.id"), index=True)
    names: Mapped[Names]
    position: Mapped[int]
    settings: Mapped[Json]
    retired_at: Mapped[Instant | None]


class WorkUnitSetting(Base):
    """Settings of a work unit from `valid_from` on; the latest row not after an instant holds.

    `state_source` is the plant file's `signals.state` value ({tag, map}, {lamp}, {from_counts},
    {manual}) or None.
    """

    __tablename__ = "work_unit_setting"
    __table_args__ = (UniqueConstraint("work_unit_id", "valid_from"),)

    id: Mapped[Identity]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    valid_from: Mapped[Instant]
    minor_stop_limit_us: Mapped[Instant]
    state_source: Mapped[Json]
    default_item: Mapped[Code | None]
    key_machine: Mapped[bool]
