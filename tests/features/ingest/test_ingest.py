"""Ingest on real databases: nothing twice, nothing lost, a bad record stops nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, func, select

from mes import clock
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.ingest import queries, status
from mes.features.ingest.service import ingest
from mes.features.production.queries import tiles
from mes.features.production.tile import instant
from mes.models import GapFact, Quarantine, Sample, SignalFact, SourceStream
from tests.features.production.plant import (
    DAY_START,
    HOUR,
    MINUTE,
    Feed,
    S,
    apply_plant,
    ids_of,
)


def count(database: Database, model: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def tile(database: Database, unit: str, at: int) -> dict[str, Any]:
    with database.reading() as session:
        (found,) = tiles(session, [ids_of(database)[unit]], DAY_START + at)
    return found


def acked(answer: dict[str, Any], source: str = "plc", stream: str = "event") -> int:
    seq: int = answer["acked"][source][stream]["seq"]
    return seq


def test_a_request_done_twice_changes_nothing(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database)
    records = [feed.value(0, "state", 2), feed.value(S, "total", 5), feed.value(9 * S, "total", 8)]
    feed.records = []
    first = feed.post(records, 10 * S)
    again = feed.post(records, 10 * S)
    assert acked(first) == acked(again) == 3
    assert count(database, SignalFact) == 3
    assert tile(database, "press-1", 10 * S)["good"] == 3


def test_a_hole_holds_the_acknowledgement_and_the_promise_back(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database)
    records = [feed.value(n * S, "state", 2) for n in range(5)]
    feed.records = []
    answer = feed.post([records[0], records[1], records[3], records[4]], 10 * S)
    assert acked(answer) == 2
    with database.reading() as session:
        row = session.scalars(select(SourceStream)).one()
        assert (row.covered_until, row.islands) == (None, [[4, 5]])
    answer = feed.post(records, 10 * S)
    assert acked(answer) == 5
    assert count(database, SignalFact) == 5
    assert tile(database, "press-1", 10 * S)["state"] == "running"


def test_thinned_records_count_as_present(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database, stream="sample")
    feed.value(0, "temperature", 20.5)
    feed.skip(10)
    feed.value(12 * S, "temperature", 21)
    assert acked(feed.send(12 * S), stream="sample") == 12
    assert count(database, Sample) == 2


def test_a_refused_record_is_kept_and_counted_and_the_stream_goes_on(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(S, "nobody", 1)
    feed.value(2 * S, "total", float("nan"))
    feed.value(3 * S, "total", 4, quality=7)
    feed.value(400 * 24 * HOUR, "total", 4)
    garbage: Any = "garbage"
    feed.records += [[6, "x"], garbage]
    feed.next_seq = 8
    feed.value(4 * S, "total", 4)
    feed.value(9 * S, "total", 6)
    answer = feed.send(10 * S)
    assert acked(answer) == 9
    assert answer["quarantined"] == 6
    with database.reading() as session:
        kept = session.scalars(select(Quarantine).order_by(Quarantine.seq)).all()
        (source,) = [s for s in queries.sources(session) if s["source"] == "plc"]
    assert [(row.seq, row.code) for row in kept] == [
        (2, "unknown_tag"),
        (3, "bad_value"),
        (4, "bad_quality"),
        (5, "impossible_time"),
        (6, "bad_shape"),
        (7, "bad_shape"),
    ]
    assert source["quarantined"] == 6
    assert tile(database, "press-1", 10 * S)["good"] == 2


def test_samples_are_checked_alike_whether_they_come_as_usual_or_not(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database, stream="sample")
    for n in range(20):
        feed.value(n * S, "temperature", n + 0.5)
    feed.value(20 * S, "temperature", None, quality=2)
    feed.value(21 * S, "temperature", "text")
    feed.value(22 * S, "temperature", True)
    feed.value(23 * S, "temperature", None)
    feed.value(24 * S, "temperature", 2**70)
    answer = feed.send(30 * S)
    assert (acked(answer, stream="sample"), answer["quarantined"]) == (25, 2)
    with database.reading() as session:
        rows = session.execute(
            select(Sample.number, Sample.text, Sample.quality).order_by(Sample.at)
        )
        assert [tuple(row) for row in rows][-4:] == [
            (19.5, None, 0),
            (None, None, 2),
            (None, "text", 0),
            (1.0, None, 0),
        ]


def test_a_source_time_is_believed_while_it_is_near_the_received_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_clock", clock.PlantClock.starting_at(DAY_START))
    apply_plant(database)
    feed = Feed(database)
    feed.value(10 * S, "state", 2, source_time=9 * S)
    feed.value(20 * S, "state", 1, source_time=17 * S)
    feed.send(20 * S)
    with database.reading() as session:
        rows = session.execute(
            select(SignalFact.event_time, SignalFact.clock_skew).order_by(SignalFact.seq)
        ).all()
    assert [(at - DAY_START, skew) for at, skew in rows] == [(9 * S, False), (20 * S, True)]


def test_a_known_hole_makes_the_state_unknown_for_good(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.gap(10 * MINUTE, 20 * MINUTE)
    feed.value(20 * MINUTE, "state", 2)
    feed.send(40 * MINUTE)
    found = tile(database, "press-1", 40 * MINUTE)
    assert count(database, GapFact) == 1
    assert found["coverage"] == pytest.approx(0.75, abs=1e-6)
    assert found["state"] == "running"


def test_values_that_the_source_kept_fill_a_hole_and_never_replace_newer_ones(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "WRITE_EVERY_S", 0.0)
    apply_plant(database)
    feed, samples = Feed(database), Feed(database, stream="sample")
    feed.value(0, "state", 2)
    samples.value(20 * MINUTE, "temperature", 21.0)
    back = 20 * MINUTE
    feed.value(back, "state", 2)
    feed.kept(back, "state", None, then=10 * MINUTE, quality=2)
    feed.kept(back, "state", 2, then=12 * MINUTE)
    feed.kept(back, "state", 1, then=15 * MINUTE)
    samples.kept(back + S, "temperature", 90.0, then=11 * MINUTE)
    answer = feed.send(40 * MINUTE)
    samples.send(now=40 * MINUTE)
    found = tile(database, "press-1", 40 * MINUTE)
    with database.reading() as session:
        (source,) = [s for s in queries.sources(session) if s["source"] == "plc"]
        times = session.scalars(select(SignalFact.event_time).order_by(SignalFact.seq)).all()
        stored = session.scalars(select(Sample.number).order_by(Sample.at)).all()
    assert answer["quarantined"] == 0
    assert [(at - DAY_START) // MINUTE for at in times] == [0, 20, 10, 12, 15]
    assert found["state"] == "running"
    assert found["coverage"] == pytest.approx(38 / 40, abs=1e-6)
    assert {v["tag"]: v["value"] for v in source["values"]} == {"state": 2, "temperature": 21.0}
    assert stored == [90.0, 21.0]


@pytest.mark.parametrize("written_between", [True, False])
def test_a_bad_value_keeps_the_last_good_one_and_its_age_beside_it(
    database: Database, monkeypatch: pytest.MonkeyPatch, written_between: bool
) -> None:
    monkeypatch.setattr(status, "WRITE_EVERY_S", 0.0 if written_between else 3600.0)
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 1)
    feed.send(S)
    for at, value, quality in ((S, 2, 0), (2 * S, None, 2), (3 * S, None, 2)):
        feed.value(at, "state", value, quality=quality)
        feed.send(at)
    monkeypatch.setattr(status, "WRITE_EVERY_S", 0.0)
    feed.value(4 * S, "total", 1)
    feed.send(4 * S)
    with database.reading() as session:
        (source,) = [s for s in queries.sources(session) if s["source"] == "plc"]
    state = next(value for value in source["values"] if value["tag"] == "state")
    assert (state["value"], state["quality"], state["at"]) == (
        None,
        "bad",
        instant(DAY_START + 3 * S),
    )
    assert state["last_good"] == {"value": 2, "at": instant(DAY_START + S)}


def test_the_first_data_of_a_source_are_dated_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "WRITE_EVERY_S", 3600.0)
    apply_plant(database)
    feed = Feed(database)
    feed.links = [{"source": "plc", "state": "up", "since": DAY_START}]
    feed.send(S)
    assert tile(database, "press-1", S)["last_data_at"] is None
    feed.value(2 * S, "state", 2)
    feed.send(2 * S)
    assert tile(database, "press-1", 2 * S)["last_data_at"] == instant(DAY_START + 2 * S)


def test_a_kept_value_without_its_own_time_is_refused(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database)
    feed.kept(S, "state", 2, then=None)
    assert feed.send(10 * S)["quarantined"] == 1


def test_pieces_of_an_outage_are_spread_over_it_and_marked(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 0)
    feed.value(20 * MINUTE, "total", 600, gap_from=10 * MINUTE)
    feed.send(30 * MINUTE)
    found = tile(database, "press-1", 30 * MINUTE)
    assert (found["good"], found["flags"]) == (600, ["estimated_quantity"])


def test_a_suspect_jump_is_left_out_and_flagged(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state2", 2)
    feed.value(0, "total2", 0)
    feed.value(10 * S, "total2", 20)
    feed.value(20 * S, "total2", 9000)
    feed.value(30 * S, "total2", 9010)
    feed.send(40 * S)
    found = tile(database, "press-2", 40 * S)
    assert found["good"] == 30
    assert "counter_suspect" in found["flags"]


def test_a_large_backlog_is_written_in_slices_and_acknowledged_at_the_end(
    sqlite_database: Database,
) -> None:
    database = sqlite_database
    apply_plant(database)
    commits = []
    database.on_commit = lambda units: commits.append(units)
    feed = Feed(database)
    feed.value(0, "state", 2)
    for n in range(3000):
        feed.value(n * S, "total", n % 65536)
    answer = feed.send(3000 * S)
    assert acked(answer) == 3001
    assert len(commits) > 3
    assert tile(database, "press-1", 3000 * S)["good"] == 2999


def test_a_new_epoch_begins_again_at_one(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 10)
    feed.send(S)
    restored = Feed(database, epoch="fedcba9876543210")
    restored.value(5 * S, "total", 14)
    answer = restored.send(6 * S)
    assert answer["acked"]["plc"]["event"] == {"epoch": "fedcba9876543210", "seq": 1}
    assert tile(database, "press-1", 6 * S)["good"] == 4


def test_a_source_of_another_edge_is_refused_and_nothing_is_stored(database: Database) -> None:
    apply_plant(database)
    request = {
        "edge": "edge-9",
        "batches": [
            {"source": "plc", "stream": "event", "epoch": "e", "covered_until": 1, "records": []}
        ],
    }
    with pytest.raises(Refusal) as refused:
        ingest(database, "edge-9", request)
    assert (refused.value.code, refused.value.details) == (
        "source_not_allowed",
        {"sources": ["plc"]},
    )
    assert count(database, SourceStream) == 0


@pytest.mark.parametrize(
    ("request_body", "field"),
    [
        ([], "(body)"),
        ({}, "edge"),
        ({"edge": "e", "batches": {}}, "batches"),
        ({"edge": "e", "batches": [{"source": "s", "stream": "x"}]}, "batches[0].stream"),
        (
            {"edge": "e", "batches": [{"source": "s", "stream": "event", "epoch": 5}]},
            "batches[0].epoch",
        ),
        ({"edge": "e", "links": [{"source": "s", "state": "odd"}]}, "links[0].state"),
        ({"edge": "e", "clock_offset_us": 1.5}, "clock_offset_us"),
    ],
)
def test_a_malformed_frame_is_refused_with_its_field(
    sqlite_database: Database, request_body: Any, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        ingest(sqlite_database, "e", request_body)
    assert (refused.value.code, refused.value.field) == ("ingest_malformed", field)


def test_fifty_tiles_take_three_selects(sqlite_database: Database) -> None:
    database = sqlite_database
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 0)
    feed.send(S)
    selects: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            selects.append(statement)

    with database.reading() as session:
        tiles(session, None, DAY_START + S)
    event.listen(database.engine, "before_cursor_execute", note)
    with database.reading() as session:
        assert len(tiles(session, None, DAY_START + S)) == 5
    event.remove(database.engine, "before_cursor_execute", note)
    assert len(selects) == 3
