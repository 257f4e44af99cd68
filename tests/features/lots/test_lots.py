"""A lot tells where it was made, by whom, how many pieces, and what the machine did meanwhile."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from mes.features.lots.queries import find_lot, list_lots
from mes.features.quantities.service import void_entry
from tests.features.commands.floor import DAY_START, MINUTE, Floor, refused


def lot(floor: Floor, text: str) -> dict[str, Any]:
    now = DAY_START + 120 * MINUTE
    return floor.ask(lambda s: find_lot(s, text, now)).to_json()


def made(floor: Floor) -> tuple[str, str]:
    """Two lots of a job; one entry was taken back."""
    job = floor.job("bench-1", 1000)
    floor.start(job)
    floor.enter(5 * MINUTE, good=9, lot="LOT-6")
    floor.enter(10 * MINUTE, good=100, lot="LOT-7")
    wrong = floor.enter(20 * MINUTE, good=500, lot="LOT-7")
    floor.enter(30 * MINUTE, good=50, scrap=2, reason="burr", lot="LOT-7")
    floor.do(31 * MINUTE, lambda s, c: void_entry(s, c, wrong.command_id))
    return job, wrong.command_id


def test_a_lot_tells_place_order_people_and_sums_without_what_was_taken_back(floor: Floor) -> None:
    job, wrong = made(floor)
    found = lot(floor, "lot-7")
    assert (found["lot"], found["good"], found["scrap"]) == ("LOT-7", 150, 2)
    assert [one["job_order"] for one in found["job_orders"]] == [job]
    assert [one["work_unit"] for one in found["work_units"]] == ["bench-1"]
    assert [one["item"] for one in found["items"]] == ["A"]
    assert found["people"] == ["김민수"]
    assert len(found["shifts"]) == 1
    assert [(one["good"], one["voided"]) for one in found["entries"]] == [
        (100, False),
        (500, True),
        (50, False),
    ]
    assert found["entries"][1]["command_id"] == wrong


def test_the_states_around_a_lot_begin_where_the_entry_before_it_was_made(floor: Floor) -> None:
    made(floor)
    (around,) = lot(floor, "LOT-7")["states"]
    parts = around["intervals"]
    assert around["work_unit"] == "bench-1"
    assert parts[0]["start"] == around["start"]
    assert parts[-1]["end"] == around["end"]
    first = lot(floor, "LOT-6")["states"][0]
    assert first["end"] == around["start"], "the lot before ends where this one begins"
    assert all(one["end"] == two["start"] for one, two in pairwise(parts))


def test_lots_are_found_by_code_item_and_order_the_latest_first(floor: Floor) -> None:
    job, _ = made(floor)

    def codes(text: str) -> list[str]:
        return [one["lot"] for one in floor.ask(lambda s: list_lots(s, text))]

    assert codes("") == ["LOT-7", "LOT-6"]
    assert codes("lot-6") == ["LOT-6"]
    assert codes(job) == codes("A") == ["LOT-7", "LOT-6"]
    assert codes("%") == codes("x" * 10_000) == []


def test_a_lot_that_nobody_made_is_not_known(floor: Floor) -> None:
    for text in ("LOT-1", "", "로트", "<script>", "x" * 10_000):
        told = refused("lot_unknown", lambda text=text: lot(floor, text))  # type: ignore[misc]
        assert told.status == 404


def test_pieces_of_no_job_may_have_a_lot_too(floor: Floor) -> None:
    floor.enter(10 * MINUTE, good=5, lot="LOT-9")
    found = lot(floor, "LOT-9")
    assert (found["good"], found["job_orders"], found["items"]) == (5, [], [])
    assert found["states"][0]["work_unit"] == "bench-1"
