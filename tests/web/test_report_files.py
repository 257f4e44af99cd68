"""The pages of report files and of notes about a trend: rights, repeated and late forms."""

from __future__ import annotations

from uuid import uuid4

import httpx

from tests.web.serving import Served, csrf_token

FORM = {
    "kind": "production_csv",
    "place": "unit-11",
    "period": "day",
    "policy": "",
    "language": "ko",
    "delay_min": "5",
    "folder": "일보",
    "kept": "9",
}


def post(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return client.post(path, data={"csrf_token": csrf_token(client), **fields})


def test_a_schedule_is_added_once_changed_by_whoever_saw_it_and_stopped(served: Served) -> None:
    command = uuid4().hex
    with served.signed_in("office") as client:
        for _ in range(2):
            answer = post(client, "/reports/schedules", command_id=command, **FORM)
            assert answer.status_code == 303, answer.text
        page = client.get("/reports/schedules?lang=ko").text
        assert page.count('<details class="sch"') == 1
        assert (
            post(client, "/reports/schedules/1", seen="1", **{**FORM, "kept": "8"}).status_code
            == 303
        )
        late = post(
            client, "/reports/schedules/1?lang=ko", seen="1", **{**FORM, "folder": "내 폴더"}
        )
        assert late.status_code == 409
        assert "내 폴더" in late.text, "what was typed stays"
        bad = post(client, "/reports/schedules", **{**FORM, "folder": "../<script>"})
        assert bad.status_code == 422
        assert "../&lt;script&gt;" in bad.text
        assert post(client, "/reports/schedules/1/stop", seen="2").status_code == 303
        assert client.get("/reports/files/999").status_code == 404


def test_a_note_is_written_on_the_trend_and_withdrawn(served: Served) -> None:
    with served.signed_in("leader") as client:
        now = "2020-03-02 08:30"
        query = "hours=1&until=2020-03-02 09:00"
        answer = post(client, "/trend/notes", at=now, text="<b>날 교체", query=query)
        assert answer.status_code == 303
        page = client.get(answer.headers["location"]).text
        assert "&lt;b&gt;날 교체" in page
        refused = post(client, "/trend/notes", at="x", text="내 메모", query=query)
        assert "내 메모" in client.get(refused.headers["location"]).text, "what was typed stays"
        number = page.split('name="voids" value="', 1)[1].split('"', 1)[0]
        assert (
            post(client, "/trend/notes", voids=number, text="오기", query=query).status_code == 303
        )
        assert (
            "오기" in client.get("/trend", params={"hours": "1", "until": "2020-03-02 09:00"}).text
        )
