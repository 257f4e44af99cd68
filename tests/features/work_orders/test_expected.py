"""When jobs are expected to end: at the pace of the shift, in planned time, one after another."""

from __future__ import annotations

from mes.core.instants import parse_instant
from mes.features.production.queries import tiles
from mes.features.reports.progress import order_end
from mes.features.work_orders.expected import expected_ends
from mes.features.work_orders.queries import OrderFilter, list_orders, one_order
from tests.features.commands.floor import DAY_START, MINUTE, Floor

HOUR = 60 * MINUTE


def ends(floor: Floor, at: int) -> dict[str, int]:
    """Minutes after the start of the day, by job."""
    found = floor.ask(lambda s: expected_ends(s, DAY_START + at))
    return {job: round((end - DAY_START) / MINUTE) for job, end in found.items()}


def test_the_break_lies_before_the_end_of_a_job_that_goes_on_after_it(floor: Floor) -> None:
    job = floor.job("press-1", 9000)
    floor.start(job)
    floor.count(0, 60 * MINUTE)  # at the ideal rate of 2 s: OEE is 1
    # 7200 pieces are left, 240 minutes; the break from 12:00 to 13:00 is four hours after 08:00
    assert ends(floor, HOUR)[job] == 60 + 240 + 60


def test_the_pace_is_that_of_the_shift_with_its_stops(floor: Floor) -> None:
    job = floor.job("press-1", 1500)
    floor.start(job)
    floor.count(0, 30 * MINUTE)
    floor.feed.value(30 * MINUTE, "state", 1)
    floor.feed.send(60 * MINUTE)
    assert ends(floor, HOUR)[job] == 60 + 2 * 20  # 600 left: 20 min at the ideal rate, OEE 0.5


def test_the_tile_and_the_page_of_orders_say_the_same(floor: Floor) -> None:
    job = floor.job("press-1", 3000)
    floor.start(job)
    floor.count(0, 60 * MINUTE)
    at = DAY_START + HOUR
    found = floor.ask(lambda s: expected_ends(s, at))
    (tile,) = floor.ask(lambda s: tiles(s, [floor.ids["press-1"]], at))
    assert parse_instant(tile["job"]["expected_end"]) == found[job]
    order = floor.ask(lambda s: list_orders(s, OrderFilter()))[0][0]
    assert order_end(order, found) == found[job]


def test_a_waiting_job_begins_when_the_loaded_one_ends(floor: Floor) -> None:
    first, second = floor.job("press-1", 3600), floor.job("press-1", 900)
    floor.start(first)
    floor.count(0, 60 * MINUTE)
    assert ends(floor, HOUR) == {first: 120, second: 150}


def test_nothing_is_expected_of_a_paused_job_nor_of_those_behind_it(floor: Floor) -> None:
    first, second = floor.job("press-1", 3600), floor.job("press-1", 900)
    floor.start(first)
    floor.count(0, 60 * MINUTE)
    floor.pause(first, 60 * MINUTE)
    assert ends(floor, HOUR + MINUTE) == {}
    assert second


def test_an_order_has_no_expected_end_while_one_of_its_jobs_has_none(floor: Floor) -> None:
    order = floor.order(200)
    on_press, by_hand = floor.dispatch(order, "press-1", 100), floor.dispatch(order, "bench-1", 100)
    floor.start(on_press)
    floor.start(by_hand)
    view = floor.ask(lambda s: one_order(s, order))
    assert order_end(view, {on_press: 5}) is None
    assert order_end(view, {on_press: 5, by_hand: 9}) == 9
