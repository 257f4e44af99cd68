"""KPIs: formulas, null with its cause, and the shape of a result (contract sections 2 and 3)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from mes.core.case import parse_case
from mes.core.kpis import KPIS
from mes.core.kpis_waiting import WAITING
from mes.core.oee import compute
from tests.core.cases import MINUTE_US, at, case, result

SHIFT: dict[str, Any] = {
    "materials": {"A": {"ideal_cycle_s": 6}, "B": {"ideal_cycle_s": "2"}},
    "shifts": [[at(0), at(50)]],
    "runs": [{"start": at(0), "end": at(40), "material": "A"}],
    "states": [
        [at(0), "setup"],
        [at(10), "running"],
        [at(30), "down", "tool broken"],
        [at(40), "stopped"],
        [at(50), "off"],
    ],
    "reasons": {"tool broken": "unplanned_stop"},
    "failures": ["tool broken"],
    "quantities": [
        {"at": at(12), "material": "A", "good": 100, "scrap": 10, "rework": 5},
        {"at": at(13), "material": "B", "good": 200, "scrap": 40},
    ],
}
"""PBT 50, setup 10, running 20, down 10, no order 10 minutes; ideal time 1170 s, good 1000 s."""


def kpis(**fields: Any) -> dict[str, float | None]:
    values: dict[str, float | None] = result(**fields)["kpis"]
    return values


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("availability", Fraction(20, 50)),
        ("effectiveness", Fraction(1170, 1200)),
        ("quality_ratio", Fraction(1000, 1170)),
        ("oee", Fraction(1000, 3000)),
        ("ooe", Fraction(1000, 3000)),
        ("teep", Fraction(1000, 3600)),
        ("nee", Fraction(30, 50) * Fraction(1170, 1200) * Fraction(1000, 1170)),
        ("setup_ratio", Fraction(10, 30)),
        ("technical_efficiency", Fraction(20, 30)),
        ("utilization_efficiency", Fraction(20, 40)),
        ("allocation_efficiency", Fraction(40, 50)),
        ("allocation_ratio", Fraction(40, 40)),
        ("production_process_ratio", Fraction(20, 40)),
        ("throughput_rate_per_h", Fraction(355, 40) * 60),
        ("mtbf_h", Fraction(30, 60)),
        ("mttf_h", Fraction(20, 60)),
        ("mttr_h", Fraction(10, 60)),
        ("scrap_ratio", Fraction(50, 355)),
        ("rework_ratio", Fraction(5, 355)),
        ("quality_ratio_by_count", Fraction(300, 355)),
        ("throughput_per_h", Fraction(355, 40) * 60),
    ],
)
def test_each_kpi_follows_its_formula_exactly(key: str, expected: Fraction) -> None:
    computed = compute(parse_case(case(**SHIFT)))
    assert computed.kpis[key] == expected
    assert kpis(**SHIFT)[key] == expected.numerator / expected.denominator


def test_every_kpi_of_the_table_has_an_example_here_and_stands_in_the_result() -> None:
    keys = [kpi.key for kpi in KPIS]
    assert len(set(keys)) == len(keys) == 21
    assert list(kpis()) == keys


def test_every_kpi_says_how_it_is_called_and_computed() -> None:
    for kpi in KPIS:
        assert kpi.names.keys() == {"ko", "en"}
        assert kpi.definitions.keys() == {"ko", "en"}
        assert all((*kpi.names.values(), kpi.iso_symbol, kpi.unit, kpi.formula))
        assert all(text.endswith(".") for text in kpi.definitions.values())
        assert kpi.better in ("higher", "lower")
        assert kpi.unit in ("1", "1/h", "h")


def test_the_34_kpis_of_the_standard_are_computed_or_named_with_what_they_wait_for() -> None:
    practice = {"ooe", "teep", "throughput_per_h", "quality_ratio_by_count"}
    computed = {kpi.key for kpi in KPIS}
    waiting = {kpi.key for kpi in WAITING}
    assert len(waiting) == len(WAITING) == 17
    assert not computed & waiting
    assert len(computed - practice | waiting) == 34


def test_a_kpi_that_waits_for_data_says_for_which_and_stands_in_no_result() -> None:
    for kpi in WAITING:
        assert kpi.names.keys() == kpi.waits_for.keys() == {"ko", "en"}
        assert all((*kpi.names.values(), *kpi.waits_for.values(), kpi.iso_symbol, kpi.formula))
        assert kpi.key not in kpis()


def test_a_kpi_is_the_correctly_rounded_float_of_the_exact_fraction() -> None:
    made = kpis(
        materials={"A": {"ideal_cycle_s": "0.1"}},
        quantities=[{"at": at(1), "good": 3, "scrap": 0}],
    )
    assert made["effectiveness"] == 0.3 / 3600 == float(Fraction(3, 36000))


def test_oee_is_the_product_wherever_all_three_exist() -> None:
    made = compute(parse_case(case(**SHIFT))).kpis
    product = Fraction(1)
    for key in ("availability", "effectiveness", "quality_ratio"):
        factor = made[key]
        assert factor is not None
        product *= factor
    assert made["oee"] == product


def test_oee_is_zero_when_planned_time_passed_and_nothing_good_was_made() -> None:
    assert kpis()["oee"] == 0.0
    assert kpis(states=[[at(0), "down"]])["oee"] == 0.0
    assert kpis(quantities=[{"at": at(1), "scrap": 5}])["oee"] == 0.0


def test_oee_is_null_only_without_planned_busy_time() -> None:
    made = result(shifts=[], states=[[at(0), "off"]], quantities=[{"at": at(1), "good": 5}])
    assert made["kpis"]["oee"] is None
    assert made["causes"]["oee"] == "no_planned_time"
    assert made["kpis"]["teep"] == pytest.approx(30 / 3600)


def test_quality_is_weighted_by_ideal_time_and_by_count_beside_it() -> None:
    entries = [
        {"at": at(1), "material": "A", "good": 10},
        {"at": at(1), "material": "B", "scrap": 10},
    ]
    made = kpis(materials=SHIFT["materials"], quantities=entries)
    assert made["quality_ratio"] == 0.75
    assert made["quality_ratio_by_count"] == 0.5


def test_nee_is_zero_when_nothing_good_was_made_even_without_run_time() -> None:
    assert kpis(states=[[at(0), "setup"]])["nee"] == 0.0
    assert kpis(states=[[at(0), "down"]], quantities=[{"at": at(1), "scrap": 5}])["nee"] == 0.0


def test_nee_is_null_without_planned_time_and_without_run_time_with_good_pieces() -> None:
    made = result(shifts=[], states=[[at(0), "off"]])
    assert made["kpis"]["nee"] is None
    assert made["causes"]["nee"] == "no_planned_time"
    made = result(states=[[at(0), "down"]], quantities=[{"at": at(1), "good": 5}])
    assert made["kpis"]["nee"] is None
    assert made["causes"]["nee"] == "no_run_time"


def test_effectiveness_above_1_is_shown_as_it_is_and_flagged() -> None:
    made = result(quantities=[{"at": at(1), "good": 1200}])
    assert made["kpis"]["effectiveness"] == 2.0
    assert made["kpis"]["oee"] == 2.0
    assert made["flags"] == ["effectiveness_above_1"]


def test_effectiveness_of_exactly_1_is_not_flagged() -> None:
    made = result(quantities=[{"at": at(1), "good": 600}])
    assert made["kpis"]["effectiveness"] == 1.0
    assert made["flags"] == []


def causes(**fields: Any) -> dict[str, str]:
    """The causes, without those of failures, of which these cases say nothing."""
    found: dict[str, str] = result(**fields)["causes"]
    return {key: cause for key, cause in found.items() if cause != "failures_unknown"}


def test_without_planned_time_the_cause_says_so() -> None:
    found = causes(shifts=[], states=[[at(0), "off"]])
    for key in ("availability", "oee", "nee", "allocation_efficiency"):
        assert found[key] == "no_planned_time"


def test_without_run_time_the_cause_says_so() -> None:
    found = causes(states=[[at(0), "setup"]])
    assert found["effectiveness"] == "no_run_time"
    assert found["technical_efficiency"] == "no_run_time"


def test_without_pieces_the_cause_says_so() -> None:
    found = causes()
    assert found == dict.fromkeys(
        ("quality_ratio", "scrap_ratio", "rework_ratio", "quality_ratio_by_count"), "no_quantity"
    )


def test_with_pieces_without_rates_only_the_cause_says_so() -> None:
    fields: dict[str, Any] = {"materials": {}, "quantities": [{"at": at(1), "good": 5}]}
    assert causes(**fields) == dict.fromkeys(("effectiveness", "quality_ratio"), "rate_missing")
    assert kpis(**fields)["quality_ratio_by_count"] == 1.0


def test_with_one_rated_piece_there_is_no_cause() -> None:
    entries = [{"at": at(1), "material": "A", "good": 5}, {"at": at(1), "material": "X", "good": 5}]
    assert causes(quantities=entries) == {}


def test_without_processing_time_the_cause_says_so() -> None:
    assert causes(states=[[at(0), "down"]])["setup_ratio"] == "no_processing_time"


def test_without_busy_time_the_cause_says_so() -> None:
    found = causes(runs=[], states=[[at(0), "off"]])
    for key in ("utilization_efficiency", "throughput_per_h", "technical_efficiency"):
        assert found[key] == "no_busy_time"


def test_coverage_is_the_known_share_of_the_time_that_could_be_planned() -> None:
    made = result(
        shifts=[[at(0), at(50)]],
        planned=[[at(0), at(5), "lunch"], [at(5), at(10), "meeting"]],
        reasons={"lunch": "break"},
        states=[[at(20), "running"], [at(50), "off"]],
    )
    assert made["times_us"]["unknown"] == 10 * MINUTE_US
    assert made["coverage"] == 0.75


def test_coverage_is_null_when_nothing_could_be_planned() -> None:
    assert result(shifts=[], states=[])["coverage"] is None
    assert result()["coverage"] == 1.0
    assert result(states=[])["coverage"] == 0.0


def test_a_result_has_the_shape_of_the_contract() -> None:
    made = result()
    assert made["schema"] == "oee-result/1"
    assert list(made) == [
        "schema",
        "policy",
        "times_us",
        "iso_us",
        "quantities",
        "excluded",
        "kpis",
        "causes",
        "coverage",
        "flags",
    ]
    assert list(made["times_us"]) == [
        "window",
        "not_scheduled",
        "break",
        "planned_stop",
        "unknown",
        "setup",
        "unplanned_stop",
        "minor_stop",
        "waiting",
        "no_order",
        "running",
    ]
    assert list(made["iso_us"]) == ["POT", "PBT", "AUBT", "AUPT", "APT", "AUST", "ADET", "ADOT"]
    assert list(made["quantities"]) == ["PQ", "GQ", "SQ", "RQ", "startup_scrap"]
    assert list(made["excluded"]) == ["PQ", "GQ", "SQ", "RQ"]


def test_flags_stand_in_the_order_of_the_contract() -> None:
    reading = [[at(0), 9], [at(1), 3]]
    made = result(
        states=[[at(0), "running"], [at(58), "stopped"]],
        counters=[
            {"role": "total", "mode": "resettable", "readings": reading},
            {"role": "total", "mode": "absolute", "readings": reading},
        ],
        quantities=[
            {"at": at(2), "good": 9999, "estimated": True},
            {"at": at(3), "good": 1, "material": "unrated"},
        ],
    )
    assert made["flags"] == [
        "effectiveness_above_1",
        "provisional_stop",
        "estimated_quantity",
        "counter_reset",
        "counter_suspect",
        "rate_missing",
    ]
