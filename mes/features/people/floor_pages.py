"""Pages of who leads the floor: terminals with one-time codes, people with badges and PINs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import segno
from flask import Response, make_response, redirect, render_template, request
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.features.people import places, queries, service, site, terminals
from mes.features.people.blueprints import ENROLLERS, LEADERS, pages
from mes.features.people.passwords import new_pin
from mes.features.screens.language import name_of, select_language
from mes.web.limits import limiter, sign_in_limit
from mes.web.once import done_once, made_now, made_once
from mes.web.pages import ROLE_NAMES
from mes.web.roles import Role, actor, maybe_actor, require, unauthorized
from mes.web.sessions import TERMINAL_COOKIE_S, present_terminal, set_key_cookie
from mes.web.wiring import reading, transaction

GRANTED = (Role.OPERATOR, Role.QUALITY, Role.MAINTENANCE)
"""What a supervisor may make somebody of the floor."""
FIELD_MAX = 80


@pages.get("/enrol")
def code_page() -> str:
    """Where a tablet gives its one-time code: typed, scanned, or brought by the QR's address."""
    return render_template("enrol-code.html", code=request.args.get("code", "")[:FIELD_MAX])


@pages.post("/enrol")
@limiter.limit(sign_in_limit)
def code_form() -> Response:
    """Make the asking browser a terminal and open it."""
    code = _field("code")
    try:
        with transaction() as held:
            _, key = terminals.accept_terminal(held, code)
    except Refusal as refusal:
        problem = gettext("The code is wrong, used or older than 15 minutes. Ask for a new one.")
        page = render_template("enrol-code.html", code=code, problem=problem, why=refusal.code)
        return make_response(page, refusal.status)
    return _enrolled("/terminal", key)


@pages.get("/terminal/<work_unit>/enrol")
@require(*ENROLLERS, tokens=False)
def enrol_page(work_unit: str) -> str:
    """One button that makes this browser the terminal of a work unit."""
    with reading() as held:
        names = {place.code: place.names for place in places.places_of_terminals(held)}
    name = name_of(names.get(work_unit), select_language(), work_unit)
    return render_template("enrol.html", work_unit=work_unit, name=name, command_id=str(uuid4()))


@pages.post("/terminal/<work_unit>/enrol")
@require(*ENROLLERS, tokens=False)
def enrol_form(work_unit: str) -> Response:
    """Make this browser the terminal of a work unit and open it."""

    def enrol() -> dict[str, object]:
        with transaction() as held:
            _, key = terminals.enrol_terminal(held, actor().to_json(), equipment=work_unit)
        return {"key": key}

    return _enrolled(f"/terminal/{work_unit}", str(done_once(enrol)["key"]))


@pages.get("/terminal")
def own_terminal() -> Response:
    """The page of this terminal: its machine, or the machines of its line to choose from.

    Who is signed in at a browser that is no terminal chooses among all machines.
    """
    terminal = present_terminal()
    place = None if terminal is None else terminal.work_unit
    if place is None and maybe_actor() is None:
        raise unauthorized("this browser is no terminal yet; open /enrol")
    with reading() as held:
        if place is None:
            units = [one for one in places.places_of_terminals(held) if not one.is_line]
        else:
            units = places.machines_at(held, place)
    if place is not None and len(units) == 1:
        return _go(f"/terminal/{units[0].code}")
    page = render_template("terminal-choice.html", units=units, enrolled=place is not None)
    return make_response(page)


@pages.get("/terminals")
@require(*ENROLLERS, tokens=False)
def terminals_page() -> str:
    """Terminals with last seen and revocation, and the form for a one-time code."""
    offer = made_now()
    return _terminals(offer=None if offer is None else terminals.Offer(**offer))


@pages.post("/terminals")
@require(*ENROLLERS, tokens=False)
def offer_form() -> Response:
    """Make a one-time code; the page shows it with its QR."""

    def offer() -> dict[str, object]:
        with transaction() as held:
            return asdict(
                terminals.offer_terminal(held, actor().to_json(), equipment=_field("place"))
            )

    try:
        return make_response(made_once("/terminals", offer))
    except Refusal as refusal:
        return make_response(_terminals(problem=refusal), refusal.status)


@pages.post("/terminals/<code>/retire")
@require(*ENROLLERS, tokens=False)
def retire_form(code: str) -> Response:
    """Take the rights of a terminal away."""
    with transaction() as held:
        terminals.retire_terminal(held, actor().to_json(), code)
    return _go("/terminals")


@pages.get("/people")
@require(*LEADERS, tokens=False)
def people_page() -> str:
    """People of the floor with badge, roles and PIN; a new PIN, right after it was made."""
    return _people(shown=made_now())


@pages.post("/people")
@require(*LEADERS, tokens=False)
def add_form() -> Response:
    """Make a person with a PIN, shown once."""
    name, badge = _field("name"), _field("badge")
    roles = [role for role in GRANTED if role.value in request.form.getlist("role")]

    def add(session: Session) -> str:
        if not roles:
            raise Refusal("role_needed", "choose at least one role", status=422, field="role")
        pin = new_pin(badge)
        service.create_person(
            session, actor().to_json(), name=name, badge_no=badge, pin=pin, roles=roles
        )
        return pin

    return _done(name, add, {"name": name, "badge": badge, "roles": [role.value for role in roles]})


@pages.post("/people/<badge>/pin")
@require(*LEADERS, tokens=False)
def pin_form(badge: str) -> Response:
    """Give a person a new PIN, shown once; lifts a lock."""

    seen = request.form.get("seen")

    def renew(session: Session) -> str:
        if seen is not None:
            service.refuse_other_pin(session, badge, seen)
        pin = new_pin(badge)
        service.set_pin(session, actor().to_json(), badge, pin)
        return pin

    return _done(badge, renew, {})


@pages.post("/people/<badge>/badge")
@require(*LEADERS, tokens=False)
def badge_form(badge: str) -> Response:
    """Give a person another badge."""
    fresh = _field("badge")

    def change(session: Session) -> None:
        service.set_badge(session, actor().to_json(), badge, fresh)

    return _done(fresh, change, {"of": badge, "fresh": fresh})


@pages.post("/people/<badge>/retire")
@require(*LEADERS, tokens=False)
def leave_form(badge: str) -> Response:
    """Let a person sign in nowhere any more."""
    return _done(
        badge, lambda session: service.retire_person(session, actor().to_json(), badge), {}
    )


def _done(whose: str, do: Callable[[Session], str | None], typed: dict[str, object]) -> Response:
    """Do something about a person; a new PIN is shown once, a refusal beside what was typed."""

    def done() -> dict[str, object]:
        with transaction() as held:
            return {"whose": whose, "pin": do(held)}

    try:
        return make_response(made_once("/people", done))
    except Refusal as refusal:
        return make_response(_people(problem=refusal, typed=typed), refusal.status)


def _terminals(*, offer: terminals.Offer | None = None, problem: Refusal | None = None) -> str:
    with reading() as held:
        rows, where = queries.terminals(held), places.places_of_terminals(held)
        zone = ZoneInfo(site.zone(held))
    address = "" if offer is None else f"{request.host_url}enrol?code={offer.code}"
    return render_template(
        "terminals.html",
        rows=rows,
        places=where,
        offer=offer,
        command_id=str(uuid4()),
        address=address,
        qr=qr_image(address) if address else "",
        problem=problem,
        at=lambda instant: _clock(instant, zone),
    )


def _people(
    *,
    shown: Mapping[str, object] | None = None,
    problem: Refusal | None = None,
    typed: dict[str, object] | None = None,
) -> str:
    with reading() as held:
        rows, zone = queries.floor(held), ZoneInfo(site.zone(held))
    return render_template(
        "people.html",
        rows=rows,
        shown=shown if shown and shown["pin"] else None,
        command_id=str(uuid4()),
        problem=problem,
        typed=typed or {},
        granted=[(role.value, ROLE_NAMES[role]) for role in GRANTED],
        role_name=lambda code: ROLE_NAMES.get(code, code),
        at=lambda instant: _clock(instant, zone),
    )


def qr_image(text: str) -> Markup:
    """The QR as an image of the page; black on white in every theme."""
    made = segno.make(text, error="m", micro=False)
    return Markup(made.svg_inline(omitsize=True, border=3, light="#fff"))  # noqa: S704 - our own text


def _clock(instant: int | None, zone: ZoneInfo) -> str:
    """Real time as the plant's clock shows it; today without the day."""
    if instant is None:
        return "–"
    at = datetime.fromtimestamp(instant / 1_000_000, zone)
    today = datetime.fromtimestamp(real_now_us() / 1_000_000, zone).date()
    return f"{at:%H:%M}" if at.date() == today else f"{at:%Y-%m-%d %H:%M}"


def _enrolled(address: str, key: str) -> Response:
    response = _go(address)
    set_key_cookie(response, "terminal", key, max_age_s=TERMINAL_COOKIE_S)
    return response


def _go(address: str) -> Response:
    return make_response(redirect(address, 303))


def _field(name: str) -> str:
    return request.form.get(name, "").strip()[:FIELD_MAX]
