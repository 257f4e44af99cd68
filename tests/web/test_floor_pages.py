"""Pages of who leads the floor: one-time codes, terminals, badges and PINs, without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.web.serving import Served, csrf_token


@pytest.fixture
def leader(served: Served) -> Iterator[httpx.Client]:
    """A supervisor, with the token of the page."""
    with served.signed_in("leader") as client:
        client.params = client.params.set("lang", "en")
        yield client


def post(client: httpx.Client, address: str, **fields: str | list[str]) -> httpx.Response:
    return client.post(address, data={"csrf_token": csrf_token(client, "/terminals"), **fields})


def shown(client: httpx.Client, answer: httpx.Response) -> str:
    """The page to which a form leads."""
    assert answer.status_code == 303, answer.text[-2000:]
    to = httpx.URL(answer.headers["location"])
    return client.get(to.path, params=to.params).text


def offered(leader: httpx.Client, place: str) -> tuple[str, str]:
    """Terminal and one-time code of a new offer, as the page shows them."""
    page = shown(leader, post(leader, "/terminals", place=place))
    terminal = re.search(r"One-time code of (terminal-\d+)", page)
    code = re.search(r'<output class="code mono">([A-Z0-9]{8})</output>', page)
    assert terminal, page[-3000:]
    assert code, page[-3000:]
    assert f"/enrol?code={code[1]}" in page
    assert re.search(r"Good until (\d{4}-\d\d-\d\d )?\d\d:\d\d", page)
    assert "<svg" in page.split('class="qr"', 1)[1].split("</div>", 1)[0]
    return terminal[1], code[1]


def give_code(client: httpx.Client, code: str) -> httpx.Response:
    token = csrf_token(client, "/enrol")
    return client.post("/enrol?lang=en", data={"csrf_token": token, "code": code})


def test_a_tablet_is_enrolled_once_by_the_code_of_the_page(
    served: Served, leader: httpx.Client
) -> None:
    terminal, code = offered(leader, "unit-11")
    with served.client() as tablet:
        assert code in tablet.get(f"/enrol?code={code}").text
        answer = give_code(tablet, f" {code.lower()} ")
        assert (answer.status_code, answer.headers["location"]) == (303, "/terminal")
        assert tablet.get("/terminal").headers["location"] == "/terminal/unit-11"
        assert tablet.get("/terminal/unit-11").status_code == 200
        with served.client() as other:
            refused = give_code(other, code)
            assert refused.status_code == 401
            assert "Ask for a new one" in refused.text
            assert f'value="{code}"' in refused.text, "what was typed stays"
        row = leader.get("/api/v1/terminals").json()["items"][0]
        assert (row["terminal"], row["state"], row["place"]) == (terminal, "enrolled", "unit-11")
        assert row["seen_at"] is not None
        assert "Last seen" in leader.get("/terminals").text
        assert post(leader, f"/terminals/{terminal}/retire").status_code == 303
        assert tablet.get("/terminal/unit-11").is_redirect
        assert leader.get("/api/v1/terminals").json()["items"][0]["state"] == "retired"


def test_a_terminal_of_a_line_offers_its_machines(served: Served, leader: httpx.Client) -> None:
    _, code = offered(leader, "line-2")
    with served.client() as tablet:
        give_code(tablet, code)
        page = tablet.get("/terminal").text
        assert re.findall(r'href="/terminal/(unit-\d+)"', page) == ["unit-21", "unit-22"]


def test_who_is_signed_in_chooses_a_machine_at_a_browser_that_is_no_terminal(
    served: Served, leader: httpx.Client
) -> None:
    answer = leader.get("/terminal")
    assert answer.status_code == 200
    assert "This browser is not enrolled" in answer.text
    assert re.findall(r'href="/terminal/(unit-\d+)"', answer.text)[:2] == ["unit-11", "unit-12"]


def test_a_one_time_code_is_no_key_of_a_terminal(served: Served, leader: httpx.Client) -> None:
    _, code = offered(leader, "unit-12")
    with served.client(cookies={"mes-terminal": code}) as thief:
        assert thief.get("/api/v1/terminal/me").status_code == 401


@pytest.mark.parametrize("code", ["", "x" * 5000, "'; drop table terminal", "한글코드", "\u0000"])
def test_the_worst_codes_are_refused_in_words(served: Served, code: str) -> None:
    with served.client() as tablet:
        answer = give_code(tablet, code)
        assert answer.status_code == 401
        assert "code_wrong" in answer.text


def test_an_unknown_place_makes_no_code(leader: httpx.Client) -> None:
    answer = post(leader, "/terminals", place="busan")
    assert answer.status_code == 404
    assert "not_found" in answer.text


def test_people_get_badges_and_pins_on_their_page(served: Served, leader: httpx.Client) -> None:
    fields: dict[str, str | list[str]] = {"name": "최은정", "badge": "4004", "role": "operator"}
    page = shown(leader, post(leader, "/people", **fields))
    pin = re.search(r'<output class="code mono">(\d{6})</output>', page)
    assert pin, page[-2000:]
    assert pin[1] not in leader.get("/people").text, "shown once"
    renewed = shown(leader, post(leader, "/people/4004/pin"))
    fresh = re.search(r"mono\">(\d{6})</output>", renewed)
    assert fresh
    assert fresh[1] != pin[1]
    assert post(leader, "/people/4004/badge", badge="4005").status_code == 303
    for taken in ("4004", "1001"):
        again = post(leader, "/people", name="다른", badge=taken, role="operator")
        assert again.status_code == 409
        assert "belonged to somebody" in again.text
        assert 'value="다른"' in again.text, "what was typed stays"
    assert post(leader, "/people/4005/retire").status_code == 303
    assert "최은정" not in leader.get("/people").text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "", "badge": "5001", "role": "operator"}, "name_invalid"),
        ({"name": "가", "badge": "50 01", "role": "operator"}, "badge_invalid"),
        ({"name": "가", "badge": "<b>", "role": "operator"}, "badge_invalid"),
        ({"name": "가", "badge": "5001"}, "role_needed"),
        ({"name": "가", "badge": "5001", "role": "administrator"}, "role_needed"),
    ],
)
def test_worst_values_of_a_person_are_refused_at_the_form(
    leader: httpx.Client, fields: dict[str, str], code: str
) -> None:
    answer = post(leader, "/people", **fields)
    assert answer.status_code == 422
    assert code in answer.text


def test_these_pages_are_closed_to_others(served: Served) -> None:
    with served.client() as stranger:
        assert stranger.get("/people").status_code == 303
    with served.signed_in("office") as manager:
        assert manager.get("/people").status_code == 403
        assert manager.get("/terminals").status_code == 403


@pytest.mark.parametrize("page", ["/people", "/terminals", "/terminal/unit-11/enrol", "/terminal"])
def test_a_stranger_is_sent_to_the_sign_in_page_and_back(served: Served, page: str) -> None:
    with served.client() as stranger:
        answer = stranger.get(page)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/sign-in?next={page.replace('/', '%2F')}"


def test_a_form_of_a_session_that_has_ended_leads_back_to_its_page(served: Served) -> None:
    with served.client() as gone:
        form = {"csrf_token": csrf_token(gone, "/sign-in"), "name": "김철수", "badge": "7007"}
        sent = {"Referer": f"{served.url}/people"}
        answer = gone.post("/people", data=form, headers=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fpeople")
        foreign = gone.post("/people", data=form, headers={"Referer": "http://else.example/x"})
        assert foreign.headers["location"] == "/sign-in?next=%2F"
