"""Entries carry a lot: scanned, or numbered by the rule; a lot holds one item."""

from __future__ import annotations

from typing import Any

from mes.features.quantities.lots import NEW
from mes.features.quantities.queries import entries
from mes.features.quantities.service import Entry, correct_entry, enter_quantities, void_entry
from mes.models import NumberRule
from tests.features.commands.floor import MINUTE, Floor, refused


def enter(floor: Floor, minute: int, lot: str | None, **entry: Any) -> str | None:
    return floor.enter(minute * MINUTE, lot=lot, **entry).lot


def test_a_new_lot_is_numbered_by_the_rule_and_never_given_twice(floor: Floor) -> None:
    floor.start(floor.job("bench-1"))
    first = enter(floor, 1, NEW, good=5)
    assert first is not None
    assert first.startswith("LOT-")
    assert first.endswith("-001")
    assert enter(floor, 2, NEW, good=5) == f"{first[:-3]}002"
    assert enter(floor, 3, f"{first[:-3]}003".lower(), good=5) == f"{first[:-3]}003"
    assert enter(floor, 4, NEW, good=5) == f"{first[:-3]}004", "a number in use is passed over"
    assert enter(floor, 5, None, good=5) is None
    items = floor.ask(lambda s: entries(s, "bench-1", kinds=["quantity"]))["items"]
    assert [item["lot"] for item in items][::-1] == [
        first, *(f"{first[:-3]}{n:03d}" for n in (2, 3, 4)), None
    ]  # fmt: skip


def test_entries_of_one_submit_share_their_new_lot(floor: Floor) -> None:
    floor.start(floor.job("bench-1"))
    first = floor.enter(MINUTE, lot=NEW, good=5)
    assert enter(floor, 1, f"{NEW}{first.command_id}", scrap=1, reason="burr") == first.lot
    of_none = enter(floor, 2, f"{NEW}nobody", good=1)
    assert of_none is not None, "an entry that never arrived has no lot to share"
    assert of_none != first.lot


def test_the_plant_has_its_own_rule_and_one_that_makes_no_lot_is_told(floor: Floor) -> None:
    with floor.database.transaction() as session:
        rule = NumberRule(document="lot", period="*", pattern="LOT-P{yymmdd}{n:04d}", last_number=0)
        session.add(rule)
    floor.start(floor.job("bench-1"))
    made = enter(floor, 1, NEW, good=1)
    assert made is not None
    assert made.startswith("LOT-P")
    assert made.endswith("0001")
    with floor.database.transaction() as session:
        session.query(NumberRule).filter_by(document="lot", period="*").update(
            {"pattern": "로트 {n}"}
        )
    refused("lot_number_failed", lambda: enter(floor, 2, NEW, good=1))


def test_a_lot_holds_one_item_unless_the_entry_was_taken_back(floor: Floor) -> None:
    one, other = floor.job("bench-1"), floor.job("bench-1", item="B")
    floor.start(one)
    first = floor.enter(1 * MINUTE, good=5, lot="LOT-7")
    floor.complete(one, 2 * MINUTE)
    floor.start(other, 3 * MINUTE)
    told = refused("lot_of_other_item", lambda: enter(floor, 4, "lot-7", good=1))
    assert told.details == {"lot": "LOT-7", "job_order": one}
    assert enter(floor, 4, "LOT-8", good=1) == "LOT-8"
    wrong = Entry(good=5, job_order=other)
    moved = floor.do(6 * MINUTE, lambda s, c: correct_entry(s, c, first.command_id, wrong))
    assert moved.lot == "LOT-7", "the correction names the other item, and takes the lot along"
    assert enter(floor, 7, "LOT-7", good=1) == "LOT-7"
    floor.do(8 * MINUTE, lambda s, c: void_entry(s, c, moved.command_id))
    refused("lot_of_other_item", lambda: enter(floor, 9, "LOT-7", good=1))


def test_a_code_that_no_scanner_reads_is_refused(floor: Floor) -> None:
    floor.start(floor.job("bench-1"))
    for bad in ("로트", "LOT-", "a b", "9" * 80):
        told = refused("lot_invalid", lambda bad=bad: enter(floor, 1, bad, good=1))  # type: ignore[misc]
        assert (told.status, told.field) == (422, "lot")


def test_a_correction_keeps_the_lot_or_names_another(floor: Floor) -> None:
    floor.start(floor.job("bench-1"))
    first = floor.do(
        MINUTE, lambda s, c: enter_quantities(s, c, "bench-1", Entry(good=1, lot="X1"))
    )
    kept = floor.do(2 * MINUTE, lambda s, c: correct_entry(s, c, first.command_id, Entry(good=2)))
    assert kept.lot == "LOT-X1"
    other = floor.do(
        3 * MINUTE, lambda s, c: correct_entry(s, c, kept.command_id, Entry(good=2, lot="X2"))
    )
    assert other.lot == "LOT-X2"
