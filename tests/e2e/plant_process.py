"""Plants of tests: their processes end with the test, and a test that fails shows their logs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mes.features.verify.live_plant import LEAD_S, START_S, PlantProcess, PlantRun
from mes.features.verify.waiting import until

ROOT = Path(__file__).resolve().parents[2]
_LOG_TAIL = 6000


@contextmanager
def plant_process(folder: Path, run: PlantRun) -> Iterator[PlantProcess]:
    """A plant whose processes end with the test; nothing is started yet."""
    folder.mkdir(parents=True, exist_ok=True)
    plant = PlantProcess(folder, run, run.clock(LEAD_S))
    try:
        yield plant
    except BaseException:
        _show_logs(folder)
        raise
    finally:
        plant.close()


@contextmanager
def running_plant(folder: Path, run: PlantRun) -> Iterator[PlantProcess]:
    """Simulators, web and edge, each a process of its own, up before the plant begins."""
    with plant_process(folder, run) as plant:
        plant.prepare()
        plant.start_web()
        plant.start_simulators()
        until(plant.is_ready, START_S, "readyz")
        plant.start_edge()
        plant.await_ready()
        yield plant


def _show_logs(folder: Path) -> None:
    """Print the end of each log, for a test that failed."""
    for path in sorted(folder.glob("*.log")):
        text = path.read_bytes()[-_LOG_TAIL:].decode(errors="replace")
        sys.stdout.write(f"\n----- {path.name}\n{text}\n")
