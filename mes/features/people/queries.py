"""Reading people, accounts, tokens and terminals."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.models import Account, ApiToken, Edge, Equipment, Person, RoleGrant, Terminal, UserSession

PEOPLE_MAX = 500
"""Most names offered at a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A person as a terminal offers it."""

    id: int
    name: str
    badge_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account with its roles, as the command line lists it."""

    login: str
    roles: tuple[str, ...]
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A person with their roles."""

    badge_no: str
    name: str
    roles: tuple[str, ...]
    retired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A token without its secret; instants are real time, None: never."""

    id: int
    scope: str
    label: str
    edge: str | None
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None


def names(session: Session, equipment: str | None = None) -> list[Name]:
    """People who may sign in at a terminal: those last seen at this place first."""
    seen = (
        select(UserSession.person_id, func.max(UserSession.seen_at).label("at"))
        .join(Terminal, Terminal.id == UserSession.terminal_id)
        .join(Equipment, Equipment.id == Terminal.equipment_id)
        .where(Equipment.code == equipment, UserSession.person_id.is_not(None))
        .group_by(UserSession.person_id)
        .subquery()
    )
    rows = session.execute(
        select(Person.id, Person.name, Person.badge_no)
        .outerjoin(seen, seen.c.person_id == Person.id)
        .where(Person.retired_at.is_(None))
        .order_by(func.coalesce(seen.c.at, 0).desc(), Person.name)
        .limit(PEOPLE_MAX)
    )
    return [Name(id=row.id, name=row.name, badge_no=row.badge_no) for row in rows]


def accounts(session: Session) -> list[AccountRow]:
    """All accounts by sign-in name."""
    granted = _granted(session, account=True)
    return [
        AccountRow(
            login=row.login,
            roles=granted.get(row.id, ()),
            disabled=row.disabled_at is not None,
        )
        for row in session.scalars(select(Account).order_by(Account.login))
    ]


def persons(session: Session) -> list[PersonRow]:
    """All persons by badge number."""
    granted = _granted(session, account=False)
    return [
        PersonRow(
            badge_no=row.badge_no,
            name=row.name,
            roles=granted.get(row.id, ()),
            retired=row.retired_at is not None,
        )
        for row in session.scalars(select(Person).order_by(Person.badge_no))
    ]


def tokens(session: Session) -> list[TokenRow]:
    """All tokens, oldest first."""
    rows = session.execute(
        select(ApiToken, Edge.code)
        .outerjoin(Edge, Edge.id == ApiToken.edge_id)
        .order_by(ApiToken.id)
    )
    return [
        TokenRow(
            id=row.id,
            scope=row.scope,
            label=row.label,
            edge=edge,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            last_used_at=row.last_used_at,
        )
        for row, edge in rows
    ]


def _granted(session: Session, *, account: bool) -> dict[int, tuple[str, ...]]:
    owner = RoleGrant.account_id if account else RoleGrant.person_id
    found: dict[int, list[str]] = {}
    for number, role in session.execute(select(owner, RoleGrant.role).order_by(RoleGrant.role)):
        if number is not None:
            found.setdefault(number, []).append(role)
    return {number: tuple(roles) for number, roles in found.items()}
