"""The page of calendars; its island reads and writes `/api/v1/calendars`."""

from __future__ import annotations

from flask import render_template

from mes.features.calendars.routes import EDITORS
from mes.features.screens.routes import screens
from mes.web.roles import Role, maybe_actor

__all__ = ["screens"]


@screens.get("/calendar")
def calendar() -> str:
    """Calendars by month; who may change them, and who may change what is over."""
    who = maybe_actor()
    return render_template(
        "calendar.html",
        can_edit=who is not None and who.has(*EDITORS),
        can_change_past=who is not None and who.has(Role.SUPERVISOR),
    )
