"""The page on which an administrator makes and revokes wall displays."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import Response, make_response, redirect, render_template, request

from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.features.displays import service
from mes.features.displays.routes import pages, present_displays
from mes.features.people.site import zone as plant_zone
from mes.web.once import made_now, made_once
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading, transaction

__all__ = ["pages"]

FIELD_MAX = 80
ORDERS = ("plant", "worst")


@pages.get("/displays")
@require(Role.ADMINISTRATOR, tokens=False)
def displays_page() -> str:
    """Displays with their last use, and the form for a new one."""
    made = made_now() or {}
    return _page(made=made.get("label", ""), address=made.get("address", ""))


@pages.post("/displays")
@require(Role.ADMINISTRATOR, tokens=False)
def make_form() -> Response:
    """Make a display; the page shows its address, this once."""
    label = request.form.get("label", "").strip()[:FIELD_MAX]
    order = request.form.get("order", "")

    def make() -> dict[str, str]:
        with transaction() as held:
            made = service.make_display(held, actor().to_json(), label=label)
        query = urlencode({"order": order}) if order in ORDERS and order != ORDERS[0] else ""
        address = f"{request.host_url}display/{made.token}" + (f"?{query}" if query else "")
        return {"label": label, "address": address}

    try:
        return make_response(made_once("/displays", make))
    except Refusal as refusal:
        return make_response(_page(problem=refusal), refusal.status)


@pages.post("/displays/<int:number>/revoke")
@require(Role.ADMINISTRATOR, tokens=False)
def revoke_form(number: int) -> Response:
    """Take the rights of a display away."""
    with transaction() as held:
        service.revoke_display(held, actor().to_json(), number)
    return make_response(redirect("/displays", 303))


def _page(*, made: str = "", address: str = "", problem: Refusal | None = None) -> str:
    with reading() as held:
        zone = ZoneInfo(plant_zone(held))
    return render_template(
        "displays.html",
        rows=present_displays(),
        made=made,
        address=address,
        command_id=str(uuid4()),
        typed=request.form if problem is not None else {},
        problem=problem,
        at=lambda us: _clock(us, zone),
    )


def _clock(us: int | None, zone: ZoneInfo) -> str:
    """Real time as the plant's clock shows it."""
    return "–" if us is None else f"{datetime.fromtimestamp(us / US_PER_S, zone):%m-%d %H:%M}"
