"""Pages of labels: choose, look at and print them; printers, and what waits for them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request
from sqlalchemy.exc import IntegrityError

from mes.clock import plant_now_us, real_now_us
from mes.core.amounts import impossible
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.commands.service import CommandRequest, run_command
from mes.features.labels import printers, prints
from mes.features.labels.bitmap import DOTS_PER_MM
from mes.features.labels.compose import COPIES_MAX, Asked, Composed
from mes.features.labels.layout import lay_out
from mes.features.labels.printers import PORT, PrinterDraft
from mes.features.labels.routes import PRINTERS, composed, present_faces, sender
from mes.features.labels.sizes import SIDE_MAX_MM, SIDE_MIN_MM, SIZES, size_of
from mes.features.labels.zpl import Graphics
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.language import select_language
from mes.features.screens.report.words import _, pieces
from mes.features.screens.routes import held
from mes.features.screens.site import read_site
from mes.web.roles import Role, actor, maybe_actor, require
from mes.web.wiring import reading, transaction

pages = APIBlueprint("label_pages", __name__, enable_openapi=False)
FIELD_MAX = 400
NUMBER_MAX = 20


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
        prints=[_shown(one) for one in last],
        query=_query(size),
        may_print=who is not None and who.has(*PRINTERS),
        command_id=str(uuid4()),
    )
    return make_response(page, 200 if problem is None else problem.status)


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


@pages.get("/printers")
@require(Role.ADMINISTRATOR, tokens=False)
def printers_page() -> Response:
    """Label printers with their addresses, and what was asked of them."""
    return _printers(None)


@pages.post("/printers")
@require(Role.ADMINISTRATOR, tokens=False)
def add_form() -> Response:
    """Enter a printer."""
    return _changed(
        "", lambda session: printers.add_printer(session, _who(), _field("code"), _draft())
    )


@pages.post("/printers/<code>")
@require(Role.ADMINISTRATOR, tokens=False)
def change_form(code: str) -> Response:
    """Change a printer."""
    return _changed(
        code,
        lambda session: printers.change_printer(
            session, _who(), code, _draft(), seen_version=_number("seen", 0)
        ),
    )


@pages.post("/printers/<code>/retire")
@require(Role.ADMINISTRATOR, tokens=False)
def retire_form(code: str) -> Response:
    """Let nothing be sent to a printer any more."""
    seen = _number("seen", 0)
    return _changed(
        code,
        lambda session: printers.retire_printer(
            session, _who(), code, seen_version=seen, now_us=real_now_us()
        ),
    )


@pages.post("/prints/<int:number>/<any(again, cancel):what>")
@require(Role.SUPERVISOR, Role.MANAGER, tokens=False)
def print_again_form(number: int, what: str) -> Response:
    """Send a print once more, or let one that waits not be sent."""
    back = "/printers" if actor().has(Role.ADMINISTRATOR) else "/prints"
    with transaction() as session:
        if what == "again":
            prints.send_again(session, _who(), number, real_now_us())
        else:
            prints.cancel(session, _who(), number)
    sender().ring()
    return make_response(redirect(back, 303))


@pages.get("/prints")
@require(Role.SUPERVISOR, Role.MANAGER, tokens=False)
def prints_page() -> str:
    """What was asked of label printers, with tries and errors."""
    with reading() as session:
        rows = prints.list_prints(session)
    return render_template("prints.html", prints=[_shown(one) for one in rows])


def _changed(code: str, do: Any) -> Response:
    try:
        with transaction() as session:
            do(session)
    except IntegrityError:
        return _printers(Refusal("printer_code_taken", "this code is taken", field="code"), code)
    except Refusal as refusal:
        return _printers(refusal, code)
    return make_response(redirect("/printers", 303))


def _printers(problem: Refusal | None, code: str = "") -> Response:
    """Args: code: of the printer that `problem` is about; empty: a new one."""
    with reading() as session:
        rows = [
            {**printers.printer_json(row), "retired": row.retired_at is not None}
            for row in printers.printers(session, retired=True)
        ]
        asked = prints.list_prints(session, 50)
    page = render_template(
        "printers.html",
        rows=rows,
        at=code,
        problem=problem,
        problem_text="" if problem is None else problem_text(problem),
        mistakes={} if problem is None else {problem.field or "": problem_text(problem)},
        typed=request.form if problem is not None else {},
        prints=[_shown(one) for one in asked],
        dots=list(DOTS_PER_MM),
        graphics={Graphics.HEX: _("Every printer"), Graphics.Z64: _("Zebra, compressed")},
        port=PORT,
        side=(SIDE_MIN_MM, SIDE_MAX_MM),
    )
    return make_response(page, 200 if problem is None else problem.status)


def _draft() -> PrinterDraft:
    return PrinterDraft(
        name=_field("name"),
        host=_field("host"),
        port=_number("port", PORT),
        dpi=_number("dpi", 203),
        width_mm=_number("width_mm", 0),
        height_mm=_number("height_mm", 0),
        graphics=_field("graphics") or Graphics.HEX,
    )


def _number(name: str, otherwise: int) -> int:
    """A whole number of the form; -1 for what is none, so that it is refused by name."""
    text = _field(name)
    if not text:
        return otherwise
    is_number = text.isascii() and text.isdigit() and len(text) < NUMBER_MAX
    return int(text) if is_number else -1


def _field(name: str) -> str:
    return request.values.get(name, "").strip()[:FIELD_MAX]


def _who() -> dict[str, object]:
    return actor().to_json()


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    zone = ZoneInfo(read_site(held().database).zone)
    say = Speaker(zone=zone, language=select_language())
    return {
        **one,
        "at": say.day_clock(one["asked_at"]),
        "word": state_word(one["state"]),
        "why": "" if one["error"] is None else error_word(one["error"]),
    }


def state_word(state: str) -> str:
    """Where a print stands."""
    return {
        prints.PrintState.WAITING: _("Waiting"),
        prints.PrintState.SENDING: _("Being sent"),
        prints.PrintState.SENT: _("Sent to the printer"),
        prints.PrintState.FAILED: _("Not printed"),
    }.get(prints.PrintState(state)) or _("Cancelled")


def error_word(code: str) -> str:
    """Why a print has not ended well."""
    return {
        prints.UNREACHABLE: _("The printer cannot be reached."),
        prints.INTERRUPTED: _("Cut off while sending: look at the printer what was printed."),
        "printer_unknown": _("The printer is retired."),
    }.get(code, code)


def size_word(key: str) -> str:
    """A size of labels."""
    size = SIZES[key]
    sides = f"{size.width_mm:g} × {size.height_mm:g} mm"
    if size.per_page == 1:
        return sides
    return _("A4, %(n)s labels of %(sides)s", n=size.per_page, sides=sides)


def problem_text(problem: Refusal) -> str:
    """What to do about a refusal, in the language of the page."""
    return {
        "job_unknown": _("There is no such job."),
        "lot_invalid": _("A lot has only letters, digits and hyphens."),
        "lot_of_other_item": _("This lot holds another item."),
        "impossible_quantity": _("Quantities are above zero, copies go from 1 to 50."),
        "too_many_labels": _("At most 500 labels at once. Put more into a box, or print in parts."),
        "label_text_too_long": _("A text is too long for this label. Choose a larger size."),
        "label_size_unknown": _("There is no such label size."),
        "label_font_missing": _("The font of labels is not installed. An administrator is needed."),
        "printer_unknown": _("Choose a printer."),
        "too_many_prints": _("Too many prints wait already. Look at the printers."),
        "printer_host_invalid": _(
            "Give the name or IP address of the printer in the plant network, not this server."
        ),
        "printer_code_taken": _("This code belongs or belonged to a printer. Choose another."),
        "printer_changed": _(
            "Somebody changed this printer meanwhile. Nothing was saved: look at it and save again."
        ),
        "printer_invalid": _("Nothing was saved. Correct the fields that are marked."),
    }.get(problem.code, problem.message)
