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
        if stalled.queue.qsize() > QUEUE_MAX:
            stalled.close(wait=False, abort=True)
            closed += 1
    return closed
