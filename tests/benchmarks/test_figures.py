"""Verdicts and the table of the benchmarks."""

from __future__ import annotations

import pytest

from benchmarks.figures import Figure, Verdict, table
from benchmarks.plant import plant_file, some_ports
from mes.features.plant.check import check


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([0.9, 1.0, 9.0], Verdict.AMBITION),
        ([1.2, 1.5, 1.4], Verdict.TARGET),
        ([1.6, 1.4, 1.7], Verdict.MISSED),
    ],
)
def test_the_median_decides_whether_a_largest_value_is_kept(
    values: list[float], verdict: Verdict
) -> None:
    assert Figure(name="cost", values=values, target=1.5, ambition=1.0).verdict is verdict


def test_a_least_value_is_missed_from_below() -> None:
    figure = Figure(name="rate", values=[0.49], target=0.5, ambition=0.8, more_is_better=True)
    assert figure.verdict is Verdict.MISSED


def test_a_figure_without_a_target_is_only_shown() -> None:
    assert Figure(name="size", values=[3.0], unit="kB").verdict is Verdict.SHOWN


def test_the_table_shows_median_range_and_note() -> None:
    lines = table([Figure(name="cost", values=[3, 1, 2], target=2, note="why")]).splitlines()
    assert lines[1].split() == ["cost", "2", "1..3", "x", "<=", "2", "target"]
    assert lines[2] == "  cost: why"


def test_the_plant_of_the_load_is_a_plant_file() -> None:
    checked = check(plant_file(some_ports()))
    assert checked.mistakes == ()
    assert checked.plant is not None
    assert sum(len(line.work_units) for line in checked.plant.lines) == len(some_ports())
