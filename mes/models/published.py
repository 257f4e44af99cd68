"""Published figures, audit log and the outbox to other systems."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Text


class PublishedFigure(Base):
    """A figure as it was published, or a later revision of it; append-only.

    `scope` is the code of the work unit or line, `level` work_unit or line, `period` the production
    day and shift as `2026-03-02/D`. `line_id` is the line that was signed off. The window [start,
    end) is that of the shift by the calendar of then. `policy` and `policy_version` name the
    profile and `policy_definition` holds it whole, so that a later version changes nothing.
    `basis` says which work units the figure is made of and by which rule. `result` is the OEE
    result, `fingerprint` the SHA-256 (hex) of the facts that speak of the window. `cause`: what
    changed the figure, empty in revision 1; `actor`: who signed, in a later revision None. `cases`:
    by work unit the digest of its `CaseFile`, empty in what was published before they were kept.
    """

    __tablename__ = "published_figure"
    __table_args__ = (
        UniqueConstraint("scope", "period", "policy", "revision"),
        Index("ix_published_figure_equipment_id_end", "equipment_id", "end"),
    )

    id: Mapped[Identity]
    scope: Mapped[Code]
    period: Mapped[Code]
    policy: Mapped[Code]
    revision: Mapped[int]
    result: Mapped[Json]
    published_at: Mapped[Instant]
    level: Mapped[Code]
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    production_day: Mapped[Code]
    shift: Mapped[Code]
    start: Mapped[Instant]
    end: Mapped[Instant]
    policy_version: Mapped[int]
    policy_definition: Mapped[Json]
    basis: Mapped[Json]
    fingerprint: Mapped[Code]
    cause: Mapped[Json]
    actor: Mapped[Json]
    cases: Mapped[Json]


class CaseFile(Base):
    """A case as it was when a figure was published; `digest` is its SHA-256 (hex).

    `content` is its JSON in one form (sorted keys, UTF-8), compressed by zlib; append-only.
    """

    __tablename__ = "case_file"

    digest: Mapped[Code] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class PublicationMark(Base):
    """Facts arrived that speak of signed-off time: what was published must be compared again.

    Written in the transaction of the facts, taken away when the comparison is done. [start, end):
    what they may change, end None: everything since; `causes` says which facts. `watch`: nothing
    arrived, but the figure was not yet final when it was signed and is compared until it is.
    `marked_at` is real time.
    """

    __tablename__ = "publication_mark"

    id: Mapped[Identity]
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"), index=True)
    start: Mapped[Instant]
    end: Mapped[Instant | None]
    causes: Mapped[Json]
    watch: Mapped[bool]
    marked_at: Mapped[Instant]


class AuditLog(Base):
    """Who did what, chained by hash; real time."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_subject", "subject"), Index("ix_audit_log_at", "at"))

    id: Mapped[Identity]
    at: Mapped[Instant]
    actor: Mapped[Json]
    action: Mapped[Code]
    subject: Mapped[Code]
    details: Mapped[Json]
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Outbox(Base):
    """A message to another system, sent after the commit by its own worker."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state", "state"),)

    id: Mapped[Identity]
    kind: Mapped[Code]
    payload: Mapped[Json]
    state: Mapped[Code]
    attempts: Mapped[int]
    next_at: Mapped[Instant]
    last_error: Mapped[Text | None]
    created_at: Mapped[Instant]
