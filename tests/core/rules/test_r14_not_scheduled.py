"""R14: not scheduled wins over stopped; running outside a shift adds or is excluded, by policy."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from mes.core.case import parse_case
from mes.core.oee import compute
from tests.core.cases import at, minutes, result
from tests.core.strategies import cases

OVERTIME: dict[str, Any] = {
    "shifts": [[at(0), at(30)]],
    "states": [[at(0), "running"], [at(40), "stopped"]],
    "quantities": [{"at": at(35), "good": 60}],
}


def test_a_machine_that_stands_outside_its_shift_has_no_stop() -> None:
    stopped = {"shifts": [[at(0), at(30)]], "states": [[at(0), "running"], [at(20), "down"]]}
    assert minutes(**stopped) == {"running": 20, "unplanned_stop": 10, "not_scheduled": 30}


def test_overtime_adds_to_planned_busy_time() -> None:
    assert minutes(**OVERTIME) == {"running": 40, "not_scheduled": 20}
    assert result(**OVERTIME)["kpis"]["oee"] == 360 / 2400


def test_excluded_overtime_is_not_scheduled_and_so_are_its_pieces() -> None:
    policy = {"running_outside_plan": "excluded"}
    made = result(**OVERTIME, policy=policy)
    assert minutes(**OVERTIME, policy=policy) == {"running": 30, "not_scheduled": 30}
    assert (made["quantities"]["PQ"], made["excluded"]["PQ"], made["kpis"]["oee"]) == (0, 60, 0)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases())
def test_no_time_is_ever_negative_or_longer_than_the_window(data: dict[str, Any]) -> None:
    for running in ("adds", "excluded"):
        figures = compute(parse_case({**data, "policy": {"running_outside_plan": running}})).figures
        times = [figures.pot_us, figures.pbt_us, figures.apt_us, figures.adet_us, figures.aust_us]
        assert all(0 <= us <= figures.window_us for us in [*times, *figures.times_us.values()])
        assert figures.pbt_us <= figures.pot_us
