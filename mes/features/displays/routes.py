"""Wall displays over REST, and the address by which a screen becomes one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, make_response, redirect, request
from pydantic import BaseModel, ConfigDict

from mes.features.commands.schemas import Short
from mes.features.displays import service
from mes.features.displays.queries import DisplayRow, displays
from mes.web.displays import COOKIE, COOKIE_S, keep_for
from mes.web.limits import limiter, sign_in_limit
from mes.web.roles import ActorKind, Role, Scope, actor, require
from mes.web.sessions import actor_by_token, invalid_token, set_key_cookie
from mes.web.wiring import database, reading, transaction

bp = APIBlueprint("displays", __name__, url_prefix="/api/v1", tag="Displays")
pages = APIBlueprint("display_pages", __name__, enable_openapi=False)

LIVE = "mes_live"


class DisplayIn(BaseModel):
    """A new display."""

    model_config = ConfigDict(extra="forbid")

    label: Short


@bp.get("/displays")
@bp.doc(summary="Wall displays with their use")
@require(Role.ADMINISTRATOR, tokens=False)
def list_displays() -> dict[str, Any]:
    """Displays, those in use first; instants are real time, UTC microseconds."""
    return {"items": [row.to_json() for row in present_displays()], "next": None}


@bp.post("/displays")
@bp.input(DisplayIn)
@bp.doc(summary="Make a wall display; its address is shown once")
@require(Role.ADMINISTRATOR, tokens=False)
def make(json_data: DisplayIn) -> tuple[dict[str, Any], int]:
    """Make a display."""
    with transaction() as held:
        made = service.make_display(held, actor().to_json(), label=json_data.label)
    return {"id": made.id, "label": json_data.label, "address": f"/display/{made.token}"}, 201


@bp.post("/displays/<int:number>/revoke")
@bp.doc(summary="Take the rights of a wall display away")
@require(Role.ADMINISTRATOR, tokens=False)
def revoke(number: int) -> dict[str, Any]:
    """Revoke a display; a wall that is open is closed within seconds."""
    with transaction() as held:
        service.revoke_display(held, actor().to_json(), number)
    return {"id": number}


@pages.get("/display/<token>")
@limiter.limit(sign_in_limit)
def open_display(token: str) -> Response:
    """Make the asking browser a display and show the wall, with the arguments of the address."""
    known = actor_by_token(database(), token)
    if known.scope is not Scope.DISPLAY:
        raise invalid_token()
    query = request.query_string.decode("ascii", "replace")
    response = make_response(redirect(f"/?{query}" if query else "/", 303))
    set_key_cookie(response, COOKIE, token, max_age_s=COOKIE_S)
    keep_for(response)
    return response


def present_displays() -> list[DisplayRow]:
    """The displays with the number of their open live connections."""
    clients = current_app.extensions[LIVE].hub.clients.actors().values()
    open_by_id = Counter(one.id for one in clients if one.kind is ActorKind.TOKEN)
    with reading() as session:
        return displays(session, open_by_id)
