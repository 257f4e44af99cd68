"""Who holds which role, and giving and taking roles. Real time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.people.service import (
    ActorJson,
    account_of,
    disable_account,
    end_sessions,
    known_person,
    mark_of,
)
from mes.models import Account, Credential, Person, RoleGrant
from mes.web.roles import Role

ACCOUNT_ROLES = tuple(role for role in Role if role is not Role.DISPLAY)
"""What an account may be; displays have tokens of their own."""
PERSON_ROLES = (Role.OPERATOR, Role.SUPERVISOR, Role.QUALITY, Role.MAINTENANCE)
"""What somebody of the floor may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """An account or person in use with its roles.

    Attributes:
        key: sign-in name or badge number.
        mark: of the password of an account, see `mark_of`.
    """

    key: str
    name: str
    roles: tuple[Role, ...]
    mark: str = ""


def account_holders(session: Session) -> list[Holder]:
    """Accounts that may sign in, by name."""
    rows = session.scalars(
        select(Account).where(Account.disabled_at.is_(None)).order_by(Account.login)
    ).all()
    held = session.scalars(select(Credential).where(Credential.account_id.is_not(None)))
    passwords = {one.account_id: one for one in held}
    return [
        Holder(
            key=row.login,
            name=row.login,
            roles=_roles(session, account_id=row.id),
            mark=mark_of(passwords.get(row.id)),
        )
        for row in rows
    ]


def person_holders(session: Session, limit: int) -> list[Holder]:
    """People who have not left, by name, at most `limit`."""
    rows = session.scalars(
        select(Person).where(Person.retired_at.is_(None)).order_by(Person.name).limit(limit)
    ).all()
    return [
        Holder(key=row.badge_no, name=row.name, roles=_roles(session, person_id=row.id))
        for row in rows
    ]


def change_account_roles(
    session: Session,
    actor: ActorJson,
    login: str,
    *,
    roles: Collection[Role],
    seen: Collection[Role],
) -> None:
    """Give an account other roles; they hold from its next request on.

    Args:
        seen: the roles that the editor had before them.

    Raises:
        Refusal: `account_unknown` (404), `role_needed` (422), `roles_changed`,
            `last_administrator` (409).
    """
    _lock_administrators(session)
    account = account_of(session, login)
    if account is None or account.disabled_at is not None:
        raise Refusal("account_unknown", f"there is no account {login!r}", status=404)
    before = _roles(session, account_id=account.id)
    if not _is_change(login, before, roles, seen, ACCOUNT_ROLES):
        return
    loses = Role.ADMINISTRATOR in before and Role.ADMINISTRATOR not in roles
    if loses and not _other_administrators(session, account.id):
        raise Refusal(
            "last_administrator",
            f"{login!r} is the last one that may sign in as an administrator",
            field="role",
        )
    session.execute(delete(RoleGrant).where(RoleGrant.account_id == account.id))
    session.add_all(RoleGrant(account_id=account.id, role=role.value) for role in set(roles))
    session.flush()
    record(session, actor, "account.roles", login, _details(before, roles))


def end_account(session: Session, actor: ActorJson, login: str) -> None:
    """Let nobody in with an account any more; what it did keeps its name.

    Raises:
        Refusal: `account_unknown` (404), `last_administrator` (409).
    """
    _lock_administrators(session)
    account = account_of(session, login)
    if account is None:
        raise Refusal("account_unknown", f"there is no account {login!r}", status=404)
    is_one = Role.ADMINISTRATOR in _roles(session, account_id=account.id)
    if is_one and not _other_administrators(session, account.id):
        raise Refusal(
            "last_administrator", f"{login!r} is the last one that may sign in as an administrator"
        )
    disable_account(session, actor, login)


def change_person_roles(
    session: Session,
    actor: ActorJson,
    badge_no: str,
    *,
    roles: Collection[Role],
    seen: Collection[Role],
) -> None:
    """Give somebody of the floor other roles; they sign in at their terminals again.

    Raises:
        Refusal: `person_unknown` (404), `role_needed` (422), `roles_changed` (409).
    """
    person = known_person(session, badge_no)
    before = _roles(session, person_id=person.id)
    if not _is_change(badge_no, before, roles, seen, PERSON_ROLES):
        return
    session.execute(delete(RoleGrant).where(RoleGrant.person_id == person.id))
    session.add_all(RoleGrant(person_id=person.id, role=role.value) for role in set(roles))
    session.flush()
    end_sessions(session, person_id=person.id)
    record(session, actor, "person.roles", badge_no, _details(before, roles))


def _is_change(
    whose: str,
    before: Collection[Role],
    roles: Collection[Role],
    seen: Collection[Role],
    possible: Collection[Role],
) -> bool:
    """Whether there is anything to do; sending the same twice is harmless."""
    if not set(roles) or not set(roles) <= set(possible):
        raise Refusal("role_needed", "choose at least one role", status=422, field="role")
    if set(roles) == set(before):
        return False
    if set(seen) != set(before):
        raise Refusal(
            "roles_changed", f"somebody changed the roles of {whose!r} meanwhile; decide again"
        )
    return True


def _details(before: Collection[Role], roles: Collection[Role]) -> dict[str, list[str]]:
    return {"old": sorted(before), "new": sorted(set(roles))}


def _roles(session: Session, **whose: int) -> tuple[Role, ...]:
    held = set(session.scalars(select(RoleGrant.role).filter_by(**whose)))
    return tuple(role for role in Role if role.value in held)


def _lock_administrators(session: Session) -> None:
    """Two administrators never take the role from each other at once."""
    session.execute(
        select(RoleGrant.id).where(RoleGrant.role == Role.ADMINISTRATOR.value).with_for_update()
    )


def _other_administrators(session: Session, account_id: int) -> int:
    query = (
        select(func.count())
        .select_from(RoleGrant)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(
            RoleGrant.role == Role.ADMINISTRATOR.value,
            Account.id != account_id,
            Account.disabled_at.is_(None),
        )
    )
    return session.scalar(query) or 0
