"""Signing in with a password, sessions, forged requests, roles, tokens."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import select, update

from mes.clock import real_now_us
from mes.features.people import service
from mes.models import Account, ApiToken, UserSession
from mes.web.identity import OFFICE_IDLE_US
from mes.web.roles import Role, Scope
from tests.web.serving import ACTOR, PASSWORD, PIN, Served, csrf_token


def test_a_page_sends_a_stranger_to_the_sign_in_and_back_again(served: Served) -> None:
    with served.client() as client:
        answer = client.get("/orders?state=open")
        assert answer.is_redirect
        assert answer.headers["location"] == "/sign-in?next=%2Forders%3Fstate%3Dopen"
        answer = client.post(
            "/sign-in",
            data={
                "login": "BOSS",
                "password": PASSWORD,
                "next": "/orders?state=open",
                "csrf_token": csrf_token(client),
            },
        )
        assert answer.headers["location"] == "/orders?state=open"
        assert client.get("/orders").status_code == 200


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil", "x"])
def test_a_sign_in_never_leads_to_another_server(served: Served, target: str) -> None:
    with served.client() as client:
        answer = client.post(
            "/sign-in",
            data={
                "login": "boss",
                "password": PASSWORD,
                "next": target,
                "csrf_token": csrf_token(client),
            },
        )
        assert answer.headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(served: Served) -> None:
    with served.client() as client:
        token = csrf_token(client)
        answers = [
            client.post(
                "/sign-in", data={"login": login, "password": "x" * 12, "csrf_token": token}
            )
            for login in ("office", "nobody")
        ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert "wrong_credentials" in answers[0].text
    assert answers[0].text.replace("office", "nobody").count("\n") == answers[1].text.count("\n")


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(served: Served) -> None:
    with served.client() as client:
        answer = client.post(
            "/sign-in",
            data={"login": "boss", "password": PASSWORD, "csrf_token": csrf_token(client)},
        )
    cookie = next(
        value for value in answer.headers.get_list("set-cookie") if "mes-session=" in value
    )
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    key = cookie.split("mes-session=")[1].split(";")[0]
    with served.database.reading() as session:
        stored = session.scalars(select(UserSession.key_hash)).all()
    assert all(key.encode() not in value for value in stored)


def test_signing_out_ends_the_session_for_whoever_holds_its_key(served: Served) -> None:
    with served.signed_in() as client:
        stolen = client.cookies["mes-session"]
        client.post("/sign-out", data={"csrf_token": csrf_token(client, "/orders")})
        assert client.get("/orders").is_redirect
    with served.client(cookies={"mes-session": stolen}) as thief:
        assert thief.get("/orders").is_redirect


@pytest.mark.parametrize("column", ["seen_at", "expires_at"])
def test_a_session_ends_when_it_was_idle_or_lived_too_long(served: Served, column: str) -> None:
    past = real_now_us() - OFFICE_IDLE_US - 1
    with served.signed_in("leader") as client:
        assert client.get("/orders").status_code == 200
        with served.database.transaction() as session:
            session.execute(update(UserSession).values({column: past}))
        assert client.get("/orders").is_redirect


def test_a_disabled_account_is_out_at_once(served: Served) -> None:
    with served.database.transaction() as session:
        service.create_account(
            session, ACTOR, login="leaver", password=PASSWORD, roles=[Role.MANAGER]
        )
    with served.signed_in("leaver") as client:
        with served.database.transaction() as session:
            service.disable_account(session, ACTOR, "leaver")
        assert client.get("/orders").is_redirect
    with served.database.reading() as reading:
        disabled = reading.scalar(select(Account.disabled_at).where(Account.login == "leaver"))
    assert disabled is not None


def test_an_unsafe_request_without_the_token_of_the_page_is_refused(served: Served) -> None:
    with served.signed_in() as client:
        answer = client.post("/api/v1/terminals", json={"work_unit": "unit-11"})
        assert answer.status_code == 400
        assert answer.json()["code"] == "csrf_failed"
        token = csrf_token(client, "/orders")
        answer = client.post(
            "/api/v1/terminals", json={"work_unit": "unit-11"}, headers={"X-CSRFToken": token}
        )
        assert answer.status_code == 201


def test_a_role_opens_what_it_should_and_nothing_else(served: Served) -> None:
    with served.signed_in("office") as client:
        token = csrf_token(client, "/orders")
        answer = client.post(
            "/api/v1/terminals", json={"work_unit": "unit-11"}, headers={"X-CSRFToken": token}
        )
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"
    assert "supervisor" in answer.json()["detail"]


def test_nobody_and_a_wrong_token_are_told_apart_and_neither_gets_in(served: Served) -> None:
    with served.client() as client:
        answer = client.get("/api/v1/session")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        for header in ("Bearer wrong", "Bearer", "Basic eA==", "Bearer " + "x" * 5000):
            answer = client.get("/api/v1/session", headers={"Authorization": header})
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_an_authorization_header_counts_alone(served: Served) -> None:
    with served.signed_in() as client:
        answer = client.get("/api/v1/session", headers=served.bearer("read"))
        assert answer.json()["kind"] == "token"
        answer = client.get("/api/v1/session", headers={"Authorization": "Bearer wrong"})
        assert answer.status_code == 401


def test_a_read_token_writes_nothing_and_an_ingest_token_reads_nothing(served: Served) -> None:
    with served.client() as client:
        answer = client.post(
            "/api/v1/session/password",
            json={"password": "x", "new_password": "y"},
            headers=served.bearer("read"),
        )
        assert answer.status_code == 403
        assert client.get("/api/v1/session", headers=served.bearer("ingest")).status_code == 403


@pytest.mark.parametrize("change", ["revoked_at", "expires_at"])
def test_a_revoked_or_expired_token_is_out_at_once(served: Served, change: str) -> None:
    with served.database.transaction() as session:
        made = service.create_token(session, ACTOR, scope=Scope.READ, label=change)
    header = {"Authorization": f"Bearer {made.token}"}
    with served.client() as client:
        assert client.get("/api/v1/session", headers=header).status_code == 200
        with served.database.transaction() as session:
            session.execute(
                update(ApiToken).where(ApiToken.id == made.id).values({change: real_now_us() - 1})
            )
        assert client.get("/api/v1/session", headers=header).status_code == 401


def test_five_wrong_passwords_lock_the_account_for_a_minute(served: Served) -> None:
    with served.database.transaction() as session:
        service.create_account(
            session, ACTOR, login="target", password=PASSWORD, roles=[Role.MANAGER]
        )
    with served.client() as client:
        token = csrf_token(client)
        headers = {"X-CSRFToken": token}

        def guess(password: str) -> httpx.Response:
            body = {"login": "target", "password": password}
            return client.post("/api/v1/session", json=body, headers=headers)

        assert [guess("wrong guess").status_code for _ in range(5)] == [401] * 5
        answer = guess(PASSWORD)
        assert (answer.status_code, answer.json()["code"]) == (429, "locked")
        assert 50 <= int(answer.headers["retry-after"]) <= 60
        with served.database.transaction() as session:
            service.set_password(session, ACTOR, "target", PASSWORD + "!")
        assert guess(PASSWORD + "!").status_code == 200


def test_pin_is_not_a_password(served: Served) -> None:
    with served.client() as client:
        answer = client.post(
            "/api/v1/session",
            json={"login": "1001", "password": PIN},
            headers={"X-CSRFToken": csrf_token(client)},
        )
        assert answer.status_code == 401
