"""Words of the pages of labels, in the language of the request."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from mes.core.refusal import Refusal
from mes.features.labels.prints import INTERRUPTED, UNREACHABLE, PrintState
from mes.features.labels.sizes import SIZES
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.language import select_language
from mes.features.screens.report.words import _
from mes.features.screens.routes import held
from mes.features.screens.site import read_site


def shown_print(one: dict[str, Any]) -> dict[str, Any]:
    """A print as the pages show it."""
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
        PrintState.WAITING: _("Waiting"),
        PrintState.SENDING: _("Being sent"),
        PrintState.SENT: _("Sent to the printer"),
        PrintState.FAILED: _("Not printed"),
    }.get(PrintState(state)) or _("Cancelled")


def error_word(code: str) -> str:
    """Why a print has not ended well."""
    return {
        UNREACHABLE: _("The printer cannot be reached."),
        INTERRUPTED: _("Cut off while sending: look at the printer what was printed."),
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
        "printer_retired": _(
            "Somebody retired this printer meanwhile. Nothing was saved: what you typed is still"
            " here. Add it under another code if it is needed."
        ),
        "printer_changed": _(
            "Somebody changed this printer meanwhile. Nothing was saved: look at it and save again."
        ),
        "printer_invalid": _("Nothing was saved. Correct the fields that are marked."),
    }.get(problem.code, problem.message)
