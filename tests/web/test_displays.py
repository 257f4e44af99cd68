"""Wall displays: an address that only shows the wall, never signs out, and ends when revoked."""

from __future__ import annotations

import re

from sqlalchemy import select

from mes.models import ApiToken, AuditLog
from tests.web.serving import Served, csrf_token


def test_a_display_reads_the_wall_and_nothing_else_until_it_is_revoked(served: Served) -> None:
    with served.signed_in("boss") as boss, served.client() as screen:
        boss.params = boss.params.set("lang", "en")
        form = {"csrf_token": csrf_token(boss, "/displays"), "label": "Hall 2", "order": "worst"}
        page = boss.post("/displays", data=form, follow_redirects=True).text
        found = re.search(r"/display/(mes-display-[\w-]+)\?order=worst", page)
        assert found, page[-2000:]
        opened = screen.get(found[0])
        assert (opened.status_code, opened.headers["location"]) == (303, "/?order=worst")
        assert "max-age" in opened.headers["set-cookie"].lower()
        wall = screen.get("/?order=worst")
        assert wall.status_code == 200
        assert "data-kiosk" in wall.text
        assert "mes-display=" in wall.headers["set-cookie"], "its key is given anew"
        assert screen.get("/api/v1/work-units/unit-11/states").status_code == 200
        for address in ("/api/v1/work-units", "/api/v1/calls", "/api/v1/displays"):
            assert screen.get(address).json()["code"] == "unauthorized"
        assert screen.get("/report").headers["location"].startswith("/sign-in")
        assert screen.post("/api/v1/work-units/unit-11/calls").status_code in {400, 401}
        with served.client(headers={"Authorization": f"Bearer {found[1]}"}) as client:
            assert client.get("/api/v1/work-units").status_code == 401
        (row,) = (d for d in boss.get("/api/v1/displays").json()["items"] if d["label"] == "Hall 2")
        assert row["last_used_at"] is not None
        with served.database.reading() as session:
            kept = session.scalars(select(ApiToken).where(ApiToken.id == row["id"])).one()
            assert (kept.scope, kept.expires_at) == ("display", None)
        token = csrf_token(boss, "/displays")
        boss.post(f"/displays/{row['id']}/revoke", data={"csrf_token": token})
        assert screen.get("/").headers["location"].startswith("/sign-in")
        assert screen.get(found[0]).status_code == 401
        with served.database.reading() as session:
            actions = session.scalars(select(AuditLog.action).where(AuditLog.subject == "Hall 2"))
            assert list(actions) == ["token.create", "token.revoke"]


def test_only_an_administrator_makes_displays_and_not_without_a_name(served: Served) -> None:
    with served.signed_in("leader") as leader:
        assert leader.get("/displays").status_code == 403
        leader.headers["X-CSRFToken"] = csrf_token(leader)
        answer = leader.post("/api/v1/displays", json={"label": "x"})
        assert answer.json()["code"] == "forbidden"
    with served.signed_in("boss") as boss:
        boss.headers["X-CSRFToken"] = csrf_token(boss)
        refused = boss.post("/api/v1/displays", json={"label": "  "})
        assert (refused.status_code, refused.json()["code"]) == (422, "display_needs_label")
        unknown = boss.post("/api/v1/displays/9999/revoke")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "display_unknown")
