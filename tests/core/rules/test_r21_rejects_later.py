"""R21: pieces found bad later lower the quality of the time that made them; too many show."""

from __future__ import annotations

from tests.core.cases import at, result

MADE = {"at": at(10), "good": 100}
FOUND = {"at": at(10), "good": -8, "scrap": 8}


def test_a_reject_found_later_lowers_the_quality_of_the_interval_that_made_it() -> None:
    first, second = (
        result(window=window, quantities=[MADE, FOUND, {"at": at(40), "good": 50}])
        for window in ([at(0), at(30)], [at(30), at(60)])
    )
    assert first["kpis"]["quality_ratio"] == 0.92
    assert second["kpis"]["quality_ratio"] == 1


def test_it_makes_no_further_piece() -> None:
    assert result(quantities=[MADE, FOUND])["quantities"] == {
        "PQ": 100,
        "GQ": 92,
        "SQ": 8,
        "RQ": 0,
        "startup_scrap": 0,
    }


def test_more_rejects_than_pieces_are_held_visible_by_a_flag() -> None:
    made = result(quantities=[MADE, {"at": at(11), "good": -120, "scrap": 120}])
    assert made["quantities"]["GQ"] == -20
    assert made["flags"] == ["counter_suspect"]
