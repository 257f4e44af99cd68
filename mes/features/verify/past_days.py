"""Past days of a simulated plant: written by the simulators, spoilt, taken in by the MES."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mes.clock import ENVIRONMENT_KEY, PlantClock
from mes.features.verify.delivery import reading
from mes.features.verify.mishaps import Line, Mishap, spoil
from mes.features.verify.waiting import failed, until

HISTORY_WAIT_S = 600.0
LOAD_WAIT_S = 1800.0
PRESS_RATE_MAX_PER_S = 1000
"""More strokes a second than can be believed: what tells a restarted counter from a full turn. As
wide as this, because in past days the first reading after a silence may hold a minute's strokes."""
_KNOWN = "SELECT max(covered_until) FROM source_stream"
_ROLLOVER = re.compile(r"(counter: \{mode: rollover, modulus: 65536)(?:, max_per_s: \d+)?\}")
LEFT_OUT = frozenset({"stop_reason"})
"""What people say about stops changes classes, not times; the journal does not know it."""


def make_history(folder: Path, scenario: str, seed: int, start: int, end: int) -> Path:
    file = folder / "history.jsonl"
    command = [
        *(sys.executable, "-m", "simulators", "run", "--scenario", scenario, "--seed", str(seed)),
        *("--start", str(end), "--modbus-port", "0", "--opcua-port", "0"),
        *("--data", str(folder / "simulators"), "--history-file", str(file)),
        *("--history-from", str(start), "--history-until", str(end)),
    ]
    environment = {key: value for key, value in os.environ.items() if key != ENVIRONMENT_KEY}
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as simulators:
        assert simulators.stdout is not None
        ready = simulators.stdout.readline()
        simulators.terminate()
        _, errors = simulators.communicate(timeout=HISTORY_WAIT_S)
    if not ready or not file.exists():
        reason = errors.strip()[-400:]
        raise failed(f"the simulators wrote no past days: {reason}")
    return file


def write_spoilt(made: Path, arrived: Path, mishaps: Sequence[Mishap]) -> int:
    """Write the history as it arrives; returns how many readings that are."""
    readings = 0
    with open(made, encoding="utf-8") as source, open(arrived, "w", encoding="utf-8") as file:
        for line in spoil(read_lines(source), mishaps):
            if line.get("action") in LEFT_OUT:
                continue
            readings += len(line.get("records", ()))
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    return readings


def read_lines(texts: Iterable[str]) -> Iterator[Line]:
    return (json.loads(text) for text in texts)


def prepare(folder: Path, scenario: str, end: int, kills: Sequence[int]) -> None:
    """Database, plant file and past days, by the command that a plant's first start uses.

    Args:
        kills: plant times (us); the command is killed as soon as the MES knows so far, and given
            again, as by somebody whose computer went down.
    """
    environment = {
        **os.environ,
        ENVIRONMENT_KEY: PlantClock.starting_at(end).to_environment(),
    }
    (folder / "data").mkdir(exist_ok=True)
    plant = run([sys.executable, "-m", "simulators", "plant-file", "--scenario", scenario], None)
    file = folder / "plant.yaml"
    file.write_text(with_plausible_rates(plant, PRESS_RATE_MAX_PER_S), encoding="utf-8")
    prepare = [sys.executable, "-m", "mes.cli", "prepare", "--data", str(folder / "data")]
    prepare += ["--plant", str(file), "--history", str(folder / "arrived.jsonl")]
    for instant in sorted(kills):
        _run_and_kill(prepare, environment, folder / "data", instant)
    run(prepare, environment)


def _run_and_kill(
    command: Sequence[str], environment: Mapping[str, str], data: Path, instant: int
) -> None:
    """Run a command until the MES knows everything up to an instant (us), then kill -9."""
    with subprocess.Popen(  # noqa: S603 - our own program
        list(command), env=dict(environment), stderr=subprocess.DEVNULL
    ) as loading:
        try:
            until(
                lambda: loading.poll() is not None or _known_until(data) >= instant,
                LOAD_WAIT_S,
                "past days to be loaded",
            )
        finally:
            loading.kill()
    if loading.returncode != -signal.SIGKILL:
        raise failed(f"the loading ended with {loading.returncode} before it was killed")


def _known_until(data: Path) -> int:
    """Plant time (us) up to which some source is known; 0: nothing is."""
    if not (data / "mes.db").exists():
        return 0
    try:
        with reading(data / "mes.db") as connection:
            return int(connection.execute(_KNOWN).fetchone()[0] or 0)
    except sqlite3.OperationalError:
        return 0


def with_plausible_rates(plant: str, max_per_s: int) -> str:
    """The plant file with a largest believable rate for the counters that roll over."""
    return _ROLLOVER.sub(rf"\1, max_per_s: {max_per_s}}}", plant)


def run(command: Sequence[str], environment: Mapping[str, str] | None) -> str:
    done = subprocess.run(  # noqa: S603 - our own program
        list(command),
        env=None if environment is None else dict(environment),
        capture_output=True,
        text=True,
        timeout=LOAD_WAIT_S,
        check=False,
    )
    if done.returncode != 0:
        raise failed(f"{command[2:5]} failed: {done.stderr.strip()[-800:]}")
    return done.stdout
