"""Forms of the guide: done once whatever is pressed twice, with words for what is refused."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from uuid import uuid4

from flask import request
from flask_babel import gettext
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.commands.routing import answered
from mes.features.commands.schemas import CommandIn
from mes.features.first_run.parts import Names

FIELD_MAX = 400
"""Characters of a field that are looked at; longer names are refused all the same."""
FIELDS_MAX = 100
NOT_ASKED = frozenset({"csrf_token", "form_id"})
FORM_ID = re.compile(r"[0-9a-f]{32}")

FIELD_OF = (
    ("site.time_zone", "zone"),
    ("site.day_starts", "day_starts"),
    ("site.name", "name"),
    ("calendars", "start"),
    ("items", "item_code"),
    ("lines", "machine"),
)
"""Where a mistake of the plant stands in the forms."""


class FormIn(CommandIn):
    """What a form asks for; the same form with the same content is the same command."""

    fields: dict[str, list[str]]


def form_id() -> str:
    """The identity of a form that is shown now."""
    return uuid4().hex


def once(step: str, do: Callable[[Session, Context], object]) -> None:
    """Do what the form of a step asks, once; the same form sent again changes nothing.

    Raises:
        Refusal: what stands in the way.
    """
    fields = {
        name: [value[:FIELD_MAX] for value in values[:FIELDS_MAX]]
        for name, values in list(request.form.lists())[:FIELDS_MAX]
        if name not in NOT_ASKED
    }
    given = request.form.get("form_id", "")
    identity = given if FORM_ID.fullmatch(given) else form_id()
    digest = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:24]
    body = FormIn(command_id=f"{identity}-{digest}", fields=fields)

    def act(session: Session, context: Context) -> tuple[int, dict[str, object]]:
        do(session, context)
        return 200, {}

    answered(f"first_run.{step}", "", body, act)


def field(name: str) -> str:
    """What was typed into a field, without blanks around it."""
    return request.form.get(name, "").strip()[:FIELD_MAX]


def names(prefix: str) -> Names:
    """A name in both languages."""
    return Names(ko=field(f"{prefix}_ko"), en=field(f"{prefix}_en"))


def wrong_field(problem: Refusal | None) -> str:
    """The field of the form that a refusal is about; empty: none alone."""
    if problem is None or problem.field is None:
        return ""
    return next((name for path, name in FIELD_OF if problem.field.startswith(path)), problem.field)


def problem_text(problem: Refusal) -> str:
    """What stands in the way and what to do, in the language of the page."""
    by_code = {
        "setup_code_wrong": gettext(
            "This is not the code of the present start. It is printed where the system was"
            " started, and stands in the file setup-code of the data folder."
        ),
        "setup_over": gettext("The first account was made already. Sign in with it."),
        "login_invalid": gettext(
            "A sign-in name has 2 to 63 letters, digits, '.', '_', '@' and '-'."
        ),
        "password_weak": gettext(
            "A password has at least 12 characters, does not hold the sign-in name, and is"
            " nothing common."
        ),
        "entries_differ": gettext("The two passwords differ."),
        "first_run_changed": gettext(
            "Somebody saved this step meanwhile. What you typed is still here: save again if it"
            " shall be so."
        ),
        "plant_day_fixed": gettext(
            "Time zone and start of the production day stand as soon as production was recorded:"
            " past days would be counted anew."
        ),
        "item_taken": gettext("This code belongs to an item of another name."),
        "badge_taken": gettext(
            "This badge belongs or belonged to somebody. Choose another number."
        ),
        "badge_invalid": gettext("A badge number is 1 to 31 letters, digits and '-'."),
        "name_invalid": gettext("A name has 1 to 80 characters."),
        "pin_weak": gettext("A PIN has 6 digits, no row such as 123456, and is not the badge."),
        "impossible_quantity": gettext("A whole number of pieces above 0."),
        "item_unknown": gettext("Choose an item of the list."),
        "unknown_work_unit": gettext("Choose a machine of the list."),
        "not_found": gettext("Nothing was made. Choose a line or machine of the list."),
        "trade_unknown": gettext("Choose one of the trades."),
        "shifts_unknown": gettext("Choose one of the shift plans."),
    }
    by_field = {
        "name": gettext("A name has 1 to 200 characters in one line."),
        "machine": gettext("A name has 1 to 200 characters in one line."),
        "line_name": gettext("A name has 1 to 200 characters in one line."),
        "item": gettext("A name has 1 to 200 characters in one line."),
        "line": gettext("Choose a line of the list, or name a new one."),
        "count": gettext("1 to 50 machines at once."),
        "zone": gettext("An IANA time zone such as Asia/Seoul."),
        "day_starts": gettext("A time of day such as 08:00."),
        "start": gettext("A time of day such as 08:00."),
        "item_code": gettext("A code has 1 to 60 letters, digits, '.', '_' or '-'."),
        "unit": gettext("A unit has 1 to 20 characters."),
        "cycle_s": gettext("Seconds above 0, such as 2.5."),
        "pieces": gettext("A whole number from 1 to 1,000."),
        "machines": gettext("Choose at least one machine."),
    }
    return by_code.get(problem.code) or by_field.get(wrong_field(problem)) or problem.message
