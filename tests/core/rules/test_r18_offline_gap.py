"""R18: what was counted while the edge was down belongs to that gap and is marked estimated."""

from __future__ import annotations

from mes.core.case_model import CounterMode
from mes.core.derive.counts import minute_cuts, portions
from mes.core.derive.increments import CounterRule, Reading, increments
from tests.core.cases import at, result

MINUTE = 60_000_000


def test_the_pieces_of_a_gap_lie_in_the_gap_and_none_at_its_end() -> None:
    before = Reading(event_time=0, source="plc", epoch="e", seq=0, value=100)
    after = Reading(
        event_time=70 * MINUTE, source="plc", epoch="e", seq=1, value=160, gap_from=10 * MINUTE
    )
    (found,) = increments([before, after], CounterRule(mode=CounterMode.RESETTABLE))
    spread = portions(found, minute_cuts(10 * MINUTE, 70 * MINUTE))
    assert sum(one.count for one in spread) == 60
    assert all(one.estimated and 10 * MINUTE <= one.at < 70 * MINUTE for one in spread)
    assert {one.count for one in spread} == {1}


def test_an_estimated_quantity_is_flagged_in_each_window_that_holds_it() -> None:
    pieces = [{"at": at(minute), "good": 1, "estimated": True} for minute in (5, 15)]
    for start in (0, 10):
        made = result(window=[at(start), at(start + 10)], quantities=pieces)
        assert (made["quantities"]["PQ"], made["flags"]) == (1, ["estimated_quantity"])
    assert result(window=[at(20), at(30)], quantities=pieces)["flags"] == []
