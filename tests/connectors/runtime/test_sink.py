"""The sink against a real HTTP server: in order, patient, and never in the way of good records."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.clock import monotonic_s
from connectors.runtime.centre import CentreConnection
from connectors.runtime.records import value_tail
from connectors.runtime.sink import EdgeReport, Sink
from connectors.runtime.spool import Spool
from connectors.runtime.store import Append
from connectors.sdk.messages import LinkState, LinkStatus, Quality, Sample
from mes.ports import free_port
from tests.connectors.support import TOKEN, Centre, centre, wait_until


def value(number: int, text: str = "") -> str:
    return value_tail(
        Sample(tag="t", value=text or number, quality=Quality.GOOD, received_time=number), None
    )


def put(spool: Spool, first: int, last: int, source: str = "s", text: str = "") -> None:
    for number in range(first, last + 1):
        append = Append(
            source=source,
            events=[value(number, text)],
            first_us=number,
            last_us=number,
            covered_until=number,
        )
        assert spool.append(append)


@contextmanager
def sending(tmp_path: Path, url: str, token: str = TOKEN) -> Iterator[tuple[Spool, Sink]]:
    sinks: list[Sink] = []

    def wake() -> None:
        for each in sinks:
            each.wake()

    spool = Spool(tmp_path / "spool.db", on_commit=wake)
    links = [LinkStatus(source=name, state=LinkState.UP, since=1) for name in ("s", "foreign")]
    sink = Sink(
        CentreConnection(url, lambda: token),
        "edge-1",
        spool,
        lambda: EdgeReport(revision=3, links=links),
    )
    sinks.append(sink)
    sink.start()
    try:
        yield spool, sink
    finally:
        sink.stop(0.5)
        spool.close()


def test_records_arrive_once_in_order_and_are_then_forgotten(tmp_path: Path) -> None:
    with centre() as mes, sending(tmp_path, mes.url) as (spool, _):
        put(spool, 1, 50)
        wait_until(lambda: mes.values("s", "t") == list(range(1, 51)))
        wait_until(lambda: spool.waiting_records == 0)
        assert mes.repeated == 0
        assert mes.bodies[0]["edge"] == "edge-1"
        assert mes.bodies[0]["config_revision"] == 3


def test_a_heartbeat_carries_links_and_coverage_each_second(tmp_path: Path) -> None:
    with centre() as mes, sending(tmp_path, mes.url) as (spool, _):
        put(spool, 1, 1)
        begin = monotonic_s()
        spool.append(Append(source="s", covered_until=77))
        wait_until(lambda: mes.bodies[-1:] != [] and covered(mes) == 77)
        assert monotonic_s() - begin < 2.0
        beats = len(mes.bodies)
        wait_until(lambda: len(mes.bodies) >= beats + 2)
        beat = mes.bodies[-1]
        assert [batch["records"] for batch in beat["batches"]] == [[]]
        assert (beat["links"][0]["source"], beat["links"][0]["state"]) == ("s", "up")
        assert "requests" in beat["links"][0]["counters"]


def covered(mes: Centre) -> int | None:
    found = [b["covered_until"] for body in mes.bodies for b in body["batches"]]
    return found[-1] if found else None


def test_an_absent_centre_loses_nothing_and_is_caught_up_in_order(tmp_path: Path) -> None:
    port = free_port()
    with sending(tmp_path, f"http://127.0.0.1:{port}") as (spool, sink):
        put(spool, 1, 20)
        assert spool.flush(5.0)
        assert not sink.is_connected
    with centre() as mes, sending(tmp_path, mes.url) as (spool, _):
        put(spool, 21, 25)
        wait_until(lambda: mes.values("s", "t") == list(range(1, 26)))


def test_busy_answers_are_waited_out_as_long_as_the_centre_asks(tmp_path: Path) -> None:
    with centre() as mes:
        mes.answers = [
            (503, {"code": "busy"}, {"Retry-After": "0.3"}),
            (429, {"code": "too_many"}, {"Retry-After": "0.3"}),
        ]
        begin = monotonic_s()
        with sending(tmp_path, mes.url) as (spool, _):
            put(spool, 1, 3)
            wait_until(lambda: mes.values("s", "t") == [1, 2, 3])
        assert monotonic_s() - begin >= 0.6
        assert mes.repeated == 0


def test_too_large_batches_are_halved_until_they_fit(tmp_path: Path) -> None:
    def small_only(body: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        count = sum(len(batch["records"]) for batch in body["batches"])
        return (413, {"code": "too_large"}) if count > 4 else None

    with centre() as mes:
        mes.refuse = small_only
        spool = Spool(tmp_path / "spool.db")
        tails = [value(number) for number in range(1, 41)]
        spool.append(Append(source="s", events=tails, first_us=1, last_us=40, covered_until=40))
        spool.close()
        with sending(tmp_path, mes.url) as (again, _):
            wait_until(lambda: again.waiting_records == 0, 10.0)
        assert mes.values("s", "t") == list(range(1, 41))


def test_one_record_that_is_refused_as_a_whole_is_put_aside_and_the_stream_goes_on(
    tmp_path: Path,
) -> None:
    def no_sevens(body: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        values = [r[3] for b in body["batches"] for r in b["records"] if r[1] == "v"]
        return (422, {"code": "malformed_batch"}) if 7 in values else None

    with centre() as mes:
        mes.refuse = no_sevens
        with sending(tmp_path, mes.url) as (spool, sink):
            put(spool, 1, 10)
            wait_until(lambda: mes.values("s", "t") == [1, 2, 3, 4, 5, 6, 8, 9, 10], 10.0)
            assert sink.quarantined == 1
            assert [7, "s", 7] in mes.kinds("s")


def test_a_source_that_the_token_may_not_send_does_not_stop_the_others(tmp_path: Path) -> None:
    def not_foreign(body: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        named = {entry["source"] for entry in [*body["batches"], *body["links"]]}
        if "foreign" in named:
            return 403, {"code": "source_not_allowed", "sources": ["foreign"]}
        return None

    with centre() as mes:
        mes.refuse = not_foreign
        with sending(tmp_path, mes.url) as (spool, _):
            put(spool, 1, 3, source="foreign")
            put(spool, 1, 3)
            wait_until(lambda: mes.values("s", "t") == [1, 2, 3])
            assert spool.waiting_records >= 3


def test_a_wrong_token_keeps_every_record(tmp_path: Path) -> None:
    with centre() as mes, sending(tmp_path, mes.url, token="wrong") as (spool, sink):
        put(spool, 1, 3)
        wait_until(lambda: len(mes.encodings) >= 1)
        assert spool.flush(5.0)
        assert not sink.is_connected
        assert spool.waiting_records == 3
        assert mes.records == {}


def test_large_bodies_are_zipped(tmp_path: Path) -> None:
    with centre() as mes:
        spool = Spool(tmp_path / "spool.db")
        put(spool, 1, 200, text="x" * 500)
        spool.close()
        with sending(tmp_path, mes.url):
            wait_until(lambda: len(mes.values("s", "t")) == 200)
        assert "gzip" in mes.encodings


def test_a_partial_acknowledgement_is_continued_from_where_it_ended(tmp_path: Path) -> None:
    with centre() as mes:
        mes.acknowledge_up_to = 5
        with sending(tmp_path, mes.url) as (spool, _):
            put(spool, 1, 9)
            wait_until(lambda: len(mes.values("s", "t")) == 9)
            mes.acknowledge_up_to = None
            wait_until(lambda: spool.waiting_records == 0, 10.0)
        assert mes.values("s", "t") == list(range(1, 10))


def test_a_centre_that_lost_acknowledged_records_gets_a_skip_and_goes_on(tmp_path: Path) -> None:
    with centre() as mes, sending(tmp_path, mes.url) as (spool, _):
        put(spool, 1, 5)
        wait_until(lambda: spool.waiting_records == 0 and len(mes.values("s", "t")) == 5)
        mes.records.clear()
        mes.contiguous.clear()
        put(spool, 6, 8)
        wait_until(lambda: mes.values("s", "t")[-3:] == [6, 7, 8])
        wait_until(lambda: spool.waiting_records == 0, 10.0)
        assert [1, "s", 5] in mes.kinds("s")


def test_a_sink_stops_in_time_while_the_centre_hangs(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        with sending(tmp_path, f"http://127.0.0.1:{deaf.getsockname()[1]}") as (spool, sink):
            put(spool, 1, 1)
            assert spool.flush(5.0)
            begin = monotonic_s()
            sink.stop(0.3)
            assert monotonic_s() - begin < 1.5
