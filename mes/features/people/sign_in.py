"""Proving who one is: login and password, or badge (or name) and PIN at an enrolled terminal.

A guess is booked as wrong before it is checked and taken back when it was right, so that guesses
made at the same time cannot slip past the limits; the slow hash is computed outside of any
transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.audit.service import record
from mes.features.people.guesses import PIN_PER_DAY, Guesses
from mes.features.people.passwords import hash_secret, needs_rehash, verify
from mes.features.people.site import terminal_idle_us
from mes.models import Account, Credential, Person
from mes.web.roles import Actor
from mes.web.sessions import begin_session, end_sessions_at

PASSWORD = "password"  # noqa: S105 - the kind of a credential
PIN = "pin"

Find = Callable[[Session], "Credential | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A session that began: the key for its cookie, its number, and who it belongs to."""

    key: str
    name: str
    badge_no: str | None
    session_id: int


def sign_in_account(database: Database, login: str, password: str) -> Entered:
    """Begin the session of an account.

    Raises:
        Refusal: `wrong_credentials` (401), the same for an unknown login, or `locked` (429).
    """

    def find(session: Session) -> Credential | None:
        return session.scalar(
            select(Credential)
            .join(Account, Account.id == Credential.account_id)
            .where(
                func.lower(Account.login) == login.lower(),
                Account.disabled_at.is_(None),
                Credential.kind == PASSWORD,
            )
            .with_for_update(of=Credential)
        )

    credential_id = _prove(database, find, password, per_day=None)
    with database.transaction() as session:
        credential = session.get_one(Credential, credential_id)
        _right(credential, password)
        account = session.get_one(Account, credential.account_id)
        begun = begin_session(session, account_id=account.id)
        record(
            session,
            {"kind": "account", "id": account.id, "label": account.login},
            "session.begin",
            account.login,
        )
    return Entered(key=begun.key, name=account.login, badge_no=None, session_id=begun.session_id)


def sign_in_person(
    database: Database, terminal: Actor, *, badge: str | None, name: str | None, pin: str
) -> Entered:
    """Begin the session of a person at an enrolled terminal.

    Args:
        terminal: the terminal (`Actor` of kind terminal).
        badge: badge number; None: the person of that `name`, which must be the only one.

    Raises:
        Refusal: `wrong_credentials` (401) or `locked` (429).
    """

    def find(session: Session) -> Credential | None:
        whom = Person.badge_no == badge if badge is not None else Person.name == name
        found = session.scalars(
            select(Credential)
            .join(Person, Person.id == Credential.person_id)
            .where(whom, Person.retired_at.is_(None), Credential.kind == PIN)
            .limit(2)
            .with_for_update(of=Credential)
        ).all()
        return found[0] if len(found) == 1 else None

    credential_id = _prove(database, find, pin, per_day=PIN_PER_DAY)
    with database.transaction() as session:
        credential = session.get_one(Credential, credential_id)
        _right(credential, pin)
        person = session.get_one(Person, credential.person_id)
        end_sessions_at(session, terminal.id, person.id)
        begun = begin_session(
            session,
            person_id=person.id,
            terminal_id=terminal.id,
            idle_us=terminal_idle_us(session),
        )
        record(
            session,
            {
                "kind": "person",
                "id": person.id,
                "label": person.name,
                "person": person.badge_no,
                "terminal": terminal.terminal,
            },
            "session.begin",
            person.badge_no,
        )
    return Entered(
        key=begun.key,
        name=person.name,
        badge_no=person.badge_no,
        session_id=begun.session_id,
    )


def _prove(database: Database, find: Find, secret: str, *, per_day: int | None) -> int:
    now = real_now_us()
    with database.transaction() as session:
        credential = find(session)
        known = (credential.id, credential.secret_hash) if credential is not None else None
        wait = 0
        if credential is not None:
            guesses = _guesses(credential)
            wait = guesses.wait_s(now)
            if not wait:
                _keep(credential, guesses.after_failure(now, per_day))
    if wait:
        raise Refusal(
            "locked",
            f"too many wrong tries; try again in {wait} s or ask a supervisor",
            status=429,
            details={"retry_after_s": wait},
        )
    if not verify(known[1] if known is not None else None, secret) or known is None:
        raise Refusal("wrong_credentials", "name, badge, password or PIN is wrong", status=401)
    return known[0]


def _right(credential: Credential, secret: str) -> None:
    _keep(credential, _guesses(credential).after_success())
    if needs_rehash(credential.secret_hash):
        credential.secret_hash = hash_secret(secret)


def _guesses(credential: Credential) -> Guesses:
    return Guesses(
        failures=credential.failures,
        day=None if credential.day is None else int(credential.day),
        day_failures=credential.day_failures,
        locked_until=credential.locked_until,
    )


def _keep(credential: Credential, guesses: Guesses) -> None:
    credential.failures = guesses.failures
    credential.day = None if guesses.day is None else str(guesses.day)
    credential.day_failures = guesses.day_failures
    credential.locked_until = guesses.locked_until
