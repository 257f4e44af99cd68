"""Reasons with their dated classes, and KPI policies."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Names


class Reason(Base):
    """A reason of one domain (stop, scrap, pause, correction); a tree by `parent_id`."""

    __tablename__ = "reason"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[Identity]
    code: Mapped[Code]
    domain: Mapped[Code]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("reason.id"))
    names: Mapped[Names]
    position: Mapped[int]
    retired_at: Mapped[Instant | None]


class ReasonClass(Base):
    """Time class of a stop reason from `valid_from` on."""

    __tablename__ = "reason_class"
    __table_args__ = (UniqueConstraint("reason_id", "valid_from"),)

    id: Mapped[Identity]
    reason_id: Mapped[int] = mapped_column(ForeignKey("reason.id"))
    valid_from: Mapped[Instant]
    time_class: Mapped[Code]
    failure: Mapped[bool]


class KpiPolicyVersion(Base):
    """A named, versioned KPI profile; `definition` has the keys of the public contract."""

    __tablename__ = "kpi_policy"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[Identity]
    name: Mapped[Code]
    version: Mapped[int]
    definition: Mapped[Json]
    recorded_at: Mapped[Instant]
