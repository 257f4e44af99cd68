"""Enrolled terminals: badge or name and PIN, and nothing without enrolment."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import update

from mes.core.instants import parse_instant
from mes.features.people import service, terminals
from mes.features.people.guesses import PIN_PER_DAY
from mes.models import Credential, Terminal
from mes.web.roles import Role
from tests.web.serving import ACTOR, PIN, Served, csrf_token


@pytest.fixture
def tablet(served: Served) -> Iterator[httpx.Client]:
    """A browser enrolled at unit-11 by its one-time code."""
    with served.database.transaction() as session:
        code = terminals.offer_terminal(session, ACTOR, equipment="unit-11").code
    with served.client() as client:
        client.headers["X-CSRFToken"] = csrf_token(client)
        answer = client.post("/api/v1/terminal/enroll", json={"code": code.lower()})
        assert answer.status_code == 201, answer.text
        yield client


def sign_in(client: httpx.Client, **who: str) -> httpx.Response:
    return client.post("/api/v1/terminal/sign-in", json={"pin": PIN, **who})


def test_a_pin_counts_only_at_an_enrolled_terminal(served: Served) -> None:
    with served.client() as client:
        client.headers["X-CSRFToken"] = csrf_token(client)
        answer = sign_in(client, badge="1001", work_unit="unit-11")
    assert (answer.status_code, answer.json()["code"]) == (403, "terminal_not_enrolled")
    assert "/terminal/unit-11/enrol" in answer.json()["detail"]


def test_an_operator_signs_in_with_badge_or_name_and_out_again(tablet: httpx.Client) -> None:
    for who in ({"badge": "1001"}, {"name": "김민수"}):
        answer = sign_in(tablet, **who)
        assert answer.json()["person"] == {"name": "김민수", "badge_no": "1001"}
        assert isinstance(answer.json()["session"], int)
        me = tablet.get("/api/v1/terminal/me").json()
        assert me["person"]["name"] == "김민수"
        assert me["roles"] == ["operator"]
        assert me["work_unit"] == "unit-11"
        assert tablet.post("/api/v1/terminal/sign-out").status_code == 204
        assert tablet.get("/api/v1/terminal/me").json()["person"] is None


def test_a_terminal_shows_its_pages_without_a_person(tablet: httpx.Client) -> None:
    assert tablet.get("/").status_code == 200
    items = tablet.get("/api/v1/terminal/people?work_unit=unit-11").json()["items"]
    assert {"name": "김민수", "badge_no": "1001"}.items() <= items[0].items()


def test_who_was_last_seen_at_a_machine_is_offered_first_with_the_time(
    tablet: httpx.Client,
) -> None:
    sign_in(tablet, badge="1001")
    people = tablet.get("/api/v1/terminal/people?work_unit=unit-11").json()["items"]
    assert people[0]["badge_no"] == "1001"
    seen = [0 if one["seen_at"] is None else parse_instant(one["seen_at"]) for one in people]
    assert seen[0] > 0
    assert seen == sorted(seen, reverse=True), "who was never here comes last"
    elsewhere = tablet.get("/api/v1/terminal/people?work_unit=unit-12").json()["items"]
    assert all(one["seen_at"] != people[0]["seen_at"] for one in elsewhere)


def test_the_session_of_a_person_is_worth_nothing_away_from_the_terminal(
    served: Served, tablet: httpx.Client
) -> None:
    sign_in(tablet, badge="1001")
    with served.client(cookies={"mes-session": tablet.cookies["mes-session"]}) as elsewhere:
        assert elsewhere.get("/api/v1/terminal/me").status_code == 401


def test_a_code_enrols_one_browser_once(served: Served, tablet: httpx.Client) -> None:
    with served.database.transaction() as session:
        offer = terminals.offer_terminal(session, ACTOR, equipment="unit-12")
        terminal, code = offer.terminal, offer.code
    assert tablet.post("/api/v1/terminal/enroll", json={"code": code}).status_code == 201
    again = tablet.post("/api/v1/terminal/enroll", json={"code": code})
    assert (again.status_code, again.json()["code"]) == (401, "code_wrong")
    with served.database.transaction() as session:
        late = terminals.offer_terminal(session, ACTOR, equipment="unit-12").code
        session.execute(update(Terminal).values(code_expires_at=1))
    assert tablet.post("/api/v1/terminal/enroll", json={"code": late}).status_code == 401
    with served.database.transaction() as session:
        terminals.retire_terminal(session, ACTOR, terminal)
    assert tablet.get("/api/v1/terminal/me").status_code == 401


def test_a_supervisor_enrols_the_browser_in_front_with_one_button(served: Served) -> None:
    with served.signed_in("leader") as client:
        page = client.get("/terminal/unit-21/enrol")
        token = page.text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        answer = client.post("/terminal/unit-21/enrol", data={"csrf_token": token})
        assert answer.headers["location"] == "/terminal/unit-21"
        client.headers["X-CSRFToken"] = token
        assert sign_in(client, badge="1001").status_code == 200
    with served.signed_in("office") as client:
        assert client.get("/terminal/unit-21/enrol").status_code == 403


def test_ten_wrong_pins_lock_the_badge_for_the_day_but_not_the_terminal(
    served: Served, tablet: httpx.Client
) -> None:
    with served.database.transaction() as session:
        service.create_person(
            session, ACTOR, name="나중", badge_no="1777", pin="314159", roles=[Role.OPERATOR]
        )
    seen = []
    for _ in range(PIN_PER_DAY):
        seen.append(sign_in(tablet, badge="1777", pin="000001").status_code)
        with served.database.transaction() as session:
            session.execute(update(Credential).where(Credential.failures < 10).values(failures=0))
    assert seen == [401] * PIN_PER_DAY
    answer = sign_in(tablet, badge="1777", pin="314159")
    assert (answer.status_code, answer.json()["code"]) == (429, "locked")
    assert sign_in(tablet, badge="1001").status_code == 200
    with served.database.transaction() as session:
        service.set_pin(session, ACTOR, "1777", "161803")
    assert sign_in(tablet, badge="1777", pin="161803").status_code == 200


def test_a_body_with_neither_or_both_of_badge_and_name_is_refused(tablet: httpx.Client) -> None:
    for who in ({}, {"badge": "1001", "name": "김민수"}):
        answer = sign_in(tablet, **who)
        assert (answer.status_code, answer.json()["code"]) == (422, "badge_or_name")


def test_the_fields_of_a_wrong_body_are_named(tablet: httpx.Client) -> None:
    answer = tablet.post("/api/v1/terminal/sign-in", json={"badge": 7, "other": 1})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "validation"
    assert {error["field"] for error in problem["errors"]} == {"badge", "pin", "other"}


def test_a_terminal_enters_pieces_of_its_own_line_alone(tablet: httpx.Client) -> None:
    assert sign_in(tablet, badge="1001").status_code == 200
    defects = tablet.get("/api/v1/reasons?domain=scrap&work_unit=unit-11").json()["items"]
    reason = {"reason": defects[0]["code"]} if defects else {}  # other tests add some
    statuses = [
        tablet.post(
            f"/api/v1/work-units/{unit}/quantities",
            json={"command_id": f"own-line-{unit}", "scrap": 1, **reason},
        ).status_code
        for unit in ("unit-11", "unit-12", "unit-21")
    ]
    assert statuses == [201, 201, 403]
