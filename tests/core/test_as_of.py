"""`as_of`: a figure of what was known then (contract section 1)."""

from __future__ import annotations

from typing import Any

from tests.core.cases import MINUTE_US, at, minutes, result

FACTS: dict[str, Any] = {
    "states": [[at(0), "running"], [at(30), "down"], [at(40), "running"]],
    "quantities": [{"at": at(10), "good": 4}, {"at": at(50), "good": 5}],
    "counters": [
        {
            "role": "total",
            "mode": "absolute",
            "readings": [[at(0), 0], [at(20), 10], [at(45), 100]],
        }
    ],
}


def test_inside_the_window_the_window_ends_there_in_times_and_in_teep() -> None:
    made = result(**FACTS, as_of=at(20.5))
    assert made["times_us"]["window"] == 20.5 * MINUTE_US
    assert made["times_us"]["running"] == 20.5 * MINUTE_US
    assert made["quantities"]["PQ"] == 14
    assert made["kpis"]["teep"] == 14 * 6 / (20.5 * 60)


def test_what_lies_behind_as_of_is_not_counted() -> None:
    behind = result(**FACTS, as_of=at(20.5))
    without = result(
        states=[[at(0), "running"]],
        quantities=FACTS["quantities"][:1],
        counters=[{**FACTS["counters"][0], "readings": [[at(0), 0], [at(20), 10]]}],
        as_of=at(20.5),
    )
    assert behind == without


def test_an_instant_at_as_of_lies_behind_it() -> None:
    assert result(**FACTS, as_of=at(10))["quantities"]["PQ"] == 0


def test_before_the_window_it_has_length_zero_and_every_kpi_is_null() -> None:
    for moment in (at(-10), at(0)):
        made = result(**FACTS, as_of=moment)
        assert set(made["times_us"].values()) == {0}
        assert set(made["iso_us"].values()) == {0}
        assert set(made["kpis"].values()) == {None}
        assert made["kpis"].keys() == made["causes"].keys()
        assert made["coverage"] is None
        assert made["flags"] == []
        assert made["causes"]["teep"] == "no_window"


def test_an_empty_window_has_no_figures_either() -> None:
    made = result(**FACTS, window=[at(10), at(10)])
    assert set(made["kpis"].values()) == {None}
    assert made["quantities"]["PQ"] == 0


def test_behind_the_window_it_changes_nothing_but_the_length_of_stops() -> None:
    assert result(**FACTS, as_of=at(500)) == result(**FACTS)


def test_an_interval_that_reaches_behind_as_of_is_cut_there() -> None:
    intervals = [[at(10), at(50), "down", None]]
    assert minutes(intervals=intervals, as_of=at(14)) == {"running": 10, "minor_stop": 4}


def test_an_open_run_holds_up_to_as_of() -> None:
    runs = [{"start": at(0), "end": None, "material": "A"}]
    found = minutes(runs=runs, states=[[at(0), "waiting"]], as_of=at(30))
    assert found == {"waiting": 30}


def test_tiles_of_a_range_agree_when_they_share_one_as_of() -> None:
    whole = result(**FACTS, as_of=at(90))
    tiles = [
        result(**FACTS, as_of=at(90), window=[at(start), at(start + 6)])
        for start in range(0, 60, 6)
    ]
    for key, total in whole["times_us"].items():
        assert sum(tile["times_us"][key] for tile in tiles) == total
    assert sum(tile["quantities"]["PQ"] for tile in tiles) == whole["quantities"]["PQ"]
