"""The page of roles: a matrix that follows the declarations, and changing roles."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from mes.app import BLUEPRINTS, create_app
from mes.features.people.rights import AREAS, Held, Level, rights
from mes.settings import Settings
from mes.web.roles import Role
from tests.web.serving import Served, csrf_token


def test_every_blueprint_belongs_to_an_area() -> None:
    named = {name for area in AREAS for name in area.blueprints}
    missing = {blueprint.name for blueprint in BLUEPRINTS} - named
    assert not missing, "name their area in mes/features/people/rights.py"


def test_the_matrix_says_what_the_routes_declare(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path))
    found = {area.key: area.rights for area in rights(app)}
    assert found["people"][Role.OPERATOR].get(Level.CONFIGURE) is not Held.ALL
    assert found["orders"][Role.SUPERVISOR][Level.ENTER] is Held.ALL
    assert found["orders"][Role.OPERATOR][Level.ENTER] is Held.NONE
    assert found["orders"][Role.OPERATOR][Level.VIEW] is Held.ALL
    assert found["audit"][Role.SUPERVISOR][Level.VIEW] is Held.NONE
    for held in found.values():
        assert set(held[Role.ADMINISTRATOR].values()) == {Held.ALL}


def test_an_administrator_changes_roles_and_cannot_lock_everybody_out(served: Served) -> None:
    with served.signed_in("boss") as boss, served.signed_in("leader") as leader:
        boss.params = boss.params.set("lang", "en")
        page = boss.get("/roles").text
        assert "What a role may do" in page
        audit = page.split('<th scope="row">Audit log</th>')[1].split("</tr>")[0].split("<td>")
        assert audit[1].startswith("–"), "an operator sees no audit log"
        token = csrf_token(boss, "/roles")

        def send(address: str, seen: str, *roles: str) -> int:
            sent = {"csrf_token": token, "seen": seen, "role": list(roles)}
            return boss.post(address, data=sent).status_code

        assert leader.get("/audit").status_code == 403
        assert send("/roles/accounts/leader", "supervisor", "supervisor", "manager") == 303
        assert leader.get("/audit").status_code == 200, "from the next request on"
        assert send("/roles/accounts/leader", "supervisor", "quality") == 409
        assert send("/roles/people/1001", "quality", "operator", "maintenance") == 409
        answer = boss.post(
            "/roles/accounts/boss",
            data={"csrf_token": token, "seen": "administrator", "role": "manager"},
        )
        assert (answer.status_code, "last_administrator" in answer.text) == (409, True)
        row = answer.text.split('form="account-boss"')
        assert any("manager" in part and "checked" in part[:80] for part in row), "choice is kept"
        data = {"csrf_token": token, "seen": ["supervisor", "manager"], "role": "supervisor"}
        assert boss.post("/roles/accounts/leader", data=data).status_code == 303


@pytest.mark.parametrize("login", ["leader", "office"])
def test_only_an_administrator_sees_roles(served: Served, login: str) -> None:
    with served.signed_in(login) as client:
        assert client.get("/roles").status_code == 403
        assert not re.search(r'href="/roles"', client.get("/calendar").text)


def test_accounts_are_made_get_a_new_password_and_end_in_the_browser(served: Served) -> None:
    with served.signed_in("boss") as boss:
        boss.params = boss.params.set("lang", "en")
        token = csrf_token(boss, "/roles")

        def send(address: str, **fields: str) -> httpx.Response:
            sent = {"csrf_token": token, **fields}
            return boss.post(f"/roles/accounts{address}", data=sent, follow_redirects=True)

        refused = send("", login="no good", role="manager", command_id="a")
        assert (refused.status_code, 'value="no good"' in refused.text) == (422, True)
        assert send("", login="planner", command_id="b").status_code == 422
        made = send("", login="planner", role="manager", command_id="c")
        first = shown_password(made.text)
        assert (
            shown_password(send("", login="planner", role="manager", command_id="c").text) == first
        )
        assert "login_taken" in send("", login="planner", role="manager", command_id="d").text
        assert signs_in(served, "planner", first)
        second = shown_password(send("/planner/password", command_id="e").text)
        assert not signs_in(served, "planner", first)
        assert signs_in(served, "planner", second)
        assert send("/planner/end").status_code == 200
        assert not signs_in(served, "planner", second)
        assert "last_administrator" in send("/boss/end").text


def shown_password(page: str) -> str:
    found = re.search(r'<output class="code mono">([^<]+)</output>', page)
    assert found, page[:2000]
    return found[1]


def signs_in(served: Served, login: str, password: str) -> bool:
    with served.client() as client:
        form = {"login": login, "password": password, "csrf_token": csrf_token(client)}
        return client.post("/sign-in", data=form).status_code == 303
