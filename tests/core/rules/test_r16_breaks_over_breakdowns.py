"""R16: a planned break over a breakdown stays planned; the breakdown is the remainder."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.cases import at, minutes, result

BREAKDOWN: dict[str, Any] = {
    "reasons": {"lunch": "break", "motor": "unplanned_stop"},
    "failures": ["motor"],
    "states": [[at(0), "running"], [at(20), "down", "motor"], [at(50), "running"]],
}


@pytest.mark.parametrize(("planned", "name"), [("lunch", "break"), ("maintenance", "planned_stop")])
def test_the_planned_time_is_taken_out_of_the_breakdown(planned: str, name: str) -> None:
    found = minutes(**BREAKDOWN, planned=[[at(30), at(40), planned]])
    assert found == {"running": 30, "unplanned_stop": 20, name: 10}


def test_the_break_is_no_time_of_repair_and_the_breakdown_is_one_failure() -> None:
    made = result(**BREAKDOWN, planned=[[at(30), at(40), "lunch"]])["kpis"]
    assert (made["mttr_h"], made["mtbf_h"]) == (20 / 60, 30 / 60)


def test_a_breakdown_longer_than_the_break_does_not_move_it() -> None:
    found = minutes(**BREAKDOWN, planned=[[at(10), at(25), "lunch"]])
    assert found == {"running": 30, "break": 5, "unplanned_stop": 25}
    stands = {**BREAKDOWN, "states": [[at(0), "down", "motor"]]}
    assert minutes(**stands, planned=[[at(10), at(25), "lunch"]])["break"] == 15


def test_a_break_that_the_reason_of_a_stop_names_comes_before_a_planned_stop() -> None:
    stands = [[at(0), "running"], [at(10), "stopped", "lunch"], [at(40), "running"]]
    found = minutes(**{**BREAKDOWN, "states": stands}, planned=[[at(20), at(30), "maintenance"]])
    assert found == {"running": 30, "break": 30}
