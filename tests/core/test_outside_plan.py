"""Running in a break, in a planned stop or outside a shift (contract section 1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.cases import MINUTE_US, at, minutes, result

PLANS: dict[str, dict[str, Any]] = {
    "not_scheduled": {"shifts": [[at(20), at(60)]]},
    "break": {"planned": [[at(0), at(20), "lunch"]], "reasons": {"lunch": "break"}},
    "planned_stop": {"planned": [[at(0), at(20), "meeting"]]},
}
EXCLUDED = {"running_outside_plan": "excluded"}
PIECES = [
    {"at": at(10), "good": 5, "scrap": 2, "rework": 1},
    {"at": at(30), "good": 3, "scrap": 1},
]


@pytest.mark.parametrize("planned", list(PLANS))
def test_running_outside_the_plan_adds_by_default(planned: str) -> None:
    made = result(**PLANS[planned], quantities=PIECES)
    assert made["times_us"]["running"] == 60 * MINUTE_US
    assert made["iso_us"]["POT"] == made["iso_us"]["PBT"] == 60 * MINUTE_US
    assert made["quantities"]["PQ"] == 12
    assert made["excluded"] == {"PQ": 0, "GQ": 0, "SQ": 0, "RQ": 0}


@pytest.mark.parametrize("planned", list(PLANS))
def test_excluded_running_keeps_the_class_of_the_plan_and_its_pieces_are_left_out(
    planned: str,
) -> None:
    made = result(**PLANS[planned], quantities=PIECES, policy=EXCLUDED)
    assert made["times_us"][planned] == 20 * MINUTE_US
    assert made["times_us"]["running"] == 40 * MINUTE_US
    assert made["iso_us"]["PBT"] == 40 * MINUTE_US
    assert made["quantities"] == {"PQ": 4, "GQ": 3, "SQ": 1, "RQ": 0, "startup_scrap": 0}
    assert made["excluded"] == {"PQ": 8, "GQ": 5, "SQ": 2, "RQ": 1}


def test_excluded_running_in_a_planned_stop_enters_as_the_planned_stop_does() -> None:
    policy = {**EXCLUDED, "planned_stop": "availability"}
    made = result(**PLANS["planned_stop"], policy=policy)
    assert made["iso_us"]["PBT"] == 60 * MINUTE_US
    assert made["iso_us"]["ADET"] == 20 * MINUTE_US
    assert made["kpis"]["availability"] == pytest.approx(40 / 60)


@pytest.mark.parametrize("planned", list(PLANS))
@pytest.mark.parametrize("state", ["stopped", "down", "off", "setup", "waiting", "unknown"])
def test_only_running_adds(planned: str, state: str) -> None:
    found = minutes(**PLANS[planned], states=[[at(0), state], [at(20), "running"]])
    assert found == {planned: 20, "running": 40}


def test_pieces_booked_in_a_break_while_the_machine_stands_count() -> None:
    states = [[at(0), "stopped"], [at(20), "running"]]
    made = result(**PLANS["break"], states=states, quantities=PIECES, policy=EXCLUDED)
    assert made["quantities"]["PQ"] == 12
    assert made["excluded"]["PQ"] == 0


def test_pieces_booked_outside_a_shift_while_the_machine_stands_count() -> None:
    states = [[at(0), "off"], [at(20), "running"]]
    made = result(**PLANS["not_scheduled"], states=states, quantities=PIECES, policy=EXCLUDED)
    assert made["quantities"]["PQ"] == 12


def test_counter_increments_in_excluded_running_are_left_out_too() -> None:
    counters = [
        {"role": "total", "mode": "absolute", "readings": [[at(0), 0], [at(10), 7], [at(30), 9]]}
    ]
    made = result(**PLANS["break"], counters=counters, policy=EXCLUDED)
    assert made["quantities"]["PQ"] == 2
    assert made["excluded"]["PQ"] == 7


def test_running_outside_a_shift_in_a_break_keeps_the_first_class_of_the_order() -> None:
    found = minutes(
        shifts=[[at(10), at(60)]],
        planned=[[at(0), at(20), "lunch"]],
        reasons={"lunch": "break"},
        policy=EXCLUDED,
    )
    assert found == {"not_scheduled": 10, "break": 10, "running": 40}


def test_no_shift_at_all_leaves_running_as_the_only_planned_time() -> None:
    states = [[at(0), "running"], [at(15), "stopped"]]
    made = result(shifts=[], states=states)
    assert made["iso_us"]["PBT"] == 15 * MINUTE_US
    assert made["kpis"]["availability"] == 1.0
    made = result(shifts=[], states=states, policy=EXCLUDED)
    assert made["iso_us"]["PBT"] == 0
    assert made["kpis"]["oee"] is None
