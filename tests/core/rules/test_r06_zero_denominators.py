"""R6: a zero denominator gives null with its cause, not 0 % and not 100 %."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from mes.core.case import parse_case
from mes.core.kpis import KPIS
from mes.core.oee import compute
from tests.core.cases import at, result
from tests.core.strategies import cases

NOTHING: dict[str, Any] = {"shifts": [], "runs": [], "states": [[at(0), "off"]], "failures": []}


@pytest.mark.parametrize(
    ("key", "cause"),
    [
        ("availability", "no_planned_time"),
        ("effectiveness", "no_run_time"),
        ("quality_ratio", "no_quantity"),
        ("oee", "no_planned_time"),
        ("ooe", "no_operation_time"),
        ("nee", "no_planned_time"),
        ("setup_ratio", "no_processing_time"),
        ("technical_efficiency", "no_busy_time"),
        ("utilization_efficiency", "no_busy_time"),
        ("allocation_efficiency", "no_planned_time"),
        ("allocation_ratio", "no_order_time"),
        ("production_process_ratio", "no_order_time"),
        ("throughput_rate_per_h", "no_order_time"),
        ("throughput_per_h", "no_busy_time"),
        ("scrap_ratio", "no_quantity"),
        ("rework_ratio", "no_quantity"),
        ("quality_ratio_by_count", "no_quantity"),
        ("mtbf_h", "no_failure"),
        ("mttf_h", "no_failure"),
        ("mttr_h", "no_restoration"),
    ],
)
def test_without_its_denominator_a_kpi_is_null_and_says_why(key: str, cause: str) -> None:
    made = result(**NOTHING)
    assert (made["kpis"][key], made["causes"][key]) == (None, cause)


def test_only_teep_has_a_value_in_a_window_in_which_nothing_was_planned() -> None:
    made = result(**NOTHING)
    assert {key for key, value in made["kpis"].items() if value is not None} == {"teep"}
    empty = result(window=[at(0), at(0)], failures=[])
    assert set(empty["causes"]) == {kpi.key for kpi in KPIS}
    assert empty["causes"]["teep"] == "no_window"


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases())
def test_a_value_or_a_cause_never_both_never_neither(data: dict[str, Any]) -> None:
    made = compute(parse_case(data))
    for kpi in KPIS:
        assert (made.kpis[kpi.key] is None) == (kpi.key in made.causes)
