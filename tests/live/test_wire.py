"""One frame for many clients, against real sockets."""

from __future__ import annotations

import itertools
import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from mes.live.answers import Answers
from mes.live.wire import Wire, text_frame
from tests.live.test_watch import ingest
from tests.live.watching import watching
from tests.web.serving import Served, until

BIG = 400_000
"""Bytes of a frame that no socket buffer of these tests takes at once."""


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection with small buffers."""
    one, other = socket.socketpair()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    with one, other:
        yield one, other


def read(other: socket.socket, size: int) -> bytes:
    taken = b""
    while len(taken) < size:
        taken += other.recv(65_536)
    return taken


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_is_read_back_as_the_text_that_went_in(size: int) -> None:
    text = ("가a" * size)[:size]
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(text_frame(text.encode()))
    parts = [event for event in client.events() if isinstance(event, TextMessage)]
    assert "".join(part.data for part in parts) == text
    assert parts[-1].message_finished


def test_a_frame_that_fits_is_written_at_once(pair: tuple[socket.socket, socket.socket]) -> None:
    one, other = pair
    assert Wire(one).send_at_once(b"frame") is True
    assert other.recv(100) == b"frame"


def test_what_is_left_of_a_frame_goes_before_the_next_one(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    one, other = pair
    wire = Wire(one)
    frame = bytes(itertools.islice(itertools.cycle(range(256)), BIG))
    assert wire.send_at_once(frame) is None
    assert wire.send_at_once(b"another") is False, "nothing may come between the parts of a frame"
    writer = threading.Thread(target=wire.send, args=(b"next",))
    writer.start()
    assert read(other, BIG + 4) == frame + b"next"
    writer.join()
    assert wire.send_at_once(b"free again") is True


def test_nobody_waits_for_a_client_that_does_not_read(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    one, other = pair
    wire = Wire(one)
    writer = threading.Thread(target=wire.send, args=(bytes(BIG),))
    writer.start()
    begun = time.monotonic()
    while wire.send_at_once(b"x") is True:
        assert time.monotonic() - begun < 5, "the other thread never began to write"
    assert time.monotonic() - begun < 5
    assert len(read(other, BIG)) >= BIG
    writer.join()


def test_a_socket_that_is_gone_takes_nothing(pair: tuple[socket.socket, socket.socket]) -> None:
    one, other = pair
    other.close()
    assert Wire(one).send_at_once(b"frame") is False


def queued(served: Served) -> float:
    """Messages that went through a client's queue so far."""
    with served.client() as client:
        text = client.get("/metrics", headers=served.bearer("read")).text
    found = re.search(r"^mes_live_queued_total (\S+)$", text, re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_clients_that_read_get_tiles_past_their_queues(served: Served) -> None:
    with watching(served.url, served.tokens["read"]) as watcher:
        (tile,) = watcher.watch(work_unit="unit-12")
        time.sleep(0.3)
        before = queued(served)
        watcher.watch(work_unit="unit-11")
        for number in range(7001, 7011):
            ingest(served, number, 1 + number % 2)
            time.sleep(0.12)
        until(lambda: watcher.tiles.qsize() >= 5)
        assert queued(served) - before <= 2
        assert tile["work_unit"] == "unit-12"


def test_many_who_ask_at_once_share_one_answer() -> None:
    answers, reads = Answers(), []
    gate = threading.Event()

    def slow(place: int) -> list[dict[str, object]]:
        reads.append(place)
        gate.wait(5)
        return [{"place": place}]

    threads = [threading.Thread(target=answers.of, args=(7, slow)) for _ in range(20)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert len(reads) <= 2, "those who asked before the reading began share it"


def test_an_answer_from_before_a_commit_is_not_given_after_it() -> None:
    answers, values = Answers(), itertools.count()

    def read_now(_place: int) -> list[dict[str, object]]:
        return [{"value": next(values)}]

    assert answers.of(1, read_now) == [{"value": 0}]
    assert answers.of(1, read_now) == [{"value": 0}]
    answers.forget()
    assert answers.of(1, read_now) == [{"value": 1}]
