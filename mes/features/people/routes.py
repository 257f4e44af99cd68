"""Signing in and out, terminals, names. The slow hash runs outside of transactions."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, redirect, render_template, request, session
from flask_babel import gettext

from mes.core.refusal import Refusal
from mes.features.people import queries, service
from mes.features.people.schemas import (
    EnrolIn,
    PasswordIn,
    PinIn,
    SessionIn,
    TerminalIn,
    TerminalSignInIn,
)
from mes.features.people.sign_in import Entered, sign_in_account, sign_in_person
from mes.web.addresses import safe_next
from mes.web.errors import wants_json
from mes.web.limits import limiter, sign_in_limit
from mes.web.roles import Actor, ActorKind, Role, actor, maybe_actor, require, unauthorized
from mes.web.sessions import (
    TERMINAL_COOKIE_S,
    drop_key_cookie,
    end_session,
    present_terminal,
    set_key_cookie,
)
from mes.web.wiring import database, reading, transaction

people = APIBlueprint("people", __name__, tag="People")
pages = APIBlueprint("people_pages", __name__, enable_openapi=False)

ENROLLERS = (Role.SUPERVISOR, Role.INTEGRATOR)
"""Who may make a browser a terminal, besides an administrator."""


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
    _end_present_session()
    session.clear()
    return _with_session(make_response(redirect(target, 303)), entered)


@pages.post("/sign-out")
def sign_out_form() -> Response:
    """End the session and go to the sign-in page, or back to the terminal."""
    _end_present_session()
    session.clear()
    terminal = present_terminal()
    target = f"/terminal/{terminal.work_unit}" if terminal is not None else "/sign-in"
    response = make_response(redirect(target, 303))
    drop_key_cookie(response, "session")
    return response


@pages.get("/terminal/<work_unit>/enrol")
@require(*ENROLLERS, tokens=False)
def enrol_page(work_unit: str) -> str:
    """One button that makes this browser the terminal of a work unit."""
    return render_template("enrol.html", work_unit=work_unit)


@pages.post("/terminal/<work_unit>/enrol")
@require(*ENROLLERS, tokens=False)
def enrol_form(work_unit: str) -> Response:
    """Make this browser the terminal of a work unit and open it."""
    with transaction() as held:
        _, key = service.enrol_terminal(held, actor().to_json(), equipment=work_unit)
    response = make_response(redirect(f"/terminal/{work_unit}", 303))
    set_key_cookie(response, "terminal", key, max_age_s=TERMINAL_COOKIE_S)
    return response


@people.post("/api/v1/session")
@people.input(SessionIn, arg_name="given")
@limiter.limit(sign_in_limit)
def begin_account_session(given: SessionIn) -> Response:
    """Sign in with password; the answer sets the session cookie."""
    entered = sign_in_account(database(), given.login, given.password)
    _end_present_session()
    return _with_session(jsonify(_who_json(entered.name, None)), entered)


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
    _end_present_session()
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
    sign_in_account(database(), who.label, given.password)
    with transaction() as held:
        service.set_password(held, who.to_json(), who.label, given.new_password)
    response = make_response("", 204)
    drop_key_cookie(response, "session")
    return response


@people.get("/api/v1/people/names")
@require()
def people_names() -> dict[str, Any]:
    """Names for the sign-in at a terminal, those last seen at `work_unit` first."""
    return _names()


@people.get("/api/v1/terminal/people")
@require()
def terminal_people() -> dict[str, Any]:
    """The same, under the address that terminals ask."""
    return _names()


@people.post("/api/v1/people/pin")
@people.input(PinIn, arg_name="given")
@require(Role.SUPERVISOR, tokens=False)
def reset_pin(given: PinIn) -> tuple[str, int]:
    """Give a person a new PIN and lift a lock."""
    with transaction() as held:
        service.set_pin(held, actor().to_json(), given.badge, given.pin)
    return "", 204


@people.post("/api/v1/terminals")
@people.input(TerminalIn, arg_name="given")
@require(*ENROLLERS, tokens=False)
def offer_terminal(given: TerminalIn) -> tuple[dict[str, Any], int]:
    """Prepare a terminal; its browser enrols within 15 minutes with the one-time code."""
    with transaction() as held:
        terminal, code = service.offer_terminal(held, actor().to_json(), equipment=given.work_unit)
    return {"terminal": terminal, "code": code}, 201


@people.delete("/api/v1/terminals/<code>")
@require(*ENROLLERS, tokens=False)
def retire_terminal(code: str) -> tuple[str, int]:
    """Take the rights of a terminal away."""
    with transaction() as held:
        service.retire_terminal(held, actor().to_json(), code)
    return "", 204


@people.post("/api/v1/terminal/enroll")
@people.input(EnrolIn, arg_name="given")
@limiter.limit(sign_in_limit)
def enrol(given: EnrolIn) -> Response:
    """Make the asking browser a terminal: by one-time code, or signed in as a supervisor."""
    if given.code is not None:
        with transaction() as held:
            terminal, key = service.accept_terminal(held, given.code)
    else:
        terminal, key = _enrol_here(given.work_unit)
    response = make_response(jsonify(terminal=terminal), 201)
    set_key_cookie(response, "terminal", key, max_age_s=TERMINAL_COOKIE_S)
    return response


@people.get("/api/v1/terminal/me")
@require()
def terminal_me() -> dict[str, Any]:
    """Who works at this terminal; `person` null: nobody is signed in."""
    who = actor()
    known = who.kind in {ActorKind.PERSON, ActorKind.ACCOUNT}
    return {
        "person": _who_json(who.label, who.person)["person"] if known else None,
        "terminal": who.terminal,
        "work_unit": who.work_unit,
        "roles": sorted(who.roles),
    }


@people.post("/api/v1/terminal/sign-in")
@people.input(TerminalSignInIn, arg_name="given")
@limiter.limit(sign_in_limit)
def terminal_sign_in(given: TerminalSignInIn) -> Response:
    """Sign in at an enrolled terminal with badge or name and PIN."""
    if (given.badge is None) == (given.name is None):
        raise Refusal("badge_or_name", "send either badge or name", status=422, field="badge")
    terminal = present_terminal()
    if terminal is None:
        raise Refusal(
            "terminal_not_enrolled",
            "a PIN counts only at an enrolled terminal: a supervisor signs in here and opens "
            f"/terminal/{given.work_unit or 'MACHINE'}/enrol",
            status=403,
        )
    entered = sign_in_person(
        database(), terminal, badge=given.badge, name=given.name, pin=given.pin
    )
    _end_present_session()
    return _with_session(jsonify(_who_json(entered.name, entered.badge_no)), entered)


@people.post("/api/v1/terminal/sign-out")
def terminal_sign_out() -> Response:
    """End the session of the person; the terminal stays enrolled."""
    return end_account_session()


def _enrol_here(work_unit: str | None) -> tuple[str, str]:
    who = actor()
    if who.kind is not ActorKind.ACCOUNT or not who.has(*ENROLLERS):
        raise unauthorized("sign in as a supervisor or administrator, or send a one-time code")
    if work_unit is None:
        raise Refusal(
            "work_unit_needed", "say which work_unit it stands at", status=422, field="work_unit"
        )
    with transaction() as held:
        return service.enrol_terminal(held, who.to_json(), equipment=work_unit)


def _names() -> dict[str, Any]:
    with reading() as held:
        found = queries.names(held, request.args.get("work_unit"))
    return {
        "items": [{"id": p.id, "name": p.name, "badge_no": p.badge_no} for p in found],
        "next": None,
    }


def _who_json(name: str, badge_no: str | None) -> dict[str, Any]:
    return {"person": {"name": name, "badge_no": badge_no}}


def _with_session(response: Response, entered: Entered) -> Response:
    set_key_cookie(response, "session", entered.key, max_age_s=None)
    return response


def _end_present_session() -> None:
    who: Actor | None = maybe_actor()
    if who is not None and who.session_id is not None:
        with transaction() as held:
            end_session(held, who.session_id)


def _words(refusal: Refusal) -> str:
    if refusal.code == "locked":
        return str(gettext("Locked after too many tries. Wait or ask a line leader."))
    return str(gettext("Name or password is wrong."))
