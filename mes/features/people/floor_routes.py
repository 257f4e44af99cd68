"""People of the floor over REST."""

from __future__ import annotations

from mes.features.people import service
from mes.features.people.blueprints import LEADERS, people
from mes.features.people.schemas import PinIn
from mes.web.roles import actor, require
from mes.web.wiring import transaction


@people.post("/api/v1/people/pin")
@people.input(PinIn, arg_name="given")
@require(*LEADERS, tokens=False)
def reset_pin(given: PinIn) -> tuple[str, int]:
    """Give a person a new PIN and lift a lock."""
    with transaction() as held:
        service.set_pin(held, actor().to_json(), given.badge, given.pin)
    return "", 204
