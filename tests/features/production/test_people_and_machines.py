"""What people state and what machines say become one set of projections, in any order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mes.db import Database
from mes.features.ingest.rebuild import rebuild
from mes.features.production.queries import tiles
from mes.features.production.service import facts_changed, statement_from
from mes.models import JobEvent, JobOrder, QuantityStatement, StopStatement, WorkOrder
from tests.features.production.plant import (
    DAY_START,
    HOUR,
    MINUTE,
    Feed,
    S,
    apply_plant,
    ids_of,
    item_id,
    wipe_facts,
)

END = 4 * HOUR


def job(database: Database, unit: str, number: int, item: str = "A") -> int:
    """A dispatched job order of an order of its own."""
    with database.transaction() as session:
        order = WorkOrder(
            number=f"WO-{number}",
            material_id=item_id(session, item),
            quantity=100,
            tolerance_under=0,
            tolerance_over=0,
            due_at=None,
            priority=1,
            state="released",
            version=1,
            external_system=None,
            external_id=None,
            imported=None,
            note=None,
            created_at=DAY_START,
        )
        session.add(order)
        session.flush()
        made = JobOrder(
            number=f"WO-{number}-10",
            order_id=order.id,
            work_unit_id=ids_of(database)[unit],
            material_id=order.material_id,
            quantity=100,
            position=1,
            state="running",
            version=1,
            segment=10,
            split=1,
            ideal_cycle_s=None,
            pieces_per_cycle=None,
            dispatched_at=DAY_START,
            started_at=None,
            ended_at=None,
        )
        session.add(made)
        session.flush()
        return made.id


class People:
    """Writes fact rows as the services do, and has projections derived again."""

    def __init__(self, database: Database, unit: str) -> None:
        self.database = database
        self.unit = ids_of(database)[unit]
        self.count = 0

    def _id(self) -> str:
        self.count += 1
        return f"command-{self.unit}-{self.count}"

    def job_event(self, job_id: int, kind: str, at: int, reason: str | None = None) -> None:
        """Start, pause, resume, complete."""
        with self.database.transaction() as session:
            session.add(
                JobEvent(
                    job_order_id=job_id,
                    work_unit_id=self.unit,
                    command_id=self._id(),
                    kind=kind,
                    at=DAY_START + at,
                    reason=reason,
                    actor={},
                    recorded_at=DAY_START + at,
                )
            )
            facts_changed(session, self.unit, DAY_START + at)

    def quantity(
        self, at: int, *, job_id: int | None = None, voids: str | None = None, **pieces: int
    ) -> str:
        """Typed pieces."""
        command_id = self._id()
        row = {"good": 0, "scrap": 0, "rework": 0, "startup_scrap": 0} | pieces
        with self.database.transaction() as session:
            session.add(
                QuantityStatement(
                    command_id=command_id,
                    work_unit_id=self.unit,
                    job_order_id=job_id,
                    at=DAY_START + at,
                    reason=None,
                    adjustment=False,
                    voids=voids,
                    lot=None,
                    serial=None,
                    note=None,
                    actor={},
                    recorded_at=DAY_START + END + self.count,
                    **row,
                )
            )
            facts_changed(session, self.unit, DAY_START + at)
        return command_id

    def statement(self, kind: str, stated: int, reason: str | None, **spans: Any) -> str:
        """A statement about a stop; spans in us since the start of the day."""
        command_id = self._id()
        row: dict[str, Any] = dict.fromkeys(
            ("seen_start", "seen_end", "start", "end", "state", "replaces")
        )
        for name, value in spans.items():
            row[name] = value if isinstance(value, str) or value is None else DAY_START + value
        with self.database.transaction() as session:
            session.add(
                StopStatement(
                    command_id=command_id,
                    work_unit_id=self.unit,
                    kind=kind,
                    reason=reason,
                    note=None,
                    stated_at=DAY_START + stated,
                    actor={},
                    recorded_at=DAY_START + stated,
                    **row,
                )
            )
            since = statement_from(session, self.unit, command_id)
            if since is not None:
                facts_changed(session, self.unit, since)
        return command_id


def tile(database: Database, unit: str, at: int) -> dict[str, Any]:
    with database.reading() as session:
        (found,) = tiles(session, [ids_of(database)[unit]], DAY_START + at)
    return found


def test_a_stop_gets_its_reason_and_the_tile_no_longer_asks(database: Database) -> None:
    apply_plant(database)
    people = People(database, "press-1")
    made = job(database, "press-1", 1)
    people.job_event(made, "start", 0)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 100)
    feed.value(0, "scrap", 0)
    feed.value(10 * MINUTE, "state", 1)
    feed.value(10 * MINUTE, "total", 350)
    feed.send(14 * MINUTE)
    asked = tile(database, "press-1", 14 * MINUTE)
    assert (asked["state"], asked["needs_reason"], asked["provisional"]) == ("stopped", False, True)
    feed.send(16 * MINUTE)
    asked = tile(database, "press-1", 16 * MINUTE)
    assert (asked["needs_reason"], asked["unexplained"]["count"]) == (True, 1)
    assert asked["unexplained"]["us"] == 6 * MINUTE + 1
    assert asked["job"]["good"] == 250
    people.statement("whole", 17 * MINUTE, "jam", seen_start=10 * MINUTE)
    told = tile(database, "press-1", 16 * MINUTE)
    assert told["reason"]["code"] == "jam"
    assert told["reason"]["class"] == "unplanned_stop"
    assert (told["needs_reason"], told["unexplained"]) == (False, {"count": 0, "us": 0})
    feed.value(30 * MINUTE, "state", 2)
    feed.send(40 * MINUTE)
    after = tile(database, "press-1", 40 * MINUTE)
    assert (after["state"], after["unexplained"]["count"]) == ("running", 0)
    assert after["availability"] == pytest.approx(0.5, abs=1e-6)
    assert rebuild(database, DAY_START + 40 * MINUTE, check=True).differences == ()


def test_counts_go_to_the_job_that_runs_and_typed_scrap_is_inside_the_total(
    database: Database,
) -> None:
    apply_plant(database)
    people = People(database, "washer-1")
    first, second = job(database, "washer-1", 1, "A"), job(database, "washer-1", 2, "B")
    feed = Feed(database, source="io")
    feed.value(0, "lamp", True)
    feed.value(0, "count", 0)
    feed.value(5 * MINUTE, "count", 50)
    feed.value(15 * MINUTE, "count", 150)
    feed.value(25 * MINUTE, "count", 270)
    feed.send(30 * MINUTE)
    people.job_event(first, "start", 10 * MINUTE)
    people.job_event(first, "complete", 20 * MINUTE)
    people.job_event(second, "start", 20 * MINUTE)
    people.quantity(16 * MINUTE, scrap=4)
    wrong = people.quantity(17 * MINUTE, scrap=40)
    people.quantity(17 * MINUTE, scrap=1, voids=wrong)
    found = tile(database, "washer-1", 30 * MINUTE)
    assert (found["good"], found["scrap"]) == (265, 5)
    assert (found["job"]["job_order"], found["job"]["good"]) == ("WO-2-10", 120)
    assert found["unassigned"] == 0
    assert rebuild(database, DAY_START + 30 * MINUTE, check=True).differences == ()


def test_pulses_tell_a_state_and_silence_makes_it_stopped_then_unknown(
    database: Database,
) -> None:
    apply_plant(database)
    feed = Feed(database, source="io")
    for n in range(20):
        feed.value(n * 10 * S, "pulses", n)
    feed.send(200 * S)
    assert tile(database, "packer-1", 200 * S)["state"] == "running"
    feed.send(230 * S)
    stopped = tile(database, "packer-1", 230 * S)
    assert (stopped["state"], stopped["state_since"][-9:]) == ("stopped", "23:03:10Z"[-9:])
    assert stopped["unassigned"] == 19
    assert "rate_missing" in stopped["flags"]
    assert tile(database, "packer-1", 300 * S)["state"] == "unknown"
    assert rebuild(database, DAY_START + 300 * S, check=True).differences == ()


def test_a_pulse_is_not_lost_when_a_further_reading_has_its_instant(database: Database) -> None:
    apply_plant(database)
    feed = Feed(database, source="io")
    for second, count in ((0, 0), (25, 1), (25, 1), (50, 2)):
        feed.value(second * S, "pulses", count)
    feed.send(55 * S)
    shown = tile(database, "packer-1", 55 * S)
    assert (shown["state"], shown["state_since"][-9:]) == ("running", "23:00:00Z")
    assert rebuild(database, DAY_START + 55 * S, check=True).differences == ()


def test_a_bench_runs_while_a_job_is_started_and_not_paused(database: Database) -> None:
    apply_plant(database)
    people = People(database, "bench-1")
    made = job(database, "bench-1", 1)
    people.job_event(made, "start", 5 * MINUTE)
    assert tile(database, "bench-1", 6 * MINUTE)["state"] == "running"
    people.job_event(made, "pause", 10 * MINUTE, "cleaning")
    people.quantity(9 * MINUTE, good=40, scrap=2)
    paused = tile(database, "bench-1", 12 * MINUTE)
    assert (paused["state"], paused["good"], paused["scrap"]) == ("stopped", 40, 2)
    assert paused["job"]["good"] == 40
    people.job_event(made, "resume", 15 * MINUTE)
    people.job_event(made, "complete", 20 * MINUTE)
    assert tile(database, "bench-1", 25 * MINUTE)["state"] == "stopped"
    assert rebuild(database, DAY_START + 25 * MINUTE, check=True).differences == ()


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 100_000))
def test_rebuilding_what_people_and_machines_said_in_any_order_changes_nothing(
    plant_database: Database, seed: int
) -> None:
    database = plant_database
    wipe_facts(database)
    rng = random.Random(seed)
    people = People(database, "press-1")
    first, second = job(database, "press-1", 1), job(database, "press-1", 2, "B")
    feed = Feed(database)
    at, total = 0, 0
    while at < END:
        at += rng.choice([20 * S, 3 * MINUTE, 12 * MINUTE])
        if rng.random() < 0.5:
            total += rng.randrange(60)
            feed.value(at, "total", total)
        else:
            feed.value(at, "state", rng.choice([1, 2, 2, 3, 4]))
    records, feed.records = feed.records, []
    actions: list[Any] = [
        lambda: people.job_event(first, "start", 20 * MINUTE),
        lambda: people.job_event(first, "complete", 90 * MINUTE),
        lambda: people.job_event(second, "start", 100 * MINUTE),
        lambda: people.job_event(second, "pause", 150 * MINUTE, "cleaning"),
        lambda: people.quantity(80 * MINUTE, scrap=3),
        lambda: people.quantity(190 * MINUTE, scrap=2, job_id=first),
        lambda: people.statement(
            "part", 130 * MINUTE, "die-change", start=30 * MINUTE, end=125 * MINUTE
        ),
        lambda: people.statement(
            "declare", 180 * MINUTE, None, start=160 * MINUTE, end=170 * MINUTE, state="waiting"
        ),
        lambda: people.statement(
            "whole", 200 * MINUTE, "jam", seen_start=60 * MINUTE, seen_end=75 * MINUTE
        ),
    ]
    for start in range(0, len(records), 15):
        part = records[start : start + 15]
        actions.append(lambda part=part: feed.post(part, None, END))
    rng.shuffle(actions)
    for action in actions:
        action()
    end = max(row[7] for row in records) - DAY_START
    feed.post([], end, end)
    checked = rebuild(database, DAY_START + end, check=True)
    assert checked.differences == ()
