"""Writing work instructions: documents, drafts, release, retirement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import Context
from mes.features.commands.subjects import find_item, find_work_unit
from mes.features.instructions.content import (
    Step,
    files_of,
    mistakes_of_draft,
    mistakes_of_release,
)
from mes.features.instructions.files import files_by_hash
from mes.features.quantities.queries import actor_name
from mes.models import Document, DocumentRevision, DocumentRevisionFile

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a work instruction applies; None: to any. `operation` is the number of a segment."""

    item: str | None = None
    work_unit: str | None = None
    operation: int | None = None


def create_instruction(
    session: Session,
    context: Context,
    code: str,
    scope: Scope,
    *,
    names: Names,
    copy_from: str | None = None,
) -> Document:
    """Make a work instruction with an empty draft, or one with the steps of another.

    Raises:
        Refusal: `instruction_scope_needed`, `item_unknown` (422), `unknown_work_unit` (404),
            `instruction_code_taken`, `instruction_scope_taken` (409), `instruction_unknown` (404).
    """
    if session.scalar(select(Document.id).where(Document.code == code)) is not None:
        raise Refusal(
            "instruction_code_taken",
            f"the code {code!r} belongs or belonged to a work instruction; choose another",
            field="code",
        )
    if scope == Scope():
        raise Refusal(
            "instruction_scope_needed",
            "name an item, a machine or an operation",
            status=422,
            field="item",
        )
    document = Document(
        code=code,
        material_id=None if scope.item is None else find_item(session, scope.item).id,
        work_unit_id=None
        if scope.work_unit is None
        else find_work_unit(session, scope.work_unit).id,
        segment=scope.operation,
        created_at=context.now,
        retired_at=None,
    )
    document.scope = _free_scope(session, document)
    session.add(document)
    session.flush()
    steps: Sequence[Step] = []
    if copy_from is not None:
        newest = newest_revision(session, find_instruction(session, copy_from))
        steps = newest.steps
        names = names if names["ko"] or names["en"] else newest.names
    draft = _add_draft(session, context, document, number=1, names=names, steps=steps)
    _record(session, context, document, "added", {"revision": draft.number, "from": copy_from})
    return document


def save_draft(
    session: Session,
    context: Context,
    code: str,
    *,
    seen_version: int,
    names: Names,
    note: str,
    steps: Sequence[Step],
) -> DocumentRevision:
    """Put a whole draft in the place of the present one.

    Args:
        seen_version: `version` of the draft that the editor had before them.

    Raises:
        Refusal: `instruction_unknown` (404), `instruction_no_draft`, `instruction_changed` (409,
            with `draft`), `instruction_invalid` (422, with `errors` by field).
    """
    document, draft = _draft_as_seen(session, code, seen_version)
    mistakes = {**mistakes_of_draft(steps), **_mistakes_of_files(session, steps)}
    if mistakes:
        raise _invalid("instruction_invalid", mistakes)
    draft.names, draft.note, draft.steps = dict(names), note.strip(), list(steps)
    draft.version += 1
    draft.changed_at, draft.changed_by = context.now, actor_name(session, context.actor)
    _name_files(session, draft)
    _record(
        session,
        context,
        document,
        "changed",
        {"revision": draft.number, "version": draft.version, "steps": len(draft.steps)},
    )
    return draft


def begin_draft(session: Session, context: Context, code: str) -> DocumentRevision:
    """Begin the next revision with what the newest one says.

    Raises:
        Refusal: `instruction_unknown` (404), `instruction_retired`, `instruction_draft_exists`
            (409).
    """
    document = _locked(session, code)
    _refuse_retired(document)
    newest = newest_revision(session, document)
    if newest.released_at is None:
        raise Refusal(
            "instruction_draft_exists",
            f"{newest.changed_by} already changes this work instruction: revision {newest.number}",
        )
    draft = _add_draft(
        session,
        context,
        document,
        number=newest.number + 1,
        names=newest.names,
        steps=newest.steps,
    )
    _record(session, context, document, "revised", {"revision": draft.number})
    return draft


def discard_draft(session: Session, context: Context, code: str, *, seen_version: int) -> None:
    """Throw a draft away; the released revision stays as it is.

    Raises:
        Refusal: `instruction_unknown` (404), `instruction_no_draft`, `instruction_changed`,
            `instruction_only_revision` (409): the first draft stays, retire the document.
    """
    document, draft = _draft_as_seen(session, code, seen_version)
    if draft.number == 1:
        raise Refusal(
            "instruction_only_revision",
            "the first draft stays: change it, or retire the work instruction",
        )
    session.execute(
        delete(DocumentRevisionFile).where(DocumentRevisionFile.revision_id == draft.id)
    )
    session.delete(draft)
    _record(session, context, document, "discarded", {"revision": draft.number})


def release_draft(
    session: Session, context: Context, code: str, *, seen_version: int
) -> DocumentRevision:
    """Let the draft apply from now on; the revision before is retired in the same moment.

    Raises:
        Refusal: `instruction_unknown` (404), `instruction_retired`, `instruction_no_draft`,
            `instruction_changed` (409), `instruction_incomplete` (422, with `errors` by field).
    """
    document, draft = _draft_as_seen(session, code, seen_version)
    _refuse_retired(document)
    mistakes = mistakes_of_release(draft.names, draft.steps)
    if draft.number > 1 and not draft.note:
        mistakes["note"] = "say what is new"
    if mistakes:
        raise _invalid("instruction_incomplete", mistakes)
    before = released_revision(session, document.id)
    if before is not None:
        before.retired_at = context.now
    draft.released_at = context.now
    draft.released_by = actor_name(session, context.actor)
    _record(session, context, document, "released", {"revision": draft.number, "note": draft.note})
    return draft


def retire_instruction(session: Session, context: Context, code: str) -> Document:
    """Let a work instruction apply nowhere any more; what was stated about it stays.

    Raises:
        Refusal: `instruction_unknown` (404), `instruction_retired` (409).
    """
    document = _locked(session, code)
    _refuse_retired(document)
    document.retired_at, document.scope = context.now, None
    _record(session, context, document, "retired", {})
    return document


def restore_instruction(session: Session, context: Context, code: str) -> Document:
    """Let a retired work instruction apply again, as it was.

    Raises:
        Refusal: `instruction_unknown` (404), `instruction_not_retired`, `instruction_scope_taken`
            (409).
    """
    document = _locked(session, code)
    if document.retired_at is None:
        raise Refusal("instruction_not_retired", f"{code} is in use")
    document.scope = _free_scope(session, document)
    document.retired_at = None
    _record(session, context, document, "restored", {})
    return document


def find_instruction(session: Session, code: str) -> Document:
    """The work instruction of that code, retired or not.

    Raises:
        Refusal: `instruction_unknown` (404).
    """
    return _found(session.scalar(select(Document).where(Document.code == code)), code)


def newest_revision(session: Session, document: Document) -> DocumentRevision:
    """The draft, else the revision released last."""
    return session.scalars(
        select(DocumentRevision)
        .where(DocumentRevision.document_id == document.id)
        .order_by(DocumentRevision.number.desc())
        .limit(1)
    ).one()


def released_revision(session: Session, document_id: int) -> DocumentRevision | None:
    """The revision in force, None: nothing was released yet."""
    return session.scalar(
        select(DocumentRevision).where(
            DocumentRevision.document_id == document_id,
            DocumentRevision.released_at.is_not(None),
            DocumentRevision.retired_at.is_(None),
        )
    )


def draft_revision(session: Session, document_id: int) -> DocumentRevision | None:
    """The draft, None: there is none."""
    return session.scalar(
        select(DocumentRevision).where(
            DocumentRevision.document_id == document_id, DocumentRevision.released_at.is_(None)
        )
    )


def _found(document: Document | None, code: str) -> Document:
    if document is None:
        raise Refusal(
            "instruction_unknown", f"there is no work instruction {code[:80]!r}", status=404
        )
    return document


def _locked(session: Session, code: str) -> Document:
    query = select(Document).where(Document.code == code).with_for_update()
    return _found(session.scalar(query), code)


def _draft_as_seen(
    session: Session, code: str, seen_version: int
) -> tuple[Document, DocumentRevision]:
    document = _locked(session, code)
    draft = draft_revision(session, document.id)
    if draft is None:
        raise Refusal(
            "instruction_no_draft",
            "there is no draft any more: it was released or thrown away meanwhile",
        )
    if draft.version != seen_version:
        raise Refusal(
            "instruction_changed",
            f"{draft.changed_by} changed this draft meanwhile; look at it and decide again",
            details={"draft": {"version": draft.version, "changed_by": draft.changed_by}},
        )
    return document, draft


def _refuse_retired(document: Document) -> None:
    if document.retired_at is not None:
        raise Refusal("instruction_retired", f"{document.code} is retired; use it again first")


def _free_scope(session: Session, document: Document) -> str:
    scope = f"{document.material_id or ''}/{document.work_unit_id or ''}/{document.segment or ''}"
    other = session.scalar(select(Document).where(Document.scope == scope))
    if other is not None:
        raise Refusal(
            "instruction_scope_taken",
            f"{other.code} applies to the same; change that one or retire it first",
            field="item",
            details={"instruction": other.code},
        )
    return scope


def _add_draft(
    session: Session,
    context: Context,
    document: Document,
    *,
    number: int,
    names: Names,
    steps: Sequence[Step],
) -> DocumentRevision:
    draft = DocumentRevision(
        document_id=document.id,
        number=number,
        names=dict(names),
        note="",
        steps=list(steps),
        version=1,
        created_at=context.now,
        changed_at=context.now,
        changed_by=actor_name(session, context.actor),
        released_at=None,
        released_by=None,
        retired_at=None,
    )
    session.add(draft)
    session.flush()
    _name_files(session, draft)
    return draft


def _name_files(session: Session, draft: DocumentRevision) -> None:
    """Keep in a table of its own which files the draft shows."""
    session.execute(
        delete(DocumentRevisionFile).where(DocumentRevisionFile.revision_id == draft.id)
    )
    for file in files_by_hash(session, files_of(draft.steps)).values():
        session.add(DocumentRevisionFile(revision_id=draft.id, file_id=file.id))
    session.flush()


def _mistakes_of_files(session: Session, steps: Sequence[Step]) -> dict[str, str]:
    known = files_by_hash(session, files_of(steps))
    found: dict[str, str] = {}
    for place, step in enumerate(steps):
        for name in ("picture", "pdf"):
            if step[name] is None:
                continue
            file = known.get(step[name])
            if file is None:
                found[f"steps.{place}.{name}"] = "this file is not there; send it again"
            elif file.is_picture != (name == "picture"):
                found[f"steps.{place}.{name}"] = "a picture and a PDF are not the same"
    return found


def _invalid(code: str, mistakes: Mapping[str, str]) -> Refusal:
    field, message = next(iter(mistakes.items()))
    errors = [{"field": name, "message": text} for name, text in mistakes.items()]
    return Refusal(
        code, f"{field}: {message}", status=422, field=field, details={"errors": errors[:100]}
    )


def _record(
    session: Session, context: Context, document: Document, action: str, details: dict[str, Any]
) -> None:
    record(session, context.actor, f"instruction.{action}", document.code, details)
