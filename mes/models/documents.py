"""Work instructions: documents by revision, their files, and what people stated about them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mes.models.base import Base, Code, Identity, Instant, Json, Names, Text


class Document(Base):
    """A work instruction and where it applies: item, work unit and operation, None: any.

    `scope` names the three in one text and is None while the document is retired, so that no two
    documents apply to the same.
    """

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("code"), UniqueConstraint("scope"))

    id: Mapped[Identity]
    code: Mapped[Code]
    material_id: Mapped[int | None] = mapped_column(ForeignKey("material_definition.id"))
    work_unit_id: Mapped[int | None] = mapped_column(ForeignKey("equipment.id"))
    segment: Mapped[int | None]
    scope: Mapped[Code | None]
    created_at: Mapped[Instant]
    retired_at: Mapped[Instant | None]


class DocumentRevision(Base):
    """A revision: a draft until `released_at`, immutable from then on but for `retired_at`.

    `steps` is the content in order, see `mes.features.instructions.content`; `note` says what is
    new; `version` counts the changes of the draft. Plant time.
    """

    __tablename__ = "document_revision"
    __table_args__ = (UniqueConstraint("document_id", "number"),)

    id: Mapped[Identity]
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    number: Mapped[int]
    names: Mapped[Names]
    note: Mapped[Text]
    steps: Mapped[Json]
    version: Mapped[int]
    created_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    changed_by: Mapped[Code]
    released_at: Mapped[Instant | None]
    released_by: Mapped[Code | None]
    retired_at: Mapped[Instant | None]


class DocumentFile(Base):
    """A picture or PDF; the SHA-256 (hex) of its bytes names it everywhere, it is kept once.

    `width` and `height` in pixels, None: a PDF. `stored_at` is real time.
    """

    __tablename__ = "document_file"
    __table_args__ = (UniqueConstraint("sha256"),)

    id: Mapped[Identity]
    sha256: Mapped[Code]
    media_type: Mapped[Code]
    name: Mapped[Code]
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    stored_at: Mapped[Instant]


class DocumentRevisionFile(Base):
    """Which files a revision shows; a file that nothing names is thrown away after a day."""

    __tablename__ = "document_revision_file"

    revision_id: Mapped[int] = mapped_column(ForeignKey("document_revision.id"), primary_key=True)
    file_id: Mapped[int] = mapped_column(
        ForeignKey("document_file.id"), primary_key=True, index=True
    )


class DocumentAcknowledgement(Base):
    """A fact: somebody has read a revision and says so; `at` is plant time.

    `person` is the badge number, None: an account or a machine client. `who` is the name then.
    """

    __tablename__ = "document_acknowledgement"
    __table_args__ = (
        UniqueConstraint("command_id"),
        Index("ix_document_acknowledgement_revision_id_at", "revision_id", "at"),
        Index("ix_document_acknowledgement_person", "person"),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    revision_id: Mapped[int] = mapped_column(ForeignKey("document_revision.id"))
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    job_order_id: Mapped[int | None] = mapped_column(ForeignKey("job_order.id"))
    person: Mapped[Code | None]
    at: Mapped[Instant]
    who: Mapped[Code]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]


class DocumentValue(Base):
    """A fact: what somebody typed or took a photo of in a step; a later one of the same job counts.

    `value` as typed: text, decimal digits, `yes` or `no`, key of a choice, YYYY-MM-DD; for a photo
    it is the SHA-256 of the file. `outside`: a number beyond the limits of its revision.
    """

    __tablename__ = "document_value"
    __table_args__ = (
        UniqueConstraint("command_id", "field"),
        Index("ix_document_value_revision_id_at", "revision_id", "at"),
        Index("ix_document_value_job_order_id", "job_order_id"),
        Index("ix_document_value_file_id", "file_id"),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    revision_id: Mapped[int] = mapped_column(ForeignKey("document_revision.id"))
    work_unit_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    job_order_id: Mapped[int | None] = mapped_column(ForeignKey("job_order.id"))
    step: Mapped[Code]
    field: Mapped[Code]
    value: Mapped[Text]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("document_file.id"))
    outside: Mapped[bool]
    at: Mapped[Instant]
    who: Mapped[Code]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]


class DocumentProposal(Base):
    """A fact: somebody on the floor proposes a change, or the office answers one (`answers`).

    `answers` is the command_id of the proposal, None: it is one. `accepted` belongs to answers.
    """

    __tablename__ = "document_proposal"
    __table_args__ = (
        UniqueConstraint("command_id"),
        UniqueConstraint("answers"),
        Index("ix_document_proposal_revision_id_at", "revision_id", "at"),
    )

    id: Mapped[Identity]
    command_id: Mapped[Code]
    revision_id: Mapped[int] = mapped_column(ForeignKey("document_revision.id"))
    work_unit_id: Mapped[int | None] = mapped_column(ForeignKey("equipment.id"))
    job_order_id: Mapped[int | None] = mapped_column(ForeignKey("job_order.id"))
    step: Mapped[Code | None]
    text: Mapped[Text]
    answers: Mapped[Code | None]
    accepted: Mapped[bool | None]
    at: Mapped[Instant]
    who: Mapped[Code]
    actor: Mapped[Json]
    recorded_at: Mapped[Instant]
