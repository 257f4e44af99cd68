"""Making and changing accounts, persons, roles and tokens. Real time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.people.passwords import check_password, check_pin, hash_secret
from mes.features.people.sign_in import PASSWORD, PIN
from mes.models import (
    Account,
    ApiToken,
    AuditLog,
    Credential,
    Edge,
    Person,
    RoleGrant,
    UserSession,
)
from mes.web.roles import Role, Scope
from mes.web.secrets import hash_key, new_key

ActorJson = Mapping[str, Any]

LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,62}")
BADGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,30}")
BADGE_GIVEN = ("person.create", "person.badge")
"""Actions of the audit log by which somebody got a badge."""
TOKEN_LIFE_US = 365 * 86_400 * 1_000_000
NAME_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    """A new token; `token` is shown once and kept nowhere."""

    id: int
    token: str


def create_account(
    session: Session,
    actor: ActorJson,
    *,
    login: str,
    password: str,
    roles: Iterable[Role],
    person_id: int | None = None,
    must_change: bool = False,
) -> Account:
    """A sign-in with password.

    Raises:
        Refusal: `login_invalid`, `password_weak` (422) or `login_taken`.
    """
    if not LOGIN.fullmatch(login):
        raise Refusal(
            "login_invalid",
            "a sign-in name is 2 to 63 letters, digits, '.', '_', '@' and '-'",
            status=422,
            field="login",
        )
    check_password(password, login)
    if account_of(session, login) is not None:
        raise Refusal("login_taken", f"there is already an account {login}", field="login")
    account = Account(login=login, person_id=person_id, disabled_at=None, must_change=must_change)
    session.add(account)
    session.flush()
    session.add(_credential(PASSWORD, password, account_id=account.id))
    session.add_all(RoleGrant(account_id=account.id, role=role.value) for role in set(roles))
    record(session, actor, "account.create", login, {"roles": sorted(set(roles))})
    return account


def create_person(
    session: Session,
    actor: ActorJson,
    *,
    name: str,
    badge_no: str,
    pin: str | None,
    roles: Iterable[Role],
    language: str = "ko",
) -> Person:
    """Somebody who acts on the floor; `pin` None: cannot sign in at a terminal yet.

    Raises:
        Refusal: `badge_invalid`, `name_invalid`, `pin_weak` (422) or `badge_taken`.
    """
    if not name.strip() or len(name) > NAME_MAX:
        raise Refusal(
            "name_invalid", f"a name has 1 to {NAME_MAX} characters", status=422, field="name"
        )
    _check_badge(session, badge_no)
    person = Person(name=name.strip(), badge_no=badge_no, language=language, retired_at=None)
    session.add(person)
    session.flush()
    if pin is not None:
        check_pin(pin, badge_no)
        session.add(_credential(PIN, pin, person_id=person.id))
    session.add_all(RoleGrant(person_id=person.id, role=role.value) for role in set(roles))
    record(session, actor, "person.create", badge_no, {"roles": sorted(set(roles))})
    return person


def set_password(session: Session, actor: ActorJson, login: str, password: str) -> None:
    """Give an account a new password; ends its sessions and its lock.

    Raises:
        Refusal: `account_unknown` (404) or `password_weak` (422).
    """
    account = _known_account(session, login)
    check_password(password, account.login)
    _replace(session, _credential(PASSWORD, password, account_id=account.id))
    end_sessions(session, account_id=account.id)
    record(session, actor, "account.password", account.login)


def mark_of(credential: Credential | None) -> str:
    """Which secret there is, without telling anything of it: another text for each."""
    return "" if credential is None else str(credential.set_at)


def refuse_other_pin(session: Session, badge_no: str, seen: str) -> None:
    """Refuse a new PIN of somebody who was given one meanwhile.

    Raises:
        Refusal: `person_unknown` (404), `pin_changed` (409).
    """
    person = known_person(session, badge_no)
    if _mark(session, Credential.person_id == person.id) != seen:
        raise Refusal("pin_changed", f"somebody gave {badge_no} a new PIN meanwhile")


def refuse_other_password(session: Session, login: str, seen: str) -> None:
    """Refuse a new password of an account that was given one meanwhile.

    Raises:
        Refusal: `account_unknown` (404), `password_changed` (409).
    """
    account = _known_account(session, login)
    if _mark(session, Credential.account_id == account.id) != seen:
        raise Refusal("password_changed", f"somebody gave {login!r} a new password meanwhile")


def _mark(session: Session, whose: ColumnElement[bool]) -> str:
    return mark_of(session.scalar(select(Credential).where(whose)))


def set_pin(session: Session, actor: ActorJson, badge_no: str, pin: str) -> None:
    """Give a person a new PIN; ends their sessions and their lock.

    Raises:
        Refusal: `person_unknown` (404) or `pin_weak` (422).
    """
    person = known_person(session, badge_no)
    check_pin(pin, badge_no)
    _replace(session, _credential(PIN, pin, person_id=person.id))
    end_sessions(session, person_id=person.id)
    record(session, actor, "person.pin", badge_no)


def set_badge(session: Session, actor: ActorJson, badge_no: str, new_badge: str) -> None:
    """Give a person another badge; the old number is never given to anybody else.

    Raises:
        Refusal: `person_unknown` (404), `badge_invalid` (422) or `badge_taken`.
    """
    person = known_person(session, badge_no)
    if new_badge == badge_no:
        return
    _check_badge(session, new_badge)
    person.badge_no = new_badge
    end_sessions(session, person_id=person.id)
    record(session, actor, "person.badge", new_badge, {"before": badge_no})


def retire_person(session: Session, actor: ActorJson, badge_no: str) -> None:
    """Let a person sign in nowhere any more; what they entered stays theirs.

    Raises:
        Refusal: `person_unknown` (404).
    """
    person = known_person(session, badge_no)
    if person.retired_at is None:
        person.retired_at = real_now_us()
        record(session, actor, "person.retire", badge_no)
    end_sessions(session, person_id=person.id)


def known_person(session: Session, badge_no: str) -> Person:
    """The person with this badge.

    Raises:
        Refusal: `person_unknown` (404).
    """
    person = session.scalar(select(Person).where(Person.badge_no == badge_no))
    if person is None:
        raise Refusal("person_unknown", f"there is no badge {badge_no}", status=404)
    return person


def disable_account(session: Session, actor: ActorJson, login: str) -> None:
    """Let nobody in with this account any more; its sessions end at once.

    Raises:
        Refusal: `account_unknown` (404).
    """
    account = _known_account(session, login)
    if account.disabled_at is None:
        account.disabled_at = real_now_us()
        record(session, actor, "account.disable", account.login)
    end_sessions(session, account_id=account.id)


def create_token(
    session: Session, actor: ActorJson, *, scope: Scope, label: str, edge: str | None = None
) -> MadeToken:
    """A token of a machine client, valid for a year; that of a wall display until it is revoked.

    Args:
        edge: code of the edge an ingest token belongs to; the edge is made when it is new.

    Raises:
        Refusal: `edge_needed` or `edge_not_allowed` (422).
    """
    if (scope is Scope.INGEST) != (edge is not None):
        raise (
            Refusal("edge_needed", "a token of scope ingest names its edge", status=422)
            if edge is None
            else Refusal("edge_not_allowed", "only a token of scope ingest has an edge", status=422)
        )
    token, now = f"mes-{scope.value}-{new_key()}", real_now_us()
    row = ApiToken(
        token_hash=hash_key(token),
        scope=scope.value,
        label=label[:NAME_MAX],
        edge_id=None if edge is None else _edge_id(session, edge),
        created_at=now,
        expires_at=None if scope is Scope.DISPLAY else now + TOKEN_LIFE_US,
        revoked_at=None,
        last_used_at=None,
    )
    session.add(row)
    session.flush()
    record(session, actor, "token.create", label, {"scope": scope.value, "edge": edge})
    return MadeToken(id=row.id, token=token)


def revoke_token(session: Session, actor: ActorJson, token_id: int) -> None:
    """Make a token open nothing any more.

    Raises:
        Refusal: `token_unknown` (404).
    """
    row = session.get(ApiToken, token_id)
    if row is None:
        raise Refusal("token_unknown", f"there is no token {token_id}", status=404)
    if row.revoked_at is None:
        row.revoked_at = real_now_us()
        record(session, actor, "token.revoke", row.label)


def revoke_labelled(session: Session, actor: ActorJson, label: str) -> None:
    """Revoke every token of this label that is still good."""
    rows = session.scalars(
        select(ApiToken).where(ApiToken.label == label, ApiToken.revoked_at.is_(None))
    ).all()
    for row in rows:
        revoke_token(session, actor, row.id)


def account_of(session: Session, login: str) -> Account | None:
    """The account with this sign-in name in any case, or None."""
    return session.scalar(select(Account).where(func.lower(Account.login) == login.lower()))


def _known_account(session: Session, login: str) -> Account:
    account = account_of(session, login)
    if account is None:
        raise Refusal("account_unknown", f"there is no account {login}", status=404)
    return account


def _check_badge(session: Session, badge_no: str) -> None:
    """That a number is well formed and neither is nor ever was somebody's badge."""
    if not BADGE.fullmatch(badge_no):
        raise Refusal(
            "badge_invalid",
            "a badge number is 1 to 31 letters, digits and '-'",
            status=422,
            field="badge",
        )
    is_or_was = session.scalar(
        select(Person.id).where(Person.badge_no == badge_no)
    ) or session.scalar(
        select(AuditLog.id)
        .where(AuditLog.subject == badge_no, AuditLog.action.in_(BADGE_GIVEN))
        .limit(1)
    )
    if is_or_was is not None:
        raise Refusal(
            "badge_taken", f"badge {badge_no} belongs or belonged to somebody", field="badge"
        )


def _credential(
    kind: str, secret: str, *, account_id: int | None = None, person_id: int | None = None
) -> Credential:
    return Credential(
        account_id=account_id,
        person_id=person_id,
        kind=kind,
        secret_hash=hash_secret(secret),
        set_at=real_now_us(),
        failures=0,
        day=None,
        day_failures=0,
        locked_until=None,
    )


def _replace(session: Session, fresh: Credential) -> None:
    for old in session.scalars(
        select(Credential).where(
            Credential.kind == fresh.kind,
            Credential.account_id == fresh.account_id
            if fresh.account_id is not None
            else Credential.person_id == fresh.person_id,
        )
    ).all():
        session.delete(old)
    session.add(fresh)


def end_sessions(session: Session, **whose: int) -> None:
    session.execute(
        update(UserSession)
        .filter_by(**whose)
        .where(UserSession.ended_at.is_(None))
        .values(ended_at=real_now_us())
    )


def _edge_id(session: Session, code: str) -> int:
    edge = session.scalar(select(Edge).where(Edge.code == code))
    if edge is None:
        edge = Edge(code=code, running_revision=None, seen_at=None, retired_at=None)
        session.add(edge)
        session.flush()
    return edge.id
