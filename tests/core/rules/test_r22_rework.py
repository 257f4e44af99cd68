"""R22: a piece that had to be reworked loses quality once and is not produced again."""

from __future__ import annotations

from tests.core.cases import at, result


def test_a_reworked_piece_is_produced_once_and_not_good_at_first() -> None:
    made = result(quantities=[{"at": at(1), "good": 90, "scrap": 4, "rework": 6}])
    assert made["quantities"]["PQ"] == 100
    kpis = made["kpis"]
    assert (kpis["quality_ratio"], kpis["rework_ratio"], kpis["scrap_ratio"]) == (0.9, 0.06, 0.04)
    assert kpis["oee"] == 90 * 6 / 3600
    assert kpis["effectiveness"] == 100 * 6 / 3600


def test_good_and_rework_and_scrap_are_all_there_is() -> None:
    made = result(quantities=[{"at": at(1), "rework": 5}, {"at": at(2), "rework": -5, "scrap": 5}])
    assert made["quantities"] == {"PQ": 5, "GQ": 0, "SQ": 5, "RQ": 0, "startup_scrap": 0}
