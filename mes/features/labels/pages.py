"""The page on which people choose, look at and print the labels of a job."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request

from mes.clock import plant_now_us, real_now_us
from mes.core.amounts import impossible
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.commands.service import CommandRequest, run_command
from mes.features.labels import printers, prints
from mes.features.labels.compose import COPIES_MAX, Asked, Composed
from mes.features.labels.layout import lay_out
from mes.features.labels.page_words import problem_text, shown_print, size_word
from mes.features.labels.routes import PRINTERS, composed, present_faces, sender
from mes.features.labels.sizes import SIZES, size_of
from mes.features.production.master_loading import masters
from mes.features.reports.progress import state_word
from mes.features.screens.report.words import pieces
from mes.features.work_orders.queries import list_jobs
from mes.web.roles import actor, maybe_actor, require
from mes.web.wiring import reading, transaction

pages = APIBlueprint("label_pages", __name__, enable_openapi=False)
FIELD_MAX = 400
NUMBER_MAX = 20
JOBS_MAX = 100


@pages.get("/labels")
@require()
def labels_page() -> Response:
    """Choose size, quantity and containers of the labels of a job, and look at one."""
    return _labels(None)


@pages.post("/labels")
@require(*PRINTERS)
def print_form() -> Response:
    """Let the labels wait for a printer; a second press of the same form prints nothing more."""
    try:
        asked, printer = _asked(), _field("printer")
        number = _field("command_id")
        _print(asked, printer, number)
    except Refusal as refusal:
        return _labels(refusal)
    sender().ring()
    kept = {name: _field(name) for name in ("job", "lot", "quantity", "each", "copies", "size")}
    return make_response(redirect(f"/labels?{urlencode({**kept, 'printed': number})}", 303))


def _print(asked: Asked, printer: str, number: str) -> None:
    who, now = actor(), plant_now_us()
    body: dict[str, object] = {"job_order": asked.job_order, "printer": printer, "lot": asked.lot}
    body |= {"quantity": asked.quantity, "each": asked.each, "copies": asked.copies}
    wanted = CommandRequest(
        command_id=number,
        kind="label.print",
        body=body,
        actor=who.to_json(),
        terminal=who.terminal,
        received_at=now,
    )
    with transaction() as session:

        def do() -> tuple[int, dict[str, Any]]:
            context = Context(command_id=number, actor=who.to_json(), at=now, now=now)
            row = prints.ask_for_print(
                session,
                context.actor,
                printer=printer,
                batch=composed(session, asked, who).batch,
                job_order=asked.job_order,
                faces=present_faces(),
                now_us=real_now_us(),
            )
            return 201, prints.print_json(row)

        run_command(session, wanted, do)


def _labels(problem: Refusal | None) -> Response:
    found: Composed | None = None
    size = _field("size") or "100x60"
    if problem is None and not _field("job"):
        return _choice()
    try:
        with reading() as session:
            found = composed(session, _asked(), actor())
        lay_out(found.batch.labels()[0], size_of(size), present_faces())
    except Refusal as refusal:
        problem = problem or refusal
    with reading() as session:
        known = [printers.printer_json(row) for row in printers.printers(session)]
        last = [one for one in prints.list_prints(session, 20) if one["job_order"] == _field("job")]
    who = maybe_actor()
    page = render_template(
        "labels.html",
        found=found,
        total=None if found is None else pieces(Fraction(found.total)),
        problem=problem,
        problem_text="" if problem is None else problem_text(problem),
        typed={name: _field(name) for name in ("job", "lot", "quantity", "each", "copies", "skip")},
        size=size,
        sizes=[(key, size_word(key)) for key in SIZES],
        printers=known,
        printed=bool(request.args.get("printed")),
        prints=[shown_print(one) for one in last],
        query=_query(size),
        may_print=who is not None and who.has(*PRINTERS),
        command_id=str(uuid4()),
    )
    return make_response(page, 200 if problem is None else problem.status)


def _choice() -> Response:
    """The jobs whose labels may be wanted; no job was named yet."""
    with reading() as session:
        jobs = list_jobs(session, None, ())
        units = masters(session).work_units.values()
    text = _field("text")
    fitting = [one for one in jobs if text.lower() in _searched(one)]
    page = render_template(
        "label-choice.html",
        jobs=fitting[:JOBS_MAX],
        left_out=len(fitting[JOBS_MAX:]),
        unit_names={unit.code: unit.names for unit in units},
        state_word=state_word,
        text=text,
    )
    return make_response(page)


def _searched(job: dict[str, Any]) -> str:
    names = dict(job["item_name"] or {}).values()
    return " ".join([job["job_order"], job["item"], *map(str, names)]).lower()


def _query(size: str) -> str:
    kept = {name: _field(name) for name in ("lot", "quantity", "each", "copies", "skip")}
    return urlencode({"size": size, **{name: value for name, value in kept.items() if value}})


def _asked() -> Asked:
    copies = _field("copies") or "1"
    if not (copies.isascii() and copies.isdigit() and len(copies) < NUMBER_MAX):
        raise impossible("copies", f"goes from 1 to {COPIES_MAX}")
    return Asked(
        job_order=_field("job"),
        lot=_field("lot") or None,
        quantity=_amount(_field("quantity")),
        each=_amount(_field("each")),
        copies=int(copies),
    )


def _amount(text: str) -> str | None:
    return text.replace(",", "") or None


def _field(name: str) -> str:
    return request.values.get(name, "").strip()[:FIELD_MAX]
