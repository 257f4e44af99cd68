"""A whole plant to verify: simulators, web and edge as real processes on one plant clock.

Everything is started by the commands that people use, on free ports and in a folder of its own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx

from mes.clock import ENVIRONMENT_KEY, PlantClock, monotonic_s
from mes.core.instants import parse_instant
from mes.features.demo.start import EDGE
from mes.features.verify import processes
from mes.features.verify.past_days import with_plausible_rates
from mes.features.verify.waiting import failed, until, within
from mes.ports import free_port

START_S = 40.0
END_S = 6.0
LEAD_S = 12.0
"""Shortest real time between the start of the processes and that of the plant."""
SCOPES = ("read", "write")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantRun:
    """What is run.

    Attributes:
        begin_at: plant time (us) before which all machines are off.
        stop_at: plant time (us) from which the plant stands still; None: never.
        first_strokes: what the stroke counters of the presses show first.
        strokes_max_per_s: most strokes a second (plant time) that the plant file lets the MES
            believe; None: it names none.
    """

    scenario: str = "demo"
    seed: int = 7
    speed: int = 1
    begin_at: int
    stop_at: int | None = None
    first_strokes: int = 0
    strokes_max_per_s: int | None = None

    def clock(self, lead_s: float) -> PlantClock:
        """A clock that starts now and reaches `begin_at` after so many real seconds."""
        lead_us = int(lead_s * self.speed * 1_000_000)
        return PlantClock.starting_at(self.begin_at - lead_us, Fraction(self.speed))


@dataclass(slots=True)
class PlantProcess:
    """The processes of one plant and the ways to talk to them."""

    folder: Path
    run: PlantRun
    clock: PlantClock
    port: int = field(default_factory=free_port)
    modbus_port: int = field(default_factory=free_port)
    opcua_port: int = field(default_factory=free_port)
    tokens: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The data folder of the MES."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """Address of the web process."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def plant_file(self) -> Path:
        """The plant file of the scenario with the ports of this run."""
        return self.folder / "plant.yaml"

    @property
    def environment(self) -> dict[str, str]:
        """What every process gets."""
        return {**os.environ, ENVIRONMENT_KEY: self.clock.to_environment()}

    def prepare(self) -> None:
        """Database, plant file and tokens; then the clock of the run starts.

        How long that takes says how fast this machine is at present, and so how long before the
        plant begins its processes are started.
        """
        began = monotonic_s()
        before = PlantClock.starting_at(self.run.begin_at - 12 * 3_600_000_000)
        environment = {**os.environ, ENVIRONMENT_KEY: before.to_environment()}
        self.write_plant_file()
        self.mes("db", "upgrade", "--data", self.data, environment=environment)
        self.mes("plant", "apply", self.plant_file, "--data", self.data, environment=environment)
        self.make_token("ingest", "--edge", EDGE, environment=environment)
        self.token_file.write_text(self.tokens["ingest"])
        self.token_file.chmod(0o600)
        for scope in SCOPES:
            self.make_token(scope, environment=environment)
        self.clock = self.run.clock(max(LEAD_S, 2.5 * (monotonic_s() - began)))

    def write_plant_file(self) -> None:
        """Ask the simulators for the plant file."""
        command = [
            *(sys.executable, "-m", "simulators", "plant-file", "--scenario", self.run.scenario),
            *("--modbus-port", str(self.modbus_port), "--opcua-port", str(self.opcua_port)),
        ]
        made = _run(command, dict(os.environ))
        if self.run.strokes_max_per_s is not None:
            made = with_plausible_rates(made, self.run.strokes_max_per_s)
        self.plant_file.write_text(made, encoding="utf-8")

    @property
    def token_file(self) -> Path:
        """File with the token of the edge."""
        return self.folder / "edge-token"

    def make_token(
        self, scope: str, *options: str, environment: dict[str, str] | None = None
    ) -> None:
        """Make a token by the command line and keep it in `tokens`."""
        self.tokens[scope] = self.mes(
            *("token", "create", "--data", self.data, "--scope", scope, *options),
            environment=environment,
        ).strip()

    def mes(self, *arguments: object, environment: dict[str, str] | None = None) -> str:
        """Run a `mes` command to its end; its standard output. A failure is raised."""
        return _run(mes_command(*arguments), environment or self.environment)

    def start_simulators(self, faults: Sequence[str] = ()) -> None:
        """Start the plant and wait until it serves.

        Args:
            faults: what goes wrong with devices, as the simulators read it.
        """
        options = ["--begin-at", str(self.run.begin_at)]
        if self.run.stop_at is not None:
            options += ["--stop-at", str(self.run.stop_at)]
        if self.run.first_strokes:
            options += ["--first-strokes", str(self.run.first_strokes)]
        for fault in faults:
            options += ["--fault", fault]
        self.start(
            "simulators",
            [
                *(sys.executable, "-m", "simulators", "run", "--scenario", self.run.scenario),
                *("--seed", str(self.run.seed), "--data", str(self.folder / "simulators")),
                *("--modbus-port", str(self.modbus_port), "--opcua-port", str(self.opcua_port)),
                *options,
            ],
        )
        until(lambda: b'"ready"' in self.log("simulators"), START_S, "simulators ready")

    def start_web(self) -> None:
        """Start the web process alone."""
        self.start("web", mes_command("web", "--data", self.data, "--port", self.port))

    def start_edge(self) -> None:
        """Start the edge alone."""
        self.start(
            "edge",
            mes_command(
                *("edge", "--data", self.data, "--server", self.url),
                *("--edge", EDGE, "--token-file", self.token_file),
            ),
        )

    def start_supervised(self) -> None:
        """Start web and edge by `mes run`, as a plant does, and wait for its address line."""
        before = len(self.log("run"))
        self.start(
            "run",
            mes_command(
                *("run", "--plant", self.plant_file, "--data", self.data, "--port", self.port)
            ),
        )
        until(lambda: self.url.encode() in self.log("run")[before:], START_S, "address line")

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a process; its output goes to a log of its name."""
        with open(self._log_file(name), "ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - our own program
                list(command), env=self.environment, stdout=log, stderr=log
            )

    def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> float:
        """Send a signal to a process and wait; the real seconds it took."""
        process = self.processes.pop(name)
        began = monotonic_s()
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_S)
            raise failed(f"{name} did not end within {END_S:g} s") from None
        return monotonic_s() - began

    def close(self) -> None:
        """End whatever still runs: by a signal, and by force after a while."""
        for name in ("run", "edge", "web", "simulators"):
            if name in self.processes:
                self.end(name)

    def await_ready(self, before_us: int = 0) -> None:
        """Wait until tiles are served and every source is up; fails when the plant has begun.

        Args:
            before_us: plant time before its beginning at which this has to be so.
        """
        until(self.is_ready, START_S, "readyz")
        until(self.sources_are_up, START_S, "all sources up")
        late = self.clock.now_us() - self.run.begin_at + before_us
        if late >= 0:
            raise failed(f"everything was up {late / self.run.speed / 1e6:.1f} s too late")

    def is_ready(self) -> bool:
        """Whether `/readyz` answers 200; a process that ended is a failure."""
        self._check_alive()
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def sources_are_up(self) -> bool:
        """Whether the edge reads every source."""
        found = self.get("/api/v1/sources")["items"]
        return bool(found) and all(one["state"] == "up" for one in found)

    def client(self, scope: str = "read") -> httpx.Client:
        """An HTTP client with a token."""
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.tokens[scope]}"},
            timeout=15.0,
        )

    def get(self, address: str, **query: str) -> Any:
        """The JSON behind an address."""
        with self.client() as client:
            answer = client.get(address, params=query or None)
        if answer.status_code != 200:
            raise failed(f"{address}: {answer.status_code} {answer.text}")
        return answer.json()

    def post(self, address: str, body: dict[str, Any], *, scope: str = "write") -> Any:
        """Post a command that must succeed; the JSON answer."""
        with self.client(scope) as client:
            answer = client.post(address, json=body)
        if answer.status_code not in {200, 201}:
            raise failed(f"{address}: {answer.status_code} {answer.text}")
        return answer.json()

    def journal(self) -> list[dict[str, Any]]:
        """The truth so far; a line that is just being written is left out."""
        return self.journal_of(self.folder)

    @staticmethod
    def journal_of(folder: Path) -> list[dict[str, Any]]:
        """The truth in the folder of a plant."""
        text = (folder / "simulators" / "journal.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]

    def await_plant_time(self, instant_us: int, slack_s: float = 30.0) -> None:
        """Wait until plant time `instant_us`, watching that no process ends meanwhile."""
        left_s = max(0.0, (instant_us - self.clock.now_us()) / self.run.speed / 1e6)

        def reached() -> bool:
            self._check_alive()
            return self.clock.now_us() >= instant_us

        until(reached, left_s + slack_s, "plant time", 0.2)

    def await_halt(self, seconds: float) -> int:
        """Wait until the plant stands still; the plant time (us) since when."""
        return until(self._halted_at, seconds, "the plant stands still")

    def await_covered(self, instant_us: int, seconds: float = 20.0) -> None:
        """Wait until the MES knows everything up to plant time `instant_us`."""

        def covered() -> bool:
            known = [one["covered_until"] for one in self.get("/api/v1/work-units")["items"]]
            return all(text and parse_instant(text) >= instant_us for text in known)

        until(covered, seconds, "everything up to the end is known", 0.2)

    def kill(self, name: str, patience_s: float, for_s: float = 0.0) -> tuple[int, int]:
        """kill -9 of a process below `mes run`, as soon as it is there.

        Args:
            name: `web`, `worker` or `edge`.
            patience_s: real seconds to wait for it.
            for_s: real seconds in which it is killed again whenever it comes back.

        Returns:
            Plant times (us) of the first and the last kill.
        """
        parent = self.processes["run"].pid
        pid = until(lambda: processes.victim(parent, name), patience_s, f"a {name} to kill")
        ends = monotonic_s() + for_s
        first = last = self._kill(pid)
        while (left_s := ends - monotonic_s()) > 0:
            again = within(lambda: processes.victim(parent, name), left_s)
            last = last if again is None else self._kill(again)
        return first, last

    def _kill(self, pid: int) -> int:
        at = self.clock.now_us()
        processes.kill(pid)
        return at

    def _halted_at(self) -> int:
        return next((line["t"] for line in self.journal() if line.get("action") == "halt"), 0)

    def _check_alive(self) -> None:
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise failed(f"{name} ended with status {process.returncode}")

    def log(self, name: str) -> bytes:
        """What a process printed so far."""
        path = self._log_file(name)
        return path.read_bytes() if path.exists() else b""

    def _log_file(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def mes_command(*arguments: object) -> list[str]:
    """A `mes` command line."""
    return [sys.executable, "-m", "mes.cli", *map(str, arguments)]


def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own program
        list(command),
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise failed(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
    return done.stdout
