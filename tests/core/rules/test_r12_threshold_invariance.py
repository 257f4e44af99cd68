"""R12: the minor-stop limit moves time between A and E, never OEE; equality is short."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.case import parse_case
from mes.core.oee import compute
from mes.core.policies import PROFILES
from tests.core.cases import at, result
from tests.core.strategies import cases

STOPS: dict[str, Any] = {
    "policy": "tpm",
    "states": [[at(0), "running"], [at(10), "stopped"], [at(15), "running"]],
    "quantities": [{"at": at(1), "good": 400, "scrap": 20}],
}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases(), st.lists(st.integers(0, 86_400), min_size=1, max_size=4))
def test_no_limit_changes_oee_teep_or_ooe(data: dict[str, Any], limits: list[int]) -> None:
    for profile in PROFILES:
        found = [
            compute(parse_case({**data, "policy": profile, "minor_stop_limit_s": limit})).kpis
            for limit in (0, *limits)
        ]
        for key in ("oee", "teep", "ooe", "quality_ratio", "mtbf_h", "mttr_h"):
            assert len({kpis[key] for kpis in found}) == 1, key


def test_a_limit_moves_time_between_availability_and_effectiveness() -> None:
    short, long = (result(**STOPS, minor_stop_limit_s=limit)["kpis"] for limit in (300, 299))
    assert (short["availability"], long["availability"]) == (1, 55 / 60)
    assert short["effectiveness"] < long["effectiveness"]
    assert short["oee"] == long["oee"]


def test_a_stop_of_exactly_the_limit_is_short() -> None:
    assert result(**STOPS, minor_stop_limit_s=300)["times_us"]["minor_stop"] == 300_000_000
    assert result(**STOPS, minor_stop_limit_s="299.999999")["times_us"]["minor_stop"] == 0
