"""Changing one's own password in the browser."""

from __future__ import annotations

import re
from html import unescape
from itertools import count

import httpx
import pytest

from mes.features.people import service
from mes.web.roles import Role
from tests.web.serving import ACTOR, PASSWORD, Served, csrf_token

NEW = "viertausend kleine Schrauben"
_numbers = count(1)


@pytest.fixture
def login(served: Served) -> str:
    """An account that only this test knows."""
    name = f"changes{next(_numbers)}"
    with served.database.transaction() as session:
        service.create_account(session, ACTOR, login=name, password=PASSWORD, roles=[Role.MANAGER])
    return name


def signs_in(client: httpx.Client, login: str, password: str) -> bool:
    given = {"login": login, "password": password, "csrf_token": csrf_token(client)}
    return client.post("/sign-in", data=given).status_code == 303


def sent(client: httpx.Client, present: str, new: str, again: str | None = None) -> httpx.Response:
    given = {"present": present, "new": new, "again": new if again is None else again}
    return client.post("/password", data={**given, "csrf_token": csrf_token(client, "/password")})


def test_the_new_password_holds_and_only_this_browser_stays_signed_in(
    served: Served, login: str
) -> None:
    with served.signed_in(login) as here, served.signed_in(login) as elsewhere:
        assert 'href="/password"' in here.get("/report").text
        answer = sent(here, PASSWORD, NEW)
        assert (answer.status_code, answer.headers["location"]) == (303, "/password?saved=1")
        assert 'role="status"' in here.get("/password?saved=1").text
        assert elsewhere.get("/api/v1/session").status_code == 401
    with served.client() as client:
        assert not signs_in(client, login, PASSWORD)
        assert signs_in(client, login, NEW)


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ((NEW, NEW, NEW), "present", "wrong_credentials"),
        ((PASSWORD, NEW, NEW + "x"), "again", "password_differs"),
        ((PASSWORD, "short", "short"), "new", "password_weak"),
        ((PASSWORD, "", ""), "new", "password_weak"),
        ((PASSWORD, "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa"), "new", "password_weak"),
        ((PASSWORD, "x1y2" * 2_000, "x1y2" * 2_000), "new", "password_weak"),
        (("\x00", NEW, NEW), "present", "wrong_credentials"),
        (("", NEW, NEW), "present", "wrong_credentials"),
    ],
)
def test_a_refusal_stands_at_its_field_and_changes_nothing(
    served: Served, login: str, given: tuple[str, str, str], field: str, code: str
) -> None:
    with served.signed_in(login) as client:
        answer = sent(client, *given)
        assert 400 <= answer.status_code < 500
        marked = re.findall(r'name="(\w+)"[^>]*aria-invalid="true"', answer.text)
        assert marked == [field]
        assert code in unescape(answer.text)
        assert client.get("/api/v1/session").status_code == 200
    with served.client() as client:
        assert signs_in(client, login, PASSWORD)


def test_too_many_wrong_tries_say_how_long_to_wait(served: Served, login: str) -> None:
    with served.signed_in(login) as client:
        for _ in range(20):
            answer = sent(client, NEW, NEW)
            if answer.status_code != 401:
                break
        assert answer.status_code == 429
        assert re.search(r"\d+초|\d+ seconds", answer.text), answer.text


def test_a_person_without_an_account_has_no_such_page(served: Served) -> None:
    with served.client() as client:
        answer = client.get("/password")
        assert answer.headers["location"] == "/sign-in?next=%2Fpassword"
        token = client.get("/password", headers=served.bearer("write"))
        assert token.status_code == 403
