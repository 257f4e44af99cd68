"""The board of requests: handed out once, answered once, bounded, and never carried out late."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mes.clock import monotonic_s
from mes.core.refusal import Refusal
from mes.features.edge_requests import board as module
from mes.features.edge_requests.board import OPEN_MAX, Reply, RequestBoard

EDGE = "edge-1"


class Asker(threading.Thread):
    """Somebody who asks and waits."""

    def __init__(
        self,
        board: RequestBoard,
        timeout_s: float,
        edge: str = EDGE,
        begin_within_s: float | None = None,
    ) -> None:
        super().__init__(daemon=True)
        self.board, self.timeout_s, self.edge = board, timeout_s, edge
        self.begin_within_s = begin_within_s
        self.reply: Reply | None = None
        self.refusal: Refusal | None = None

    def run(self) -> None:
        try:
            self.reply = self.board.ask(
                self.edge,
                "test",
                {"source": {}},
                timeout_s=self.timeout_s,
                begin_within_s=self.begin_within_s,
            )
        except Refusal as refusal:
            self.refusal = refusal


@contextmanager
def asking(
    board: RequestBoard,
    timeout_s: float = 10.0,
    edge: str = EDGE,
    begin_within_s: float | None = None,
) -> Iterator[Asker]:
    asker = Asker(board, timeout_s, edge, begin_within_s)
    asker.start()
    yield asker
    asker.join(10.0)
    assert not asker.is_alive()


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.0)


def test_the_answer_of_the_edge_reaches_who_asked() -> None:
    board = RequestBoard()
    with asking(board) as asker:
        (request,) = board.fetch(EDGE, wait_s=5.0)
        assert (request["kind"], request["arguments"]) == ("test", {"source": {}})
        assert 9.0 < request["timeout_s"] <= 10.0
        board.answer(EDGE, request["id"], Reply(result={"steps": []}))
    assert asker.reply == Reply(result={"steps": []})
    assert board.counts == {
        "asked": 1, "answered": 1, "not_fetched": 0, "not_claimed": 0, "not_answered": 0, "busy": 0,
    }  # fmt: skip


def test_a_request_is_handed_out_once_and_to_its_own_edge_alone() -> None:
    board = RequestBoard()
    with asking(board):
        (request,) = board.fetch(EDGE, wait_s=5.0)
        assert board.fetch(EDGE, wait_s=0.0) == []
        assert board.fetch("edge-2", wait_s=0.0) == []
        with pytest.raises(Refusal) as refusal:
            board.answer("edge-2", request["id"], Reply(result={}))
        assert refusal.value.code == "edge_request_over"
        board.answer(EDGE, request["id"], Reply(result={}))


def test_an_edge_that_waits_is_woken_at_once() -> None:
    board = RequestBoard()
    got: list[float] = []

    def wait() -> None:
        (request,) = board.fetch(EDGE, wait_s=20.0)
        got.append(monotonic_s())
        board.answer(EDGE, request["id"], Reply(code="no"))

    edge = threading.Thread(target=wait, daemon=True)
    edge.start()
    began = monotonic_s()
    with asking(board) as asker:
        edge.join(10.0)
    assert asker.reply == Reply(code="no")
    assert got[0] - began < 5.0


def test_nothing_was_done_when_nobody_fetched_it() -> None:
    board = RequestBoard()
    with asking(board, timeout_s=0.05) as asker:
        pass
    assert asker.refusal is not None
    assert asker.refusal.code == "edge_not_listening"
    assert board.fetch(EDGE, wait_s=0.0) == [], "it must not be carried out late"
    assert board.counts["not_fetched"] == 1


def test_an_answer_that_stays_away_is_said_as_not_known() -> None:
    board = RequestBoard()
    with asking(board, timeout_s=0.2) as asker:
        (request,) = board.fetch(EDGE, wait_s=5.0)
    assert asker.refusal is not None
    assert asker.refusal.code == "edge_no_answer"
    with pytest.raises(Refusal) as refusal:
        board.answer(EDGE, request["id"], Reply(result={}))
    assert refusal.value.code == "edge_request_over"
    assert board.counts["not_answered"] == 1


def test_a_request_is_claimed_once_in_its_time_and_by_its_own_edge() -> None:
    board = RequestBoard()
    with asking(board, begin_within_s=5.0) as asker:
        (request,) = board.fetch(EDGE, wait_s=5.0)
        for edge in ("edge-2", EDGE):
            if edge == EDGE:
                assert 0.0 < board.claim(EDGE, request["id"]) <= 5.0
            with pytest.raises(Refusal) as refusal:
                board.claim(edge, request["id"])
            assert refusal.value.code == "edge_request_over"
        board.answer(EDGE, request["id"], Reply(result={}))
    assert asker.reply == Reply(result={}, was_claimed=True)


def test_what_was_not_claimed_in_time_is_over_for_the_edge_and_for_who_asked() -> None:
    board = RequestBoard()
    began = monotonic_s()
    with asking(board, timeout_s=60.0, begin_within_s=0.2) as asker:
        (request,) = board.fetch(EDGE, wait_s=5.0)
    assert monotonic_s() - began < 30.0, "who asked does not wait for what will not begin"
    assert asker.refusal is not None
    assert asker.refusal.code == "edge_too_late"
    with pytest.raises(Refusal) as refusal:
        board.claim(EDGE, request["id"])
    assert refusal.value.code == "edge_request_over"
    assert board.counts["not_claimed"] == 1


def test_what_needs_no_claim_cannot_be_claimed() -> None:
    board = RequestBoard()
    with asking(board):
        (request,) = board.fetch(EDGE, wait_s=5.0)
        with pytest.raises(Refusal):
            board.claim(EDGE, request["id"])
        board.answer(EDGE, request["id"], Reply(result={}))


def test_one_edge_takes_so_many_requests_and_the_next_is_refused() -> None:
    board = RequestBoard()
    askers = [Asker(board, 10.0) for _ in range(OPEN_MAX)]
    for asker in askers:
        asker.start()
    taken: list[str] = []
    while len(taken) < OPEN_MAX:
        taken += [request["id"] for request in board.fetch(EDGE, wait_s=5.0)]
    with pytest.raises(Refusal) as refusal:
        board.ask(EDGE, "test", {}, timeout_s=10.0)
    assert refusal.value.code == "edge_busy"
    with asking(board, edge="edge-2"):
        (other,) = board.fetch("edge-2", wait_s=5.0)
        board.answer("edge-2", other["id"], Reply(result={}))
    for request_id in taken:
        board.answer(EDGE, request_id, Reply(result={}))
    for asker in askers:
        asker.join(10.0)
        assert asker.reply is not None


def test_an_edge_that_was_started_again_gets_what_its_old_call_would_have_swallowed() -> None:
    board = RequestBoard()
    old: list[object] = []
    left_behind = threading.Thread(target=lambda: old.extend(board.fetch(EDGE, wait_s=20.0)))
    left_behind.start()
    assert board.fetch(EDGE, wait_s=0.05) == []
    left_behind.join(10.0)
    assert not left_behind.is_alive()
    with asking(board):
        (request,) = board.fetch(EDGE, wait_s=5.0)
        board.answer(EDGE, request["id"], Reply(result={}))
    assert old == []
