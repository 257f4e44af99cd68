"""Jobs from start to completion."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from mes.core.refusal import Refusal
from mes.features.execution.service import resume_job, withdraw_job
from mes.features.production.rows import job_runs, state_records
from mes.features.quantities.service import Entry
from mes.features.work_orders.documents import made_by_job
from mes.models import JobEvent, StopStatement
from tests.features.commands.floor import DAY_START, MINUTE, Floor, S, refused


def resume(floor: Floor, job: str, at: int, **how: Any) -> None:
    floor.do(at, lambda s, c: resume_job(s, c, job, **how))


def good(floor: Floor, job: str) -> Decimal:
    row = floor.find_job(job)
    return floor.ask(lambda s: made_by_job(s, [row.id]))[row.id].good


def test_a_start_loads_the_job_and_freezes_its_rate(floor: Floor) -> None:
    job = floor.job("press-1", item="B")
    floor.start(job, MINUTE)
    row = floor.find_job(job)
    assert (row.state, row.ideal_cycle_s, row.pieces_per_cycle) == ("running", Decimal("1.5"), 1)
    assert row.started_at == DAY_START + MINUTE
    unit = floor.ids["press-1"]
    runs = floor.ask(lambda s: job_runs(s, unit, DAY_START))
    assert [(run.job, run.start) for run in runs if run.job] == [(row.id, DAY_START + MINUTE)]


def test_machine_counts_go_to_the_job_then_running(floor: Floor) -> None:
    job = floor.job("press-1", 1000)
    shown = floor.count(0, 10 * MINUTE)
    floor.start(job, 10 * MINUTE)
    shown = floor.count(10 * MINUTE, 20 * MINUTE, total=shown)
    floor.complete(job, 20 * MINUTE)
    floor.count(20 * MINUTE, 30 * MINUTE, total=shown)
    assert good(floor, job) == 300  # that at the start is its, that at the end no longer


def test_a_machine_that_counts_more_than_ordered_is_never_refused(floor: Floor) -> None:
    job = floor.job("press-1", 100)
    floor.start(job)
    floor.count(0, 10 * MINUTE)
    done = floor.complete(job, 10 * MINUTE)
    assert [one["code"] for one in done.warnings] == ["over_tolerance"]
    assert done.remaining == 0


def test_steps_in_the_wrong_state_are_refused(floor: Floor) -> None:
    job = floor.job("bench-1")
    refused("job_not_running", lambda: floor.pause(job, 0))
    refused("job_not_running", lambda: floor.complete(job, 0))
    refused("job_not_paused", lambda: resume(floor, job, 0))
    floor.start(job)
    refused("job_already_running", lambda: floor.start(job, MINUTE))
    floor.pause(job, MINUTE)
    refused("job_not_startable", lambda: floor.start(job, 2 * MINUTE))
    resume(floor, job, 2 * MINUTE)
    floor.complete(job, 3 * MINUTE)
    refused("job_not_startable", lambda: floor.start(job, 4 * MINUTE))
    refused("job_not_withdrawable", lambda: floor.do(0, lambda s, c: withdraw_job(s, c, job)))
    refused("job_unknown", lambda: floor.start("WO-1-10", 0))


def test_a_second_job_on_a_work_unit_needs_the_word_together(floor: Floor) -> None:
    first, second = floor.job("press-1", 50), floor.job("press-1", 50, item="B")
    floor.start(first)
    refusal = refused("work_unit_busy", lambda: floor.start(second, MINUTE))
    assert refusal.details == {"job_orders": [first]}
    floor.start(second, MINUTE, together=True)
    floor.count(0, 3 * MINUTE)
    assert [good(floor, job) for job in (first, second)] == [90, 61]


def test_a_paused_job_stays_loaded(floor: Floor) -> None:
    first, second = floor.job("press-1", 100), floor.job("press-1", 100)
    floor.start(first)
    floor.pause(first, MINUTE, reason="rush")
    refused("work_unit_busy", lambda: floor.start(second, 2 * MINUTE))
    floor.count(0, 3 * MINUTE)
    assert good(floor, first) == 90


def test_two_people_who_start_at_once_start_once(floor: Floor) -> None:
    jobs = [floor.job("bench-1"), floor.job("bench-1")]

    def start(n: int) -> str:
        try:
            floor.start(jobs[n % 2], MINUTE)
        except Refusal as refusal:
            return refusal.code
        return "started"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(start, range(4)))
    assert answers.count("started") == 1
    assert set(answers) <= {"started", "work_unit_busy", "job_already_running"}


def test_pausing_a_machine_without_a_signal_stops_it_for_the_reason(floor: Floor) -> None:
    job = floor.job("bench-1")
    floor.start(job)
    floor.pause(job, 10 * MINUTE, reason="rush")
    resume(floor, job, 20 * MINUTE)
    unit = floor.ids["bench-1"]
    records = floor.ask(lambda s: state_records(s, unit, DAY_START))
    assert [(r.state.value, r.reason) for r in records] == [
        ("running", None),
        ("stopped", "rush"),
        ("running", None),
    ]


def test_pausing_a_machine_with_a_signal_states_nothing(floor: Floor) -> None:
    job = floor.job("press-1")
    floor.start(job)
    floor.pause(job, MINUTE, reason="rush")
    assert floor.ask(lambda s: s.scalars(select(StopStatement)).all()) == []
    paused = floor.ask(lambda s: s.scalars(select(JobEvent).where(JobEvent.kind == "pause")).one())
    assert paused.reason == "rush"


@pytest.mark.parametrize(
    ("reason", "code"), [("nothing", "reason_unknown"), ("burr", "reason_of_other_domain")]
)
def test_a_pause_takes_no_reason_of_another_domain(
    sqlite_floor: Floor, reason: str, code: str
) -> None:
    job = sqlite_floor.job("bench-1")
    sqlite_floor.start(job)
    refused(code, lambda: sqlite_floor.pause(job, MINUTE, reason=reason))


def test_what_a_job_did_not_make_can_be_dispatched_again(floor: Floor) -> None:
    order = floor.order(100)
    job = floor.dispatch(order, "bench-1")
    floor.start(job)
    done = floor.complete(job, MINUTE, last=Entry(good=60, scrap=3))
    assert (done.remaining, done.warnings[0]["code"]) == (40, "under_tolerance")
    assert floor.find_order(order).state == "running"
    rest = floor.dispatch(order, "bench-1")
    assert floor.find_job(rest).quantity == 40
    floor.start(rest, 2 * MINUTE)
    assert floor.complete(rest, 3 * MINUTE, last=Entry(good=40)).warnings == []
    assert floor.find_order(order).state == "completed"


def test_the_order_follows_its_jobs(floor: Floor) -> None:
    order = floor.order(100, tolerance_under=10)
    jobs = [floor.dispatch(order, "bench-1", 50), floor.dispatch(order, "press-2", 50)]
    assert floor.find_order(order).state == "released"
    floor.start(jobs[0])
    assert floor.find_order(order).state == "running"
    floor.complete(jobs[0], MINUTE, last=Entry(good=95))
    assert floor.find_order(order).state == "running"
    floor.do(MINUTE, lambda s, c: withdraw_job(s, c, jobs[1]))
    assert floor.find_order(order).state == "completed"


def test_last_pieces_that_cannot_be_keep_the_job_open(floor: Floor) -> None:
    job = floor.job("bench-1")
    floor.start(job)
    refused(
        "impossible_quantity", lambda: floor.complete(job, MINUTE, last=Entry(good="1.23456789"))
    )
    assert floor.find_job(job).state == "running"


def test_last_pieces_belong_to_the_run_that_ends(floor: Floor) -> None:
    job = floor.job("bench-1")
    floor.start(job, MINUTE)
    floor.complete(job, MINUTE, last=Entry(good=5))
    assert good(floor, job) == 5


def test_an_event_from_an_outbox_never_precedes_the_one_before(floor: Floor) -> None:
    job = floor.job("bench-1")
    floor.start(job, 10 * MINUTE)
    refused("time_before_last_event", lambda: floor.pause(job, 5 * MINUTE))
    floor.pause(job, 10 * MINUTE - S)
    ats = floor.ask(lambda s: list(s.scalars(select(JobEvent.at).order_by(JobEvent.id))))
    assert ats == [DAY_START + 10 * MINUTE] * 2
