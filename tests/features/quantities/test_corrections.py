"""Correcting entries and moving pieces between jobs: totals stay, every change can be undone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mes.core.case_model import Span
from mes.features.audit.queries import audit_rows
from mes.features.audit.service import broken_links
from mes.features.commands.subjects import find_work_unit
from mes.features.ingest.rebuild import rebuild
from mes.features.oee.service import known_unit, unit_result
from mes.features.production.master_loading import masters
from mes.features.quantities.moves import MoveDraft, move_pieces, void_move
from mes.features.quantities.queries import entries
from mes.features.quantities.service import Entry, correct_entry, void_entry
from mes.features.work_orders.documents import Made, made_by_job
from mes.features.work_orders.service import close_order
from tests.features.commands.floor import DAY_START, MINUTE, Floor, S, refused

NOW = 40 * MINUTE


@pytest.fixture
def counted(floor: Floor) -> Floor:
    """press-1 makes a piece every 2 s: 10 minutes for a job, 10 for none, 10 for another."""
    return two_jobs(floor)


@pytest.fixture
def sqlite_counted(sqlite_floor: Floor) -> Floor:
    """The same on SQLite alone."""
    return two_jobs(sqlite_floor)


JOBS: dict[int, tuple[str, str]] = {}


def two_jobs(floor: Floor) -> Floor:
    first, second = floor.job("press-1", 1000), floor.job("press-1", 1000, item="B")
    floor.start(first)
    floor.count(0, 10 * MINUTE)
    floor.complete(first, 10 * MINUTE)
    floor.count(10 * MINUTE, 20 * MINUTE, total=300)
    floor.start(second, 20 * MINUTE)
    floor.count(20 * MINUTE, 30 * MINUTE, total=600)
    JOBS[id(floor)] = (first, second)
    return floor


def jobs(floor: Floor) -> tuple[str, str]:
    return JOBS[id(floor)]


def made(floor: Floor, job: str) -> Made:
    identity = floor.find_job(job).id
    return floor.ask(lambda s: made_by_job(s, [identity])).get(identity, Made())


def goods(floor: Floor) -> tuple[int, int]:
    """Good pieces of both jobs."""
    one, other = (int(made(floor, job).good) for job in jobs(floor))
    return one, other


def figures(floor: Floor) -> dict[str, Any]:
    """Quantities, flags and ideal time as the kernel sees them."""

    def result(session: Any) -> dict[str, Any]:
        unit = find_work_unit(session, "press-1")
        given = known_unit(session, masters(session), unit, DAY_START + NOW)
        return unit_result(session, given, Span(DAY_START, DAY_START + 30 * MINUTE)).to_json()

    return floor.ask(result)


def move(floor: Floor, when: int = NOW, **draft: Any) -> str:
    asked = MoveDraft(**draft)
    return floor.do(when, lambda s, c: move_pieces(s, c, "press-1", asked)).command_id


def at(minutes: float) -> int:
    return DAY_START + int(minutes * MINUTE)


def correct(floor: Floor, command: str, when: int = NOW, **entry: Any) -> str:
    return floor.do(when, lambda s, c: correct_entry(s, c, command, Entry(**entry))).command_id


def listed(floor: Floor, unit: str = "bench-1") -> dict[str, dict[str, Any]]:
    items = floor.ask(lambda s: entries(s, unit, kinds=("quantity", "move")))["items"]
    return {item["command_id"]: item for item in items}


def test_a_correction_takes_the_place_of_an_entry_and_tells_old_and_new(floor: Floor) -> None:
    job = floor.job("bench-1")
    floor.start(job)
    wrong = floor.enter(MINUTE, good=30, scrap=1, reason="burr").command_id
    right = correct(floor, wrong, good=3, note="one zero too many")
    assert made(floor, job) == Made(good=Decimal(3))
    found = listed(floor)
    assert found[wrong]["voided"]
    assert not found[right]["voided"]
    assert found[right]["was"] == {"good": 30, "scrap": 1, "rework": 0}
    assert (found[right]["job_order"], found[right]["at"]) == (job, found[wrong]["at"])
    row = floor.ask(lambda s: audit_rows(s, action="quantity.correct"))["items"][0]
    assert (row["object"], row["note"], row["old"]["good"], row["new"]["good"]) == (
        "bench-1",
        "one zero too many",
        30,
        3,
    )
    assert floor.ask(lambda s: list(broken_links(s))) == []


def test_any_entry_is_undone_and_an_undone_correction_gives_the_old_one_back(floor: Floor) -> None:
    job = floor.job("bench-1")
    floor.start(job)
    entered = floor.enter(MINUTE, good=30).command_id
    floor.enter(2 * MINUTE, good=5)
    corrected = correct(floor, entered, good=3)
    refused("entry_already_voided", lambda: correct(floor, entered, good=4))
    floor.do(NOW, lambda s, c: void_entry(s, c, corrected, note="it was 30"))
    assert made(floor, job).good == 35
    assert not listed(floor)[entered]["voided"]
    floor.do(NOW, lambda s, c: void_entry(s, c, entered))
    assert made(floor, job).good == 5
    assert rebuild(floor.database, DAY_START + NOW, check=True).differences == ()


def test_a_correction_is_measured_as_an_entry_is(floor: Floor) -> None:
    job = floor.job("press-1")
    floor.start(job)
    floor.count(0, MINUTE)
    scrap = floor.enter(MINUTE, "press-1", scrap=20, reason="burr").command_id
    refused("good_is_counted", lambda: correct(floor, scrap, MINUTE, good=3))
    refused("scrap_reason_required", lambda: correct(floor, scrap, MINUTE, scrap=3))
    more = correct(floor, scrap, MINUTE, scrap=31, reason="crack")
    assert made(floor, job) == Made(good=Decimal(-1), scrap=Decimal(31))
    correct(floor, more, MINUTE, scrap=30, reason="crack")
    assert made(floor, job) == Made(scrap=Decimal(30))


def test_pieces_made_before_their_job_was_started_are_moved_to_it(counted: Floor) -> None:
    assert goods(counted) == (299, 301)
    before = figures(counted)
    command = move(counted, from_job=None, to_job=jobs(counted)[1], start=at(10), end=at(20))
    assert goods(counted) == (299, 601)
    after = figures(counted)
    assert after["quantities"] == before["quantities"]
    assert after["times_us"] == before["times_us"]
    assert after["kpis"]["effectiveness"] < before["kpis"]["effectiveness"]  # item B is quicker
    counted.do(NOW, lambda s, c: void_move(s, c, command))
    assert figures(counted) == before
    assert rebuild(counted.database, DAY_START + NOW, check=True).differences == ()


def test_pieces_of_a_time_go_from_one_job_to_another_with_their_scrap(counted: Floor) -> None:
    first, second = jobs(counted)
    counted.enter(30 * MINUTE, "press-1", scrap=2, reason="burr", made_at=at(5))
    move(counted, from_job=first, to_job=second, start=at(4), end=at(6))
    assert made(counted, first) == Made(good=Decimal(239))
    assert made(counted, second) == Made(good=Decimal(359), scrap=Decimal(2))


def test_what_arrives_late_for_a_moved_time_moves_too(counted: Floor) -> None:
    first, second = jobs(counted)
    move(counted, from_job=first, to_job=second, start=at(4), end=at(6))
    counted.feed.value(5 * MINUTE + S, "scrap", 1)
    counted.feed.send(31 * MINUTE)
    assert made(counted, second) == Made(good=Decimal(360), scrap=Decimal(1))
    assert rebuild(counted.database, DAY_START + NOW, check=True).differences == ()


def test_counts_that_arrive_in_order_inside_a_moved_time_are_moved(counted: Floor) -> None:
    first, second = jobs(counted)
    move(counted, 31 * MINUTE, from_job=second, to_job=first, start=at(29), end=at(31))
    for n in range(1, 31):
        counted.feed.value(30 * MINUTE + n * 2 * S, "total", 900 + n)
        counted.feed.send(30 * MINUTE + n * 2 * S)
    assert goods(counted) == (359, 271)
    assert rebuild(counted.database, DAY_START + NOW, check=True).differences == ()


def test_so_many_pieces_are_moved(counted: Floor) -> None:
    first, second = jobs(counted)
    before = figures(counted)
    move(counted, from_job=first, to_job=second, good=20)
    move(counted, from_job=None, to_job=second, good="10.5")
    assert (made(counted, first).good, made(counted, second).good) == (
        Decimal(279),
        Decimal("331.5"),
    )
    assert figures(counted)["quantities"] == before["quantities"]
    refusal = refused(
        "scrap_exceeds_total", lambda: move(counted, from_job=first, to_job=second, good=280)
    )
    assert refusal.details == {"good": 279}
    assert rebuild(counted.database, DAY_START + NOW, check=True).differences == ()


def test_a_move_is_listed_with_who_and_when_and_audited_with_old_and_new(counted: Floor) -> None:
    first, second = jobs(counted)
    command = move(
        counted, from_job=first, to_job=second, start=at(8), end=at(10), note="wrong order"
    )
    item = listed(counted, "press-1")[command]
    assert (item["kind"], item["person"], item["from_job"], item["job_order"]) == (
        "move",
        "김민수",
        first,
        second,
    )
    row = counted.ask(lambda s: audit_rows(s, action="quantity.move"))["items"][0]
    assert (row["note"], row["old"]["good"], row["new"]["good"]) == ("wrong order", 301, 361)
    counted.do(NOW, lambda s, c: void_move(s, c, command))
    assert listed(counted, "press-1")[command]["voided"]
    refused(
        "entry_already_voided",
        lambda: counted.do(NOW, lambda s, c: void_move(s, c, command)),
    )
    refused("entry_unknown", lambda: counted.do(NOW, lambda s, c: void_move(s, c, "nothing")))


@pytest.mark.parametrize(
    ("what", "code", "field"),
    [
        ({}, "move_invalid", "from"),
        ({"start": at(5), "end": at(4)}, "move_invalid", "to"),
        ({"start": at(5), "end": at(90)}, "move_invalid", "to"),
        ({"start": at(90)}, "move_invalid", "from"),
        ({"start": at(-12000)}, "move_invalid", "from"),
        ({"good": 3, "start": at(5)}, "impossible_quantity", "good"),
        ({"good": -3}, "impossible_quantity", "good"),
        ({"good": 3, "made_at": at(90)}, "move_invalid", "made_at"),
        ({"start": at(21), "end": at(22)}, "nothing_to_move", "from"),
    ],
)
def test_a_move_that_cannot_be_is_refused_with_its_field(
    sqlite_counted: Floor, what: dict[str, Any], code: str, field: str
) -> None:
    first, second = jobs(sqlite_counted)
    refusal = refused(
        code, lambda: move(sqlite_counted, **{"from_job": first, "to_job": second, **what})
    )
    assert refusal.field == field


def test_pieces_move_between_started_jobs_of_open_orders_on_one_machine(counted: Floor) -> None:
    first, second = jobs(counted)
    waiting, elsewhere = counted.job("press-1"), counted.job("press-2")
    window = {"start": at(4), "end": at(6)}
    refused("job_not_started", lambda: move(counted, from_job=first, to_job=waiting, **window))
    refused("job_unknown", lambda: move(counted, from_job=first, to_job=elsewhere, **window))
    refused("move_invalid", lambda: move(counted, from_job=first, to_job=first, **window))
    moved = move(counted, from_job=first, to_job=second, **window)
    order = first.rsplit("-", 1)[0]
    counted.do(NOW, lambda s, c: close_order(s, c, order, accept_deviation=True))
    refused("order_closed", lambda: move(counted, from_job=first, to_job=second, **window))
    refused("order_closed", lambda: counted.do(NOW, lambda s, c: void_move(s, c, moved)))
