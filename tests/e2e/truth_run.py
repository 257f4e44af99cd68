"""One truth run: a plant works through some hours, and everything the MES says is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mes.core.instants import format_instant, parse_instant
from mes.core.oee import compute
from mes.features.verify.comparison import Row, count_rows, lateness_by_class, oee_row, time_rows
from mes.features.verify.live_known import pieces_of_a_poll, poll_us
from mes.features.verify.live_plant import PlantProcess, PlantRun
from mes.features.verify.orders import command, start_order
from mes.features.verify.roster import CYCLES, plan_around, shifts_around
from mes.features.verify.truth import Loaded, UnitTruth, case_of, read_journal
from tests.e2e.plant_process import running_plant

MINUTE_US = 60_000_000
BEFORE_US = MINUTE_US
POLLS_AFTER_US = 2 * MINUTE_US
"""How long after the plant stood still the counts are read: far more than one poll."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStep:
    """At `at` (us after the plant began) a job of `item` is started on `unit`; the one before it
    there is completed."""

    at: int
    unit: str
    item: str


JOB_STEPS = (
    JobStep(at=10 * MINUTE_US, unit="press-1", item="HNG-200"),
    JobStep(at=20 * MINUTE_US, unit="cnc-1", item="SHAFT-20"),
    JobStep(at=50 * MINUTE_US, unit="press-1", item="BRKT-100"),
    JobStep(at=85 * MINUTE_US, unit="washer-1", item="BRKT-100"),
)


@dataclass(slots=True)
class TruthRun:
    """What one run told.

    Attributes:
        results: OEE results of each work unit by the name of the window: `run` (`window`),
            `counts` (one poll and more longer) and each shift.
        tiles: the live tile and the OEE result of the same moment, by work unit.
        cases: the exported case file of the window `run`, by work unit.
        jobs: the jobs the test ran, by work unit, with what the MES counted for them.
    """

    run: PlantRun
    folder: Path
    truths: dict[str, UnitTruth] = field(default_factory=dict)
    results: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    tiles: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    loaded: dict[str, list[Loaded]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def stop_at(self) -> int:
        """When the plant stood still, us."""
        assert self.run.stop_at is not None
        return self.run.stop_at

    @property
    def window(self) -> tuple[int, int]:
        """What figures are asked for: from shortly before the plant began, when all was off."""
        return self.run.begin_at - BEFORE_US, self.stop_at

    @property
    def shifts(self) -> list[tuple[int, int]]:
        """The shifts that the run touches, cut to it."""
        inside = [
            (max(start, self.run.begin_at), min(end, self.stop_at))
            for start, end in shifts_around(self.run.begin_at, self.stop_at)
        ]
        return [(start, end) for start, end in inside if start < end]

    def all_rows(self) -> list[Row]:
        """Every comparison of the run."""
        return [*self.count_rows(), *self.shift_rows(), *self.job_rows(), *self.figure_rows()]

    def count_rows(self) -> list[Row]:
        """Good and bad pieces of the whole run, exact."""
        rows: list[Row] = []
        for unit, truth in self.truths.items():
            made = truth.pieces(self.run.begin_at - 1, self.stop_at)
            rows += count_rows(unit, _all_pieces(self.results[unit]["counts"]), made)
        return rows

    def shift_rows(self) -> list[Row]:
        """Pieces of each shift, within those of one poll at each of its two ends."""
        rows: list[Row] = []
        for unit, truth in self.truths.items():
            for number, (start, end) in enumerate(self.shifts):
                told = _all_pieces(self.results[unit][f"shift {number}"])
                rows += count_rows(
                    unit,
                    told,
                    truth.pieces(start, end),
                    what=f"shift {number}",
                    allowed=2 * pieces_of_a_poll(unit, self.run.speed),
                )
        return rows

    def job_rows(self) -> list[Row]:
        """Pieces of each job, within those of one poll at each of its two ends."""
        rows: list[Row] = []
        for unit, loads in self.loaded.items():
            for one in loads:
                view = self.jobs[one.job]
                rows += count_rows(
                    unit,
                    {"GQ": float(view["good"]), "SQ": float(view["scrap"])},
                    self.truths[unit].pieces(one.start, one.end or self.stop_at),
                    what=f"job {one.item}",
                    allowed=2 * pieces_of_a_poll(unit, self.run.speed),
                )
        return rows

    def figure_rows(self) -> list[Row]:
        """Time classes and OEE of the whole run."""
        rows: list[Row] = []
        for unit, truth in self.truths.items():
            case = case_of(
                truth,
                window=self.window,
                plan=plan_around(self.run.begin_at, self.stop_at),
                default_item=next(iter(CYCLES[unit])),
                cycles=CYCLES[unit],
                loaded=self.loaded.get(unit, []),
            )
            told = self.results[unit]["run"]
            exact = compute(case)
            lateness = lateness_by_class(case, poll_us(unit, self.run.speed), truth.lags)
            rows += time_rows(unit, told["times_us"], exact, lateness)
            rows.append(oee_row(unit, told["kpis"]["oee"], exact))
        return rows


def run_truth(folder: Path, run: PlantRun, steps: Sequence[JobStep] = JOB_STEPS) -> TruthRun:
    """Run a plant from its beginning to its standstill and ask the MES about it.

    When it returns, no process of it runs any more; its data lie in `folder`.
    """
    assert run.stop_at is not None
    told = TruthRun(run=run, folder=folder)
    with running_plant(folder, run) as plant:
        for step in steps:
            plant.await_plant_time(run.begin_at + step.at)
            _change_job(plant, told, step)
        plant.await_plant_time(run.stop_at + POLLS_AFTER_US)
        plant.await_covered(run.stop_at + POLLS_AFTER_US // 2)
        told.truths = read_journal(plant.journal())
        for unit in told.truths:
            _ask(plant, told, unit)
        told.jobs = {
            one["job_order"]: one
            for one in plant.get("/api/v1/job-orders", state=_ANY_STATE)["items"]
        }
        plant.end("edge")
        plant.end("web")
        plant.end("simulators")
    return told


_ANY_STATE = "dispatched,running,paused,completed"


def _change_job(plant: PlantProcess, told: TruthRun, step: JobStep) -> None:
    """Complete the job of a work unit, then order, release, dispatch and start another."""
    loads = told.loaded.setdefault(step.unit, [])
    if loads and loads[-1].end is None:
        before = loads[-1]
        done = command(plant, f"/api/v1/job-orders/{before.job}/complete")
        ended = parse_instant(done["ended_at"])
        loads[-1] = Loaded(job=before.job, item=before.item, start=before.start, end=ended)
    loads.append(start_order(plant, step.unit, step.item))


def _ask(plant: PlantProcess, told: TruthRun, unit: str) -> None:
    address = f"/api/v1/work-units/{unit}/oee"
    begin, stop = told.run.begin_at, told.stop_at
    windows = {"run": told.window, "counts": (begin, stop + POLLS_AFTER_US // 2)}
    windows |= {f"shift {number}": one for number, one in enumerate(told.shifts)}
    told.results[unit] = {
        name: plant.get(address, **{"from": format_instant(a), "to": format_instant(b)})
        for name, (a, b) in windows.items()
        if name != "run"
    }
    # As of its end, where the journal ends too: a stop that lasts beyond it may grow past minor.
    first, last = (format_instant(at) for at in told.window)
    told.results[unit]["run"] = plant.get(address, **{"from": first, "to": last, "as_of": last})
    told.cases[unit] = plant.get(told.results[unit]["run"]["case"])
    (told.folder / f"case-{unit}.json").write_text(json.dumps(told.cases[unit]), encoding="utf-8")
    tile = plant.get(f"/api/v1/work-units/{unit}")
    shift = tile["shift"]
    same = plant.get(
        address, **{"from": shift["start"], "to": shift["end"], "as_of": tile["as_of"]}
    )
    told.tiles[unit] = (tile, same)


def _all_pieces(result: Mapping[str, Any]) -> dict[str, float]:
    """What entered the figure and what the policy left out, together."""
    counted, left_out = result["quantities"], result["excluded"]
    return {key: float(counted[key]) + float(left_out[key]) for key in ("GQ", "SQ")}
