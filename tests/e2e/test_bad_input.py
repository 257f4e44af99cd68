"""Bad input from every side: a clear refusal with a code, nothing lost, nothing of the inside."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import socketio
import websocket

from mes.clock import real_now_us
from mes.core.instants import format_instant, parse_instant
from mes.features.plant.check import check
from mes.features.plant.service import apply
from simulators.scenarios import SCENARIOS
from tests.live.watching import watching
from tests.web.serving import Served, add_people, serve

MINUTE_US = 60_000_000
EPOCH = "0123456789abcdef"
PROBLEM = "application/problem+json"
INSIDE = ("Traceback", 'File "', "sqlalchemy", "sqlite", ".py", "psycopg")
"""Words that would tell of the inside of the program."""

Json = dict[str, Any]


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A web process with the demo plant, its log clean at the end."""
    folder = tmp_path_factory.mktemp("bad-input")
    with serve(folder, sqlite_template, MES_SIGN_INS_PER_MINUTE="1000") as running:
        checked = check(SCENARIOS["demo"].plant_file(modbus_port=1502, opcua_port=4840))
        assert checked.plant is not None, checked.mistakes
        with running.database.transaction() as session:
            began = real_now_us() - 120 * MINUTE_US
            apply(session, checked.plant, actor="test", now_us=began)
        running.tokens = add_people(running.database)
        _deliver_a_stop(running)
        yield running
        log = (folder / "web.log").read_text()
        assert "Traceback" not in log, log[-4000:]


def _deliver_a_stop(served: Served) -> None:
    """press-1 ran, stood from 30 to 15 minutes ago, and runs again; 10 pieces by then."""
    now = real_now_us()
    readings = [(60, "press1_state", 2), (60, "press1_strokes", 100), (60, "press1_rejects", 0)]
    readings += [(30, "press1_state", 1), (15, "press1_state", 2), (10, "press1_strokes", 110)]
    records = [
        [seq, "v", tag, value, 0, None, None, now - ago * MINUTE_US, None]
        for seq, (ago, tag, value) in enumerate(readings, 1)
    ]
    answer = deliver(served, body_of(records, covered_until=now))
    assert answer.status_code == 200, answer.text
    assert answer.json()["acked"]["press_plc"]["event"]["seq"] == len(records)


def body_of(records: Any, *, covered_until: Any = None, source: Any = "press_plc") -> Json:
    """A delivery of one batch of events."""
    batch = {
        "source": source,
        "stream": "event",
        "epoch": EPOCH,
        "covered_until": covered_until,
        "records": records,
    }
    return {
        "edge": "edge-1",
        "config_revision": 1,
        "clock_offset_us": 0,
        "links": [],
        "batches": [batch],
    }


def deliver(served: Served, body: Json, scope: str = "ingest") -> httpx.Response:
    """What an edge does."""
    with served.client() as client:
        return client.post("/api/v1/ingest", json=body, headers=served.bearer(scope))


def command(**fields: Any) -> Json:
    """A command with an id of its own."""
    return {"command_id": str(uuid4()), **fields}


def post(served: Served, address: str, body: Any, scope: str = "write") -> httpx.Response:
    """Post a JSON body."""
    with served.client() as client:
        return client.post(address, json=body, headers=served.bearer(scope))


def read(served: Served, address: str, **query: str) -> httpx.Response:
    """Read an address with a reading token."""
    with served.client() as client:
        return client.get(address, params=query or None, headers=served.bearer("read"))


def assert_refused(answer: httpx.Response, status: int, *codes: str) -> Json:
    """A problem object with one of the codes and nothing of the inside; its content."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith(PROBLEM)
    problem: Json = answer.json()
    assert problem["code"] in codes, problem
    assert problem["status"] == status
    assert problem["title"]
    assert not [word for word in INSIDE if word in answer.text], answer.text
    return problem


def pieces(served: Served) -> tuple[Any, Any]:
    """What is known of press-1: nothing refused may change it."""
    now = real_now_us()
    window = {"from": format_instant(now - 90 * MINUTE_US), "to": format_instant(now)}
    quantities = read(served, "/api/v1/work-units/press-1/oee", **window).json()["quantities"]
    return quantities["GQ"], quantities["SQ"]


@pytest.mark.parametrize("token", ["wrong", "mes-read-" + "x" * 60, "x" * 5000, "ключ", "a b"])
def test_a_wrong_token_is_refused(served: Served, token: str) -> None:
    headers = [(b"Authorization", b"Bearer " + token.encode())]
    with served.client() as client:
        answer = client.get("/api/v1/work-units", headers=headers)
        assert_refused(answer, 401, "invalid_token")
        answer = client.post("/api/v1/ingest", json=body_of([]), headers=headers)
        assert_refused(answer, 401, "invalid_token")


def test_a_request_without_a_token_is_refused(served: Served) -> None:
    with served.client() as client:
        for address in ("/api/v1/lines", "/api/v1/sources", "/api/v1/work-orders"):
            assert_refused(client.get(address), 401, "unauthorized")


def test_a_token_without_the_scope_is_refused(served: Served) -> None:
    order = command(item="BRKT-100", quantity=10)
    assert_refused(post(served, "/api/v1/work-orders", order, "read"), 403, "forbidden")
    assert_refused(post(served, "/api/v1/work-orders", order, "ingest"), 403, "forbidden")
    assert_refused(deliver(served, body_of([]), "write"), 403, "forbidden")
    assert_refused(deliver(served, body_of([]), "read"), 403, "forbidden")


def test_a_source_of_another_edge_is_refused_by_name(served: Served) -> None:
    problem = assert_refused(
        deliver(served, body_of([], source="elsewhere")), 403, "source_not_allowed"
    )
    assert "elsewhere" in json.dumps(problem)


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/work-orders/WO-1/release",
        "/api/v1/work-orders/WO-1/close",
        "/api/v1/work-orders/" + "x" * 300 + "/release",
    ],
)
def test_an_unknown_order_is_refused(served: Served, address: str) -> None:
    assert_refused(post(served, address, command()), 404, "order_unknown")


def test_an_unknown_job_is_refused(served: Served) -> None:
    assert_refused(post(served, "/api/v1/job-orders/WO-1-10/start", command()), 404, "job_unknown")


@pytest.mark.parametrize(
    "entry",
    [
        {"good": -5},
        {"scrap": -1, "reason": "burr"},
        {"scrap": 1_000_000_000_000_000_000, "reason": "burr"},
        {"scrap": 1e300, "reason": "burr"},
        {"scrap": "1.00000001", "reason": "burr"},
        {"scrap": "many", "reason": "burr"},
        {"scrap": "NaN", "reason": "burr"},
        {"scrap": True, "reason": "burr"},
        {"scrap": [1], "reason": "burr"},
        {"scrap": None, "reason": "burr"},
        {"scrap": 1},
        {"scrap": 1, "reason": "jam"},
        {"scrap": 1, "reason": "nothing-like-it"},
        {"scrap": 1, "reason": "burr", "startup_scrap": 2},
        {"scrap": 1, "reason": "burr", "made_at": "yesterday"},
        {"scrap": 1, "reason": "burr", "made_at": "2999-01-01T00:00:00Z"},
        {"scrap": 1, "reason": "burr", "job_order": "WO-1-10"},
        {"scrap": 1, "reason": "burr", "colour": "red"},
        {"scrap": 1, "reason": "burr", "note": "x" * 5000},
        {},
    ],
)
def test_an_impossible_quantity_is_refused_and_changes_nothing(served: Served, entry: Json) -> None:
    before = pieces(served)
    answer = post(served, "/api/v1/work-units/press-1/quantities", command(**entry))
    assert 400 <= answer.status_code < 500, answer.text
    assert_refused(answer, answer.status_code, answer.json()["code"])
    assert pieces(served) == before


@pytest.mark.parametrize("quantity", [0, -1, "0", "1e9999", 10**30, None, "ten"])
def test_an_order_of_an_impossible_quantity_is_refused(served: Served, quantity: Any) -> None:
    body = command(item="BRKT-100", quantity=quantity)
    answer = post(served, "/api/v1/work-orders", body)
    assert_refused(answer, 422, "validation", "impossible_quantity")
    assert read(served, "/api/v1/work-orders").json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1,2", b"null", b"[]", b'"text"', b"\xff\xfe\x00", b"[" * 100_000, b"1" * 5000],
)
def test_a_malformed_body_is_refused(served: Served, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    with served.client() as client:
        for address, scope in (
            ("/api/v1/work-orders", "write"),
            ("/api/v1/work-units/press-1/stops/statements", "write"),
            ("/api/v1/ingest", "ingest"),
        ):
            answer = client.post(address, content=body, headers={**headers, **served.bearer(scope)})
            assert answer.status_code in {400, 422}, f"{address}: {answer.text}"
            assert_refused(answer, answer.status_code, answer.json()["code"])


def test_an_oversized_body_is_refused(served: Served) -> None:
    large = b'{"note": "' + b"x" * (5 * 1024 * 1024) + b'"}'
    with served.client() as client:
        for address, scope in (("/api/v1/work-orders", "write"), ("/api/v1/ingest", "ingest")):
            headers = {"Content-Type": "application/json", **served.bearer(scope)}
            answer = client.post(address, content=large, headers=headers)
            assert_refused(answer, 413, "too_large", "ingest_too_large")


def test_a_packed_body_that_unpacks_to_too_much_is_refused(served: Served) -> None:
    bomb = gzip.compress(b" " * (200 * 1024 * 1024), 9)
    headers = {"Content-Encoding": "gzip", **served.bearer("ingest")}
    with served.client() as client:
        answer = client.post("/api/v1/ingest", content=bomb, headers=headers)
    assert_refused(answer, 413, "ingest_too_large")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"edge": 5, "batches": []},
        {**body_of([]), "batches": [5]},
        {**body_of([]), "batches": "all"},
        body_of("none"),
        body_of([], covered_until="now"),
        {**body_of([]), "links": [{"source": "press_plc", "state": "purple"}]},
    ],
)
def test_a_malformed_delivery_is_refused_as_a_whole(served: Served, body: Json) -> None:
    assert_refused(deliver(served, body), 422, "ingest_malformed")


def test_a_bad_record_is_kept_in_quarantine_and_the_stream_goes_on(served: Served) -> None:
    now = real_now_us()
    good = [100, "v", "press1_spm", 1, 0, None, None, now, None]
    bad: list[Any] = [
        [1, "v", "no_such_tag", 1, 0, None, None, now, None],
        [2, "v", "press1_spm", 1, 7, None, None, now, None],
        [3, "v", "press1_spm", {"deep": []}, 0, None, None, now, None],
        [4, "v", "press1_spm", 1, 0, None, None, "now", None],
        [5, "x"],
        [6, "g", now, now - 5, "backwards"],
    ]
    body = body_of([*bad, [7, "s", 99], good])
    body["batches"][0] |= {"stream": "sample", "epoch": "fedcba9876543210"}
    answer = deliver(served, body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["quarantined"] == len(bad)
    assert answer.json()["acked"]["press_plc"]["sample"]["seq"] == 100


def test_an_unknown_work_unit_is_refused(served: Served) -> None:
    for address in ("", "/oee", "/states", "/case", "/stops", "/entries"):
        answer = read(served, f"/api/v1/work-units/press-99{address}")
        assert_refused(answer, 404, "unknown_work_unit")
    entry = command(scrap=1, reason="burr")
    answer = post(served, "/api/v1/work-units/press-99/quantities", entry)
    assert_refused(answer, 404, "unknown_work_unit")


@pytest.mark.parametrize(
    "window",
    [
        {"from": "yesterday"},
        {"from": "2026-03-02T10:00:00"},
        {"from": "2026-03-02T10:00:00Z", "to": "2026-03-02T09:00:00Z"},
        {"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"},
        {"day": "2026-02-30"},
        {"day": "2026-03-02", "shift": "Z"},
        {"policy": "wishful"},
        {"as_of": "soon"},
    ],
)
def test_a_bad_window_is_refused(served: Served, window: dict[str, str]) -> None:
    answer = read(served, "/api/v1/work-units/press-1/oee", **window)
    assert answer.status_code in {400, 404, 422}, answer.text
    assert_refused(answer, answer.status_code, answer.json()["code"])


def test_two_people_who_edit_one_stop_get_one_answer_and_one_refusal(served: Served) -> None:
    stop = _the_stop(served)
    statements = "/api/v1/work-units/press-1/stops/statements"
    seen = {
        "kind": "whole",
        "seen_start": stop["start"],
        "seen_end": stop["end"],
        "seen_statement": stop["statement"],
    }
    first = post(served, statements, command(**seen, reason="jam"))
    assert first.status_code == 201, first.text
    second = post(served, statements, command(**seen, reason="cleaning"))
    problem = assert_refused(second, 409, "stop_changed")
    assert problem["stop"]["statement"] == _the_stop(served)["statement"]
    assert json.dumps(problem["stop"]).count('"jam"') >= 1
    again = command(**{**seen, "seen_statement": problem["stop"]["statement"]}, reason="cleaning")
    assert post(served, statements, again).status_code == 201
    assert "cleaning" in json.dumps(_the_stop(served))


def _the_stop(served: Served) -> Json:
    """The stop of a quarter of an hour that press-1 had."""
    now = real_now_us()
    window = {"from": format_instant(now - 90 * MINUTE_US), "to": format_instant(now)}
    found = read(served, "/api/v1/work-units/press-1/stops", **window).json()["items"]
    return next(
        one
        for one in found
        if one["end"]
        and abs(parse_instant(one["end"]) - parse_instant(one["start"]) - 15 * MINUTE_US) < 1000
    )


GARBAGE: list[str | bytes] = [
    "",
    "x",
    "9",
    "4",
    "42",
    "42[",
    "4/live,0{",
    '42/live,["watch"]',
    '42/live,7["watch",{"site":{"$gt":""}}]',
    '42/live,8["tiles",[{"work_unit":"press-1","good":99999}]]',
    '452-/live,["watch",{"_placeholder":true,"num":99999}]',
    "42/live," + "[" * 5000,
    "\ud55c\uae00" * 100,
    b"\x00\x01\xff" * 50,
    "4" + "1" * 15_000,
    "4" + "[" * 15_000,
    "bAAAA=",
    "5",
    "451-",
    "451-/live,[",
]


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_on_the_socket_hurts_nobody(
    served: Served, garbage: str | bytes, joined: bool
) -> None:
    raw = websocket.create_connection(
        f"ws://127.0.0.1:{served.port}/socket.io/?EIO=4&transport=websocket", timeout=5
    )
    try:
        assert str(raw.recv()).startswith("0{")
        if joined:
            raw.send("40/live," + json.dumps({"token": served.tokens["read"]}))
            assert "sid" in str(raw.recv())
        if isinstance(garbage, bytes):
            raw.send_binary(garbage)
        else:
            raw.send(garbage)
        raw.settimeout(0.2)
        heard = _whatever_comes(raw)
    finally:
        raw.shutdown()  # type: ignore[no-untyped-call]  # the library has few types
    assert not [word for word in INSIDE if word in heard], heard


def test_garbage_by_long_polling_hurts_nobody(served: Served) -> None:
    address = "/socket.io/?EIO=4&transport=polling"
    with served.client() as client:
        opened = client.get(address)
        if opened.status_code == 200:
            address += "&sid=" + json.loads(opened.text[1:])["sid"]
        for body in (b"x", b"4", b"4" + b"[" * 15_000, b"\xff\x00", b"\x1e" * 100):
            answer = client.post(address, content=body)
            assert answer.status_code in {200, 400}, answer.text
            assert not [word for word in INSIDE if word in answer.text], answer.text


def test_after_all_the_garbage_a_client_watches_as_before(served: Served) -> None:
    with watching(served.url, served.tokens["read"]) as watcher:
        (tile,) = watcher.watch(work_unit="press-1")
        assert tile["good"] == 10
        garbage: list[Any] = [{"site": 1}, {"planet": "x"}, [], None, "site"]
        for wrong in garbage:
            assert watcher.say("watch", wrong)["error"]["code"] == "bad_watch"
        assert watcher.say("delete", {"all": True})["error"]["code"] == "unknown_event"
    with pytest.raises(socketio.exceptions.ConnectionError), watching(served.url, "wrong"):
        pass


def _whatever_comes(raw: websocket.WebSocket) -> str:
    """All that the server says within a moment; it may close the connection."""
    heard = ""
    try:
        while True:
            heard += str(raw.recv())
            if not raw.connected:
                return heard
    except (websocket.WebSocketException, OSError):
        return heard
