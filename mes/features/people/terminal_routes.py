"""Terminals over REST: enrolling, who is signed in at one, changing hands, signing out."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, make_response, request

from mes.core.instants import US_PER_S, format_instant
from mes.core.refusal import Refusal
from mes.features.people import hands, queries, site, terminals
from mes.features.people.blueprints import ENROLLERS, people
from mes.features.people.responses import who_json, with_session
from mes.features.people.schemas import (
    EnrolIn,
    HandsIn,
    SignOutIn,
    TerminalIn,
    TerminalSignInIn,
)
from mes.features.people.sign_in import sign_in_person
from mes.web.limits import limiter, sign_in_limit
from mes.web.roles import Actor, ActorKind, actor, maybe_actor, require, unauthorized
from mes.web.sessions import (
    TERMINAL_COOKIE_S,
    drop_key_cookie,
    end_session,
    present_terminal,
    set_key_cookie,
)
from mes.web.wiring import database, reading, transaction


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


@people.get("/api/v1/terminals")
@require(*ENROLLERS)
def list_terminals() -> dict[str, Any]:
    """Terminals with their place, when each was last heard of, and who is signed in."""
    with reading() as held:
        found = queries.terminals(held)
    return {
        "items": [
            {
                "terminal": row.code,
                "place": row.place,
                "name": dict(row.names),
                "state": row.state.value,
                "code_expires_at": _text(row.code_expires_at),
                "enrolled_at": _text(row.enrolled_at),
                "seen_at": _text(row.seen_at),
                "people": list(row.people),
            }
            for row in found
        ],
        "next": None,
    }


@people.post("/api/v1/terminals")
@people.input(TerminalIn, arg_name="given")
@require(*ENROLLERS, tokens=False)
def offer_terminal(given: TerminalIn) -> tuple[dict[str, Any], int]:
    """Prepare a terminal; its browser enrols within 15 minutes with the one-time code."""
    with transaction() as held:
        offer = terminals.offer_terminal(held, actor().to_json(), equipment=given.work_unit)
    return {
        "terminal": offer.terminal,
        "code": offer.code,
        "code_expires_at": _text(offer.expires_at),
    }, 201


@people.delete("/api/v1/terminals/<code>")
@require(*ENROLLERS, tokens=False)
def retire_terminal(code: str) -> tuple[str, int]:
    """Take the rights of a terminal away."""
    with transaction() as held:
        terminals.retire_terminal(held, actor().to_json(), code)
    return "", 204


@people.post("/api/v1/terminal/enroll")
@people.input(EnrolIn, arg_name="given")
@limiter.limit(sign_in_limit)
def enrol(given: EnrolIn) -> Response:
    """Make the asking browser a terminal: by one-time code, or signed in as a supervisor."""
    if given.code is not None:
        with transaction() as held:
            terminal, key = terminals.accept_terminal(held, given.code)
    else:
        terminal, key = _enrol_here(given.work_unit)
    response = make_response(jsonify(terminal=terminal), 201)
    set_key_cookie(response, "terminal", key, max_age_s=TERMINAL_COOKIE_S)
    return response


@people.get("/api/v1/terminal/me")
@require()
def terminal_me() -> dict[str, Any]:
    """Who works at this terminal: `person` null when nobody is active; `people` all signed in."""
    return _me(actor())


@people.post("/api/v1/terminal/active")
@require()
def terminal_active() -> dict[str, Any]:
    """Somebody's hands are at this terminal: who is signed in at it stays so."""
    return _me(actor())


@people.post("/api/v1/terminal/sign-in")
@people.input(TerminalSignInIn, arg_name="given")
@limiter.limit(sign_in_limit)
def terminal_sign_in(given: TerminalSignInIn) -> Response:
    """Sign in at an enrolled terminal with badge or name and PIN; others stay signed in."""
    if (given.badge is None) == (given.name is None):
        raise Refusal("badge_or_name", "send either badge or name", status=422, field="badge")
    terminal = present_terminal()
    if terminal is None:
        raise Refusal(
            "terminal_not_enrolled",
            "a PIN counts only at an enrolled terminal: give the one-time code of a supervisor at "
            f"/enrol, or sign in as one and open /terminal/{given.work_unit or 'MACHINE'}/enrol",
            status=403,
        )
    entered = sign_in_person(
        database(), terminal, badge=given.badge, name=given.name, pin=given.pin
    )
    _end_session_of_an_account()
    return with_session(
        jsonify({**who_json(entered.name, entered.badge_no), "session": entered.session_id}),
        entered,
    )


@people.post("/api/v1/terminal/hands")
@people.input(HandsIn, arg_name="given")
@require()
def change_hands(given: HandsIn) -> Response:
    """Let another person who is signed in at this terminal be the active one."""
    terminal = present_terminal()
    if terminal is None:
        raise Refusal("terminal_not_enrolled", "this browser is no terminal", status=403)
    with transaction() as held:
        entered = hands.take_over(held, terminal, given.badge)
    return with_session(
        jsonify({**who_json(entered.name, entered.badge_no), "session": entered.session_id}),
        entered,
    )


@people.post("/api/v1/terminal/sign-out")
@people.input(SignOutIn, location="query", arg_name="given")
def terminal_sign_out(given: SignOutIn) -> Response:
    """End the session of the active person, of `badge`, or of everybody; it stays enrolled."""
    who, terminal = maybe_actor(), present_terminal()
    with transaction() as held:
        if terminal is not None and (given.badge is not None or given.everybody):
            hands.sign_out(held, terminal, given.badge)
        elif who is not None and who.session_id is not None:
            end_session(held, who.session_id)
    response = make_response("", 204)
    if who is None or given.everybody or given.badge in {None, who.person}:
        drop_key_cookie(response, "session")
    return response


def _me(who: Actor) -> dict[str, Any]:
    known = who.kind in {ActorKind.PERSON, ActorKind.ACCOUNT}
    terminal = present_terminal()
    with reading() as held:
        here = [] if terminal is None else hands.people_here(held, terminal)
        idle_us = site.terminal_idle_us(held)
    return {
        "person": who_json(who.label, who.person)["person"] if known else None,
        "session": who.session_id if who.kind is ActorKind.PERSON else None,
        "people": [{"name": one.name, "badge_no": one.badge_no} for one in here],
        "idle_s": idle_us // US_PER_S,
        "terminal": who.terminal,
        "work_unit": who.work_unit,
        "roles": sorted(who.roles),
    }


def _enrol_here(work_unit: str | None) -> tuple[str, str]:
    who = actor()
    if who.kind is not ActorKind.ACCOUNT or not who.has(*ENROLLERS):
        raise unauthorized("sign in as a supervisor or administrator, or send a one-time code")
    if work_unit is None:
        raise Refusal(
            "work_unit_needed", "say which work_unit it stands at", status=422, field="work_unit"
        )
    with transaction() as held:
        return terminals.enrol_terminal(held, who.to_json(), equipment=work_unit)


def _end_session_of_an_account() -> None:
    """Whoever signed in with a password here, to enrol it, leaves when an operator comes."""
    who = maybe_actor()
    if who is not None and who.kind is ActorKind.ACCOUNT and who.session_id is not None:
        with transaction() as held:
            end_session(held, who.session_id)


def _names() -> dict[str, Any]:
    with reading() as held:
        found = queries.names(held, request.args.get("work_unit"))
    return {
        "items": [
            {"id": p.id, "name": p.name, "badge_no": p.badge_no, "seen_at": _text(p.seen_at)}
            for p in found
        ],
        "next": None,
    }


def _text(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant)
