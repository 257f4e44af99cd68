"""Pieces: when they count, to whom they belong and at which rate (contract section 1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.cases import at, result

TWO = {"A": {"ideal_cycle_s": "6", "pieces_per_cycle": 2}, "B": {"ideal_cycle_s": "12"}}
RUNS = [
    {"start": at(0), "end": at(20), "material": "A", "order": "1"},
    {"start": at(30), "end": None, "material": "B", "order": "2"},
]


def numbers(**fields: Any) -> dict[str, Any]:
    quantities: dict[str, Any] = result(**fields)["quantities"]
    return quantities


def ideal_seconds(**fields: Any) -> float:
    """Ideal time of all pieces, read from effectiveness over one hour of running."""
    value: float = result(**fields)["kpis"]["effectiveness"]
    return value * 3600


def test_numbers_default_to_zero_and_the_total_is_good_scrap_and_rework() -> None:
    entries = [
        {"at": at(1), "good": 5},
        {"at": at(2), "scrap": 2},
        {"at": at(3), "rework": 1},
        {"at": at(4)},
    ]
    expected = {"PQ": 8, "GQ": 5, "SQ": 2, "RQ": 1, "startup_scrap": 0}
    assert numbers(quantities=entries) == expected


def test_start_up_scrap_is_a_share_of_scrap_never_added_to_it() -> None:
    entries = [{"at": at(1), "scrap": 5, "startup_scrap": 3}]
    assert numbers(quantities=entries) == {"PQ": 5, "GQ": 0, "SQ": 5, "RQ": 0, "startup_scrap": 3}


def test_pieces_count_from_the_start_of_the_window_and_not_at_its_end() -> None:
    entries = [{"at": at(moment), "good": 1 + index} for index, moment in enumerate((-1, 0, 60))]
    assert numbers(quantities=entries)["PQ"] == 2


@pytest.mark.parametrize("state", ["stopped", "down", "off", "setup", "waiting"])
def test_pieces_count_whatever_the_class_of_their_instant(state: str) -> None:
    assert numbers(states=[[at(0), state]], quantities=[{"at": at(1), "good": 5}])["PQ"] == 5


def test_pieces_at_unknown_time_are_listed_as_excluded_when_unknown_is_outside() -> None:
    made = result(
        states=[[at(30), "running"]],
        quantities=[{"at": at(1), "good": 5, "scrap": 1, "rework": 2}, {"at": at(30), "good": 7}],
    )
    assert made["quantities"]["PQ"] == 7
    assert made["excluded"] == {"PQ": 8, "GQ": 5, "SQ": 1, "RQ": 2}


def test_pieces_at_unknown_time_count_when_unknown_is_an_availability_loss() -> None:
    made = result(
        policy={"unknown": "availability"},
        states=[[at(30), "running"]],
        quantities=[{"at": at(1), "good": 5}],
    )
    assert made["quantities"]["PQ"] == 5
    assert made["excluded"]["PQ"] == 0


def test_pieces_in_a_break_at_an_unknown_state_count() -> None:
    made = result(
        states=[],
        planned=[[at(0), at(10), "lunch"]],
        reasons={"lunch": "break"},
        quantities=[{"at": at(1), "good": 5}],
    )
    assert made["quantities"]["PQ"] == 5


def test_a_quantity_without_material_belongs_to_the_run_then_loaded() -> None:
    entries = [{"at": at(1), "good": 10}, {"at": at(40), "good": 10}]
    assert ideal_seconds(materials=TWO, runs=RUNS, quantities=entries) == pytest.approx(150)


def test_at_the_change_of_a_run_the_later_run_takes_the_pieces() -> None:
    runs = [
        {"start": at(0), "end": at(20), "material": "A"},
        {"start": at(20), "end": at(60), "material": "B"},
    ]
    entries = [{"at": at(20), "good": 10}]
    assert ideal_seconds(materials=TWO, runs=runs, quantities=entries) == pytest.approx(120)


def test_a_named_material_wins_over_the_run_then_loaded() -> None:
    entries = [{"at": at(40), "material": "A", "good": 10}]
    assert ideal_seconds(materials=TWO, runs=RUNS, quantities=entries) == pytest.approx(30)


def test_pieces_without_a_run_count_with_ideal_time_zero_and_a_flag() -> None:
    entries = [{"at": at(1), "good": 10}, {"at": at(25), "good": 4}]
    made = result(materials=TWO, runs=RUNS, quantities=entries)
    assert made["quantities"]["PQ"] == 14
    assert made["kpis"]["effectiveness"] == pytest.approx(30 / 3600)
    assert made["flags"] == ["rate_missing"]


@pytest.mark.parametrize("materials", [{}, {"A": {}}, {"A": {"ideal_cycle_s": None}}])
def test_pieces_without_a_rate_count_with_ideal_time_zero_and_a_flag(materials: Any) -> None:
    made = result(materials=materials, quantities=[{"at": at(1), "material": "A", "good": 10}])
    assert made["quantities"]["PQ"] == 10
    assert made["kpis"]["oee"] == 0.0
    assert made["flags"] == ["rate_missing"]


def test_a_run_without_a_named_material_has_no_rate() -> None:
    made = result(runs=[{"start": at(0)}], quantities=[{"at": at(1), "good": 10}])
    assert made["flags"] == ["rate_missing"]


def test_nothing_booked_has_no_missing_rate() -> None:
    assert result(materials={}, quantities=[{"at": at(1)}])["flags"] == []


def test_a_missing_rate_of_excluded_pieces_sets_no_flag() -> None:
    made = result(materials={}, states=[], quantities=[{"at": at(1), "good": 1}])
    assert made["flags"] == []
    assert made["excluded"]["PQ"] == 1


def test_pieces_per_cycle_divides_the_ideal_time_only() -> None:
    entries = [{"at": at(1), "material": "A", "good": 10}]
    assert numbers(materials=TWO, quantities=entries)["PQ"] == 10
    assert ideal_seconds(materials=TWO, quantities=entries) == pytest.approx(30)


def test_a_counted_piece_found_bad_later_is_a_negative_good_at_the_time_it_was_made() -> None:
    counters = [{"role": "total", "mode": "absolute", "readings": [[at(0), 0], [at(5), 10]]}]
    entries = [{"at": at(5), "good": -1, "scrap": 1}]
    made = result(counters=counters, quantities=entries)
    assert made["quantities"] == {"PQ": 10, "GQ": 9, "SQ": 1, "RQ": 0, "startup_scrap": 0}
    assert made["flags"] == []


def test_quantities_add_to_counters() -> None:
    counters = [{"role": "good", "mode": "absolute", "readings": [[at(0), 0], [at(5), 10]]}]
    entries = [{"at": at(6), "good": 3, "scrap": 2, "rework": 1}]
    made = numbers(counters=counters, quantities=entries)
    assert made == {"PQ": 16, "GQ": 13, "SQ": 2, "RQ": 1, "startup_scrap": 0}


def test_good_below_zero_is_kept_and_flagged() -> None:
    made = result(quantities=[{"at": at(1), "good": -3, "scrap": 1}])
    assert made["quantities"]["GQ"] == -3
    assert made["kpis"]["oee"] == pytest.approx(-18 / 3600)
    assert made["flags"] == ["counter_suspect"]


def test_scrap_below_zero_is_kept_and_flagged() -> None:
    made = result(quantities=[{"at": at(1), "good": 5, "scrap": -1}])
    assert made["quantities"]["SQ"] == -1
    assert made["flags"] == ["counter_suspect"]


def test_one_material_below_zero_is_flagged_though_the_sum_is_not() -> None:
    entries = [
        {"at": at(1), "material": "A", "good": -3},
        {"at": at(2), "material": "B", "good": 9},
    ]
    assert result(materials=TWO, quantities=entries)["flags"] == ["counter_suspect"]


def test_an_estimated_quantity_in_the_window_sets_the_flag() -> None:
    entry = {"good": 5, "estimated": True}
    assert result(quantities=[{"at": at(1), **entry}])["flags"] == ["estimated_quantity"]


@pytest.mark.parametrize("moment", [-1, 60])
def test_an_estimated_quantity_outside_the_window_sets_none(moment: int) -> None:
    assert result(quantities=[{"at": at(moment), "good": 5, "estimated": True}])["flags"] == []


def test_decimals_add_up_exactly() -> None:
    entries = [{"at": at(index), "good": 0.1} for index in range(10)]
    assert numbers(quantities=entries)["PQ"] == 1
    entries = [{"at": at(1), "good": "0.1"}, {"at": at(2), "good": "0.2"}]
    assert numbers(quantities=entries)["PQ"] == 0.3


def test_quantities_are_strings_where_a_json_number_would_lose_digits() -> None:
    entries = [{"at": at(1), "good": "1234567890123456.789"}, {"at": at(2), "scrap": "-0.5"}]
    made = numbers(quantities=entries)
    assert made["GQ"] == "1234567890123456.789"
    assert made["SQ"] == -0.5
    assert made["PQ"] == "1234567890123456.289"
