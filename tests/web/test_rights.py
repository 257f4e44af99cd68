"""Every address of the API says who may use it, and says so before it looks at the body."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mes.app import create_app
from mes.settings import Settings
from mes.web.roles import GUARD
from tests.web.serving import Served

OPEN = {
    "DELETE /api/v1/session",
    "GET /api/v1/openapi.json",
    "POST /api/v1/session",
    "POST /api/v1/terminal/enroll",
    "POST /api/v1/terminal/sign-in",
    "POST /api/v1/terminal/sign-out",
}
"""Signing in and out, and what the API is."""


def addresses(folder: Path) -> list[tuple[str, str, bool]]:
    """(method, path, guarded) of every address under /api/v1."""
    app = create_app(Settings(data_dir=folder))
    return [
        (method, rule.rule, hasattr(app.view_functions[rule.endpoint], GUARD))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if rule.rule.startswith("/api/v1/")
    ]


def filled_in(path: str) -> str:
    """An address with something of the right kind in each of its places."""
    path = re.sub(r"<any\(([^,)]+)[^>]*>", r"\1", path)
    return re.sub("<[^>]+>", "x", re.sub("<int:[^>]+>", "1", path))


def test_every_address_but_a_few_says_who_may_use_it(tmp_path: Path) -> None:
    found = addresses(tmp_path)
    assert len(found) > 30
    assert {f"{method} {path}" for method, path, guarded in found if not guarded} == OPEN


def test_strangers_get_401_everywhere_before_their_body_is_looked_at(
    served: Served, tmp_path: Path
) -> None:
    with served.client() as client:
        for method, path, guarded in addresses(tmp_path):
            if not guarded:
                continue
            target = filled_in(path)
            answer = client.request(method, target, content=b"{not json")
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), target


@pytest.mark.parametrize("scope", ["read", "ingest"])
def test_a_token_that_may_not_write_gets_403_before_its_body_is_looked_at(
    served: Served, tmp_path: Path, scope: str
) -> None:
    with served.client() as client:
        for method, path, guarded in addresses(tmp_path):
            if not guarded or method == "GET" or path == "/api/v1/ingest":
                continue
            target = filled_in(path)
            answer = client.request(
                method, target, content=b"{not json", headers=served.bearer(scope)
            )
            is_of_another_edge = scope == "ingest" and "/edges/<edge>/requests/" in path
            code = "edge_not_allowed" if is_of_another_edge else "forbidden"
            assert (answer.status_code, answer.json()["code"]) == (403, code), target


def test_managing_people_is_closed_to_machines(served: Served) -> None:
    with served.client() as client:
        for path, body in (
            ("/api/v1/terminals", {"work_unit": "unit-11"}),
            ("/api/v1/people/pin", {"badge": "1001", "pin": "314159"}),
        ):
            answer = client.post(path, json=body, headers=served.bearer("write"))
            assert answer.status_code == 403, path
