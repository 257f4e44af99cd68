"""Tallies: policy-neutral sums that add up over time and over work units (rule R10)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mes.core.case import parse_case
from mes.core.oee import EMPTY, Tally, compute, result_of, sum_of, tally
from mes.core.policies import OEE_COM, PROFILES, TPM
from tests.core.cases import MINUTE_US, at, case


def tally_of(**fields: Any) -> Tally:
    return tally(parse_case(case(**fields)))


PRESS = tally_of(
    states=[[at(0), "running"], [at(50), "down"]], quantities=[{"at": at(1), "good": 300}]
)
MILL = tally_of(
    window=[at(0), at(30)],
    materials={"B": {"ideal_cycle_s": "30"}},
    quantities=[{"at": at(1), "good": 20, "scrap": 10}],
)


def test_nothing_added_changes_nothing() -> None:
    assert PRESS + EMPTY == PRESS == EMPTY + PRESS == sum_of([PRESS])


def test_a_roll_up_over_work_units_sums_numerators_and_denominators() -> None:
    made = result_of(PRESS + MILL, TPM).to_json()
    kpis: Any = made["kpis"]
    assert kpis["availability"] == pytest.approx(80 / 90)
    assert kpis["oee"] == pytest.approx((1800 + 600) / 5400)
    assert kpis["teep"] == pytest.approx((1800 + 600) / 5400)
    assert made["quantities"] == {"PQ": 330, "GQ": 320, "SQ": 10, "RQ": 0, "startup_scrap": 0}


def test_one_tally_serves_every_policy() -> None:
    fields: dict[str, Any] = {
        "planned": [[at(0), at(10), "meeting"]],
        "states": [[at(5), "running"], [at(20), "stopped"], [at(22), "unknown"]],
        "quantities": [{"at": at(7), "good": 5}, {"at": at(30), "good": 3}],
        "shifts": [[at(0), at(50)]],
    }
    policies: list[Any] = [
        *PROFILES,
        {"unknown": "availability"},
        {"running_outside_plan": "excluded"},
    ]
    for policy in policies:
        parsed = parse_case(case(**fields, policy=policy))
        assert result_of(tally_of(**fields), parsed.policy) == compute(parsed)


def test_running_outside_the_plan_is_kept_apart_until_a_policy_decides() -> None:
    sums = tally_of(shifts=[[at(0), at(40)]])
    assert sums.times_us == {"running": 40 * MINUTE_US}
    assert sums.outside_plan_us == {"not_scheduled": 20 * MINUTE_US}


def test_a_tally_is_stored_exactly_with_fractions_as_numerator_and_denominator() -> None:
    sums = tally_of(
        materials={"A": {"ideal_cycle_s": 1, "pieces_per_cycle": 3}},
        quantities=[{"at": at(1), "good": "0.5"}],
    )
    stored = sums.to_json()
    assert stored == {
        "schema": "oee-tally/1",
        "window_us": 60 * MINUTE_US,
        "times_us": {"running": 60 * MINUTE_US},
        "outside_plan_us": {},
        "pieces": [
            {
                "bucket": "normal",
                "material": "A",
                "good": "1/2",
                "scrap": 0,
                "rework": 0,
                "startup_scrap": 0,
                "ideal_total_s": "1/6",
                "ideal_good_s": "1/6",
                "rate_missing": False,
            }
        ],
        "flags": [],
        "loaded_us": 60 * MINUTE_US,
        "failures": None,
        "reasons": {},
    }
    assert Tally.from_json(json.loads(json.dumps(stored))) == sums


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "oee-tally/2"},
        {"window_us": "60"},
        {"flags": None},
        {"times_us": []},
        {"outside_plan_us": {"lunch": 5}},
        {"pieces": {}},
    ],
)
def test_what_is_no_tally_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"tally|lunch"):
        Tally.from_json({**EMPTY.to_json(), **change})


def test_a_negative_hour_that_the_next_one_heals_is_not_suspect_in_the_sum() -> None:
    first = tally_of(quantities=[{"at": at(1), "good": -1, "scrap": 1}])
    second = tally_of(quantities=[{"at": at(1), "good": 5}])
    assert result_of(first, OEE_COM).flags == ("counter_suspect",)
    assert result_of(first + second, OEE_COM).flags == ()


def test_an_older_stored_sum_without_failures_and_order_time_is_not_known_and_never_zero() -> None:
    sums = tally_of(failures=[], quantities=[{"at": at(1), "good": 1}])
    older = sums.to_json()
    del older["failures"], older["loaded_us"]
    read = Tally.from_json(older)
    assert (read.loaded_us, read.failures) == (None, None)
    for total in (read, read + sums, sums + read):
        made = result_of(total, TPM)
        for key in ("mtbf_h", "mttf_h", "mttr_h"):
            assert (made.kpis[key], made.causes[key]) == (None, "failures_unknown")
        for key in ("allocation_ratio", "production_process_ratio", "throughput_rate_per_h"):
            assert (made.kpis[key], made.causes[key]) == (None, "orders_unknown")
        assert made.kpis["availability"] == 1
