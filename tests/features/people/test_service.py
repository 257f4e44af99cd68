"""People on both databases: signing in, sessions, terminals, and what the audit log says."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.audit.service import broken_links
from mes.features.people import queries, service, terminals
from mes.features.people.guesses import FREE_FAILURES
from mes.features.people.sign_in import sign_in_account, sign_in_person
from mes.models import AuditLog, Credential, Equipment, UserSession
from mes.web.identity import TERMINAL_IDLE_US, actor_of_session, actor_of_terminal
from mes.web.roles import Actor, Role

ACTOR = {"kind": "command_line", "id": 0, "label": "test"}
PASSWORD = "correct horse battery staple"
PIN = "271828"


@pytest.fixture
def plant(database: Database) -> Database:
    """One work unit, one account of two roles, two people of the same name."""
    with database.transaction() as session:
        session.add(
            Equipment(
                code="press-1",
                level="work_unit",
                parent_id=None,
                names={"ko": "프레스", "en": "Press"},
                position=1,
                settings={},
                retired_at=None,
            )
        )
        session.flush()
        service.create_account(
            session,
            ACTOR,
            login="boss",
            password=PASSWORD,
            roles=[Role.ADMINISTRATOR, Role.MANAGER],
        )
        for badge, roles in (("1001", [Role.OPERATOR]), ("1002", [Role.ADMINISTRATOR])):
            service.create_person(
                session, ACTOR, name="김민수", badge_no=badge, pin=PIN, roles=roles
            )
    return database


def enrolled(database: Database) -> tuple[Actor, str]:
    with database.transaction() as session:
        _, key = terminals.enrol_terminal(session, ACTOR, equipment="press-1")
    with database.reading() as session:
        terminal = actor_of_terminal(session, key)
    assert terminal is not None
    return terminal, key


def test_an_account_signs_in_whatever_the_case_of_its_name(plant: Database) -> None:
    entered = sign_in_account(plant, "Boss", PASSWORD)
    with plant.reading() as session:
        found = actor_of_session(session, entered.key, real_now_us())
    assert found is not None
    assert found[1].roles == {Role.ADMINISTRATOR, Role.MANAGER}
    assert found[1].has(Role.QUALITY)


def test_wrong_guesses_made_at_the_same_time_are_all_counted(plant: Database) -> None:
    refused: list[str] = []

    def guess() -> None:
        try:
            sign_in_account(plant, "boss", "wrong")
        except Refusal as refusal:
            refused.append(refusal.code)

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(refused) == ["locked"] * 3 + ["wrong_credentials"] * FREE_FAILURES
    with plant.reading() as session:
        counts = session.scalars(select(Credential.failures).where(Credential.kind == "password"))
        assert list(counts) == [FREE_FAILURES]


def test_a_name_that_two_people_have_signs_nobody_in(plant: Database) -> None:
    terminal, _ = enrolled(plant)
    with pytest.raises(Refusal) as refused:
        sign_in_person(plant, terminal, badge=None, name="김민수", pin=PIN)
    assert refused.value.code == "wrong_credentials"
    assert sign_in_person(plant, terminal, badge="1001", name=None, pin=PIN).badge_no == "1001"


def test_at_a_terminal_nobody_is_an_administrator(plant: Database) -> None:
    terminal, key = enrolled(plant)
    entered = sign_in_person(plant, terminal, badge="1002", name=None, pin=PIN)
    with plant.reading() as session:
        found = actor_of_session(session, entered.key, real_now_us(), terminal_key=key)
        assert found is not None
        assert found[1].roles == frozenset()
        assert found[1].work_unit == "press-1"
        assert actor_of_session(session, entered.key, real_now_us(), terminal_key="x") is None


def test_a_person_is_out_after_some_idle_minutes_and_when_the_terminal_is_retired(
    plant: Database,
) -> None:
    terminal, key = enrolled(plant)
    idle = sign_in_person(plant, terminal, badge="1001", name=None, pin=PIN)
    with plant.transaction() as session:
        session.execute(update(UserSession).values(seen_at=real_now_us() - TERMINAL_IDLE_US))
    fresh = sign_in_person(plant, terminal, badge="1001", name=None, pin=PIN)
    with plant.reading() as session:
        now = real_now_us()
        assert actor_of_session(session, idle.key, now, terminal_key=key) is None
        assert actor_of_session(session, fresh.key, now, terminal_key=key) is not None
    with plant.transaction() as session:
        terminals.retire_terminal(session, ACTOR, terminal.label)
    with plant.reading() as session:
        assert actor_of_session(session, fresh.key, now, terminal_key=key) is None
        assert actor_of_terminal(session, key) is None


def test_those_last_seen_at_a_machine_are_offered_first(plant: Database) -> None:
    terminal, _ = enrolled(plant)
    sign_in_person(plant, terminal, badge="1002", name=None, pin=PIN)
    with plant.reading() as session:
        assert [n.badge_no for n in queries.names(session, "press-1")] == ["1002", "1001"]


def test_what_happened_stands_in_the_audit_log_without_any_secret(plant: Database) -> None:
    terminal, _ = enrolled(plant)
    sign_in_person(plant, terminal, badge="1001", name=None, pin=PIN)
    with plant.transaction() as session:
        service.set_password(session, ACTOR, "boss", PASSWORD + "2")
        service.disable_account(session, ACTOR, "boss")
    with plant.reading() as session:
        rows = session.scalars(select(AuditLog).order_by(AuditLog.id)).all()
        assert list(broken_links(session)) == []
    assert [row.action for row in rows] == [
        "account.create",
        "person.create",
        "person.create",
        "terminal.enrol",
        "session.begin",
        "account.password",
        "account.disable",
    ]
    everything = str([[row.actor, row.subject, row.details] for row in rows])
    assert PASSWORD not in everything
    assert PIN not in everything


@pytest.mark.parametrize(
    ("login", "password", "code"),
    [
        ("x", PASSWORD, "login_invalid"),
        ("BOSS", PASSWORD, "login_taken"),
        ("other", "short", "password_weak"),
    ],
)
def test_a_bad_account_is_refused_by_name(
    plant: Database, login: str, password: str, code: str
) -> None:
    with pytest.raises(Refusal) as refused, plant.transaction() as session:
        service.create_account(session, ACTOR, login=login, password=password, roles=[Role.MANAGER])
    assert refused.value.code == code
