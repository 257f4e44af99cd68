"""Reading people, accounts, tokens and terminals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.features.people.guesses import US_PER_DAY, US_PER_S
from mes.features.people.service import mark_of
from mes.models import (
    Account,
    ApiToken,
    Credential,
    Edge,
    Equipment,
    Person,
    RoleGrant,
    Terminal,
    UserSession,
)
from mes.web.sessions import live_at_terminal

PEOPLE_MAX = 500
"""Most names offered at a terminal."""
TERMINALS_MAX = 200
"""Most terminals listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A person as a terminal offers it.

    Attributes:
        seen_at: when the person was last seen at the place that was asked about; None: never.
    """

    id: int
    name: str
    badge_no: str
    seen_at: int | None = None


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
class FloorRow:
    """A person as who leads the floor sees them.

    Attributes:
        has_pin: whether they can sign in at a terminal.
        pin_mark: another text for each PIN, empty: there is none.
        locked_s: whole seconds of real time until the next guess at the PIN is allowed, 0: now.
        seen_at: last use of a session of theirs, real time; None: never.
    """

    name: str
    badge_no: str
    roles: tuple[str, ...]
    has_pin: bool
    pin_mark: str
    locked_s: int
    seen_at: int | None


class TerminalState(StrEnum):
    """What became of a terminal."""

    OFFERED = "offered"
    EXPIRED = "expired"
    ENROLLED = "enrolled"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalRow:
    """A terminal; instants are real time, None: never.

    Attributes:
        place: code of the work unit or line where it stands, `names` its names.
        people: names of who is signed in, last used first.
    """

    code: str
    place: str
    names: Mapping[str, str]
    state: TerminalState
    code_expires_at: int | None
    enrolled_at: int | None
    seen_at: int | None
    people: tuple[str, ...]


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
        select(Person.id, Person.name, Person.badge_no, seen.c.at)
        .outerjoin(seen, seen.c.person_id == Person.id)
        .where(Person.retired_at.is_(None))
        .order_by(func.coalesce(seen.c.at, 0).desc(), Person.name)
        .limit(PEOPLE_MAX)
    )
    return [Name(id=row.id, name=row.name, badge_no=row.badge_no, seen_at=row.at) for row in rows]


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


def floor(session: Session, limit: int = PEOPLE_MAX) -> list[FloorRow]:
    """People who are not retired, by name, at most so many."""
    now, granted = real_now_us(), _granted(session, account=False)
    last_used = select(UserSession.person_id, func.max(UserSession.seen_at)).group_by(
        UserSession.person_id
    )
    seen = dict(session.execute(last_used).tuples().all())
    pins = {
        row.person_id: row
        for row in session.scalars(select(Credential).where(Credential.person_id.is_not(None)))
    }
    locked = {number: row.locked_until or 0 for number, row in pins.items()}
    rows = session.scalars(
        select(Person).where(Person.retired_at.is_(None)).order_by(Person.name).limit(limit)
    )
    return [
        FloorRow(
            name=row.name,
            badge_no=row.badge_no,
            roles=granted.get(row.id, ()),
            has_pin=row.id in locked,
            pin_mark=mark_of(pins.get(row.id)),
            locked_s=max(0, -(-(locked.get(row.id, 0) - now) // US_PER_S)),
            seen_at=seen.get(row.id),
        )
        for row in rows
    ]


def terminals(session: Session) -> list[TerminalRow]:
    """Terminals, the latest first; codes that nobody used in time are left out after a day."""
    now = real_now_us()
    rows = session.execute(
        select(Terminal, Equipment.code, Equipment.names)
        .join(Equipment, Equipment.id == Terminal.equipment_id)
        .order_by(Terminal.id.desc())
        .limit(TERMINALS_MAX)
    )
    found = []
    for row, place, names_of_place in rows:
        alive = live_at_terminal(session, row.id, now) if row.retired_at is None else []
        found.append(
            TerminalRow(
                code=row.code,
                place=place,
                names=names_of_place,
                state=_terminal_state(row, now),
                code_expires_at=row.code_expires_at,
                enrolled_at=row.enrolled_at,
                seen_at=row.seen_at,
                people=tuple(session.get_one(Person, one.person_id).name for one in alive),
            )
        )
    return [
        row
        for row in found
        if row.state is not TerminalState.EXPIRED or (row.code_expires_at or 0) > now - US_PER_DAY
    ]


def _terminal_state(row: Terminal, now_us: int) -> TerminalState:
    if row.retired_at is not None:
        return TerminalState.RETIRED
    if row.enrolled_at is not None:
        return TerminalState.ENROLLED
    return TerminalState.OFFERED if (row.code_expires_at or 0) > now_us else TerminalState.EXPIRED


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
