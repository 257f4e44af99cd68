"""What every page knows of its reader and of this start."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit

from flask import Flask, current_app, redirect, request
from flask_babel import gettext, lazy_gettext
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from mes.settings import Settings
from mes.web import setup_code
from mes.web.notices import PLAIN_HTTP, PLANT_CONFLICTS, read_notices
from mes.web.roles import SAFE_METHODS, ActorKind, Role, maybe_actor
from mes.web.wiring import reading

OPEN_PAGES = frozenset(
    {
        "screens.sign_in",
        "screens.language",
        "people_pages.sign_in_form",
        "people_pages.sign_out_form",
        "people_pages.code_page",
        "people_pages.code_form",
        "display_pages.open_display",
        "first_run.welcome",
        "first_run.account_form",
    }
)
"""Pages that anybody may read."""

SETUP_PAGES = frozenset({"first_run.welcome", "first_run.account_form", "screens.language"})
"""Pages that a stranger may read while the first account is still to be made."""

PROGRAMS = ("/api/", "/static/", "/healthz", "/readyz", "/metrics", "/socket.io")
"""Begins of addresses that programs ask; all others are pages."""

ROLE_NAMES = {
    Role.OPERATOR: lazy_gettext("Operator"),
    Role.SUPERVISOR: lazy_gettext("Supervisor"),
    Role.QUALITY: lazy_gettext("Quality"),
    Role.MAINTENANCE: lazy_gettext("Maintenance"),
    Role.MANAGER: lazy_gettext("Manager"),
    Role.INTEGRATOR: lazy_gettext("Integrator"),
    Role.ADMINISTRATOR: lazy_gettext("Administrator"),
    Role.DISPLAY: lazy_gettext("Display"),
}


def init_pages(app: Flask, settings: Settings) -> None:
    """Send strangers to the sign-in page; tell templates who may enrol, and the notices."""
    codes = read_notices(settings.data_dir)

    @app.before_request
    def guard() -> Response | None:
        is_page = request.blueprint is not None and not request.path.startswith(PROGRAMS)
        if not is_page or maybe_actor() is not None:
            return None
        if request.endpoint not in SETUP_PAGES and setup_is_open(settings.data_dir):
            return redirect(setup_code.PATH, 303)
        if request.endpoint in OPEN_PAGES:
            return None
        return redirect(f"/sign-in?next={quote(wanted_page(), safe='')}", 303)

    @app.context_processor
    def helpers() -> dict[str, object]:
        return {"can_enrol": can_enrol(), "notices": [text for text in map(notice, codes) if text]}


def setup_is_open(data: Path) -> bool:
    """Whether the first account is still to be made, by the code of this start."""
    if setup_code.read_setup_code(data) is None:
        return False
    with reading() as session:
        return not setup_code.has_account(session)


def wanted_page() -> str:
    """Where the reader wants to be: the page asked for, or the one whose form was sent.

    A form that was refused before stands at an address that only takes forms; from there the way
    leads to the overview.
    """
    if request.method in SAFE_METHODS:
        return request.full_path.rstrip("?")
    sent_from = urlsplit(request.referrer or "")
    if sent_from.netloc != request.host or not _is_page(sent_from.path):
        return "/"
    return f"{sent_from.path}?{sent_from.query}".rstrip("?")


def _is_page(path: str) -> bool:
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return False
    return True


def notice(code: str) -> str:
    """A notice in the page's language; empty for an unknown code."""
    if code == PLAIN_HTTP:
        return str(gettext("Plain HTTP: passwords can be read on the way through the network."))
    if code == PLANT_CONFLICTS:
        return str(
            gettext("The plant file differs from changes made here; the system runs on the latter.")
        )
    return ""


def can_enrol() -> bool:
    """Whether the reader may make this browser a terminal, and it is none yet."""
    who = maybe_actor()
    return (
        who is not None
        and who.kind is ActorKind.ACCOUNT
        and who.terminal is None
        and who.has(Role.SUPERVISOR, Role.INTEGRATOR)
    )


def shown_role() -> str:
    """The first role of the reader in words of the page's language; empty for none."""
    who = maybe_actor()
    roles = () if who is None else who.roles
    return next((str(text) for role, text in reversed(ROLE_NAMES.items()) if role in roles), "")
