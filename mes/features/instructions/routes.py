"""Work instructions over REST: lists, drafts, release, files, what was stated."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, request
from sqlalchemy.orm import Session

from mes.features.commands.context import Context
from mes.features.commands.routing import Do, answered
from mes.features.commands.schemas import CommandIn
from mes.features.commands.schemas import optional_instant as instant
from mes.features.commands.service import Answer
from mes.features.instructions import service, statement_queries
from mes.features.instructions.access import EDITORS
from mes.features.instructions.files import (
    FILE_BYTES_MAX,
    find_file,
    keep_file,
    unknown_file,
)
from mes.features.instructions.media import PDF
from mes.features.instructions.pdf_pages import draw_page
from mes.features.instructions.queries import (
    file_view,
    instruction,
    instructions,
    latest_values,
    revision_brief,
    revision_view,
)
from mes.features.instructions.schemas import (
    AnswerIn,
    DraftIn,
    FileQuery,
    InstructionIn,
    RevisionQuery,
    SeenIn,
    StatementsQuery,
)
from mes.features.instructions.statement_queries import Asked
from mes.features.instructions.statements import answer_proposal, find_revision
from mes.models import DocumentRevision
from mes.web.roles import actor, check, require
from mes.web.wiring import reading, transaction

bp = APIBlueprint("instructions", __name__, url_prefix="/api/v1", tag="Work instructions")

Answered = tuple[dict[str, Any], int]
KEPT = "private, max-age=31536000, immutable"
"""The address of a file holds the hash of its bytes."""
PDF_POLICY = (
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""What the viewer of a browser needs to show a PDF in a tab of its own."""


@bp.url_value_preprocessor
def allow_large_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Files may be larger than other requests; said before anything looks at the body."""
    if endpoint == f"{bp.name}.send_file":
        request.max_content_length = FILE_BYTES_MAX + 1


@bp.get("/instructions")
@bp.doc(summary="Work instructions with their released revision and draft")
@require()
def list_instructions() -> dict[str, Any]:
    """All of them, retired ones last."""
    with reading() as session:
        return {"items": instructions(session), "next": None}


@bp.post("/instructions")
@bp.input(InstructionIn)
@bp.doc(
    summary="Make a work instruction",
    description="Applies to an item, a machine, an operation, or any of these together.",
)
@require(*EDITORS)
def create(json_data: InstructionIn) -> Answered:
    """A new document with a first draft."""
    scope = service.Scope(
        item=json_data.item, work_unit=json_data.work_unit, operation=json_data.operation
    )

    def do(session: Session, context: Context) -> Answer:
        names = json_data.title.model_dump()
        copy = json_data.copy_from
        service.create_instruction(
            session, context, json_data.code, scope, names=names, copy_from=copy
        )
        return 201, instruction(session, json_data.code)

    return answered("instruction.create", json_data.code, json_data, do)


@bp.get("/instructions/<code>")
@bp.doc(summary="A work instruction with all its revisions")
@require()
def one_instruction(code: str) -> dict[str, Any]:
    """One document."""
    with reading() as session:
        return instruction(session, code)


@bp.get("/instructions/<code>/revisions/<int:number>")
@bp.input(RevisionQuery, location="query")
@bp.doc(summary="A revision with its steps, files and, for a job, what was typed last")
@require()
def one_revision(code: str, number: int, query_data: RevisionQuery) -> dict[str, Any]:
    """A revision; drafts are for editors."""
    with reading() as session:
        document, revision = find_revision(session, code, number)
        if revision.released_at is None:
            check(actor(), EDITORS, method=request.method)
        job = query_data.job_order
        found = {} if job is None else latest_values(session, revision.id, job)
        return {**revision_view(session, document, revision), "values": found}


@bp.post("/instructions/<code>/draft")
@bp.input(DraftIn)
@bp.doc(summary="Put a whole draft in the place of the present one")
@require(*EDITORS)
def save(code: str, json_data: DraftIn) -> Answered:
    """Save the draft."""
    return _revised(
        "instruction.save",
        code,
        json_data,
        lambda session, context: service.save_draft(
            session,
            context,
            code,
            seen_version=json_data.seen_version,
            names=json_data.title.model_dump(),
            note=json_data.note,
            steps=json_data.stored_steps(),
        ),
    )


@bp.post("/instructions/<code>/revise")
@bp.input(CommandIn)
@bp.doc(summary="Begin the next revision with what the newest one says")
@require(*EDITORS)
def revise(code: str, json_data: CommandIn) -> Answered:
    """A new draft."""
    return _revised(
        "instruction.revise",
        code,
        json_data,
        lambda session, context: service.begin_draft(session, context, code),
    )


@bp.post("/instructions/<code>/release")
@bp.input(SeenIn)
@bp.doc(summary="Release the draft; the revision before is retired in the same moment")
@require(*EDITORS)
def release(code: str, json_data: SeenIn) -> Answered:
    """The draft applies from now on."""
    return _revised(
        "instruction.release",
        code,
        json_data,
        lambda session, context: service.release_draft(
            session, context, code, seen_version=json_data.seen_version
        ),
    )


@bp.post("/instructions/<code>/discard")
@bp.input(SeenIn)
@bp.doc(summary="Throw the draft away")
@require(*EDITORS)
def discard(code: str, json_data: SeenIn) -> Answered:
    """The released revision stays as it is."""

    def do(session: Session, context: Context) -> None:
        service.discard_draft(session, context, code, seen_version=json_data.seen_version)

    return _changed("instruction.discard", code, json_data, do)


@bp.post("/instructions/<code>/retire")
@bp.input(CommandIn)
@bp.doc(summary="Let a work instruction apply nowhere any more")
@require(*EDITORS)
def retire(code: str, json_data: CommandIn) -> Answered:
    """Retire a document."""

    def do(session: Session, context: Context) -> None:
        service.retire_instruction(session, context, code)

    return _changed("instruction.retire", code, json_data, do)


@bp.post("/instructions/<code>/restore")
@bp.input(CommandIn)
@bp.doc(summary="Let a retired work instruction apply again")
@require(*EDITORS)
def restore(code: str, json_data: CommandIn) -> Answered:
    """Use a document again."""

    def do(session: Session, context: Context) -> None:
        service.restore_instruction(session, context, code)

    return _changed("instruction.restore", code, json_data, do)


@bp.post("/instruction-files")
@bp.input(FileQuery, location="query")
@bp.doc(
    summary="Send a picture (PNG, JPEG, WebP) or a PDF",
    description="The body is the file itself, at most 10 MB; its content decides what it is. A "
    "file that no revision shows is thrown away after a day.",
)
@require(*EDITORS)
def send_file(query_data: FileQuery) -> Answered:
    """Keep a file; the same bytes are kept once."""
    content = request.get_data(cache=False)
    with transaction() as session:
        return file_view(keep_file(session, content, name=query_data.name)), 201


@bp.post("/instruction-files/<sha256>/pages/<int:number>")
@bp.doc(
    summary="Keep a page of a PDF as a picture",
    description="Drawn once with 2000 pixels at its longer edge; `pages` says how many there are.",
)
@require(*EDITORS)
def draw(sha256: str, number: int) -> Answered:
    """A page becomes a picture that a step can show."""
    with reading() as session:
        pdf = find_file(session, sha256)
        content, name = pdf.content, pdf.name
        if pdf.media_type != PDF:
            raise unknown_file()
    drawn = draw_page(content, number)
    with transaction() as session:
        kept = keep_file(session, drawn.picture, name=f"{number} {name}")
        return {**file_view(kept), "pages": drawn.pages}, 201


@bp.get("/instruction-files/<sha256>")
@bp.doc(summary="A picture or PDF of a work instruction, or a photo taken in a step")
@require()
def one_file(sha256: str) -> Response:
    """The bytes of a file, to be kept by the browser for good."""
    with reading() as session:
        found = find_file(session, sha256)
        response = Response(found.content, mimetype=found.media_type)
    response.headers["Cache-Control"] = KEPT
    response.headers["Content-Disposition"] = "inline"
    if found.media_type == PDF:
        response.headers["Content-Security-Policy"] = PDF_POLICY
    response.set_etag(sha256)
    response.make_conditional(request)
    return response


@bp.get("/instruction-acknowledgements")
@bp.input(StatementsQuery, location="query")
@bp.doc(summary="Who has acknowledged which revision, latest first")
@require()
def list_acknowledgements(query_data: StatementsQuery) -> dict[str, Any]:
    """Acknowledgements."""
    with reading() as session:
        return statement_queries.acknowledgements(session, _asked(query_data))


@bp.get("/instruction-values")
@bp.input(StatementsQuery, location="query")
@bp.doc(summary="Values typed in steps, latest first")
@require()
def list_values(query_data: StatementsQuery) -> dict[str, Any]:
    """Captured values."""
    with reading() as session:
        return statement_queries.values(session, _asked(query_data))


@bp.get("/instruction-proposals")
@bp.input(StatementsQuery, location="query")
@bp.doc(summary="Changes that the floor proposed, latest first, with their answers")
@require()
def list_proposals(query_data: StatementsQuery) -> dict[str, Any]:
    """Proposals of changes."""
    with reading() as session:
        return statement_queries.proposals(session, _asked(query_data))


@bp.post("/instruction-proposals/<proposal>/answer")
@bp.input(AnswerIn)
@bp.doc(summary="Say what becomes of a proposal")
@require(*EDITORS)
def answer(proposal: str, json_data: AnswerIn) -> Answered:
    """Answer a proposal."""

    def do(session: Session, context: Context) -> Answer:
        row = answer_proposal(
            session, context, proposal, accepted=json_data.accepted, text=json_data.text
        )
        return 201, {"proposal": proposal, "accepted": row.accepted, "answered_by": row.who}

    return answered("instruction.answer", proposal, json_data, do)


def _revised(kind: str, code: str, body: CommandIn, do: Any) -> Answered:
    """Do something to a draft; the answer is the revision as it is now."""

    def act(session: Session, context: Context) -> Answer:
        revision: DocumentRevision = do(session, context)
        session.flush()
        return 201, {"instruction": code, **revision_brief(revision)}

    return answered(kind, code, body, act)


def _changed(kind: str, code: str, body: CommandIn, do: Any) -> Answered:
    """Do something to a document; the answer is the document as it is now."""

    def act(session: Session, context: Context) -> Answer:
        do(session, context)
        session.flush()
        return 201, instruction(session, code)

    command: Do = act
    return answered(kind, code, body, command)


def _asked(query: StatementsQuery) -> Asked:
    return Asked(
        instruction=query.instruction,
        revision=query.revision,
        job_order=query.job_order,
        start=instant(query.from_),
        end=instant(query.to),
        before=query.before,
        limit=query.limit,
    )
