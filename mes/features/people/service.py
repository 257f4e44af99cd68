"""Making and changing accounts, persons, roles, tokens and terminals. Real time."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.people.passwords import check_password, check_pin, hash_secret
from mes.features.people.sign_in import PASSWORD, PIN
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
from mes.web.roles import Role, Scope
from mes.web.secrets import hash_key, new_key

ActorJson = Mapping[str, Any]

LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,62}")
BADGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,30}")
TOKEN_LIFE_US = 365 * 86_400 * 1_000_000
CODE_LIFE_US = 15 * 60 * 1_000_000
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 8
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
    if not BADGE.fullmatch(badge_no):
        raise Refusal(
            "badge_invalid",
            "a badge number is 1 to 31 letters, digits and '-'",
            status=422,
            field="badge",
        )
    if not name.strip() or len(name) > NAME_MAX:
        raise Refusal(
            "name_invalid", f"a name has 1 to {NAME_MAX} characters", status=422, field="name"
        )
    if session.scalar(select(Person.id).where(Person.badge_no == badge_no)) is not None:
        raise Refusal("badge_taken", f"badge {badge_no} belongs to somebody", field="badge")
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
    _end_sessions(session, account_id=account.id)
    record(session, actor, "account.password", account.login)


def set_pin(session: Session, actor: ActorJson, badge_no: str, pin: str) -> None:
    """Give a person a new PIN; ends their sessions and their lock.

    Raises:
        Refusal: `person_unknown` (404) or `pin_weak` (422).
    """
    person = session.scalar(select(Person).where(Person.badge_no == badge_no))
    if person is None:
        raise Refusal("person_unknown", f"there is no badge {badge_no}", status=404)
    check_pin(pin, badge_no)
    _replace(session, _credential(PIN, pin, person_id=person.id))
    _end_sessions(session, person_id=person.id)
    record(session, actor, "person.pin", badge_no)


def disable_account(session: Session, actor: ActorJson, login: str) -> None:
    """Let nobody in with this account any more; its sessions end at once.

    Raises:
        Refusal: `account_unknown` (404).
    """
    account = _known_account(session, login)
    if account.disabled_at is None:
        account.disabled_at = real_now_us()
        record(session, actor, "account.disable", account.login)
    _end_sessions(session, account_id=account.id)


def create_token(
    session: Session, actor: ActorJson, *, scope: Scope, label: str, edge: str | None = None
) -> MadeToken:
    """A token of a machine client, valid for a year.

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
        expires_at=now + TOKEN_LIFE_US,
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


def offer_terminal(session: Session, actor: ActorJson, *, equipment: str) -> tuple[str, str]:
    """Prepare a terminal for a work unit or line; returns its code and the one-time code.

    Raises:
        Refusal: `not_found` (404).
    """
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    terminal = _new_terminal(session, equipment)
    terminal.key_hash = hash_key(code)
    terminal.code_expires_at = real_now_us() + CODE_LIFE_US
    record(session, actor, "terminal.offer", terminal.code, {"equipment": equipment})
    return terminal.code, code


def accept_terminal(session: Session, one_time_code: str) -> tuple[str, str]:
    """Enrol the asking browser by its one-time code; returns the terminal's code and key.

    Raises:
        Refusal: `code_wrong` (401).
    """
    terminal = session.scalar(
        select(Terminal).where(
            Terminal.key_hash == hash_key(one_time_code.strip().upper()),
            Terminal.enrolled_at.is_(None),
            Terminal.retired_at.is_(None),
            Terminal.code_expires_at > real_now_us(),
        )
    )
    if terminal is None:
        raise Refusal("code_wrong", "the code is wrong, used or older than 15 minutes", status=401)
    actor = {"kind": "terminal", "id": terminal.id, "label": terminal.code}
    return terminal.code, _enrol(session, actor, terminal)


def enrol_terminal(session: Session, actor: ActorJson, *, equipment: str) -> tuple[str, str]:
    """Enrol the asking browser at a work unit or line; returns the terminal's code and key.

    Raises:
        Refusal: `not_found` (404).
    """
    terminal = _new_terminal(session, equipment)
    return terminal.code, _enrol(session, actor, terminal)


def retire_terminal(session: Session, actor: ActorJson, code: str) -> None:
    """Make a terminal's key and the sessions at it open nothing any more.

    Raises:
        Refusal: `not_found` (404).
    """
    terminal = session.scalar(select(Terminal).where(Terminal.code == code))
    if terminal is None:
        raise Refusal("not_found", f"there is no terminal {code}", status=404)
    terminal.retired_at = terminal.retired_at or real_now_us()
    _end_sessions(session, terminal_id=terminal.id)
    record(session, actor, "terminal.retire", code)


def account_of(session: Session, login: str) -> Account | None:
    """The account with this sign-in name in any case, or None."""
    return session.scalar(select(Account).where(func.lower(Account.login) == login.lower()))


def _known_account(session: Session, login: str) -> Account:
    account = account_of(session, login)
    if account is None:
        raise Refusal("account_unknown", f"there is no account {login}", status=404)
    return account


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


def _end_sessions(session: Session, **whose: int) -> None:
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


def _new_terminal(session: Session, equipment: str) -> Terminal:
    place = session.scalar(
        select(Equipment).where(Equipment.code == equipment, Equipment.retired_at.is_(None))
    )
    if place is None:
        raise Refusal("not_found", f"there is no work unit or line {equipment}", status=404)
    count = session.scalar(select(func.count()).select_from(Terminal)) or 0
    terminal = Terminal(
        code=f"terminal-{count + 1}",
        names=place.names,
        equipment_id=place.id,
        key_hash=None,
        code_expires_at=None,
        enrolled_at=None,
        retired_at=None,
    )
    session.add(terminal)
    session.flush()
    return terminal


def _enrol(session: Session, actor: ActorJson, terminal: Terminal) -> str:
    key = new_key()
    terminal.key_hash = hash_key(key)
    terminal.code_expires_at = None
    terminal.enrolled_at = real_now_us()
    record(session, actor, "terminal.enrol", terminal.code)
    return key
