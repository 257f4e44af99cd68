"""Past days of a simulated plant: written by the simulators, spoilt, taken in by the MES."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mes.clock import ENVIRONMENT_KEY, PlantClock
from mes.core.refusal import Refusal
from mes.features.verify.mishaps import Line, Mishap, spoil

HISTORY_WAIT_S = 600.0
LOAD_WAIT_S = 1800.0
PRESS_RATE_MAX_PER_S = 1000
"""More strokes a second than can be believed: what tells a restarted counter from a full turn. As
wide as this, because in past days the first reading after a silence may hold a minute's strokes."""
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
        raise Refusal("verify_failed", f"the simulators wrote no past days: {reason}")
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


def prepare(folder: Path, scenario: str, end: int) -> None:
    """Database, plant file and past days, by the commands that a plant's first start uses."""
    environment = {
        **os.environ,
        ENVIRONMENT_KEY: PlantClock.starting_at(end).to_environment(),
    }
    (folder / "data").mkdir(exist_ok=True)
    plant = run([sys.executable, "-m", "simulators", "plant-file", "--scenario", scenario], None)
    file = folder / "plant.yaml"
    file.write_text(with_plausible_rates(plant), encoding="utf-8")
    prepare = [sys.executable, "-m", "mes.cli", "prepare", "--data", str(folder / "data")]
    prepare += ["--plant", str(file), "--history", str(folder / "arrived.jsonl")]
    run(prepare, environment)


def with_plausible_rates(plant: str) -> str:
    """The plant file with a largest believable rate for the counters that roll over."""
    counter = "counter: {mode: rollover, modulus: 65536}"
    guarded = f"counter: {{mode: rollover, modulus: 65536, max_per_s: {PRESS_RATE_MAX_PER_S}}}"
    return plant.replace(counter, guarded)


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
        raise Refusal("verify_failed", f"{command[2:5]} failed: {done.stderr.strip()[-800:]}")
    return done.stdout
