"""Answers that begin or end a session."""

from __future__ import annotations

from typing import Any

from flask import Response

from mes.features.people.sign_in import Entered
from mes.web.roles import maybe_actor
from mes.web.sessions import end_session, set_key_cookie
from mes.web.wiring import transaction


def who_json(name: str, badge_no: str | None) -> dict[str, Any]:
    """A person as the API names one."""
    return {"person": {"name": name, "badge_no": badge_no}}


def with_session(response: Response, entered: Entered) -> Response:
    """The answer with the cookie of a session that began."""
    set_key_cookie(response, "session", entered.key, max_age_s=None)
    return response


def end_present_session() -> None:
    """End the session of whoever sent the present request."""
    who = maybe_actor()
    if who is not None and who.session_id is not None:
        with transaction() as held:
            end_session(held, who.session_id)
