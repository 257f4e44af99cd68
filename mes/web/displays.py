"""What the token of a wall display opens: the wall and what it reads, nothing else.

Such a token is held by a cookie of the display's browser. Wherever it opens nothing, its holder is
a stranger: pages lead to the sign-in, the API answers `unauthorized`.
"""

from __future__ import annotations

from flask import Request, Response
from prometheus_client import Counter

from mes.web.roles import SAFE_METHODS, Actor, Scope
from mes.web.static_files import PARTS

ENDPOINTS = frozenset({"screens.overview", "oee.get_states", PARTS, "screens.language"})
"""Besides the live tiles."""
COOKIE = "display"
COOKIE_S = 400 * 24 * 3600
"""Browsers keep no cookie longer than 400 days; it is given anew with every wall."""

READ = Counter("mes_display_requests", "Requests of wall displays that were answered")
REFUSED = Counter("mes_display_refused", "Requests of wall displays for anything but the wall")


def as_display_may(actor: Actor | None, asked: Request) -> Actor | None:
    """Who sends a request: a display only where it may read, else nobody."""
    if actor is None or actor.scope is not Scope.DISPLAY:
        return actor
    if asked.method in SAFE_METHODS and asked.endpoint in ENDPOINTS:
        READ.inc()
        return actor
    REFUSED.inc()
    return None


def is_display(actor: Actor | None) -> bool:
    """Whether a wall display asks."""
    return actor is not None and actor.scope is Scope.DISPLAY


def keep_for(response: Response) -> None:
    """Let nobody but the browser keep the answer, which gives a key."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
