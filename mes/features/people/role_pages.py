"""The page of roles: what each may do, who holds which, and changing that."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from apiflask import APIBlueprint
from flask import Response, current_app, make_response, redirect, render_template, request
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.people import role_changes, service
from mes.features.people.passwords import new_password
from mes.features.people.rights import Held, Level, rights
from mes.features.people.role_changes import ACCOUNT_ROLES, PERSON_ROLES
from mes.features.screens.report.words import _
from mes.web.once import made_now, made_once
from mes.web.pages import ROLE_NAMES
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading, transaction

pages = APIBlueprint("role_pages", __name__, enable_openapi=False)

PEOPLE_MAX = 500


@pages.get("/roles")
@require(Role.ADMINISTRATOR, tokens=False)
def roles_page() -> str:
    """The matrix and the holders of roles."""
    return _page()


@pages.post("/roles/accounts/<login>")
@require(Role.ADMINISTRATOR, tokens=False)
def account_form(login: str) -> Response:
    """Change the roles of an account."""
    change = role_changes.change_account_roles
    given, seen, who = _given("role"), _given("seen"), actor().to_json()
    return _done(f"account-{login}", lambda held: change(held, who, login, roles=given, seen=seen))


@pages.post("/roles/accounts")
@require(Role.ADMINISTRATOR, tokens=False)
def new_account_form() -> Response:
    """Make an account with a password that is shown once."""
    login, roles, who = request.form.get("login", "").strip()[:200], _given("role"), actor()

    def make(held: Session, password: str) -> None:
        if not set(roles) & set(ACCOUNT_ROLES):
            raise Refusal("role_needed", "choose at least one role", status=422, field="role")
        service.create_account(held, who.to_json(), login=login, password=password, roles=roles)

    return _made("new", login, make)


@pages.post("/roles/accounts/<login>/password")
@require(Role.ADMINISTRATOR, tokens=False)
def password_form(login: str) -> Response:
    """Give an account a new password, shown once; its sessions end."""
    who, seen = actor().to_json(), request.form.get("seen")

    def renew(held: Session, fresh: str) -> None:
        if seen is not None:
            service.refuse_other_password(held, login, seen)
        service.set_password(held, who, login, fresh)

    return _made(f"account-{login}", login, renew)


@pages.post("/roles/accounts/<login>/end")
@require(Role.ADMINISTRATOR, tokens=False)
def end_form(login: str) -> Response:
    """Let nobody in with an account any more."""
    who = actor().to_json()
    return _done(f"account-{login}", lambda held: role_changes.end_account(held, who, login))


@pages.post("/roles/people/<badge>")
@require(Role.ADMINISTRATOR, tokens=False)
def person_form(badge: str) -> Response:
    """Change the roles of somebody of the floor."""
    change = role_changes.change_person_roles
    given, seen, who = _given("role"), _given("seen"), actor().to_json()
    return _done(f"person-{badge}", lambda held: change(held, who, badge, roles=given, seen=seen))


def _given(name: str) -> tuple[Role, ...]:
    """The roles that a form names."""
    sent = request.form.getlist(name)
    return tuple(role for role in Role if role.value in sent)


def _done(at: str, do: Callable[[Session], None]) -> Response:
    try:
        with transaction() as held:
            do(held)
    except Refusal as refusal:
        return make_response(_page(at, refusal), refusal.status)
    return make_response(redirect("/roles?saved=1#holders", 303))


def _made(at: str, login: str, make: Callable[[Session, str], None]) -> Response:
    """Do something that gives an account a password; it is shown once."""

    def done() -> dict[str, object]:
        password = new_password()
        with transaction() as held:
            make(held, password)
        return {"login": login, "password": password}

    try:
        return make_response(made_once("/roles", done))
    except Refusal as refusal:
        return make_response(_page(at, refusal), refusal.status)


def _page(at: str = "", problem: Refusal | None = None) -> str:
    with reading() as session:
        accounts = role_changes.account_holders(session)
        people = role_changes.person_holders(session, PEOPLE_MAX)
    return render_template(
        "roles.html",
        areas=rights(current_app),
        area_names=_area_names(),
        roles=[(role, ROLE_NAMES[role]) for role in Role],
        levels=_level_words(),
        some=Held.SOME,
        none=Held.NONE,
        groups=(
            ("account", _("Accounts"), "/roles/accounts/", accounts, ACCOUNT_ROLES),
            ("person", _("People of the floor"), "/roles/people/", people, PERSON_ROLES),
        ),
        role_name=lambda role: ROLE_NAMES[role],
        at=at,
        chosen=request.form.getlist("role") if problem is not None else [],
        problem=problem,
        problem_text="" if problem is None else _text(problem),
        shown=made_now() if problem is None else None,
        command_id=str(uuid4()),
        typed_login=request.form.get("login", "") if at == "new" else "",
        account_roles=ACCOUNT_ROLES,
        was_saved=problem is None and "saved" in request.args,
    )


def _text(problem: Refusal) -> str:
    return {
        "role_needed": _("Choose at least one role."),
        "roles_changed": _(
            "Somebody changed these roles meanwhile. Nothing was saved: what you chose is still"
            " marked. Save again if it shall be so."
        ),
        "last_administrator": _(
            "This is the last administrator who may sign in. Give somebody else the role first."
        ),
        "password_changed": _(
            "Somebody gave this account a new password meanwhile. Ask them, or press again for"
            " another one."
        ),
        "login_taken": _("There is already an account of this name. Choose another."),
        "login_invalid": _("A sign-in name is 2 to 63 letters, digits, '.', '_', '@' and '-'."),
        "account_unknown": _("There is no such account."),
        "person_unknown": _("There is nobody with this badge."),
    }.get(problem.code, problem.message)


def _level_words() -> dict[Level, str]:
    return {
        Level.VIEW: _("View"),
        Level.ENTER: _("Enter"),
        Level.CORRECT: _("Correct"),
        Level.CONFIGURE: _("Configure"),
    }


def _area_names() -> dict[str, str]:
    return {
        "floor": _("Production: jobs, pieces, stops"),
        "calls": _("Calls"),
        "quality": _("Quality"),
        "instructions": _("Work instructions"),
        "handover": _("Handover"),
        "labels": _("Labels"),
        "orders": _("Work orders"),
        "reports": _("Overview and reports"),
        "checks": _("Data checks"),
        "publishing": _("Sign-off of shifts"),
        "masters": _("Master data"),
        "calendars": _("Shifts"),
        "sources": _("Sources and plant file"),
        "writes": _("Writes to machines"),
        "people": _("People, terminals, roles"),
        "displays": _("Displays"),
        "audit": _("Audit log"),
        "other": _("Other"),
    }
