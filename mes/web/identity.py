"""Finding out who sends a request: token, session cookie, terminal cookie. Real time."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.models import (
    Account,
    ApiToken,
    Edge,
    Equipment,
    Person,
    RoleGrant,
    Terminal,
    UserSession,
)
from mes.web.roles import Actor, ActorKind, Role, Scope
from mes.web.secrets import hash_key

OFFICE_IDLE_US = 30 * 60 * 1_000_000
"""An account's session ends after this long without a request or an open live page."""
TERMINAL_IDLE_US = 10 * 60 * 1_000_000
"""A person's session at a terminal ends after this long without hands, unless the site of the plant
file says another `terminal_idle_min`; the session keeps what held when it began."""
IDLE = "idle_us"
"""Key in the data of a session: its own idle time, microseconds."""
ROLE_NAMES = frozenset(role.value for role in Role)
SHOP_FLOOR = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY, Role.MAINTENANCE})
"""Roles that a person keeps at a terminal; the rest needs a sign-in with password."""


def actor_of_token(session: Session, token: str, now_us: int) -> Actor | None:
    """Who a bearer token belongs to; None when it is unknown, revoked or expired."""
    found = session.execute(
        select(ApiToken, Edge.code)
        .outerjoin(Edge, Edge.id == ApiToken.edge_id)
        .where(ApiToken.token_hash == hash_key(token))
    ).first()
    if found is None:
        return None
    row, edge = found
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now_us):
        return None
    return Actor(
        kind=ActorKind.TOKEN, id=row.id, label=row.label, scope=Scope(row.scope), edge=edge
    )


def actor_of_session(
    session: Session, key: str, now_us: int, *, terminal_key: str | None = None
) -> tuple[UserSession, Actor] | None:
    """Who a session cookie belongs to; None when the session is unknown, ended or expired.

    A session that began at a terminal holds only together with that terminal's own key.
    """
    found = session.execute(
        select(UserSession, Account, Person, Terminal, Equipment.code)
        .outerjoin(Account, Account.id == UserSession.account_id)
        .outerjoin(
            Person,
            (Person.id == UserSession.person_id) | (Person.id == Account.person_id),
        )
        .outerjoin(Terminal, Terminal.id == UserSession.terminal_id)
        .outerjoin(Equipment, Equipment.id == Terminal.equipment_id)
        .where(UserSession.key_hash == hash_key(key))
    ).first()
    if found is None:
        return None
    row, place = found[0], found[4]
    account: Account | None = found[1]
    person: Person | None = found[2]
    terminal: Terminal | None = found[3]
    if not is_alive(row, now_us):
        return None
    if account is not None:
        if account.disabled_at is not None:
            return None
        roles = roles_of(session, account_id=account.id, person_id=account.person_id)
        kind, number, label = ActorKind.ACCOUNT, account.id, account.login
    else:
        if person is None or person.retired_at is not None or not _is_at(terminal, terminal_key):
            return None
        roles = roles_of(session, person_id=person.id) & SHOP_FLOOR
        kind, number, label = ActorKind.PERSON, person.id, person.name
    actor = Actor(
        kind=kind,
        id=number,
        label=label,
        person=person.badge_no if person is not None else None,
        terminal=terminal.code if terminal is not None else None,
        work_unit=place,
        roles=roles,
        session_id=row.id,
    )
    return row, actor


def actor_of_entry(session: Session, session_id: int, terminal: Actor, now_us: int) -> Actor | None:
    """Who typed an entry at this terminal, by the session in which it was typed.

    The session need not live any more: `Actor.life` says when it did, and whoever books the entry
    compares that with the time of the entry. None: no such session of a person at this terminal.
    """
    found = session.execute(
        select(UserSession, Person)
        .join(Person, Person.id == UserSession.person_id)
        .where(
            UserSession.id == session_id,
            UserSession.terminal_id == terminal.id,
            Person.retired_at.is_(None),
        )
    ).first()
    if found is None:
        return None
    row, person = found
    end = min(now_us, row.expires_at if row.ended_at is None else row.ended_at)
    return Actor(
        kind=ActorKind.PERSON,
        id=person.id,
        label=person.name,
        person=person.badge_no,
        terminal=terminal.terminal,
        work_unit=terminal.work_unit,
        roles=roles_of(session, person_id=person.id) & SHOP_FLOOR,
        session_id=row.id,
        life=(row.created_at, end),
    )


def actor_of_terminal(session: Session, key: str) -> Actor | None:
    """The enrolled terminal that holds this key; None when unknown or retired."""
    found = session.execute(
        select(Terminal, Equipment.code)
        .join(Equipment, Equipment.id == Terminal.equipment_id)
        .where(
            Terminal.key_hash == hash_key(key),
            Terminal.enrolled_at.is_not(None),
            Terminal.retired_at.is_(None),
        )
    ).first()
    if found is None:
        return None
    terminal, place = found
    return Actor(
        kind=ActorKind.TERMINAL,
        id=terminal.id,
        label=terminal.code,
        terminal=terminal.code,
        work_unit=place,
    )


def is_alive(row: UserSession, now_us: int) -> bool:
    """Whether a session is neither ended nor expired, absolutely or by idleness."""
    usual = OFFICE_IDLE_US if row.account_id is not None else TERMINAL_IDLE_US
    idle = int((row.data or {}).get(IDLE, usual))
    return row.ended_at is None and now_us < row.expires_at and now_us - row.seen_at < idle


def roles_of(
    session: Session, *, account_id: int | None = None, person_id: int | None = None
) -> frozenset[Role]:
    """Roles granted to an account, a person or both together."""
    conditions = [
        column == value
        for column, value in (
            (RoleGrant.account_id, account_id),
            (RoleGrant.person_id, person_id),
        )
        if value is not None
    ]
    roles: set[Role] = set()
    for condition in conditions:
        roles.update(_known(session.scalars(select(RoleGrant.role).where(condition))))
    return frozenset(roles)


def _known(names: Iterable[str]) -> Iterable[Role]:
    return (Role(name) for name in names if name in ROLE_NAMES)


def _is_at(terminal: Terminal | None, key: str | None) -> bool:
    if terminal is None:
        return True
    return (
        terminal.retired_at is None
        and key is not None
        and terminal.key_hash is not None
        and terminal.key_hash == hash_key(key)
    )
