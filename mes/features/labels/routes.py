"""Labels over REST: files of a job's labels, printers, and what waits for them."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Flask, Response, current_app
from flask_babel import force_locale
from sqlalchemy.orm import Session

from mes.clock import plant_now_us, real_now_us
from mes.core.amounts import amount_json
from mes.features.commands.context import Context
from mes.features.commands.places import check_place
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.labels import prints
from mes.features.labels.compose import Asked, Composed, compose
from mes.features.labels.files import pdf_file, png_file, zpl_file
from mes.features.labels.font import Faces, faces
from mes.features.labels.printers import printer_json, printers
from mes.features.labels.schemas import LabelsQuery, PrintIn, PrintsQuery
from mes.features.labels.sizes import SIZES, size_of
from mes.features.labels.words import captions
from mes.features.labels.worker import LabelSender
from mes.features.production.master_loading import masters
from mes.features.screens.language import LANGUAGES, select_language
from mes.models import LabelPrinter
from mes.web.roles import Actor, Role, actor, require
from mes.web.wiring import database, reading, settings

bp = APIBlueprint("labels", __name__, url_prefix="/api/v1", tag="Labels")

PRINTERS = (Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY, Role.MANAGER)
"""Who may send labels to a printer, besides an administrator."""
EXTENSION = "mes_labels"
TYPES = {"pdf": "application/pdf", "zpl": "application/zpl", "png": "image/png"}

Answered = tuple[dict[str, Any], int]


def init_labels(app: Flask) -> LabelSender:
    """Make the sender of an application; the server starts it."""
    with app.app_context():
        held, given = database(), settings()

    def known_faces() -> Faces:
        return faces(given.label_font, given.label_font_bold)

    sender = LabelSender(held, known_faces)
    app.extensions[EXTENSION] = sender
    return sender


@bp.get("/label-printers")
@require()
def printer_list() -> dict[str, Any]:
    """Printers that labels may be sent to, and the sizes of labels as files."""
    with reading() as session:
        found = [printer_for(actor(), row) for row in printers(session)]
    return {"items": found, "sizes": [_size_json(key) for key in SIZES]}


@bp.get("/job-orders/<number>/labels")
@bp.input(LabelsQuery, location="query")
@require()
def labels(number: str, query_data: LabelsQuery) -> dict[str, Any]:
    """What the labels of a job would say, and how many there are."""
    with reading() as session:
        found = composed(session, query_data.asked(number), actor())
        names = [printer_for(actor(), row) for row in printers(session)]
    batch = found.batch.to_json()
    return {
        **batch,
        "job_order": number,
        "total": amount_json(found.total),
        "labels": len(batch["amounts"]) * found.batch.copies,
        "printers": names,
        "sizes": [_size_json(key) for key in SIZES],
    }


@bp.get("/job-orders/<number>/labels.<any(pdf, zpl, png):kind>")
@bp.input(LabelsQuery, location="query")
@require()
def file(number: str, kind: str, query_data: LabelsQuery) -> Response:
    """The labels as PDF or ZPL, or one of them as PNG in the dots of a printer."""
    size = size_of(query_data.size)
    with reading() as session:
        batch = composed(session, query_data.asked(number), actor()).batch
    font = present_faces()
    if kind == "pdf":
        body = pdf_file(batch, size, font, skip=query_data.skip)
    elif kind == "zpl":
        body = zpl_file(batch, size, font, dpi=query_data.dpi, graphics=query_data.graphics)
    else:
        body = png_file(batch, size, font, dpi=query_data.dpi, number=query_data.number)
    answer = Response(body, mimetype=TYPES[kind])
    answer.headers.set(
        "Content-Disposition",
        "attachment" if kind == "zpl" else "inline",
        filename=f"{batch.code}.{kind}",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/job-orders/<number>/labels/print")
@bp.input(PrintIn)
@require(*PRINTERS)
def print_labels(number: str, json_data: PrintIn) -> Answered:
    """Let labels wait for a printer; they are sent after this answer."""
    who = actor()
    language = json_data.language if json_data.language in LANGUAGES else select_language()

    def do(session: Session, context: Context) -> Answer:
        with force_locale(language):
            found = composed(session, json_data.asked(number), who, language)
        check_place(session, who, masters(session).work_units[found.job.work_unit_id])
        row = prints.ask_for_print(
            session,
            context.actor,
            printer=json_data.printer,
            batch=found.batch,
            job_order=number,
            faces=present_faces(),
            now_us=real_now_us(),
        )
        return 201, prints.print_json(row)

    answer = answered("label.print", number, json_data, do)
    sender().ring()
    return answer


@bp.get("/label-prints")
@bp.input(PrintsQuery, location="query")
@require()
def print_list(query_data: PrintsQuery) -> dict[str, Any]:
    """What was asked of label printers, latest first, with tries and errors."""
    with reading() as session:
        return {"items": prints.list_prints(session, query_data.limit), "next": None}


@bp.get("/label-prints/<int:print_id>")
@require()
def one_print(print_id: int) -> dict[str, Any]:
    """One print."""
    with reading() as session:
        return prints.print_json(prints.find_print(session, print_id))


def composed(session: Session, asked: Asked, who: Actor, language: str | None = None) -> Composed:
    """The labels that a request asks for, in its language."""
    words = captions(language or select_language())
    person = who.label if who.person else None
    return compose(session, asked, words, person=person, now_us=plant_now_us())


def present_faces() -> Faces:
    """The font of labels.

    Raises:
        Refusal: `label_font_missing` (503).
    """
    given = settings()
    return faces(given.label_font, given.label_font_bold)


def sender() -> LabelSender:
    """The sender of the current application."""
    found: LabelSender = current_app.extensions[EXTENSION]
    return found


def printer_for(who: Actor, row: LabelPrinter) -> dict[str, Any]:
    """A printer; only administrators see its address."""
    told = printer_json(row)
    if not who.has(Role.ADMINISTRATOR):
        told.pop("host")
        told.pop("port")
    return told


def _size_json(key: str) -> dict[str, Any]:
    size = SIZES[key]
    return {
        "key": key,
        "width_mm": size.width_mm,
        "height_mm": size.height_mm,
        "per_page": size.per_page,
    }
