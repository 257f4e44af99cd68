"""`mes simulate verify`: real simulators, real ingest, and faults on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mes.features.verify import past_days
from mes.features.verify.cli import verify
from mes.features.verify.mishaps import PAST_KINDS, Line, Mishap, spoil
from mes.features.verify.replay import verify_past
from tests.e2e.plant_process import ROOT

DAY_US = 86_400_000_000
BEGIN = 1_772_406_000_000_000
"""2026-03-02T08:00 in Seoul, a Monday."""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mes.cli", "simulate", "verify", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )


def disagreeing(verdicts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for verdict in verdicts for one in verdict["figures"] if not one["agrees"]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Two days with every fault, as the command tells of them."""
    done = run("--data", tmp_path_factory.mktemp("verify"), "--days", 2, "--seed", 11, "--json")
    assert done.returncode in {0, 1}, done.stderr
    verdicts: list[dict[str, Any]] = json.loads(done.stdout)
    return verdicts


def test_the_mes_tells_what_could_be_known_whatever_goes_wrong(
    told: list[dict[str, Any]],
) -> None:
    assert not disagreeing(told)


def test_every_kind_of_fault_happened(told: list[dict[str, Any]]) -> None:
    assert {one["kind"] for one in told[0]["faults"]} == PAST_KINDS


def test_counts_are_exact_although_readings_were_lost_late_repeated_and_restarted(
    told: list[dict[str, Any]],
) -> None:
    goods = {one["unit"]: one for one in told[0]["figures"] if one["figure"] == "good"}
    assert len(goods) == 6
    for unit, one in goods.items():
        if unit != "washer-1":
            assert one["mes"] == one["happened"] > 0, unit


def test_time_that_nobody_saw_is_unknown_and_said_to_be(told: list[dict[str, Any]]) -> None:
    unknown = [one for one in told[0]["figures"] if one["figure"] == "unknown s"]
    assert all(one["mes"] == one["knowable"] > 0 for one in unknown)
    assert all("collector-loss" in one["because_of"] for one in unknown)
    noticed = told[0]["noticed"]
    losses = sum(one["kind"] in {"collector-loss", "kill-edge"} for one in told[0]["faults"])
    assert noticed["gaps"] == losses
    assert noticed["readings with a clock that was off"] > 0
    assert noticed["suspect counts left for a decision"] > 0


def test_a_reading_that_gets_lost_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[Line] = []

    def careless(lines: Any, mishaps: Sequence[Mishap]) -> Any:
        for line in spoil(lines, mishaps):
            if line.get("source") == "remote_io" and len(line["records"]) > 3 and not lost:
                lost.append(line)
                line = {**line, "records": [r for r in line["records"] if "lamp" not in r[2]]}
            yield line

    monkeypatch.setattr(past_days, "spoil", careless)
    verdict = verify_past(tmp_path / "plant", seed=3, start=BEGIN, end=BEGIN + DAY_US, mishaps=[])
    assert lost
    assert {one.unit for one in verdict.unexplained} == {"washer-1"}


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("kept", encoding="utf-8")
    done = run("--data", tmp_path)
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert (tmp_path / "something").read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--wire", "live", "--days", "3"], "--days goes with --wire replay"),
        (["--minutes", "30"], "--minutes goes with --wire live"),
        (["--wire", "live", "--fault", "repeated"], "repeated cannot be had with --wire live"),
        (["--wire", "live", "--minutes", "10"], "0.75 x --speed at least"),
    ],
)
def test_an_option_of_the_other_wire_is_refused(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    done = CliRunner().invoke(verify, ["--data", str(tmp_path / "new"), *arguments])
    assert done.exit_code == 2
    assert says in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.proof
def test_a_month_with_faults_is_told_as_it_could_be_known(tmp_path: Path) -> None:
    done = run("--data", tmp_path / "month", "--json", "--seed", 7, "--seed", 21, "--seed", 42)
    assert done.returncode in {0, 1}, done.stderr
    verdicts = json.loads(done.stdout)
    assert len(verdicts) == 3
    assert not disagreeing(verdicts)
