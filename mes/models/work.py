"""Orders, jobs and what people state: documents, events and append-only statements."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, ExactDecimal, Identity, Instant, Json, Quantity, Text


class Command(Base):
    """A command of a person or client: a repeat of its id returns the first answer.

    `body_hash` is the SHA-256 (hex) of what was asked; the same id with another body is refused.
    """

    __tablename__ = "command"

    command_id: Mapped[Code] = mapped_column(primary_key=True)
    kind: Mapped[Code]
    body_hash: Mapped[Code]
    actor: Mapped[Json]
    terminal: Mapped[Code | None]
    device_time: Mapped[Instant | None]
    received_at: Mapped[Instant]
    answer: Mapped[Json]
    status: Mapped[int]


class NumberRule(Base):
    """How document numbers are made: pattern such as WO-{yymmdd}-{n:03d}, counted per period.

    The row with period `*` holds the rule; each further row counts one period (YYMMDD).
    """

    __tablename__ = "number_rule"
    __table_args__ = (UniqueConstraint("document", "period"),)

    id: Mapped[Identity]
    document: Mapped[Code]
    pattern: Mapped[Code]
    period: Mapped[Code]
    last_number: Mapped[int]


class WorkOrder(Base):
    """What is asked for. State: created, released, running, completed, closed, cancelled.

    `imported` is the row of the external system as it was last taken in, None: made by hand.
    """

    __tablename__ = "work_order"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("external_system", "external_id"),
        Index("ix_work_order_state", "state"),
    )

    id: Mapped[Identity]
    number: Mapped[Code]
    material_id: Mapped[int] = mapped_column(ForeignKey("material_definition.id"))
    quantity: Mapped[Quantity]
    tolerance_under: Mapped[Quantity]
    tolerance_over: Mapped[Quantity]
    due_at: Mapped[Instant | None]
    priority: Mapped[int]
    state: Mapped[Code]
    version: Mapped[int]
    external_system: Mapped[Code | None]
    external_id: Mapped[Code | None]
    imported: Mapped[Json]
    note: Mapped[Text | None]
    created_at: Mapped[Instant]


class OrderEvent(Base):
    """What happened to an order (created, changed, released, completed, closed, cancelled)."""

    __tablename__ = "order_event"

    id: Mapped[Identity]
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    command_id: Mapped[Code]
    kind: Mapped[Code]
    at: Mapped[Instant]
    actor: Mapped[Json]
    details: Mapped[Json]


class JobOrder(Base):
    """One operation of an order dispatched to a work unit.

    State: dispatched, running, paused, completed, cancelled. `number` = order-segment[-split].
    At its start the rate then in force is frozen into it: `ideal_cycle_s` (seconds per cycle, None:
    there was no rate) and `pieces_per_cycle` (None: not started yet).
    """

    __tablename__ = "job_order"
    __table_args__ = (UniqueConstraint("number"),)

    id: Mapped[Identity]
    number: Mapped[Code]
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"), index=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("material_definition.id"))
    segment: Mapped[int]
    split: Mapped[int]
    quantity: Mapped[Quantity]
    position: Mapped[int]
    state: Mapped[Code]
    version: Mapped[int]
    ideal_cycle_s: Mapped[ExactDecimal | None]
    pieces_per_cycle: Mapped[int | None]
    dispatched_at: Mapped[Instant]
    started_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]


class JobEvent(Base):
    """A fact about a job: start, pause, resume, complete, cancel; `at` is plant time."""

    __tablename__ = "job_event"
    __table_args__ = (
        UniqueConstraint("command_id", "job_order_id", "kind"),
        Index("ix_job_event_work_unit_id_at", "work_unit_id", "at"),
    )

    id: Mapped[Identity]
    job_order_id: Mapped[int] = mapped_column(ForeignKey("job_order.id"), index=True)
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    command_id: Mapped[Code]
    kind: Mapped[Code]
    at: Mapped[Instant]
    reason: Mapped[Code | None]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]


class QuantityStatement(Base):
    """Pieces stated by a person at the time they were made; a void names what it voids.

    `job_order_id` None: the run loaded at `at`. `adjustment`: on a counted machine, corrects the
    machine's count instead of adding to it.
    """

    __tablename__ = "quantity_statement"
    __table_args__ = (
        UniqueConstraint("command_id"),
        Index("ix_quantity_statement_work_unit_id_at", "work_unit_id", "at"),
        Index("ix_quantity_statement_lot", "lot"),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    job_order_id: Mapped[int | None] = mapped_column(ForeignKey("job_order.id"))
    at: Mapped[Instant]
    good: Mapped[Quantity]
    scrap: Mapped[Quantity]
    rework: Mapped[Quantity]
    startup_scrap: Mapped[Quantity]
    reason: Mapped[Code | None]
    adjustment: Mapped[bool]
    voids: Mapped[Code | None]
    lot: Mapped[Code | None]
    serial: Mapped[Code | None]
    note: Mapped[Text | None]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]


class StopStatement(Base):
    """What a person says about a stop: kind whole, part, declare or revert (model rules S3-S7)."""

    __tablename__ = "stop_statement"
    __table_args__ = (
        UniqueConstraint("command_id"),
        Index("ix_stop_statement_work_unit_id_seen_start", "work_unit_id", "seen_start"),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    kind: Mapped[Code]
    seen_start: Mapped[Instant | None]
    seen_end: Mapped[Instant | None]
    start: Mapped[Instant | None]
    end: Mapped[Instant | None]
    state: Mapped[Code | None]
    reason: Mapped[Code | None]
    note: Mapped[Text | None]
    replaces: Mapped[Code | None]
    stated_at: Mapped[Instant]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]


class CountDecision(Base):
    """A person's decision on a suspect counter increment: accept, drop or another amount.

    `reading_at`: instant of the later reading; `seen_since`: of the earlier one that the person
    saw, None: whichever it is; `amount`: counts believed instead, with decision `amount` only.
    """

    __tablename__ = "count_decision"
    __table_args__ = (UniqueConstraint("command_id"),)

    id: Mapped[Identity]
    command_id: Mapped[Code]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"), index=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"))
    reading_at: Mapped[Instant]
    seen_since: Mapped[Instant | None]
    decision: Mapped[Code]
    amount: Mapped[Quantity | None]
    note: Mapped[Text | None]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]


class ShiftSignoff(Base):
    """A supervisor closed a shift of a work center, or a manager opened it again.

    `kind` is signoff or reopen; [start, end) is the shift by the calendar of then; `checklist` says
    what was not in order at that moment, `note` says why it was signed all the same, or why opened.
    """

    __tablename__ = "shift_signoff"
    __table_args__ = (UniqueConstraint("command_id"),)

    id: Mapped[Identity]
    command_id: Mapped[Code]
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"), index=True)
    production_day: Mapped[Code]
    shift: Mapped[Code]
    note: Mapped[Text | None]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]
    kind: Mapped[Code]
    start: Mapped[Instant]
    end: Mapped[Instant]
    checklist: Mapped[Json]
