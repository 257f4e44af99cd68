"""Processes are killed at any moment: nothing acknowledged is lost, nothing counts twice."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from mes.core.instants import format_instant, parse_instant
from mes.features.storage.opening import opened
from mes.features.verify.comparison import Row, count_rows, differing, table
from mes.features.verify.delivery import Delivered, delivered, unsent
from mes.features.verify.live_plant import PlantProcess, PlantRun, mes_command
from mes.features.verify.processes import EDGE, WEB, WORKER, children, family, lives
from mes.features.verify.truth import UnitTruth, read_journal
from mes.features.verify.waiting import until
from mes.ports import free_port
from tests.e2e.plant_process import ROOT, plant_process
from tests.faults.audit import acknowledged_of_pusher, pushed
from tests.faults.pusher import Pusher
from tests.live.watching import watching

BEGIN = parse_instant("2026-03-02T09:00:00+09:00")
SPEED = 10
BEFORE_US = 600_000_000
"""Plant time before its beginning that is looked at: the first kill may be that early, and the
pieces of a gap are spread over all of it."""
AFTER_US = 20_000_000
"""Plant time after the standstill that must be known: several polls."""
VICTIMS = (WEB, WORKER, EDGE)
BACK_S = 30.0


@pytest.mark.parametrize(
    "kills", [pytest.param(10, id="10"), pytest.param(50, id="50", marks=pytest.mark.proof)]
)
def test_killed_web_and_edge_lose_nothing_and_count_nothing_twice(
    tmp_path: Path, kills: int
) -> None:
    with plant_process(tmp_path, PlantRun(speed=SPEED, begin_at=BEGIN)) as plant:
        pusher = _start_under_load(plant)
        _kill_often(plant, kills, random.Random(kills))
        until(plant.is_ready, BACK_S, "web is back")
        until(plant.sources_are_up, BACK_S, "the edge is back and reads every source")
        truths = _stand_still(plant)
        pusher.stop()
        rows = _count(plant, truths)
        plant.end("run")
        plant.end("simulators")
        assert not differing(rows), f"\n{table(rows)}"
        assert not pusher.refused
        assert pusher.failures > 0, "no kill hit the pusher: there was no load"
        assert acknowledged_of_pusher(plant.data) == pusher.acknowledged
        assert pushed(plant.data) == list(range(1, pusher.acknowledged + 1))
        assert not lost(plant)
        assert unsent(plant.data) == 0
        plant.mes("rebuild", "--check", "--data", plant.data)


def test_a_killed_parent_leaves_no_child(tmp_path: Path) -> None:
    with plant_process(tmp_path, PlantRun(begin_at=BEGIN)) as plant:
        plant.write_plant_file()
        plant.start_supervised()
        parent = plant.processes.pop("run")
        everybody = family(parent.pid)
        assert len(everybody) >= 3, "parent, web and edge"
        began = time.monotonic()
        parent.kill()
        parent.wait()
        until(lambda: not any(map(lives, everybody)), 2.0, "all children gone", 0.02)
        assert time.monotonic() - began <= 2.1


def test_a_killed_demo_leaves_no_simulators(tmp_path: Path) -> None:
    command = mes_command("demo", "--data", tmp_path / "data", "--port", free_port())
    with open(tmp_path / "demo.log", "wb") as log:
        parent = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    until(lambda: _has_simulators(parent.pid), BACK_S, "simulators")
    everybody = family(parent.pid)
    parent.kill()
    parent.wait()
    until(lambda: not any(map(lives, everybody)), 2.5, "all children gone", 0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_within_five_seconds_with_open_websockets(
    tmp_path: Path, number: signal.Signals
) -> None:
    with plant_process(tmp_path, PlantRun(begin_at=BEGIN)) as plant:
        plant.write_plant_file()
        plant.start_supervised()
        plant.make_token("read")
        process = plant.processes["run"]
        everybody = family(process.pid)
        with (
            watching(plant.url, plant.tokens["read"]) as first,
            watching(plant.url, plant.tokens["read"]) as second,
        ):
            first.watch(site="busan")
            second.watch(line="line-1")
            assert plant.end("run", number) < 5.0
        assert process.returncode == 0
        assert not any(map(lives, everybody))


def _start_under_load(plant: PlantProcess) -> Pusher:
    """A supervised plant with its simulators and a client that pushes samples."""
    plant.prepare()
    plant.start_simulators()
    plant.start_supervised()
    plant.await_ready()
    pusher = Pusher(plant)
    pusher.start()
    return pusher


def _kill_often(plant: PlantProcess, kills: int, chance: random.Random) -> None:
    for _ in range(kills):
        time.sleep(chance.uniform(0.1, 2.0))
        plant.kill(chance.choice(VICTIMS), BACK_S)


def _has_simulators(parent: int) -> bool:
    return any("simulators" in arguments for arguments in children(parent).values())


def _stand_still(plant: PlantProcess) -> dict[str, UnitTruth]:
    """Let the plant stand still and wait until the MES knows all; the truth up to then."""
    plant.processes["simulators"].send_signal(signal.SIGUSR1)
    plant.await_covered(plant.await_halt(5.0) + AFTER_US)
    return read_journal(plant.journal())


def lost(plant: PlantProcess) -> list[Delivered]:
    """Event streams of which a record is missing or there twice."""
    with opened(plant.data) as database, database.reading() as session:
        streams = delivered(session)
    assert streams
    return [one for one in streams if not one.is_whole]


def _count(plant: PlantProcess, truths: dict[str, UnitTruth]) -> list[Row]:
    end = plant.clock.now_us()
    rows: list[Row] = []
    for unit, truth in truths.items():
        told: dict[str, Any] = plant.get(
            f"/api/v1/work-units/{unit}/oee",
            **{"from": format_instant(BEGIN - BEFORE_US), "to": format_instant(end)},
        )
        pieces = {key: told["quantities"][key] + told["excluded"][key] for key in ("GQ", "SQ")}
        rows += count_rows(unit, pieces, truth.pieces(BEGIN - 1, end))
    return rows
