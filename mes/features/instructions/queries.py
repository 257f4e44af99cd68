"""Work instructions as REST, terminal and pages read them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from mes.core.instants import format_instant
from mes.features.commands.subjects import find_work_unit
from mes.features.instructions.content import changed_steps, files_of
from mes.features.instructions.files import FileBrief, files_by_hash
from mes.features.instructions.service import find_instruction
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.quantities.jobs import loaded_job
from mes.models import (
    Document,
    DocumentAcknowledgement,
    DocumentFile,
    DocumentProposal,
    DocumentRevision,
    DocumentValue,
    JobOrder,
)

FILES = "/api/v1/instruction-files"
LIST_MAX = 1000
"""Most work instructions that a plant shows."""
READ, CHANGED, NEW = "read", "changed", "new"


def instructions(session: Session) -> list[dict[str, Any]]:
    """All work instructions by code, those in use first, with their revisions and open proposals.

    Returns:
        Each with code, item, work_unit, operation, `title` {ko, en} of the newest revision,
        `released` and `draft` (revision view, None: there is none), retired, proposals (how many
        wait for an answer).
    """
    known = masters(session)
    rows = session.scalars(select(Document).order_by(Document.code).limit(LIST_MAX)).all()
    newest: dict[int, DocumentRevision] = {}
    released: dict[int, DocumentRevision] = {}
    current = DocumentRevision.retired_at.is_(None)
    for one in session.scalars(
        select(DocumentRevision).where(current).order_by(DocumentRevision.number)
    ):
        newest[one.document_id] = one
        if one.released_at is not None:
            released[one.document_id] = one
    waiting = _waiting_proposals(session)
    shown = []
    for row in rows:
        last = newest[row.id]
        held = released.get(row.id)
        shown.append(
            {
                **_scope_view(row, known),
                "title": dict(last.names),
                "released": None if held is None else revision_brief(held),
                "draft": revision_brief(last) if last.released_at is None else None,
                "retired": row.retired_at is not None,
                "proposals": waiting.get(row.id, 0),
            }
        )
    shown.sort(key=lambda one: one["retired"])
    return shown


def instruction(session: Session, code: str) -> dict[str, Any]:
    """One work instruction with all its revisions, newest first.

    Raises:
        Refusal: `instruction_unknown` (404).
    """
    document = find_instruction(session, code)
    revisions = session.scalars(
        select(DocumentRevision)
        .where(DocumentRevision.document_id == document.id)
        .order_by(DocumentRevision.number.desc())
    ).all()
    return {
        **_scope_view(document, masters(session)),
        "title": dict(revisions[0].names),
        "retired": document.retired_at is not None,
        "revisions": [revision_brief(revision) for revision in revisions],
        "proposals": _waiting_proposals(session).get(document.id, 0),
    }


def revision_brief(revision: DocumentRevision) -> dict[str, Any]:
    """A revision without its steps; `state` is draft, released or retired."""
    state = "draft" if revision.released_at is None else "released"
    return {
        "revision": revision.number,
        "state": state if revision.retired_at is None else "retired",
        "title": dict(revision.names),
        "note": revision.note,
        "version": revision.version,
        "changed_at": _z(revision.changed_at),
        "changed_by": revision.changed_by,
        "released_at": _z(revision.released_at),
        "released_by": revision.released_by,
        "retired_at": _z(revision.retired_at),
    }


def revision_view(
    session: Session, document: Document, revision: DocumentRevision
) -> dict[str, Any]:
    """A revision with its steps and the files they show (by SHA-256, with their address)."""
    files = files_by_hash(session, files_of(revision.steps))
    return {
        "instruction": document.code,
        **revision_brief(revision),
        "steps": list(revision.steps),
        "files": {sha256: file_view(file) for sha256, file in files.items()},
    }


def file_view(file: FileBrief | DocumentFile) -> dict[str, Any]:
    """A file with its address; `width` and `height` in pixels, None: a PDF."""
    return {
        "sha256": file.sha256,
        "address": f"{FILES}/{file.sha256}",
        "media_type": file.media_type,
        "name": file.name,
        "size": file.size,
        "width": file.width,
        "height": file.height,
    }


def present_instruction(
    session: Session, work_unit: str, job_order: str | None, badge: str | None, now: int
) -> dict[str, Any] | None:
    """The released revision that applies on a work unit; the most specific one wins.

    Item and machine before item alone before machine alone; among equals the one that names the
    operation.

    Args:
        job_order: number of the job; None: the one loaded now, if any.
        badge: of the active person, None: nobody is signed in.
        now: plant time, UTC microseconds.

    Returns:
        code, revision, title, note, released_at, `seen` (`read`: this person has acknowledged
        it; `changed`: an earlier one; `new`: none; None: nobody is signed in), seen_revision,
        changed_steps (keys, empty when `new`). None: none applies.

    Raises:
        Refusal: `unknown_work_unit` (404).
    """
    unit = find_work_unit(session, work_unit)
    job = _job(session, unit.id, job_order, now)
    found = _most_specific(session, unit.id, job)
    if found is None:
        return None
    document, revision = found
    last = None if badge is None else _last_read(session, document.id, badge)
    seen = NEW if last is None else READ if last.id == revision.id else CHANGED
    return {
        "instruction": document.code,
        "revision": revision.number,
        "title": dict(revision.names),
        "note": revision.note,
        "released_at": _z(revision.released_at),
        "seen": None if badge is None else seen,
        "seen_revision": None if last is None else last.number,
        "changed_steps": [] if last is None else changed_steps(last.steps, revision.steps),
    }


def latest_values(session: Session, revision_id: int, job_order: str) -> dict[str, dict[str, Any]]:
    """What was typed last for a job, by the key of the field."""
    rows = session.scalars(
        select(DocumentValue)
        .join(JobOrder, JobOrder.id == DocumentValue.job_order_id)
        .where(DocumentValue.revision_id == revision_id, JobOrder.number == job_order)
        .order_by(DocumentValue.at, DocumentValue.id)
    )
    return {
        row.field: {
            "value": row.value,
            "file": None if row.file_id is None else f"{FILES}/{row.value}",
            "outside": row.outside,
            "at": _z(row.at),
            "who": row.who,
        }
        for row in rows
    }


def _job(session: Session, work_unit_id: int, number: str | None, now: int) -> JobOrder | None:
    if number is None:
        return loaded_job(session, work_unit_id, now)
    return session.scalar(
        select(JobOrder).where(JobOrder.number == number, JobOrder.work_unit_id == work_unit_id)
    )


def _most_specific(
    session: Session, work_unit_id: int, job: JobOrder | None
) -> tuple[Document, DocumentRevision] | None:
    item: list[ColumnElement[bool]] = [Document.material_id.is_(None)]
    operation: list[ColumnElement[bool]] = [Document.segment.is_(None)]
    if job is not None:
        item.append(Document.material_id == job.material_id)
        operation.append(Document.segment == job.segment)
    rows = session.execute(
        select(Document, DocumentRevision)
        .join(
            DocumentRevision,
            and_(
                DocumentRevision.document_id == Document.id,
                DocumentRevision.released_at.is_not(None),
                DocumentRevision.retired_at.is_(None),
            ),
        )
        .where(
            Document.retired_at.is_(None),
            or_(Document.work_unit_id.is_(None), Document.work_unit_id == work_unit_id),
            or_(*item),
            or_(*operation),
        )
    ).all()
    best = max(rows, key=lambda row: _weight(row[0]), default=None)
    return None if best is None else (best[0], best[1])


def _weight(document: Document) -> tuple[bool, bool, bool]:
    named = (document.material_id, document.work_unit_id, document.segment)
    item, unit, operation = (one is not None for one in named)
    return item, unit, operation


def _last_read(session: Session, document_id: int, badge: str) -> DocumentRevision | None:
    """The highest revision that a person has acknowledged."""
    return session.scalar(
        select(DocumentRevision)
        .join(DocumentAcknowledgement, DocumentAcknowledgement.revision_id == DocumentRevision.id)
        .where(DocumentRevision.document_id == document_id, DocumentAcknowledgement.person == badge)
        .order_by(DocumentRevision.number.desc())
        .limit(1)
    )


def _waiting_proposals(session: Session) -> dict[int, int]:
    """How many proposals wait for an answer, by document."""
    answer = aliased(DocumentProposal)
    rows = session.execute(
        select(DocumentRevision.document_id, func.count())
        .join(DocumentProposal, DocumentProposal.revision_id == DocumentRevision.id)
        .outerjoin(answer, answer.answers == DocumentProposal.command_id)
        .where(DocumentProposal.answers.is_(None), answer.id.is_(None))
        .group_by(DocumentRevision.document_id)
    )
    return {document: int(count) for document, count in rows}


def _scope_view(document: Document, known: Masters) -> dict[str, Any]:
    material = known.materials.get(document.material_id or 0)
    unit = known.work_units.get(document.work_unit_id or 0)
    return {
        "code": document.code,
        "item": None if material is None else material.code,
        "item_name": None if material is None else dict(material.names),
        "work_unit": None if unit is None else unit.code,
        "work_unit_name": None if unit is None else dict(unit.names),
        "operation": document.segment,
    }


def _z(at: int | None) -> str | None:
    return None if at is None else format_instant(at).replace("+00:00", "Z")
