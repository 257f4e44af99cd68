"""Calls for help (andon): what was said about them, and those that are not over."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Text


class CallEvent(Base):
    """A fact about a call: raise, acknowledge, resolve, cancel; `at` is plant time.

    `call_id` is the command_id of the raising. `kind` is material, maintenance, quality or lead, in
    every event of a call; `levels` the escalation that the plant had set when it was raised, as
    [[us since the raising, role], ...], empty in other events. `expected_at`: when whoever
    acknowledges will be there. `who` is the name of the person or terminal at that moment.
    """

    __tablename__ = "call_event"
    __table_args__ = (
        UniqueConstraint("command_id"),
        Index("ix_call_event_work_unit_id_at", "work_unit_id", "at"),
        Index("ix_call_event_call_id", "call_id"),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    call_id: Mapped[Code]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    action: Mapped[Code]
    kind: Mapped[Code]
    levels: Mapped[Json]
    expected_at: Mapped[Instant | None]
    note: Mapped[Text | None]
    at: Mapped[Instant]
    who: Mapped[Code]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]


class WorkUnitCalls(Base):
    """The calls of a work unit that are not over, for its tile: a projection of `call_event`."""

    __tablename__ = "work_unit_calls"

    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"), primary_key=True)
    calls: Mapped[Json]
