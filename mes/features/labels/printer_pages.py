"""Pages of label printers, and of what waits for them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, make_response, redirect, render_template, request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.features.labels import printers, prints
from mes.features.labels.bitmap import DOTS_PER_MM
from mes.features.labels.page_words import problem_text, shown_print
from mes.features.labels.pages import FIELD_MAX, NUMBER_MAX, pages
from mes.features.labels.printers import PORT, PrinterDraft
from mes.features.labels.routes import sender
from mes.features.labels.zpl import Graphics
from mes.features.screens.report.words import _
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading, transaction

__all__ = ["pages"]


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
    return render_template("prints.html", prints=[shown_print(one) for one in rows])


def _changed(code: str, do: Callable[[Session], object]) -> Response:
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
        prints=[shown_print(one) for one in asked],
        dots=list(DOTS_PER_MM),
        graphics={Graphics.HEX: _("Every printer"), Graphics.Z64: _("Zebra, compressed")},
        port=PORT,
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
