"""Sessions of accounts: signing in with a password, who is signed in, signing out.

The slow hash runs outside of transactions.
"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, make_response, redirect, render_template, request, session
from flask_babel import gettext

from mes.core.refusal import Refusal
from mes.features.people import own_password
from mes.features.people.blueprints import pages, people
from mes.features.people.responses import end_present_session, who_json, with_session
from mes.features.people.schemas import PasswordIn, SessionIn
from mes.features.people.sign_in import sign_in_account
from mes.web.addresses import safe_next
from mes.web.errors import wants_json
from mes.web.limits import limiter, sign_in_limit
from mes.web.roles import ActorKind, actor, require
from mes.web.sessions import drop_key_cookie, present_terminal
from mes.web.wiring import database


@pages.post("/sign-in")
@limiter.limit(sign_in_limit)
def sign_in_form() -> Response:
    """Sign in with login and password from the form."""
    login = request.form.get("login", "")[:80]
    target = safe_next(request.form.get("next"))
    try:
        entered = sign_in_account(database(), login, request.form.get("password", "")[:200])
    except Refusal as refusal:
        if wants_json():
            raise
        shown = {
            "code": refusal.code,
            "status": refusal.status,
            "title": "",
            "detail": _words(refusal),
        }
        page = render_template("sign-in.html", next=target, login=login, problem=shown)
        return make_response(page, refusal.status)
    end_present_session()
    session.clear()
    return with_session(make_response(redirect(target, 303)), entered)


@pages.post("/sign-out")
def sign_out_form() -> Response:
    """End the session and go to the sign-in page, or back to the terminal."""
    end_present_session()
    session.clear()
    target = "/terminal" if present_terminal() is not None else "/sign-in"
    response = make_response(redirect(target, 303))
    drop_key_cookie(response, "session")
    return response


@people.post("/api/v1/session")
@people.input(SessionIn, arg_name="given")
@limiter.limit(sign_in_limit)
def begin_account_session(given: SessionIn) -> Response:
    """Sign in with password; the answer sets the session cookie."""
    entered = sign_in_account(database(), given.login, given.password)
    end_present_session()
    return with_session(jsonify(who_json(entered.name, None)), entered)


@people.get("/api/v1/session")
@require()
def present_session() -> dict[str, Any]:
    """Who is signed in, with roles and terminal."""
    who = actor()
    return {
        "kind": who.kind.value,
        "name": who.label,
        "person": who.person,
        "terminal": who.terminal,
        "work_unit": who.work_unit,
        "roles": sorted(who.roles),
        "scope": who.scope,
    }


@people.delete("/api/v1/session")
def end_account_session() -> Response:
    """Sign out."""
    end_present_session()
    response = make_response("", 204)
    drop_key_cookie(response, "session")
    return response


@people.post("/api/v1/session/password")
@people.input(PasswordIn, arg_name="given")
@limiter.limit(sign_in_limit)
@require(tokens=False)
def change_password(given: PasswordIn) -> Response:
    """Change one's own password; every session of the account ends."""
    who = actor()
    if who.kind is not ActorKind.ACCOUNT:
        raise Refusal("forbidden", "only an account has a password", status=403)
    own_password.change_password(who, given.password, given.new_password)
    response = make_response("", 204)
    drop_key_cookie(response, "session")
    return response


def _words(refusal: Refusal) -> str:
    if refusal.code == "locked":
        return str(gettext("Locked after too many tries. Wait or ask a line leader."))
    return str(gettext("Name or password is wrong."))
