"""Roles are given and taken; the last administrator keeps the role."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.people.role_changes import (
    account_holders,
    change_account_roles,
    change_person_roles,
    person_holders,
)
from mes.features.people.service import create_account, create_person, disable_account
from mes.models import AuditLog
from mes.web.roles import Role

ACTOR = {"kind": "account", "id": 1, "label": "boss"}
PASSWORD = "correct horse battery staple"
ADMIN, MANAGER, QUALITY = Role.ADMINISTRATOR, Role.MANAGER, Role.QUALITY


def accounts(database: Database, **roles: Role) -> None:
    with database.transaction() as session:
        for login, role in roles.items():
            create_account(session, ACTOR, login=login, password=PASSWORD, roles=[role])


def give(database: Database, login: str, *roles: Role, seen: Role) -> None:
    with database.transaction() as session:
        change_account_roles(session, ACTOR, login, roles=roles, seen=[seen])


def test_an_account_gets_other_roles_once_and_the_second_editor_is_told(database: Database) -> None:
    accounts(database, boss=ADMIN, office=MANAGER)
    for _ in range(2):  # sent twice
        give(database, "office", MANAGER, QUALITY, seen=MANAGER)
    with database.reading() as session:
        holders = {one.key: one.roles for one in account_holders(session)}
        assert holders == {"boss": (ADMIN,), "office": (QUALITY, MANAGER)}
        actions = session.scalars(select(AuditLog.action).where(AuditLog.subject == "office"))
        assert list(actions).count("account.roles") == 1
    with pytest.raises(Refusal) as told:
        give(database, "office", QUALITY, seen=MANAGER)
    assert told.value.code == "roles_changed"
    for roles in ((), (Role.DISPLAY,)):
        with pytest.raises(Refusal) as told:
            give(database, "office", *roles, seen=MANAGER)
        assert told.value.code == "role_needed"


def test_the_last_administrator_keeps_the_role(database: Database) -> None:
    accounts(database, boss=ADMIN, second=ADMIN)
    with database.transaction() as session:
        disable_account(session, ACTOR, "second")
    with pytest.raises(Refusal) as told:
        give(database, "boss", MANAGER, seen=ADMIN)
    assert told.value.code == "last_administrator", "one who cannot sign in does not count"
    accounts(database, third=ADMIN)
    give(database, "boss", MANAGER, seen=ADMIN)
    with pytest.raises(Refusal):
        give(database, "third", MANAGER, seen=ADMIN)
    with pytest.raises(Refusal) as told:
        give(database, "second", MANAGER, seen=ADMIN)
    assert told.value.code == "account_unknown"


def test_somebody_of_the_floor_gets_other_roles(database: Database) -> None:
    with database.transaction() as session:
        create_person(
            session, ACTOR, name="김민수", badge_no="1001", pin=None, roles=[Role.OPERATOR]
        )
    with database.transaction() as session:
        change_person_roles(session, ACTOR, "1001", roles=[Role.SUPERVISOR], seen=[Role.OPERATOR])
        assert person_holders(session, 10)[0].roles == (Role.SUPERVISOR,)
        with pytest.raises(Refusal) as told:
            change_person_roles(session, ACTOR, "1001", roles=[ADMIN], seen=[Role.SUPERVISOR])
        assert told.value.code == "role_needed", "no rights beyond the floor"
