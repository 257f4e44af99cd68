"""R9: mixed products are weighted by ideal time; cycles and percentages are never averaged."""

from __future__ import annotations

from tests.core.cases import at, result

TWO = {
    "materials": {"quick": {"ideal_cycle_s": 1}, "slow": {"ideal_cycle_s": 10}},
    "quantities": [
        {"at": at(1), "material": "quick", "good": 900, "scrap": 100},
        {"at": at(2), "material": "slow", "good": 200},
    ],
}


def test_effectiveness_is_the_sum_of_ideal_times_by_run_time() -> None:
    assert result(**TWO)["kpis"]["effectiveness"] == (1000 * 1 + 200 * 10) / 3600


def test_quality_is_weighted_by_ideal_time_and_stands_by_count_beside_it() -> None:
    kpis = result(**TWO)["kpis"]
    assert kpis["quality_ratio"] == (900 * 1 + 200 * 10) / (1000 * 1 + 200 * 10)
    assert kpis["quality_ratio_by_count"] == 1100 / 1200


def test_the_mean_of_the_two_cycles_would_be_something_else() -> None:
    assert result(**TWO)["kpis"]["effectiveness"] != 1200 * 5.5 / 3600


def test_a_material_without_a_rate_adds_no_ideal_time_and_is_flagged() -> None:
    pieces = [*TWO["quantities"], {"at": at(3), "material": "new", "good": 50}]
    made = result(**{**TWO, "quantities": pieces})
    assert made["kpis"]["oee"] == result(**TWO)["kpis"]["oee"]
    assert made["flags"] == ["rate_missing"]
