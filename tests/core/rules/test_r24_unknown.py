"""R24: what nobody saw is its own class; coverage tells how much; silence is never 100 %."""

from __future__ import annotations

from typing import Any

from tests.core.cases import at, minutes, result

SILENT: dict[str, Any] = {
    "states": [[at(0), "running"], [at(20), "unknown"], [at(50), "running"]],
    "quantities": [{"at": at(10), "good": 100}, {"at": at(30), "good": 50}],
}


def test_a_machine_without_any_signal_is_unknown_and_has_no_oee() -> None:
    made = result(states=[])
    assert (made["kpis"]["oee"], made["kpis"]["availability"], made["coverage"]) == (None, None, 0)
    assert minutes(states=[]) == {"unknown": 60}


def test_unknown_time_is_left_out_with_its_pieces_and_coverage_says_so() -> None:
    made = result(**SILENT)
    assert made["coverage"] == 0.5
    assert (made["quantities"]["PQ"], made["excluded"]["PQ"]) == (100, 50)
    assert made["kpis"]["oee"] == 600 / 1800


def test_a_policy_may_charge_unknown_time_and_count_its_pieces() -> None:
    made = result(**SILENT, policy={"unknown": "availability"})
    assert made["coverage"] == 0.5
    assert (made["quantities"]["PQ"], made["excluded"]["PQ"]) == (150, 0)
    assert (made["kpis"]["availability"], made["kpis"]["oee"]) == (0.5, 900 / 3600)


def test_no_reason_turns_unknown_time_into_a_stop() -> None:
    assert minutes(reasons={"jam": "unplanned_stop"}, states=[[at(0), "unknown", "jam"]]) == {
        "unknown": 60
    }
