"""What a client of `/live` hears, against a real web process."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
import socketio
from sqlalchemy import select, update

from mes.clock import real_now_us
from mes.features.people import service
from mes.live.announce import announce
from mes.models import Equipment, UserSession, WorkUnitLive
from mes.web.roles import Scope
from tests.live.watching import Watcher, watching
from tests.web.serving import ACTOR, Served, until


def unit_id(served: Served, code: str) -> int:
    with served.database.reading() as session:
        found = session.scalar(select(Equipment.id).where(Equipment.code == code))
    assert found is not None
    return found


def change(served: Served, code: str) -> int:
    """A commit of another process that announces a work unit; the version after it."""
    number = unit_id(served, code)
    with served.database.transaction() as session:
        announce(session, number)
    with served.database.reading() as session:
        version = session.scalar(
            select(WorkUnitLive.version).where(WorkUnitLive.work_unit_id == number)
        )
    assert version is not None
    return version


def ingest(served: Served, seq: int, value: int) -> None:
    """What an edge sends: a state of unit-11."""
    now = real_now_us()
    body = {
        "edge": "edge-1",
        "config_revision": 1,
        "clock_offset_us": 0,
        "links": [],
        "batches": [
            {
                "source": "plc",
                "stream": "event",
                "epoch": "00112233445566aa",
                "covered_until": now,
                "records": [[seq, "v", "state", value, 0, None, None, now, None]],
            }
        ],
    }
    with served.client() as client:
        answer = client.post("/api/v1/ingest", json=body, headers=served.bearer("ingest"))
    assert answer.status_code == 200, answer.text


def test_watching_answers_with_the_present_tiles_of_what_is_watched(served: Served) -> None:
    expected = {
        "site": ("busan", {"unit-11", "unit-12", "unit-21", "unit-22"}),
        "line": ("line-2", {"unit-21", "unit-22"}),
        "work_unit": ("unit-12", {"unit-12"}),
    }
    with watching(served.url, served.tokens["read"]) as watcher:
        for key, (code, units) in expected.items():
            assert {tile["work_unit"] for tile in watcher.watch(**{key: code})} == units


def test_a_commit_is_sent_at_once_as_a_whole_tile_with_a_higher_version(served: Served) -> None:
    with watching(served.url, served.tokens["read"]) as watcher:
        (tile,) = watcher.watch(work_unit="unit-11")
        time.sleep(0.3)
        took = []
        for number in range(1, 6):
            begun = time.monotonic()
            ingest(served, number, 1 + number % 2)
            fresh = watcher.next_tile("unit-11", tile["version"] + 1)
            took.append(time.monotonic() - begun)
            assert fresh.keys() == tile.keys()
            assert fresh["state"] == ("stopped", "running")[number % 2]
            tile = fresh
            time.sleep(0.15)
        assert min(took) < 0.25, took


def test_a_commit_of_another_process_is_noticed_by_the_ticker(served: Served) -> None:
    with watching(served.url, served.tokens["read"]) as watcher:
        watcher.watch(line="line-2")
        version = change(served, "unit-21")
        assert watcher.next_tile("unit-21", version)["version"] == version


def test_a_busy_line_gets_at_most_one_message_in_a_merge_window_and_the_last_value(
    served: Served,
) -> None:
    with watching(served.url, served.tokens["read"]) as watcher:
        (tile,) = watcher.watch(work_unit="unit-11")
        begun = time.monotonic()
        for number in range(100, 160):
            ingest(served, number, 1 + number % 2)
        lasted = time.monotonic() - begun
        with served.client() as client:
            answer = client.get("/api/v1/work-units/unit-11", headers=served.bearer("read"))
        last = answer.json()["version"] if answer.status_code == 200 else tile["version"] + 60
        heard: list[float] = []
        while True:
            at, tiles = watcher.tiles.get(timeout=5)
            heard.append(at)
            if tiles[0]["version"] >= last:
                break
        assert len(heard) <= lasted / 0.1 + 3
        gaps = [b - a for a, b in itertools.pairwise(heard)]
        assert not gaps or sorted(gaps)[len(gaps) // 2] >= 0.09


def test_a_heartbeat_tells_versions_plant_time_build_and_edges(served: Served) -> None:
    with watching(served.url, served.tokens["read"]) as watcher:
        watcher.watch(line="line-1")
        beat = watcher.heartbeats.get(timeout=5)
    assert set(beat["tiles"]) <= {"unit-11", "unit-12"}
    assert all(isinstance(version, int) for version in beat["tiles"].values())
    assert beat["as_of"].startswith("20")
    assert isinstance(beat["build"], str)
    assert set(beat["edges"]["edge-1"]) == {"seen_at", "alive"}


@pytest.mark.parametrize(
    "garbage",
    [
        {},
        {"site": "busan", "line": "line-1"},
        {"site": 7},
        {"site": "x" * 500},
        {"room": "place-1"},
        [],
        "site",
        None,
        [["deep"] * 50],
    ],
)
def test_garbage_is_answered_with_a_code_and_the_connection_goes_on(
    served: Served, garbage: Any
) -> None:
    with watching(served.url, served.tokens["read"]) as watcher:
        answer = watcher.say("watch", garbage)
        assert answer["error"]["code"] == "bad_watch"
        assert "Traceback" not in str(answer)
        assert watcher.say("write", {"x": 1})["error"]["code"] == "unknown_event"
        assert len(watcher.watch(work_unit="unit-22")) == 1


def test_watching_what_does_not_exist_is_refused(served: Served) -> None:
    with watching(served.url, served.tokens["read"]) as watcher:
        assert watcher.watch(line="line-99")["error"]["code"] == "not_found"


@pytest.mark.parametrize("token", [None, "wrong", "", "ingest"])
def test_a_stranger_or_a_token_without_the_right_is_not_connected(
    served: Served, token: str | None
) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        Watcher(served.url, {"token": served.tokens.get(token or "", token)} if token else None)


def test_a_signed_in_browser_watches_with_its_cookie(served: Served) -> None:
    with served.signed_in("office") as browser:
        cookie = {"Cookie": f"mes-session={browser.cookies['mes-session']}"}
        with watching(served.url, headers=cookie) as watcher:
            assert len(watcher.watch(site="busan")) == 4


def test_a_page_of_another_site_is_not_connected(served: Served) -> None:
    with served.signed_in("office") as browser:
        headers = {
            "Cookie": f"mes-session={browser.cookies['mes-session']}",
            "Origin": "http://evil.example",
            "X-Forwarded-Host": "evil.example",
        }
        with pytest.raises(socketio.exceptions.ConnectionError):
            Watcher(served.url, headers=headers)


def test_an_open_connection_is_closed_when_its_session_ends(served: Served) -> None:
    with served.signed_in("leader") as browser:
        cookie = {"Cookie": f"mes-session={browser.cookies['mes-session']}"}
        with watching(served.url, headers=cookie) as watcher:
            watcher.watch(site="busan")
            with served.database.transaction() as session:
                session.execute(update(UserSession).values(ended_at=real_now_us()))
            until(lambda: not watcher.client.connected, 12)


def test_an_open_connection_is_closed_when_its_token_is_revoked(served: Served) -> None:
    with served.database.transaction() as session:
        made = service.create_token(session, ACTOR, scope=Scope.READ, label="short")
    with watching(served.url, made.token) as watcher:
        watcher.watch(site="busan")
        with served.database.transaction() as session:
            service.revoke_token(session, ACTOR, made.id)
        until(lambda: not watcher.client.connected, 12)


def test_nothing_comes_from_lines_that_are_not_watched(served: Served) -> None:
    with watching(served.url, served.tokens["read"]) as watcher:
        watcher.watch(line="line-1")
        change(served, "unit-21")
        change(served, "unit-12")
        tile = watcher.next_tile("unit-12", 1)
        assert tile["line"] == "line-1"
        time.sleep(1.5)
        while not watcher.tiles.empty():
            _, tiles = watcher.tiles.get()
            assert all(tile["line"] == "line-1" for tile in tiles)
