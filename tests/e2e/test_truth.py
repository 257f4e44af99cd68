"""What the MES says about a plant equals what happened there, through the real wire protocols."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mes.core.instants import parse_instant
from mes.features.verify.comparison import Row, differing, table
from mes.features.verify.live_known import MODBUS_POLL_US
from mes.features.verify.live_plant import PlantRun, mes_command
from tests.e2e.plant_process import ROOT
from tests.e2e.truth_run import JOB_STEPS, MINUTE_US, TruthRun, run_truth

SEED = 7
SPEED = 60
BEGIN = parse_instant("2026-03-02T18:50:00+09:00")
"""A Monday; the two hours hold the change of shift at 20:00."""
HOURS_2 = 120 * MINUTE_US
SHIFT_BEGIN = parse_instant("2026-03-03T07:55:00+09:00")
SHIFT_AND_MORE = 12 * 60 * MINUTE_US + 10 * MINUTE_US
UNITS = {"press-1", "press-2", "press-3", "cnc-1", "cnc-2", "washer-1"}
RESULT_KEYS = (
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
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> TruthRun:
    """Two hours of the demo plant, and what the MES says about them."""
    run = PlantRun(seed=SEED, speed=SPEED, begin_at=BEGIN, stop_at=BEGIN + HOURS_2)
    return run_truth(tmp_path_factory.mktemp("truth"), run)


def assert_agreement(told: TruthRun, rows: Sequence[Row]) -> None:
    """Fail with the whole table, which is also kept beside the data of the run."""
    (told.folder / "comparison.txt").write_text(table(told.all_rows()), encoding="utf-8")
    assert rows
    assert not differing(rows), f"\n{table(rows)}"


def test_every_work_unit_made_something(told: TruthRun) -> None:
    assert set(told.truths) == UNITS
    assert all(sum(truth.pieces(BEGIN - 1, told.stop_at)) > 20 for truth in told.truths.values())


def test_good_and_reject_counts_equal_the_journal_exactly(told: TruthRun) -> None:
    assert_agreement(told, told.count_rows())


def test_counts_per_shift_agree_within_the_pieces_of_a_poll(told: TruthRun) -> None:
    assert len(told.shifts) == 2
    assert_agreement(told, told.shift_rows())


def test_counts_per_job_agree_within_the_pieces_of_a_poll(told: TruthRun) -> None:
    assert sum(len(loads) for loads in told.loaded.values()) == len(JOB_STEPS)
    assert_agreement(told, told.job_rows())


def test_time_classes_and_oee_agree_with_the_journal(told: TruthRun) -> None:
    assert_agreement(told, told.figure_rows())


def test_the_edge_looked_as_often_as_it_was_told(told: TruthRun) -> None:
    lags = sorted(lag for truth in told.truths.values() for lag in truth.lags.values())
    assert len(lags) > 50
    assert lags[len(lags) // 2] <= MODBUS_POLL_US, lags
    assert lags[len(lags) * 9 // 10] <= 10 * MODBUS_POLL_US, lags


def test_the_whole_run_was_seen(told: TruthRun) -> None:
    for unit, results in told.results.items():
        assert results["run"]["coverage"] == 1.0, unit
        assert not {"counter_suspect", "counter_reset"} & set(results["run"]["flags"]), unit


def test_the_tile_shows_the_figures_that_the_report_shows(told: TruthRun) -> None:
    for unit, (tile, result) in told.tiles.items():
        assert tile["oee"] == result["kpis"]["oee"], unit
        assert tile["coverage"] == result["coverage"], unit
        for shown, key in (("good", "GQ"), ("scrap", "SQ")):
            assert float(tile[shown]) == float(result["quantities"][key]) + float(
                result["excluded"][key]
            ), unit


def test_an_exported_case_gives_the_same_result_to_the_last_digit(told: TruthRun) -> None:
    assert_cases_give_the_results(told)


def test_the_projections_made_again_from_the_facts_are_equal(told: TruthRun) -> None:
    assert_rebuild_is_equal(told)


def assert_cases_give_the_results(told: TruthRun) -> None:
    """Compute all exported cases by the command line."""
    units = sorted(told.cases)
    files = [str(told.folder / f"case-{unit}.json") for unit in units]
    done = subprocess.run(
        mes_command("oee", "case", "--json", *files),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for unit, computed in zip(units, json.loads(done.stdout), strict=True):
        shown = told.results[unit]["run"]
        assert {key: computed[key] for key in RESULT_KEYS} == {
            key: shown[key] for key in RESULT_KEYS
        }, unit


def assert_rebuild_is_equal(told: TruthRun) -> None:
    """`mes rebuild --check` on the data of a run that has ended."""
    done = subprocess.run(
        mes_command("rebuild", "--check", "--data", told.folder / "data"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.proof
def test_three_plants_side_by_side_over_a_whole_shift(tmp_path: Path) -> None:
    runs = [
        PlantRun(seed=seed, speed=SPEED, begin_at=SHIFT_BEGIN, stop_at=SHIFT_BEGIN + SHIFT_AND_MORE)
        for seed in (7, 21, 42)
    ]
    with ThreadPoolExecutor(len(runs)) as pool:
        all_told = list(pool.map(lambda run: run_truth(tmp_path / f"seed-{run.seed}", run), runs))
    problems: list[str] = []
    for told in all_told:
        rows = told.all_rows()
        (told.folder / "comparison.txt").write_text(table(rows), encoding="utf-8")
        if differing(rows):
            problems.append(f"seed {told.run.seed}\n{table(differing(rows))}")
        assert_cases_give_the_results(told)
        assert_rebuild_is_equal(told)
    assert not problems, "\n" + "\n".join(problems)
