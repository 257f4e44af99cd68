"""Entering pieces, taking entries back, and what cannot be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.quantities.queries import entered_view, entries
from mes.features.quantities.service import Entry, correct_entry, void_entry
from mes.features.work_orders.documents import Made, made_by_job
from mes.features.work_orders.service import close_order
from mes.models import QuantityStatement
from tests.features.commands.floor import DAY_START, MINUTE, Floor, refused


def made(floor: Floor, job: str) -> Made:
    identity = floor.find_job(job).id
    return floor.ask(lambda s: made_by_job(s, [identity])).get(identity, Made())


def void(floor: Floor, command_id: str, at: int = 5 * MINUTE) -> str:
    return floor.do(at, lambda s, c: void_entry(s, c, command_id)).command_id


def running(floor: Floor, work_unit: str = "bench-1") -> str:
    job = floor.job(work_unit)
    floor.start(job)
    return job


def test_good_and_scrap_with_a_reason_are_one_statement(floor: Floor) -> None:
    job = running(floor)
    floor.enter(MINUTE, good="7.5", scrap=2, rework=1, startup_scrap=1, reason="burr")
    total = made(floor, job)
    assert total == Made(good=Decimal("7.5"), scrap=Decimal(2), rework=Decimal(1))


def test_an_entry_belongs_to_the_job_then_running(floor: Floor) -> None:
    first = running(floor)
    floor.complete(first, 10 * MINUTE)
    second = floor.job("bench-1")
    floor.start(second, 20 * MINUTE)
    floor.enter(30 * MINUTE, good=3, made_at=DAY_START + 5 * MINUTE)
    floor.enter(30 * MINUTE, good=4)
    assert [made(floor, job).good for job in (first, second)] == [3, 4]
    between = floor.enter(30 * MINUTE, good=5, made_at=DAY_START + 15 * MINUTE)
    assert between.job_order_id is None


def test_an_entry_may_name_its_job(floor: Floor) -> None:
    job = running(floor)
    floor.complete(job, MINUTE)
    floor.enter(2 * MINUTE, good=3, job_order=job)
    assert made(floor, job).good == 3
    waiting = floor.job("bench-1")
    refused("job_not_started", lambda: floor.enter(0, good=1, job_order=waiting))
    refused("job_unknown", lambda: floor.enter(0, "press-1", scrap=1, reason="burr", job_order=job))


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({}, "good"),
        ({"good": 0, "scrap": 0}, "good"),
        ({"good": -1}, "good"),
        ({"scrap": -1}, "scrap"),
        ({"good": "0.0000001"}, "good"),
        ({"good": 10**10}, "good"),
        ({"good": "1e400"}, "good"),
        ({"good": "twelve"}, "good"),
        ({"good": float("inf")}, "good"),
        ({"scrap": 1, "startup_scrap": 2, "reason": "burr"}, "startup_scrap"),
    ],
)
def test_an_impossible_quantity_is_refused_with_its_field(
    sqlite_floor: Floor, entry: dict[str, Any], field: str
) -> None:
    running(sqlite_floor)
    refusal = refused("impossible_quantity", lambda: sqlite_floor.enter(MINUTE, **entry))
    assert (refusal.field, refusal.status) == (field, 422)


def test_scrap_needs_a_reason_of_its_domain(floor: Floor) -> None:
    running(floor)
    refused("scrap_reason_required", lambda: floor.enter(MINUTE, scrap=1))
    refused("reason_of_other_domain", lambda: floor.enter(MINUTE, scrap=1, reason="jam"))
    refused("reason_unknown", lambda: floor.enter(MINUTE, scrap=1, reason="?"))


def test_scrap_typed_beside_a_total_counter_is_inside_the_total(floor: Floor) -> None:
    job = running(floor, "press-1")
    floor.count(0, 10 * MINUTE)
    floor.enter(10 * MINUTE, "press-1", scrap=20, reason="burr")
    assert made(floor, job) == Made(good=Decimal(280), scrap=Decimal(20))


def test_good_typed_where_the_machine_counts_must_be_an_adjustment(floor: Floor) -> None:
    job = running(floor, "press-1")
    floor.count(0, 10 * MINUTE)
    refused("good_is_counted", lambda: floor.enter(10 * MINUTE, "press-1", good=5))
    floor.enter(10 * MINUTE, "press-1", good=5, adjustment=True)
    floor.enter(10 * MINUTE, "press-1", good=-1, scrap=1, adjustment=True)
    assert made(floor, job) == Made(good=Decimal(304), scrap=Decimal(1))


def excess(floor: Floor, statement: QuantityStatement) -> object:
    def asked(session: Session) -> object:
        row = session.get_one(QuantityStatement, statement.id)
        return entered_view(session, row)["excess"]

    return floor.ask(asked)


def test_more_bad_pieces_than_were_made_are_kept_and_flagged(floor: Floor) -> None:
    job = running(floor, "press-1")
    floor.count(0, MINUTE)
    all_of_them = floor.enter(MINUTE, "press-1", scrap=30, reason="burr")
    assert made(floor, job) == Made(scrap=Decimal(30))
    assert excess(floor, all_of_them) is None
    one_more = floor.enter(MINUTE, "press-1", scrap=1, reason="burr")
    assert made(floor, job) == Made(good=Decimal(-1), scrap=Decimal(31))
    assert excess(floor, one_more) == {"good": -1, "scrap": 31, "rework": 0}


def test_more_taken_back_than_was_counted_is_kept_and_flagged(floor: Floor) -> None:
    job = running(floor, "press-1")
    floor.count(0, MINUTE)
    taken = floor.enter(MINUTE, "press-1", good=-31, adjustment=True)
    assert made(floor, job) == Made(good=Decimal(-1))
    assert excess(floor, taken) == {"good": -1, "scrap": 0, "rework": 0}


def test_while_the_counts_are_late_an_entry_is_not_measured_against_them(floor: Floor) -> None:
    job = running(floor, "press-1")
    floor.count(0, MINUTE)
    entered = floor.enter(10 * MINUTE, "press-1", scrap=31, reason="burr")
    assert made(floor, job).scrap == 31
    assert excess(floor, entered) is None


def test_a_void_takes_the_pieces_back_and_leaves_the_entry_to_be_seen(floor: Floor) -> None:
    job = running(floor)
    kept = floor.enter(MINUTE, good=3)
    wrong = floor.enter(2 * MINUTE, good=30)
    taken_back = void(floor, wrong.command_id)
    assert made(floor, job).good == 3
    listed = floor.ask(lambda s: entries(s, "bench-1"))["items"]
    said = {item["command_id"]: item for item in listed if item["kind"] == "quantity"}
    assert said[wrong.command_id]["voided"]
    assert said[wrong.command_id]["good"] == 30
    assert not said[kept.command_id]["voided"]
    assert said[taken_back]["voids"] == wrong.command_id
    assert said[kept.command_id]["person"] == "김민수"
    assert said[kept.command_id]["job_order"] == job


def test_an_entry_is_voided_once(floor: Floor) -> None:
    running(floor)
    entry = floor.enter(MINUTE, good=3)
    taken_back = void(floor, entry.command_id)
    refused("entry_already_voided", lambda: void(floor, entry.command_id))
    refused("entry_is_a_void", lambda: void(floor, taken_back))
    refused("entry_unknown", lambda: void(floor, "nothing-at-all"))


def test_of_two_people_who_void_at_once_one_does(floor: Floor) -> None:
    job = running(floor)
    floor.enter(MINUTE, good=1)
    entry = floor.enter(MINUTE, good=3)

    def once(_: int) -> str:
        try:
            return void(floor, entry.command_id)
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(once, range(4)))
    assert answers.count("entry_already_voided") == 3
    assert made(floor, job).good == 1


def test_what_belongs_to_a_closed_order_stays_as_it_is(floor: Floor) -> None:
    order = floor.order(3)
    job = floor.dispatch(order, "bench-1")
    floor.start(job)
    entry = floor.enter(MINUTE, good=3)
    floor.complete(job, 2 * MINUTE)
    floor.do(2 * MINUTE, lambda s, c: close_order(s, c, order))
    refused("order_closed", lambda: void(floor, entry.command_id))
    refused("order_closed", lambda: floor.enter(3 * MINUTE, good=1, job_order=job))


def test_rejects_found_after_an_order_was_closed_can_be_taken_back(floor: Floor) -> None:
    order = floor.order(3)
    job = floor.dispatch(order, "bench-1")
    floor.start(job)
    floor.enter(MINUTE, good=3)
    floor.complete(job, 2 * MINUTE)
    floor.do(2 * MINUTE, lambda s, c: close_order(s, c, order))
    late = floor.enter(3 * MINUTE, scrap=100, reason="burr", made_at=DAY_START + MINUTE)
    assert made(floor, job).scrap == 100
    less = Entry(scrap=1, reason="burr")
    fixed = floor.do(4 * MINUTE, lambda s, c: correct_entry(s, c, late.command_id, less))
    assert made(floor, job).scrap == 1
    void(floor, fixed.command_id)
    void(floor, late.command_id)
    assert made(floor, job).scrap == 0


def test_pieces_are_not_made_in_the_future_nor_long_ago(floor: Floor) -> None:
    running(floor)
    for at in (DAY_START + 2 * MINUTE, DAY_START - 8 * 24 * 60 * MINUTE):
        refused("made_at_invalid", partial(floor.enter, MINUTE, good=1, made_at=at))


def test_entries_are_paged_latest_first(floor: Floor) -> None:
    running(floor)
    for n in range(1, 6):
        floor.enter(n * MINUTE, good=n)
    page = floor.ask(lambda s: entries(s, "bench-1", limit=2))
    assert [item["good"] for item in page["items"]] == [5, 4]
    rest = floor.ask(lambda s: entries(s, "bench-1", limit=9, before=page["next"]))
    assert [item.get("good") for item in rest["items"]] == [3, 2, 1, None]
    assert rest["items"][-1]["action"] == "start"
    assert rest["next"] is None
