"""What people stated about work instructions: who has read what, values by job, proposals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from mes.core.instants import format_instant
from mes.features.instructions.content import Field, FieldKind, Step
from mes.features.instructions.queries import FILES
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.models import (
    Document,
    DocumentAcknowledgement,
    DocumentProposal,
    DocumentRevision,
    DocumentValue,
    JobOrder,
)

LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which statements are asked for; None: whatever.

    Attributes:
        start: stated at or after, UTC microseconds of plant time; `end`: before.
        before: `next` of the page before.
    """

    instruction: str | None = None
    revision: int | None = None
    job_order: str | None = None
    start: int | None = None
    end: int | None = None
    before: int | None = None
    limit: int = LIMIT


def acknowledgements(session: Session, asked: Asked) -> dict[str, Any]:
    """Who has acknowledged which revision, latest first."""
    row_of = DocumentAcknowledgement
    rows = session.execute(_filtered(row_of, asked).limit(asked.limit + 1)).all()
    known = masters(session)
    items = [
        {**_stated(row, document, revision, job, known), "person": row.person}
        for row, document, revision, job in rows[: asked.limit]
    ]
    return {"items": items, "next": _next(rows, asked)}


def values(session: Session, asked: Asked) -> dict[str, Any]:
    """What was typed, latest first, with the words of its own revision.

    Returns:
        `items`, each with `label` {ko, en}, `step_title` {ko, en}, kind, unit, min, max, value,
        `shown` {ko, en} (a choice by its name), file (address of a photo), outside; and `next`.
    """
    rows = session.execute(_filtered(DocumentValue, asked).limit(asked.limit + 1)).all()
    known = masters(session)
    items = []
    for row, document, revision, job in rows[: asked.limit]:
        step, field = _field(revision.steps, row.field)
        items.append(
            {
                **_stated(row, document, revision, job, known),
                "step": row.step,
                "step_title": dict(step["title"]),
                "field": row.field,
                "label": dict(field["label"]),
                "kind": field["kind"],
                "unit": field["unit"],
                "min": field["min"],
                "max": field["max"],
                "value": row.value,
                "shown": _shown(field, row.value),
                "file": None if row.file_id is None else f"{FILES}/{row.value}",
                "outside": row.outside,
            }
        )
    return {"items": items, "next": _next(rows, asked)}


def proposals(session: Session, asked: Asked) -> dict[str, Any]:
    """Changes that were proposed, latest first, with what became of them."""
    query = _filtered(DocumentProposal, asked).where(DocumentProposal.answers.is_(None))
    answer = aliased(DocumentProposal)
    query = query.outerjoin(answer, answer.answers == DocumentProposal.command_id)
    rows = session.execute(query.add_columns(answer).limit(asked.limit + 1)).all()
    known = masters(session)
    items = [
        {
            **_stated(row, document, revision, job, known),
            "proposal": row.command_id,
            "step": row.step,
            "step_title": _title(revision.steps, row.step),
            "text": row.text,
            "accepted": None if said is None else said.accepted,
            "answer": None if said is None else said.text,
            "answered_by": None if said is None else said.who,
            "answered_at": None if said is None else _z(said.at),
        }
        for row, document, revision, job, said in rows[: asked.limit]
    ]
    return {"items": items, "next": _next(rows, asked)}


def _filtered(model: Any, asked: Asked) -> Select[Any]:
    query = (
        select(model, Document, DocumentRevision, JobOrder)
        .join(DocumentRevision, DocumentRevision.id == model.revision_id)
        .join(Document, Document.id == DocumentRevision.document_id)
        .outerjoin(JobOrder, JobOrder.id == model.job_order_id)
        .order_by(model.id.desc())
    )
    for column, wanted in (
        (Document.code, asked.instruction),
        (DocumentRevision.number, asked.revision),
        (JobOrder.number, asked.job_order),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if asked.start is not None:
        query = query.where(model.at >= asked.start)
    if asked.end is not None:
        query = query.where(model.at < asked.end)
    if asked.before is not None:
        query = query.where(model.id < asked.before)
    return query


def _stated(
    row: Any,
    document: Document,
    revision: DocumentRevision,
    job: JobOrder | None,
    known: Masters,
) -> dict[str, Any]:
    unit = known.work_units.get(row.work_unit_id or 0)
    return {
        "id": row.id,
        "instruction": document.code,
        "title": dict(revision.names),
        "revision": revision.number,
        "job_order": None if job is None else job.number,
        "work_unit": None if unit is None else unit.code,
        "work_unit_name": None if unit is None else dict(unit.names),
        "at": _z(row.at),
        "who": row.who,
    }


def _field(steps: list[Step], key: str) -> tuple[Step, Field]:
    return next((step, field) for step in steps for field in step["fields"] if field["key"] == key)


def _title(steps: list[Step], key: str | None) -> dict[str, str] | None:
    return next((dict(step["title"]) for step in steps if step["key"] == key), None)


def _shown(field: Field, value: str) -> Mapping[str, str]:
    if field["kind"] == FieldKind.CHOICE:
        return dict(field["choices"][int(value) - 1])
    if field["kind"] == FieldKind.YES_NO:
        return {"yes": {"ko": "예", "en": "Yes"}, "no": {"ko": "아니요", "en": "No"}}[value]
    return {"ko": value, "en": value}


def _next(rows: Any, asked: Asked) -> int | None:
    return rows[asked.limit - 1][0].id if len(rows) > asked.limit else None


def _z(at: int) -> str:
    return format_instant(at).replace("+00:00", "Z")
