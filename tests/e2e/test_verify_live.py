"""`mes simulate verify --wire live`: the real wire, real faults, kill -9, and planted losses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from mes.features.storage.opening import opened
from mes.features.verify.differences import Difference, Verdict
from mes.features.verify.live import LiveRun, judge, run_live
from mes.features.verify.live_faults import LIVE_KINDS, plan
from mes.features.verify.mishaps import MishapKind
from mes.features.verify.report import as_text
from mes.models import SignalFact, Tag
from tests.e2e.plant_process import ROOT

SEED = 5
SPEED = 20
REAL_S = 75
SHIFT_US = 90_000_000


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> LiveRun:
    """A plant that worked for a minute and a quarter with every fault."""
    return run_live(
        tmp_path_factory.mktemp("live") / "plant",
        seed=SEED,
        plant_us=REAL_S * SPEED * 1_000_000,
        speed=SPEED,
        faults=plan(SEED, REAL_S),
    )


@pytest.fixture(scope="module")
def verdict(ran: LiveRun) -> Verdict:
    """What the MES told about it."""
    told = judge(ran)
    (ran.folder / "verdict.txt").write_text(as_text(told, whole=True), encoding="utf-8")
    return told


def test_the_mes_tells_what_could_be_known_through_faults_and_kills(verdict: Verdict) -> None:
    assert not verdict.unexplained, as_text(verdict, whole=False)


def test_every_kind_of_fault_struck_the_live_wire(verdict: Verdict) -> None:
    assert {one.kind for one in verdict.mishaps} == {*LIVE_KINDS, MishapKind.ROLLOVER}


def test_counts_are_exact_wherever_no_counter_began_again(verdict: Verdict) -> None:
    for one in figures(verdict, "good", "scrap"):
        if not one.unit.startswith("press"):
            assert one.told == one.happened, one
            assert one.allowed == 0
    assert all(one.told > 20 for one in figures(verdict, "good"))


def test_time_that_nobody_saw_is_told_as_unknown(verdict: Verdict) -> None:
    unknown = figures(verdict, "unknown s")
    assert len(unknown) == 6
    assert all(one.happened == 0 < one.told for one in unknown)
    assert all("kill-edge" in one.why for one in unknown)


def test_every_record_arrived_once_and_none_waits(verdict: Verdict) -> None:
    stored = figures(verdict, "records stored")
    assert len(stored) >= 3
    assert all(one.told == one.happened > 0 for one in stored)
    (waiting,) = figures(verdict, "records not sent")
    assert waiting.told == 0


def test_a_reading_that_is_dropped_is_found(ran: LiveRun, tmp_path: Path) -> None:
    copy = copied(ran, tmp_path)
    with opened(copy.data) as database, database.transaction() as session:
        session.execute(delete(SignalFact).where(SignalFact.id == last_reading(session)))
    found = judge(rebuilt(copy)).unexplained
    assert ("remote_io", "records stored") in {(one.unit, one.figure) for one in found}
    assert ("washer-1", "good") in {(one.unit, one.figure) for one in found}


def test_a_state_that_is_shifted_is_found(ran: LiveRun, tmp_path: Path) -> None:
    copy = copied(ran, tmp_path)
    with opened(copy.data) as database, database.transaction() as session:
        session.execute(
            update(SignalFact)
            .where(SignalFact.id == first_running(session))
            .values(
                event_time=SignalFact.event_time + SHIFT_US,
                received_time=SignalFact.received_time + SHIFT_US,
            )
        )
    found = judge(rebuilt(copy)).unexplained
    assert {one.unit for one in found} == {"washer-1"}
    assert any(one.figure.endswith(" s") for one in found)


@pytest.mark.proof
def test_a_long_run_on_the_live_wire_tells_what_could_be_known(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mes.cli", "simulate", "verify", "--wire", "live", "--json"]
    command += ["--data", str(tmp_path / "live"), "--minutes", "100", "--speed", "20"]
    command += ["--seed", "7", "--seed", "21"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert [one["unexplained"] for one in json.loads(done.stdout)] == [0, 0]


def figures(verdict: Verdict, *names: str) -> Sequence[Difference]:
    """The figures of these names."""
    return [one for one in verdict.differences if one.figure in names]


def copied(ran: LiveRun, folder: Path) -> LiveRun:
    """The same run in another folder, to be spoilt."""
    shutil.copytree(ran.folder, folder / "plant")
    return replace(ran, folder=folder / "plant")


def rebuilt(ran: LiveRun) -> LiveRun:
    """The same run after its projections were made again from the facts.

    Exit status 1 says that they are others than before.
    """
    done = subprocess.run(
        [sys.executable, "-m", "mes.cli", "rebuild", "--data", str(ran.data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return ran


def last_reading(session: Session) -> int:
    """The last reading of the washer's counter that tells of a piece."""
    tag = select(Tag.id).where(Tag.name == "washer1_count").scalar_subquery()
    most = select(func.max(SignalFact.id)).where(SignalFact.tag_id == tag)
    return session.scalars(most).one()


def first_running(session: Session) -> int:
    """The reading of the washer's lamp with which its work began."""
    tag = select(Tag.id).where(Tag.name == "washer1_lamp").scalar_subquery()
    readings = session.execute(
        select(SignalFact.id, SignalFact.value)
        .where(SignalFact.tag_id == tag)
        .order_by(SignalFact.event_time)
    )
    return int(next(id_ for id_, value in readings if value is True))
