"""The first account, and the guide that leads from an empty database to the first part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, session
from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.first_run import machines, service, views
from mes.features.first_run.account import check_code, make_first_account
from mes.features.first_run.forms import (
    field,
    form_id,
    names,
    once,
    problem_text,
    wrong_field,
)
from mes.features.first_run.progress import (
    STEPS,
    Progress,
    Step,
    has_plant,
    read_progress,
    read_reminder,
)
from mes.features.first_run.service import NewItem, Site
from mes.features.people.passwords import check_password, verify
from mes.features.people.responses import with_session
from mes.features.people.service import create_person
from mes.features.people.sign_in import sign_in_account
from mes.features.people.terminals import Offer, offer_terminal
from mes.models import Credential, Person
from mes.web.limits import limiter, sign_in_limit
from mes.web.pages import setup_is_open
from mes.web.roles import ActorKind, Role, actor, check, maybe_actor, require
from mes.web.setup_code import forget_setup_code
from mes.web.wiring import database, reading, settings, transaction

pages = APIBlueprint("first_run", __name__, url_prefix="/welcome", enable_openapi=False)

SECRET_MAX = 200
ADMINISTRATORS = (Role.ADMINISTRATOR,)


@pages.get("")
def welcome() -> Response:
    """The form of the first account; for who is signed in, the step where the guide goes on."""
    who = maybe_actor()
    if who is None:
        if not setup_is_open(settings().data_dir):
            return _go("/sign-in?next=/welcome")
        return make_response(_account_page(code=request.args.get("code", "")[:80]))
    check(who, ADMINISTRATORS, method=request.method, tokens=False)
    with reading() as held:
        step = read_progress(held).next_step
    return _go(f"/welcome/{step}")


@pages.post("")
@limiter.limit(sign_in_limit)
def account_form() -> Response:
    """Make the first account and sign it in."""
    data = settings().data_dir
    login, password = field("login"), request.form.get("password", "")[: SECRET_MAX + 1]
    try:
        check_code(data, field("code"))
        check_password(password, login or "-")
        if password != request.form.get("again", "")[: SECRET_MAX + 1]:
            raise Refusal("entries_differ", "the two entries differ", status=422, field="again")
        with transaction() as held:
            make_first_account(held, login=login, password=password)
    except Refusal as refusal:
        page = _account_page(code=field("code"), login=login, problem=refusal)
        return make_response(page, refusal.status)
    forget_setup_code(data)
    session.clear()
    return with_session(_go("/welcome"), sign_in_account(database(), login, password))


@pages.get("/<any(plant, trade, machines, items, devices, people, part):step>")
@require(*ADMINISTRATORS, tokens=False)
def step_page(step: str) -> str:
    """One step of the guide."""
    return _page(Step(step))


@pages.post("/plant")
@require(*ADMINISTRATORS, tokens=False)
def plant_form() -> Response:
    """Save name, zone and begin of the day."""
    site = Site(names=names("name"), zone=field("zone"), day_starts=field("day_starts"))
    seen = None
    if "seen_zone" in request.form:
        zone, day_starts = field("seen_zone"), field("seen_day_starts")
        seen = Site(names=names("seen_name"), zone=zone, day_starts=day_starts)
    return _saved(
        Step.PLANT,
        lambda held, context: service.save_site(held, context.actor, context.now, site, seen),
        Step.TRADE,
    )


@pages.post("/trade")
@require(*ADMINISTRATORS, tokens=False)
def trade_form() -> Response:
    """Add what a trade brings."""
    chosen = {name: field(name) or None for name in ("trade", "shifts", "start")}
    return _saved(
        Step.TRADE,
        lambda held, context: service.apply_trade(held, context.actor, context.now, **chosen),
        Step.MACHINES,
    )


@pages.post("/machines")
@require(*ADMINISTRATORS, tokens=False)
def machines_form() -> Response:
    """Add machines of one kind."""
    count, limit = field("count"), field("limit")

    def add(held: Session, context: Context) -> None:
        new = machines.NewMachines(
            line=field("line"),
            line_names=names("line_name"),
            calendar=field("calendar"),
            names=names("machine"),
            count=int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 0,
            by_hand=field("way") != "device",
            minor_stop_limit_s=int(limit) if limit in views.LIMITS else 300,
        )
        machines.add_machines(held, context.actor, context.now, new)

    return _saved(Step.MACHINES, add, Step.MACHINES)


@pages.post("/machines/<code>")
@require(*ADMINISTRATORS, tokens=False)
def rename_form(code: str) -> Response:
    """Give a machine another name."""
    fresh, seen = names("machine"), names("seen")

    def rename(held: Session, context: Context) -> None:
        machines.rename_machine(held, context.actor, context.now, code, fresh, seen)

    return _saved(Step.MACHINES, rename, Step.MACHINES, at=code)


@pages.post("/items")
@require(*ADMINISTRATORS, tokens=False)
def items_form() -> Response:
    """Add an item with its cycle."""
    new = NewItem(
        code=field("item_code"),
        names=names("item"),
        unit=field("unit"),
        cycle_s=field("cycle_s"),
        pieces=field("pieces"),
        machines=request.form.getlist("machines")[: views.MACHINES_MAX],
    )
    return _saved(
        Step.ITEMS,
        lambda held, context: service.add_item(held, context.actor, context.now, new),
        Step.ITEMS,
    )


@pages.post("/devices")
@require(*ADMINISTRATORS, tokens=False)
def by_hand_form() -> Response:
    """Let people enter the state of machines without a device."""
    codes = request.form.getlist("machine")[: views.MACHINES_MAX]
    return _saved(
        Step.DEVICES,
        lambda held, context: machines.take_by_hand(held, context.actor, context.now, codes),
        Step.DEVICES,
    )


@pages.post("/people")
@require(*ADMINISTRATORS, tokens=False)
def person_form() -> Response:
    """Make an operator with the PIN of the form; the same form again finds them made."""
    name, badge, pin = field("name"), field("badge"), field("pin")
    roles = [Role.OPERATOR]
    try:
        with transaction() as held:
            if not _is_made(held, name, badge, pin):
                create_person(
                    held, actor().to_json(), name=name, badge_no=badge, pin=pin, roles=roles
                )
    except Refusal as refusal:
        return make_response(_page(Step.PEOPLE, problem=refusal), refusal.status)
    return make_response(_page(Step.PEOPLE, shown_pin={"whose": name, "pin": pin}))


@pages.post("/people/tablet")
@require(*ADMINISTRATORS, tokens=False)
def tablet_form() -> Response:
    """Make a one-time code for a tablet, shown once with its QR."""
    try:
        with transaction() as held:
            offer = offer_terminal(held, actor().to_json(), equipment=field("place"))
    except Refusal as refusal:
        return make_response(_page(Step.PEOPLE, problem=refusal, at="tablet"), refusal.status)
    return make_response(_page(Step.PEOPLE, offer=offer))


@pages.post("/part")
@require(*ADMINISTRATORS, tokens=False)
def order_form() -> Response:
    """Order the first pieces: a work order, released and dispatched."""

    def order(held: Session, context: Context) -> None:
        service.order_first_job(
            held,
            context,
            item=field("order_item"),
            quantity=field("quantity"),
            work_unit=field("work_unit"),
        )

    return _saved(Step.PART, order, Step.PART)


@pages.get("/now")
@require(*ADMINISTRATORS, tokens=False)
def now() -> dict[str, Any]:
    """What a step shows live: steps that are done, and texts by their name."""
    with reading() as held:
        progress = read_progress(held)
        return {
            "done": [step.value for step in STEPS if step in progress.done],
            "finished": progress.finished,
            "texts": views.live_texts(held, progress),
        }


@pages.post("/dismiss")
@require(*ADMINISTRATORS, tokens=False)
def dismiss_form() -> Response:
    """Remind nobody of the guide any more."""
    with transaction() as held:
        service.dismiss(held, actor().to_json())
    return _go("/")


@pages.before_app_request
def begin_with_an_empty_plant() -> Response | None:
    """An administrator who opens the overview of an empty plant is led to the guide."""
    if request.endpoint != "screens.overview" or not _is_administrator():
        return None
    with reading() as held:
        return None if has_plant(held) else _go("/welcome")


@pages.app_context_processor
def reminder() -> dict[str, Callable[[], Progress | None]]:
    """What every page can show of a guide that is not finished."""
    return {"first_run": _reminder, "first_run_steps": views.step_words}  # type: ignore[dict-item]


def _reminder() -> Progress | None:
    if request.blueprint == pages.name or not _is_administrator():
        return None
    with reading() as held:
        return read_reminder(held)


def _is_administrator() -> bool:
    who = maybe_actor()
    return who is not None and who.kind is ActorKind.ACCOUNT and Role.ADMINISTRATOR in who.roles


def _saved(
    step: Step, do: Callable[[Session, Context], object], after: Step, at: str = ""
) -> Response:
    """Do what a step asks and go on; a refusal stands beside what was typed.

    Args:
        at: which of the forms of the step was sent.
    """
    try:
        once(step.value, do)
    except Refusal as refusal:
        return make_response(_page(step, problem=refusal, at=at), refusal.status)
    return _go(f"/welcome/{after}")


def _page(
    step: Step,
    *,
    problem: Refusal | None = None,
    at: str = "",
    offer: Offer | None = None,
    shown_pin: dict[str, str] | None = None,
) -> str:
    with reading() as held:
        progress = read_progress(held)
        shown = views.view_of(held, step, progress)
    place = STEPS.index(step)
    return render_template(
        f"first-run/{step}.html",
        step=step.value,
        progress=progress,
        words=views.step_words(),
        before=STEPS[place - 1].value if place else None,
        after=STEPS[place + 1].value if place + 1 < len(STEPS) else None,
        form_id=form_id(),
        typed=request.form if problem is not None else {},
        at=at,
        problem=problem,
        problem_text="" if problem is None else problem_text(problem),
        wrong=wrong_field(problem),
        shown_pin=shown_pin,
        offer=None if offer is None else views.shown_offer(offer, request.host_url),
        **shown,
    )


def _account_page(*, code: str, login: str = "", problem: Refusal | None = None) -> str:
    return render_template(
        "first-run/account.html",
        code=code,
        login=login,
        problem=problem,
        problem_text="" if problem is None else problem_text(problem),
        wrong=wrong_field(problem),
    )


def _is_made(held: Session, name: str, badge: str, pin: str) -> bool:
    """Whether the form was sent before: who has the badge has the same name and PIN."""
    row = held.execute(
        select(Person.name, Credential.secret_hash)
        .join(Credential, Credential.person_id == Person.id)
        .where(Person.badge_no == badge)
    ).first()
    return row is not None and row.name == name and verify(row.secret_hash, pin)


def _go(address: str) -> Response:
    return make_response(redirect(address, 303))
