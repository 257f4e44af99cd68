"""R7: what cannot be is shown, kept in the product and flagged, never cut to 0 % or 100 %."""

from __future__ import annotations

from tests.core.cases import at, result


def test_an_effectiveness_above_1_is_kept_in_oee_and_flagged() -> None:
    made = result(
        states=[[at(0), "running"], [at(30), "down"]], quantities=[{"at": at(1), "good": 760}]
    )
    assert made["kpis"]["effectiveness"] == 760 * 6 / 1800
    assert made["kpis"]["oee"] == 760 * 6 / 3600
    assert made["kpis"]["teep"] == made["kpis"]["oee"] > 1
    assert made["flags"] == ["effectiveness_above_1"]


def test_more_scrap_than_pieces_gives_a_negative_quality_and_a_flag() -> None:
    readings = [[at(0), 0], [at(30), 10]]
    scrap = [[at(0), 0], [at(30), 15]]
    made = result(
        counters=[
            {"role": "total", "mode": "absolute", "readings": readings},
            {"role": "scrap", "mode": "absolute", "readings": scrap},
        ]
    )
    assert made["quantities"] == {"PQ": 10, "GQ": -5, "SQ": 15, "RQ": 0, "startup_scrap": 0}
    assert (made["kpis"]["quality_ratio"], made["kpis"]["scrap_ratio"]) == (-0.5, 1.5)
    assert made["kpis"]["oee"] == -30 / 3600
    assert made["flags"] == ["counter_suspect"]


def test_an_allocation_ratio_may_exceed_1() -> None:
    made = result(runs=[{"start": at(0), "end": at(20), "material": "A"}])
    assert made["kpis"]["allocation_ratio"] == 3
