"""Which open sockets must be closed: their session or token ended, or they do not read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from mes.db import Database
from mes.models import Account, ApiToken, Terminal, UserSession
from mes.web.identity import is_alive
from mes.web.roles import Actor, ActorKind
from mes.web.sessions import SEEN_EVERY_US, touch_sessions

QUEUE_MAX = 300
"""Most messages that wait for one socket; a browser that stopped reading is closed beyond it."""

SILENT_S = 5.0
"""A connection joins the namespace within this time or is closed."""


def actors_that_ended(database: Database, actors: Mapping[str, Actor], now_us: int) -> list[str]:
    """Ids of the sockets whose session, account, token or terminal is over.

    An open page of an account keeps its session from becoming idle; a terminal's does not.
    """
    if not actors:
        return []
    sessions = {a.session_id for a in actors.values() if a.session_id is not None}
    tokens = {a.id for a in actors.values() if a.kind is ActorKind.TOKEN}
    terminals = {a.id for a in actors.values() if a.kind is ActorKind.TERMINAL}
    with database.reading() as session:
        rows = session.execute(
            select(UserSession, Account.disabled_at)
            .outerjoin(Account, Account.id == UserSession.account_id)
            .where(UserSession.id.in_(sessions))
        ).all()
        good_tokens = {
            row.id
            for row in session.scalars(select(ApiToken).where(ApiToken.id.in_(tokens)))
            if row.revoked_at is None and (row.expires_at is None or row.expires_at > now_us)
        }
        good_terminals = set(
            session.scalars(
                select(Terminal.id).where(Terminal.id.in_(terminals), Terminal.retired_at.is_(None))
            )
        )
    alive = {row.id: row for row, disabled in rows if disabled is None and is_alive(row, now_us)}
    idle = [
        row.id
        for row in alive.values()
        if row.account_id is not None and now_us - row.seen_at > SEEN_EVERY_US
    ]
    if idle:
        touch_sessions(database, idle, now_us)
    return [
        sid
        for sid, actor in actors.items()
        if not _holds(actor, set(alive), good_tokens, good_terminals)
    ]


def _holds(actor: Actor, sessions: set[int], tokens: set[int], terminals: set[int]) -> bool:
    if actor.kind is ActorKind.TOKEN:
        return actor.id in tokens
    if actor.kind is ActorKind.TERMINAL:
        return actor.id in terminals
    return actor.session_id in sessions


def close_stalled(sockets: Any) -> int:
    """Close the sockets whose queue of unsent messages is too long; returns how many."""
    closed = 0
    for stalled in list(sockets.server.eio.sockets.values()):
        if not stalled.closed and stalled.queue.qsize() > QUEUE_MAX:
            stalled.close(wait=False, abort=True)
            closed += 1
    return closed


class Silent:
    """Connections that never say which namespace they want; each would hold a thread for ever."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._since: dict[str, float] = {}

    def close(self, sockets: Any, now_s: float) -> int:
        """Close those that have been silent for `SILENT_S`; returns how many.

        Args:
            now_s: seconds of the monotonic clock.
        """
        server = sockets.server
        silent = {
            eio_sid: transport
            for eio_sid, transport in list(server.eio.sockets.items())
            if not (transport.closing or transport.closed)
            and server.manager.sid_from_eio_sid(eio_sid, self._namespace) is None
        }
        self._since = {eio_sid: self._since.get(eio_sid, now_s) for eio_sid in silent}
        overdue = [sid for sid, since in self._since.items() if now_s - since >= SILENT_S]
        for eio_sid in overdue:
            silent[eio_sid].close(wait=False)
        return len(overdue)
