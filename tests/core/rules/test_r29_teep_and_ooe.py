"""R29: TEEP = OEE x PBT / calendar; OOE is over the time of the shifts, without-order time too."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given, settings

from mes.core.case import parse_case
from mes.core.oee import compute
from tests.core.cases import at, result
from tests.core.strategies import cases

DAY: dict[str, Any] = {
    "shifts": [[at(0), at(48)]],
    "planned": [[at(0), at(6), "meeting"]],
    "runs": [{"start": at(0), "end": at(36), "material": "A"}],
    "states": [[at(0), "stopped"], [at(6), "running"], [at(36), "stopped"]],
    "quantities": [{"at": at(10), "good": 216}],
    "policy": "tpm",
}
"""PBT 30, shift 48, calendar 60 minutes; 21.6 minutes of ideal time for good pieces."""


def test_the_three_divide_by_planned_time_shift_time_and_calendar_time() -> None:
    kpis = result(**DAY)["kpis"]
    assert (kpis["oee"], kpis["ooe"], kpis["teep"]) == (0.72, 0.45, 0.36)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases())
def test_teep_and_ooe_are_oee_times_the_share_of_planned_time(data: dict[str, Any]) -> None:
    made = compute(parse_case(data))
    oee, figures = made.kpis["oee"], made.figures
    if oee is None:
        return
    assert made.kpis["teep"] == oee * Fraction(figures.pbt_us, figures.window_us)
    assert made.kpis["ooe"] == oee * Fraction(figures.pbt_us, figures.pot_us)
