"""Several people signed in at one terminal, one of them active. Real time.

The active one is whose session key the browser holds. Changing hands needs no PIN as long as the
session lives: it ends with the idle time of the whole terminal.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.people.queries import Name
from mes.features.people.sign_in import Entered
from mes.models import Person, UserSession
from mes.web.roles import Actor
from mes.web.secrets import hash_key, new_key
from mes.web.sessions import live_at_terminal


def people_here(session: Session, terminal: Actor) -> list[Name]:
    """People signed in at a terminal, last used first."""
    found: dict[int, Name] = {}
    for row in live_at_terminal(session, terminal.id, real_now_us()):
        person = session.get_one(Person, row.person_id)
        if person.retired_at is None:
            name = Name(id=person.id, name=person.name, badge_no=person.badge_no)
            found.setdefault(person.id, name)
    return list(found.values())


def take_over(session: Session, terminal: Actor, badge_no: str) -> Entered:
    """Make somebody who is signed in at this terminal the active one; their key is renewed.

    Raises:
        Refusal: `not_signed_in` (409) when no session of theirs lives here any more.
    """
    person = session.scalar(
        select(Person).where(Person.badge_no == badge_no, Person.retired_at.is_(None))
    )
    alive = live_at_terminal(session, terminal.id, real_now_us())
    row = next((one for one in alive if person is not None and one.person_id == person.id), None)
    if row is None or person is None:
        raise Refusal("not_signed_in", f"badge {badge_no} is not signed in here; enter the PIN")
    key = new_key()
    row.key_hash = hash_key(key)
    row.seen_at = real_now_us()
    record(
        session,
        {"kind": "terminal", "id": terminal.id, "label": terminal.label},
        "session.hands",
        badge_no,
    )
    return Entered(key=key, name=person.name, badge_no=person.badge_no, session_id=row.id)


def sign_out(session: Session, terminal: Actor, badge_no: str | None) -> None:
    """End the sessions of a person at a terminal; `badge_no` None: of everybody."""
    ending = (
        update(UserSession)
        .where(
            UserSession.terminal_id == terminal.id,
            UserSession.person_id.is_not(None),
            UserSession.ended_at.is_(None),
        )
        .values(ended_at=real_now_us())
    )
    if badge_no is not None:
        ending = ending.where(
            UserSession.person_id.in_(select(Person.id).where(Person.badge_no == badge_no))
        )
    session.execute(ending)
