"""A demo plant as a process of its own: what `make run` starts, in a folder of the tests."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from mes.clock import ENVIRONMENT_KEY, PlantClock
from mes.core.instants import parse_instant
from mes.features.verify.live_plant import END_S
from mes.features.verify.waiting import until
from mes.ports import free_port
from tests.e2e.plant_process import ROOT

START_S = 240.0
BEGIN = parse_instant("2026-11-25T06:30:00+09:00")
"""The end of a night shift: the shift has stops that wait for a reason, whenever the tests run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A running demo: its address and the credentials it printed."""

    url: str
    passwords: dict[str, str]
    pins: dict[str, str]


@contextmanager
def running_demo(folder: Path, speed: str = "1") -> Iterator[Demo]:
    """Start `mes demo`, wait for its address line, end it afterwards."""
    port, log = free_port(), folder / "demo.log"
    command = [sys.executable, "-m", "mes.cli", "demo", "--data", str(folder / "data")]
    command += ["--port", str(port), "--speed", speed]
    clock = PlantClock.starting_at(BEGIN, Fraction(speed))
    environment = {**os.environ, ENVIRONMENT_KEY: clock.to_environment()}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}"

        def up() -> bool:
            assert process.poll() is None, log.read_text(errors="replace")[-4000:]
            return url in log.read_text(errors="replace")

        until(up, START_S, "address line of the demo")
        yield credentials(url, log.read_text(errors="replace"))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_S + 4)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def credentials(url: str, printed: str) -> Demo:
    """What the demo printed before its address line."""
    accounts = re.findall(r"^  (admin|manager|supervisor|integrator)\s+(\S+)$", printed, re.M)
    people = re.findall(r"^  (\d{4})\s+(\d{6})\s", printed, re.M)
    assert accounts, printed[-4000:]
    assert people, printed[-4000:]
    return Demo(url=url, passwords=dict(accounts), pins=dict(people))
