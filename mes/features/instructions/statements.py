"""What people state about a released revision: read, values of steps, proposals; all are facts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import Context
from mes.features.commands.subjects import find_work_unit
from mes.features.instructions.content import Field, FieldKind, Step, checked_value, is_outside
from mes.features.instructions.files import PHOTO_BYTES_MAX, keep_file, too_large
from mes.features.instructions.service import find_instruction
from mes.features.quantities.queries import actor_name
from mes.models import (
    Document,
    DocumentAcknowledgement,
    DocumentFile,
    DocumentProposal,
    DocumentRevision,
    DocumentValue,
    JobOrder,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """What a statement is about.

    Attributes:
        work_unit: code of the machine at which it is made.
        instruction: code of the work instruction.
        revision: number of its revision, released or retired meanwhile.
        job_order: number of the job, None: no job was loaded.
    """

    work_unit: str
    instruction: str
    revision: int
    job_order: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    work_unit_id: int
    document: Document
    revision: DocumentRevision
    job_order_id: int | None


def acknowledge(session: Session, context: Context, at: At) -> DocumentAcknowledgement:
    """Say that one has read a revision and works by it.

    Raises:
        Refusal: `unknown_work_unit`, `instruction_unknown`, `instruction_revision_unknown`,
            `job_unknown` (404), `instruction_not_released` (409).
    """
    place = _place(session, at)
    badge = context.actor.get("person")
    row = DocumentAcknowledgement(
        command_id=context.command_id,
        revision_id=place.revision.id,
        work_unit_id=place.work_unit_id,
        job_order_id=place.job_order_id,
        person=None if badge is None else str(badge),
        at=context.at,
        who=actor_name(session, context.actor),
        actor=dict(context.actor),
        recorded_at=context.now,
    )
    session.add(row)
    session.flush()
    details = {"revision": at.revision, "job_order": at.job_order, "work_unit": at.work_unit}
    record(session, context.actor, "instruction.acknowledged", at.instruction, details)
    return row


def enter_values(
    session: Session, context: Context, at: At, *, step: str, values: Mapping[str, object]
) -> list[DocumentValue]:
    """Keep what was typed in a step. A number beyond its limits is kept and marked.

    Args:
        step: key of the step.
        values: by key of the field; photos in base64.

    Raises:
        Refusal: as `acknowledge`; `instruction_step_unknown`, `instruction_value_invalid`,
            `instruction_file_kind` (422), `instruction_file_too_large` (413),
            `instruction_files_full` (409).
    """
    place = _place(session, at)
    found = _step(place.revision, step)
    fields = {field["key"]: field for field in found["fields"]}
    who = actor_name(session, context.actor)
    kept: list[DocumentValue] = []
    for key, typed in values.items():
        if key not in fields:
            raise Refusal(
                "instruction_step_unknown", "this step asks for nothing of that key", status=422
            )
        value, file = _kept_value(session, fields[key], typed)
        row = DocumentValue(
            command_id=context.command_id,
            revision_id=place.revision.id,
            work_unit_id=place.work_unit_id,
            job_order_id=place.job_order_id,
            step=step,
            field=key,
            value=value,
            file_id=None if file is None else file.id,
            outside=file is None and is_outside(fields[key], value),
            at=context.at,
            who=who,
            actor=dict(context.actor),
            recorded_at=context.now,
        )
        session.add(row)
        kept.append(row)
    session.flush()
    return kept


def propose(
    session: Session, context: Context, at: At, *, text: str, step: str | None = None
) -> DocumentProposal:
    """Propose a change of the work instruction.

    Args:
        step: key of the step it is about, None: the whole.

    Raises:
        Refusal: as `acknowledge`; `instruction_text_needed`, `instruction_step_unknown` (422).
    """
    place = _place(session, at)
    if step is not None:
        _step(place.revision, step)
    if not text.strip():
        raise Refusal("instruction_text_needed", "write what to change", status=422, field="text")
    row = _proposal(session, context, place.revision.id, text)
    row.work_unit_id, row.job_order_id, row.step = place.work_unit_id, place.job_order_id, step
    session.add(row)
    session.flush()
    record(session, context.actor, "instruction.proposed", at.instruction, {"text": text[:200]})
    return row


def answer_proposal(
    session: Session, context: Context, proposal: str, *, accepted: bool, text: str = ""
) -> DocumentProposal:
    """Say what becomes of a proposal.

    Args:
        proposal: its command id.

    Raises:
        Refusal: `instruction_proposal_unknown` (404), `instruction_proposal_answered` (409).
    """
    asked = session.scalar(
        select(DocumentProposal)
        .where(DocumentProposal.command_id == proposal, DocumentProposal.answers.is_(None))
        .with_for_update()
    )
    if asked is None:
        raise Refusal(
            "instruction_proposal_unknown", "there is no such proposal of a change", status=404
        )
    earlier = session.scalar(select(DocumentProposal).where(DocumentProposal.answers == proposal))
    if earlier is not None:
        raise Refusal(
            "instruction_proposal_answered", f"{earlier.who} has answered this proposal already"
        )
    row = _proposal(session, context, asked.revision_id, text)
    row.answers, row.accepted = proposal, accepted
    session.add(row)
    session.flush()
    revision = session.get_one(DocumentRevision, asked.revision_id)
    document = session.get_one(Document, revision.document_id)
    details = {"proposal": proposal, "accepted": accepted}
    record(session, context.actor, "instruction.answered", document.code, details)
    return row


def find_revision(session: Session, code: str, number: int) -> tuple[Document, DocumentRevision]:
    """A revision of a work instruction by its number.

    Raises:
        Refusal: `instruction_unknown`, `instruction_revision_unknown` (404).
    """
    document = find_instruction(session, code)
    revision = session.scalar(
        select(DocumentRevision).where(
            DocumentRevision.document_id == document.id, DocumentRevision.number == number
        )
    )
    if revision is None:
        raise Refusal(
            "instruction_revision_unknown", f"{code} has no revision {number}", status=404
        )
    return document, revision


def _place(session: Session, at: At) -> _Place:
    unit = find_work_unit(session, at.work_unit)
    document, revision = find_revision(session, at.instruction, at.revision)
    if revision.released_at is None:
        raise Refusal(
            "instruction_not_released", f"revision {at.revision} is a draft; nobody works by it"
        )
    job_order_id = None
    if at.job_order is not None:
        job_order_id = session.scalar(
            select(JobOrder.id).where(
                JobOrder.number == at.job_order, JobOrder.work_unit_id == unit.id
            )
        )
        if job_order_id is None:
            raise Refusal(
                "job_unknown",
                f"there is no job {at.job_order!r} on {unit.code}",
                status=404,
                field="job_order",
            )
    return _Place(
        work_unit_id=unit.id, document=document, revision=revision, job_order_id=job_order_id
    )


def _step(revision: DocumentRevision, key: str) -> Step:
    for step in revision.steps:
        if step["key"] == key:
            found: Step = step
            return found
    raise Refusal(
        "instruction_step_unknown", f"revision {revision.number} has no such step", status=422
    )


def _kept_value(session: Session, field: Field, typed: object) -> tuple[str, DocumentFile | None]:
    if field["kind"] == FieldKind.PHOTO and isinstance(typed, str):
        file = keep_file(session, _photo(typed), photo=True)
        return file.sha256, file
    value = None if field["kind"] == FieldKind.PHOTO else checked_value(field, typed)
    if value is None:
        raise Refusal(
            "instruction_value_invalid",
            f"{field['key']}: this is no value of the kind {field['kind']}",
            status=422,
            field=f"values.{field['key']}",
        )
    return value, None


def _photo(typed: str) -> bytes:
    if len(typed) > PHOTO_BYTES_MAX * 4 // 3 + 4:
        raise too_large(PHOTO_BYTES_MAX)
    try:
        return base64.b64decode(typed, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(
            "instruction_value_invalid", "a photo is sent in base64", status=422
        ) from None


def _proposal(session: Session, context: Context, revision_id: int, text: str) -> DocumentProposal:
    return DocumentProposal(
        command_id=context.command_id,
        revision_id=revision_id,
        work_unit_id=None,
        job_order_id=None,
        step=None,
        text=text.strip(),
        answers=None,
        accepted=None,
        at=context.at,
        who=actor_name(session, context.actor),
        actor=dict(context.actor),
        recorded_at=context.now,
    )
