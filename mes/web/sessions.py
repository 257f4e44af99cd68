"""Sessions of browsers: a random key in a cookie, its hash in the table `session`. Real time.

Flask's own signed cookie holds nothing but the CSRF seed. Under TLS all cookies carry the prefix
`__Host-` and are Secure.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, replace

from flask import Flask, Request, Response, g, request
from flask_login import LoginManager, UserMixin
from sqlalchemy import Update, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.db import Database
from mes.models import ApiToken, Terminal, UserSession
from mes.settings import Settings
from mes.web.displays import COOKIE as DISPLAY_COOKIE
from mes.web.displays import as_display_may
from mes.web.identity import (
    IDLE,
    actor_of_entry,
    actor_of_session,
    actor_of_terminal,
    actor_of_token,
    is_alive,
)
from mes.web.roles import SAFE_METHODS, Actor, ActorKind, Scope
from mes.web.secrets import hash_key, new_key
from mes.web.wiring import database, settings

OFFICE_LIFE_US = 12 * 3600 * 1_000_000
"""Longest life of a session, used or not."""
TERMINAL_COOKIE_S = 400 * 24 * 3600
"""Browsers keep no cookie longer than 400 days."""
SEEN_EVERY_US = 60 * 1_000_000
"""`seen_at` and `last_used_at` are written at most this often."""
TOKEN_MAX = 200
TYPED_IN = "X-Typed-In"
"""Header with the number of the session in which an entry was typed at a terminal; such an entry
may arrive when that session has ended."""
ENTRIES = frozenset({"quantities", "downtime", "execution", "calls"})
"""Blueprints whose unsafe requests are entries: commands that say when they happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A session that began; the key is kept nowhere."""

    key: str
    session_id: int


class SignedIn(UserMixin):  # type: ignore[misc]  # flask_login ships no types
    """What Flask-Login calls the current user."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.id = f"{actor.kind.value}:{actor.id}"


def uses_tls(settings: Settings) -> bool:
    """Whether browsers reach this server by TLS."""
    return settings.tls_certificate is not None or settings.tls_proxy


def cookie_name(name: str, settings: Settings) -> str:
    """The name of one of our cookies: with the host prefix under TLS."""
    return f"__Host-{name}" if uses_tls(settings) else f"mes-{name}"


def init_sessions(app: Flask, settings: Settings) -> None:
    """Identify every request before its route runs, and configure Flask's signed cookie."""
    app.config.update(
        SESSION_COOKIE_NAME=cookie_name("form", settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=uses_tls(settings),
        SESSION_COOKIE_PATH="/",
    )
    manager = LoginManager()
    manager.init_app(app)
    manager.session_protection = None
    manager.request_loader(_current_user)
    app.before_request(identify_request)


def identify_request() -> None:
    """Find out who sends the present request.

    Raises:
        Refusal: `invalid_token` (401) when an Authorization header is not a valid token.
    """
    found = _typist() or find_actor(request, database(), settings())
    g.mes_actor = as_display_may(found, request)


def _typist() -> Actor | None:
    """Who typed the entry that the present request brings from the outbox of a terminal."""
    number = request.headers.get(TYPED_IN, "")
    is_entry = request.method not in SAFE_METHODS and request.blueprint in ENTRIES
    if not is_entry or "Authorization" in request.headers or not re.fullmatch(r"\d{1,18}", number):
        return None
    terminal = present_terminal()
    if terminal is None:
        return None
    with database().reading() as session:
        return actor_of_entry(session, int(number), terminal, real_now_us())


def find_actor(asked: Request, held: Database, settings: Settings) -> Actor | None:
    """Who sends a request; an Authorization header counts alone, cookies are then ignored.

    Raises:
        Refusal: `invalid_token` (401).
    """
    header = asked.headers.get("Authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise invalid_token()
        return actor_by_token(held, token.strip())
    key = asked.cookies.get(cookie_name("session", settings))
    terminal_key = asked.cookies.get(cookie_name("terminal", settings))
    uses = asked.method not in SAFE_METHODS
    found = None
    if key or terminal_key:
        found = _actor_by_cookies(held, key, terminal_key, uses=uses)
    return found or _display(held, asked.cookies.get(cookie_name(DISPLAY_COOKIE, settings)))


def _display(held: Database, token: str | None) -> Actor | None:
    """The wall display whose browser holds this token; None: there is none, or it was revoked."""
    if not token:
        return None
    try:
        found = actor_by_token(held, token)
    except Refusal:
        return None
    return found if found.scope is Scope.DISPLAY else None


def actor_by_token(held: Database, token: str) -> Actor:
    """Who a token belongs to.

    Raises:
        Refusal: `invalid_token` (401).
    """
    if not token or len(token) > TOKEN_MAX:
        raise invalid_token()
    now = real_now_us()
    with held.reading() as session:
        found = actor_of_token(session, token, now)
    if found is None:
        raise invalid_token()
    used = update(ApiToken).where(ApiToken.id == found.id).values(last_used_at=now)
    _touch(held, f"token {found.id}", used, now)
    return found


def invalid_token() -> Refusal:
    """The token is not one of ours, was revoked or has expired."""
    return Refusal(
        "invalid_token",
        "the token is unknown, revoked or expired; make one with `mes token create`",
        status=401,
    )


def present_terminal() -> Actor | None:
    """The enrolled terminal that sends the present request, whoever is signed in at it."""
    key = request.cookies.get(cookie_name("terminal", settings()))
    if not key:
        return None
    with database().reading() as session:
        return actor_of_terminal(session, key[:TOKEN_MAX])


def begin_session(
    session: Session,
    *,
    account_id: int | None = None,
    person_id: int | None = None,
    terminal_id: int | None = None,
    idle_us: int | None = None,
) -> Begun:
    """Start a session in the table; `idle_us` None: the usual idle time of its kind."""
    key, now = new_key(), real_now_us()
    row = UserSession(
        key_hash=hash_key(key),
        account_id=account_id,
        person_id=person_id,
        terminal_id=terminal_id,
        created_at=now,
        seen_at=now,
        expires_at=now + OFFICE_LIFE_US,
        ended_at=None,
        data={} if idle_us is None else {IDLE: idle_us},
    )
    session.add(row)
    session.flush()
    return Begun(key=key, session_id=row.id)


def end_sessions_at(session: Session, terminal_id: int, person_id: int) -> None:
    """End the sessions of a person at a terminal."""
    session.execute(
        update(UserSession)
        .where(
            UserSession.terminal_id == terminal_id,
            UserSession.person_id == person_id,
            UserSession.ended_at.is_(None),
        )
        .values(ended_at=real_now_us())
    )


def end_session(session: Session, session_id: int) -> None:
    """End a session; its key opens nothing any more."""
    session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.ended_at.is_(None))
        .values(ended_at=real_now_us())
    )


def set_key_cookie(response: Response, name: str, key: str, *, max_age_s: int | None) -> None:
    """Put a key into one of our cookies; `max_age_s` None: until the browser is closed."""
    response.set_cookie(
        cookie_name(name, settings()),
        key,
        max_age=max_age_s,
        path="/",
        secure=uses_tls(settings()),
        httponly=True,
        samesite="Lax",
    )


def drop_key_cookie(response: Response, name: str) -> None:
    """Take one of our cookies away."""
    response.delete_cookie(
        cookie_name(name, settings()),
        path="/",
        secure=uses_tls(settings()),
        httponly=True,
        samesite="Lax",
    )


def _actor_by_cookies(
    held: Database, key: str | None, terminal_key: str | None, *, uses: bool
) -> Actor | None:
    """Who holds these keys.

    Args:
        uses: whether the request does something. A page at a terminal asks for news by itself,
            which must not keep the session of somebody who has gone.
    """
    now = real_now_us()
    with held.reading() as session:
        terminal = actor_of_terminal(session, terminal_key[:TOKEN_MAX]) if terminal_key else None
        found = (
            actor_of_session(session, key[:TOKEN_MAX], now, terminal_key=terminal_key)
            if key
            else None
        )
    if terminal is not None:
        seen = update(Terminal).where(Terminal.id == terminal.id).values(seen_at=now)
        _touch(held, terminal.label, seen, now)
    if found is None:
        return terminal
    row, actor = found
    at_terminal = actor.kind is ActorKind.PERSON
    if now - row.seen_at > SEEN_EVERY_US and (uses or not at_terminal):
        touch_sessions(held, _together(held, row) if at_terminal else [row.id], now)
    if terminal is not None and actor.kind is ActorKind.ACCOUNT:
        return replace(actor, terminal=terminal.terminal, work_unit=terminal.work_unit)
    return actor


def _together(held: Database, row: UserSession) -> list[int]:
    """Sessions that live while a terminal is used: of everybody who is signed in at it."""
    if row.terminal_id is None:
        return [row.id]
    now = real_now_us()
    with held.reading() as session:
        return [one.id for one in live_at_terminal(session, row.terminal_id, now)]


def live_at_terminal(session: Session, terminal_id: int, now_us: int) -> list[UserSession]:
    """Sessions of people at a terminal that live, last used first."""
    rows = session.scalars(
        select(UserSession)
        .where(
            UserSession.terminal_id == terminal_id,
            UserSession.person_id.is_not(None),
            UserSession.ended_at.is_(None),
            UserSession.expires_at > now_us,
        )
        .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
    )
    return [row for row in rows if is_alive(row, now_us)]


def touch_sessions(held: Database, ids: list[int], now_us: int) -> None:
    """Note that these sessions were used; skipped when the database is busy."""
    with contextlib.suppress(DBAPIError), held.transaction() as session:
        session.execute(
            update(UserSession)
            .where(UserSession.id.in_(ids), UserSession.ended_at.is_(None))
            .values(seen_at=now_us)
        )


_touched: dict[str, int] = {}
"""When a token or terminal was last noted as used, real time."""


def _touch(held: Database, whose: str, change: Update, now_us: int) -> None:
    """Note that something was used, about once a minute; skipped when the database is busy."""
    if now_us - _touched.get(whose, 0) < SEEN_EVERY_US:
        return
    _touched[whose] = now_us
    with contextlib.suppress(DBAPIError), held.transaction() as session:
        session.execute(change)


def _current_user(_request: Request) -> SignedIn | None:
    known: Actor | None = g.get("mes_actor")
    return None if known is None else SignedIn(known)
