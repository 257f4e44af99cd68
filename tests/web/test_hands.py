"""Several people at one terminal: who is active, idle time, and in whose name entries go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from mes.clock import real_now_us
from mes.features.people import service, terminals
from mes.models import Equipment, Person, UserSession
from mes.web.identity import TERMINAL_IDLE_US
from mes.web.roles import Role
from tests.web.serving import ACTOR, PIN, Served, csrf_token

SECOND = "2002"
US = 1_000_000


@pytest.fixture(scope="module", autouse=True)
def two_people(served: Served) -> None:
    """A second operator, who also leads."""
    with served.database.transaction() as session:
        roles = [Role.OPERATOR, Role.SUPERVISOR]
        service.create_person(
            session, ACTOR, name="박지영", badge_no=SECOND, pin="141421", roles=roles
        )


@pytest.fixture
def tablet(served: Served) -> Iterator[httpx.Client]:
    """A browser enrolled at unit-11."""
    with served.database.transaction() as session:
        code = terminals.offer_terminal(session, ACTOR, equipment="unit-11").code
    with served.client() as client:
        client.headers["X-CSRFToken"] = csrf_token(client)
        assert client.post("/api/v1/terminal/enroll", json={"code": code}).status_code == 201
        yield client


def sign_in(client: httpx.Client, badge: str = "1001", pin: str = PIN) -> int:
    answer = client.post("/api/v1/terminal/sign-in", json={"badge": badge, "pin": pin})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["session"])


def me(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/terminal/me").json()
    return found


def enter(client: httpx.Client, name: str, **more: Any) -> httpx.Response:
    """One bad piece, with a reason where the plant has some; `typed_in`: header of an outbox."""
    known = client.get("/api/v1/reasons?domain=scrap&work_unit=unit-11").json().get("items")
    more |= {"reason": known[0]["code"]} if known else {}
    headers = {"X-Typed-In": str(more.pop("typed_in"))} if "typed_in" in more else {}
    body = {"command_id": f"hands-{name}", "scrap": 1, **more}
    return client.post("/api/v1/work-units/unit-11/quantities", json=body, headers=headers)


def seen_at(served: Served, session_id: int) -> int:
    with served.database.reading() as session:
        found = session.scalar(select(UserSession.seen_at).where(UserSession.id == session_id))
    assert found is not None
    return found


def set_session(served: Served, session_id: int, **values: int) -> None:
    with served.database.transaction() as session:
        session.execute(update(UserSession).where(UserSession.id == session_id).values(**values))


def test_several_sign_in_and_one_tap_changes_who_is_active(tablet: httpx.Client) -> None:
    sign_in(tablet)
    sign_in(tablet, SECOND, "141421")
    assert me(tablet)["person"]["badge_no"] == SECOND
    assert [one["badge_no"] for one in me(tablet)["people"]] == [SECOND, "1001"]
    answer = tablet.post("/api/v1/terminal/hands", json={"badge": "1001"})
    assert answer.json()["person"] == {"name": "김민수", "badge_no": "1001"}
    assert me(tablet)["person"]["badge_no"] == "1001"
    assert me(tablet)["roles"] == ["operator"]
    assert tablet.post("/api/v1/terminal/sign-out?badge=1001").status_code == 204
    assert me(tablet)["person"] is None
    assert [one["badge_no"] for one in me(tablet)["people"]] == [SECOND]
    refused = tablet.post("/api/v1/terminal/hands", json={"badge": "1001"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_signed_in")


def test_nobody_takes_over_at_another_terminal(served: Served, tablet: httpx.Client) -> None:
    sign_in(tablet)
    with served.database.transaction() as session:
        code = terminals.offer_terminal(session, ACTOR, equipment="unit-12").code
    with served.client() as other:
        other.headers["X-CSRFToken"] = csrf_token(other)
        other.post("/api/v1/terminal/enroll", json={"code": code})
        answer = other.post("/api/v1/terminal/hands", json={"badge": "1001"})
        assert answer.json()["code"] == "not_signed_in"


def test_a_page_that_asks_for_news_by_itself_does_not_keep_somebody_signed_in(
    served: Served, tablet: httpx.Client
) -> None:
    first, second = sign_in(tablet), sign_in(tablet, SECOND, "141421")
    before = real_now_us() - TERMINAL_IDLE_US // 2
    for number in (first, second):
        set_session(served, number, seen_at=before)
    me(tablet)
    assert seen_at(served, second) == before
    tablet.post("/api/v1/terminal/active", json={})
    assert seen_at(served, second) > before
    assert seen_at(served, first) > before, "the terminal is in use: nobody is thrown out"
    set_session(served, second, seen_at=real_now_us() - TERMINAL_IDLE_US - 1)
    assert me(tablet)["person"] is None
    assert [one["badge_no"] for one in me(tablet)["people"]] == ["1001"]


def test_a_site_says_how_long_a_terminal_may_lie_idle(served: Served, tablet: httpx.Client) -> None:
    assert me(tablet)["idle_s"] == 600
    with served.database.transaction() as session:
        site = session.scalars(select(Equipment).where(Equipment.level == "site")).one()
        before, site.settings = site.settings, {**site.settings, "terminal_idle_min": 30}
    mine = sign_in(tablet)
    assert me(tablet)["idle_s"] == 1800
    set_session(served, mine, seen_at=real_now_us() - 29 * 60 * US)
    assert me(tablet)["session"] == mine
    set_session(served, mine, seen_at=real_now_us() - 31 * 60 * US)
    assert me(tablet)["session"] is None
    with served.database.transaction() as session:
        session.scalars(select(Equipment).where(Equipment.level == "site")).one().settings = before


def test_an_entry_goes_in_the_name_of_whoever_typed_it(
    served: Served, tablet: httpx.Client
) -> None:
    first = sign_in(tablet)
    sign_in(tablet, SECOND, "141421")
    assert enter(tablet, "typed-by-first", typed_in=first).json()["badge_no"] == "1001"
    assert enter(tablet, "typed-by-active").json()["badge_no"] == SECOND
    tablet.post("/api/v1/terminal/sign-out?everybody=true")
    assert enter(tablet, "after-sign-out", typed_in=first).json()["badge_no"] == "1001"
    assert enter(tablet, "by-nobody").status_code == 401


def test_an_entry_that_was_not_typed_in_the_life_of_the_session_is_refused(
    served: Served, tablet: httpx.Client
) -> None:
    number = sign_in(tablet)
    set_session(
        served, number, created_at=real_now_us() - 7200 * US, ended_at=real_now_us() - 3600 * US
    )
    typed = {
        minutes: (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
        for minutes in (180, 90, 10)
    }
    seen = {
        minutes: enter(tablet, f"life-{minutes}", typed_in=number, device_time=at)
        for minutes, at in typed.items()
    }
    assert seen[90].status_code == 201, seen[90].text
    for minutes in (180, 10):
        answer = seen[minutes]
        assert (answer.status_code, answer.json()["code"]) == (409, "typed_outside_session")


def test_a_session_number_opens_nothing_but_entries_at_its_own_terminal(
    served: Served, tablet: httpx.Client
) -> None:
    number = sign_in(tablet, SECOND, "141421")
    tablet.post("/api/v1/terminal/sign-out?everybody=true")
    header = {"X-Typed-In": str(number)}
    pin = {"badge": "1001", "pin": "161803"}
    assert tablet.post("/api/v1/people/pin", json=pin, headers=header).status_code == 401
    assert tablet.get("/api/v1/terminal/me", headers=header).json()["person"] is None
    for wrong in ("0", "-1", "x", "9" * 18, "9" * 40):
        assert enter(tablet, f"wrong-{wrong[:3]}", typed_in=wrong).status_code == 401
    with served.client() as stranger:
        stranger.headers["X-CSRFToken"] = csrf_token(stranger)
        assert enter(stranger, "stranger", typed_in=number).status_code == 401


def test_somebody_who_has_left_enters_nothing_any_more(
    served: Served, tablet: httpx.Client
) -> None:
    with served.database.transaction() as session:
        service.create_person(
            session, ACTOR, name="떠난", badge_no="3003", pin="173205", roles=[Role.OPERATOR]
        )
    number = sign_in(tablet, "3003", "173205")
    with served.database.transaction() as session:
        service.retire_person(session, ACTOR, "3003")
    assert enter(tablet, "left", typed_in=number).status_code == 401
    with served.database.reading() as reading:
        assert reading.scalar(select(Person.retired_at).where(Person.badge_no == "3003"))


def test_a_terminal_reports_a_stop_by_itself_and_says_that_nobody_was_confirmed(
    tablet: httpx.Client,
) -> None:
    now = datetime.now(UTC)
    answer = tablet.post(
        "/api/v1/work-units/unit-12/stops/statements",
        json={
            "command_id": "hands-nobody-stop",
            "kind": "declare",
            "state": "down",
            "from": (now - timedelta(minutes=20)).isoformat(),
            "to": (now - timedelta(minutes=10)).isoformat(),
        },
    )
    assert answer.status_code == 201, answer.text
    entry = tablet.get("/api/v1/work-units/unit-12/entries?kind=stop").json()["items"][0]
    assert (entry["confirmed"], entry["badge_no"]) == (False, None)
    assert entry["terminal"] == entry["person"]
