"""People of the demo plant with secrets made at the first start, kept in one 0600 file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.people.passwords import new_password, new_pin
from mes.features.people.service import account_of, create_account, create_person
from mes.models import Person
from mes.web.roles import Role
from mes.web.secrets import write_secret_file

ACTOR: Mapping[str, Any] = {"kind": "command_line", "id": 0, "label": "first start"}
ACCOUNTS: Sequence[tuple[str, tuple[Role, ...]]] = (
    ("admin", (Role.ADMINISTRATOR,)),
    ("manager", (Role.MANAGER,)),
    ("supervisor", (Role.SUPERVISOR,)),
    ("integrator", (Role.INTEGRATOR,)),
)


def make_people(session: Session, persons: Sequence[Mapping[str, Any]], file: Path) -> bool:
    """Make accounts and persons unless they are there; writes their secrets to `file`.

    The file is written inside the transaction: people without a file can never be committed.

    Args:
        persons: `{"badge", "name": {"ko", "en"}, "role"}` each.

    Returns:
        Whether they were made now.
    """
    if account_of(session, ACCOUNTS[0][0]) is not None:
        return False
    lines = ["Accounts, to sign in with a password:"]
    for login, roles in ACCOUNTS:
        password = new_password()
        create_account(session, ACTOR, login=login, password=password, roles=roles)
        lines.append(f"  {login:<12} {password}")
    lines.append("People, to sign in at an enrolled terminal with badge and PIN:")
    for person in persons:
        badge, name = str(person["badge"]), person["name"]
        pin = new_pin(badge)
        create_person(
            session,
            ACTOR,
            name=name["ko"],
            badge_no=badge,
            pin=pin,
            roles=[Role(person["role"])],
        )
        lines.append(f"  {badge:<12} {pin}  {name['ko']} ({name['en']}), {person['role']}")
    write_secret_file(file, "\n".join(lines) + "\n")
    return True


def actors_by_badge(session: Session) -> dict[str, dict[str, object]]:
    """Who each badge is, as stored with a fact."""
    return {
        person.badge_no: {
            "kind": "person",
            "id": person.id,
            "label": person.name,
            "person": person.badge_no,
            "terminal": None,
        }
        for person in session.scalars(select(Person))
    }
