"""Counters: modes, baselines, plausibility and roles (contract section 1, rule R17)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.cases import at, result


def counter(*readings: tuple[float, object], role: str = "total", **rule: Any) -> dict[str, Any]:
    values = [[at(moment), value] for moment, value in readings]
    return {"role": role, "mode": "absolute", **rule, "readings": values}


def counted(*counters: dict[str, Any], **fields: Any) -> tuple[Any, Any, list[str]]:
    """Good, scrap and flags."""
    made = result(counters=list(counters), **fields)
    return made["quantities"]["GQ"], made["quantities"]["SQ"], made["flags"]


def test_the_first_reading_is_the_baseline() -> None:
    assert counted(counter((1, 500))) == (0, 0, [])
    assert counted(counter((1, 500), (2, 507))) == (7, 0, [])


def test_a_reading_before_the_window_is_the_baseline_too() -> None:
    assert counted(counter((-90, 100), (-30, 120), (5, 150))) == (30, 0, [])


def test_an_increment_belongs_to_the_instant_of_its_later_reading() -> None:
    assert counted(counter((-1, 0), (0, 5))) == (5, 0, [])
    assert counted(counter((59, 0), (60, 5))) == (0, 0, [])


def test_an_increment_belongs_to_the_run_then_loaded() -> None:
    made = result(
        materials={"A": {"ideal_cycle_s": 6}, "B": {"ideal_cycle_s": 60}},
        runs=[
            {"start": at(0), "end": at(30), "material": "A"},
            {"start": at(30), "material": "B"},
        ],
        counters=[counter((0, 0), (29, 10), (30, 11), (40, 12))],
    )
    assert made["kpis"]["effectiveness"] == pytest.approx((10 * 6 + 2 * 60) / 3600)


def test_an_increment_without_a_run_has_no_rate() -> None:
    assert counted(counter((0, 0), (5, 3)), runs=[]) == (3, 0, ["rate_missing"])


def test_counters_count_pieces_in_every_mode_whatever_the_pieces_per_cycle() -> None:
    materials = {"A": {"ideal_cycle_s": 6, "pieces_per_cycle": 4}}
    pulses = counter((0, 0), (1, 1), (2, 0), (3, 1), mode="pulse")
    assert counted(pulses, materials=materials) == (2, 0, [])
    assert counted(counter((0, 0), (1, 8)), materials=materials) == (8, 0, [])


def test_a_rollover_counter_counts_modulo_its_modulus() -> None:
    rule: dict[str, Any] = {"mode": "rollover", "modulus": 65536}
    assert counted(counter((0, 65530), (1, 4), (2, 10), **rule)) == (16, 0, [])


def test_a_resettable_counter_counts_the_new_value_after_a_drop() -> None:
    readings = ((0, 50), (1, 60), (2, 3), (3, 5))
    assert counted(counter(*readings, mode="resettable")) == (15, 0, ["counter_reset"])


def test_an_absolute_counter_counts_nothing_at_a_drop_and_goes_on_from_there() -> None:
    assert counted(counter((0, 50), (1, 60), (2, 3), (3, 5))) == (12, 0, ["counter_suspect"])


def test_a_pulse_counts_each_change_from_zero_to_not_zero() -> None:
    readings = ((0, 1), (1, 1), (2, 0), (3, 5), (4, 7), (5, 0), (6, 1), (7, 0))
    assert counted(counter(*readings, mode="pulse")) == (2, 0, [])


def test_a_pulse_may_be_read_as_true_and_false() -> None:
    assert counted(counter((0, False), (1, True), (2, False), mode="pulse")) == (1, 0, [])


def test_an_increment_of_exactly_the_maximum_is_allowed() -> None:
    assert counted(counter((0, 0), (1, 120), max_per_s=2)) == (120, 0, [])


@pytest.mark.parametrize(
    ("rule", "readings"),
    [
        ({"mode": "absolute"}, ((0, 0), (1, 121), (2, 131))),
        ({"mode": "rollover", "modulus": 65536}, ((0, 10), (1, 9), (2, 19))),
        ({"mode": "resettable"}, ((0, 0), (1, 121), (2, 131))),
    ],
)
def test_an_increment_above_the_maximum_is_not_counted_but_is_the_next_baseline(
    rule: dict[str, Any], readings: Any
) -> None:
    assert counted(counter(*readings, max_per_s=2, **rule)) == (10, 0, ["counter_suspect"])


def test_the_maximum_may_be_a_decimal_and_holds_for_the_time_between_two_readings() -> None:
    assert counted(counter((0, 0), (10, 60), max_per_s="0.1")) == (60, 0, [])
    assert counted(counter((0, 0), (9.9, 60), max_per_s="0.1")) == (0, 0, ["counter_suspect"])


def test_a_new_value_above_the_maximum_after_a_drop_is_a_reset_and_suspect() -> None:
    found = counted(counter((0, 500), (1, 400), mode="resettable", max_per_s=1))
    assert found == (0, 0, ["counter_reset", "counter_suspect"])


def test_a_pulse_faster_than_the_maximum_is_not_counted() -> None:
    found = counted(counter((0, 0), (0.01, 1), mode="pulse", max_per_s=1))
    assert found == (0, 0, ["counter_suspect"])


def test_readings_may_be_decimals() -> None:
    assert counted(counter((0, "0.1"), (1, 0.4))) == (0.3, 0, [])


def test_flags_speak_of_increments_in_the_window_only() -> None:
    before = counter((-9, 50), (-5, 3), (1, 4))
    assert counted(before) == (1, 0, [])
    behind = counter((1, 50), (2, 51), (70, 3))
    assert counted(behind, as_of=at(90)) == (1, 0, [])


def test_total_alone_is_all_good() -> None:
    assert counted(counter((0, 0), (1, 10))) == (10, 0, [])


def test_with_total_and_scrap_good_is_the_difference() -> None:
    total, scrap = counter((0, 0), (1, 10)), counter((0, 0), (2, 3), role="scrap")
    assert counted(total, scrap) == (7, 3, [])


def test_with_total_and_scrap_a_good_counter_is_not_used() -> None:
    good = counter((0, 0), (1, 99), (2, 5), role="good")
    total, scrap = counter((0, 0), (1, 10)), counter((0, 0), (2, 3), role="scrap")
    assert counted(good, total, scrap) == (7, 3, [])


def test_with_total_and_good_scrap_is_the_difference() -> None:
    total, good = counter((0, 0), (1, 10)), counter((0, 0), (2, 8), role="good")
    assert counted(total, good) == (8, 2, [])


def test_without_total_the_total_is_good_plus_scrap() -> None:
    good, scrap = counter((0, 0), (1, 8), role="good"), counter((0, 0), (1, 3), role="scrap")
    assert counted(good, scrap) == (8, 3, [])
    assert counted(good) == (8, 0, [])
    assert counted(scrap) == (0, 3, [])


def test_counters_of_one_role_add() -> None:
    first, second = counter((0, 0), (1, 10)), counter((0, 0), (1, 20))
    scraps = [counter((0, 0), (1, n), role="scrap") for n in (1, 2)]
    assert counted(first, second, *scraps) == (27, 3, [])


def test_more_scrap_than_total_is_kept_and_flagged() -> None:
    total, scrap = counter((0, 0), (1, 10)), counter((0, 0), (2, 13), role="scrap")
    made = result(counters=[total, scrap])
    assert made["quantities"] == {"PQ": 10, "GQ": -3, "SQ": 13, "RQ": 0, "startup_scrap": 0}
    assert made["flags"] == ["counter_suspect"]


def test_more_good_than_total_is_kept_and_flagged() -> None:
    total, good = counter((0, 0), (1, 10)), counter((0, 0), (2, 12), role="good")
    assert counted(total, good) == (12, -2, ["counter_suspect"])


def test_scrap_counted_after_a_change_of_run_belongs_to_the_later_run() -> None:
    made = result(
        materials={"A": {"ideal_cycle_s": 6}, "B": {"ideal_cycle_s": 60}},
        runs=[
            {"start": at(0), "end": at(30), "material": "A"},
            {"start": at(30), "material": "B"},
        ],
        counters=[counter((0, 0), (29, 10)), counter((0, 0), (31, 2), role="scrap")],
    )
    assert made["quantities"] == {"PQ": 10, "GQ": 8, "SQ": 2, "RQ": 0, "startup_scrap": 0}
    assert made["flags"] == ["counter_suspect"]


def test_increments_at_unknown_time_are_excluded() -> None:
    made = result(
        states=[[at(0), "running"], [at(30), "unknown"]],
        counters=[counter((0, 0), (10, 4), (40, 9))],
    )
    assert made["quantities"]["PQ"] == 4
    assert made["excluded"]["PQ"] == 5


def test_a_repeated_reading_changes_nothing() -> None:
    assert counted(counter((0, 0), (1, 5), (1, "5.0"), (0, 0), (2, 7))) == (7, 0, [])
