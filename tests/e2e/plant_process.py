"""A whole plant for tests: simulators, web and edge as real processes on one plant clock.

Everything is started by the commands that people use, on free ports and in a folder of the test.
When a test fails, the ends of all logs are shown.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import httpx

from mes.clock import ENVIRONMENT_KEY, PlantClock

ROOT = Path(__file__).resolve().parents[2]
EDGE = "edge-1"
START_S = 40.0
END_S = 6.0
LEAD_S = 12.0
"""Shortest real time between the start of the processes and that of the plant."""
SCOPES = ("read", "write")
_LOG_TAIL = 6000

T = TypeVar("T")


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], T], seconds: float, what: str, step_s: float = 0.05) -> T:
    """The first true value of a condition.

    Args:
        seconds: real seconds after which the test fails, naming `what`.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(step_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantRun:
    """What is run.

    Attributes:
        begin_at: plant time (us) before which all machines are off.
        stop_at: plant time (us) from which the plant stands still; None: never.
    """

    scenario: str = "demo"
    seed: int = 7
    speed: int = 1
    begin_at: int
    stop_at: int | None = None

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
        began = time.monotonic()
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
        self.clock = self.run.clock(max(LEAD_S, 2.5 * (time.monotonic() - began)))

    def write_plant_file(self) -> None:
        """Ask the simulators for the plant file."""
        command = [
            *(sys.executable, "-m", "simulators", "plant-file", "--scenario", self.run.scenario),
            *("--modbus-port", str(self.modbus_port), "--opcua-port", str(self.opcua_port)),
        ]
        made = _run(command, dict(os.environ))
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
        """Run a `mes` command to its end; its standard output. A failure fails the test."""
        return _run(mes_command(*arguments), environment or self.environment)

    def start_simulators(self) -> None:
        """Start the plant and wait until it serves."""
        options = ["--begin-at", str(self.run.begin_at)]
        if self.run.stop_at is not None:
            options += ["--stop-at", str(self.run.stop_at)]
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
            self.processes[name] = subprocess.Popen(
                list(command), cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> float:
        """Send a signal to a process and wait; the real seconds it took."""
        process = self.processes.pop(name)
        began = time.monotonic()
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_S)
            raise AssertionError(f"{name} did not end within {END_S:g} s") from None
        return time.monotonic() - began

    def close(self) -> None:
        """End whatever still runs: by a signal, and by force after a while."""
        for name in ("run", "edge", "web", "simulators"):
            if name in self.processes:
                self.end(name)

    def await_ready(self) -> None:
        """Wait until tiles are served and every source is up; fails when the plant has begun."""
        until(self.is_ready, START_S, "readyz")
        until(self.sources_are_up, START_S, "all sources up")
        late = self.clock.now_us() - self.run.begin_at
        assert late < 0, f"everything was up {late / self.run.speed / 1e6:.1f} s too late"

    def is_ready(self) -> bool:
        """Whether `/readyz` answers 200; a process that ended fails the test."""
        for name, process in self.processes.items():
            assert process.poll() is None, f"{name} ended with status {process.returncode}"
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
        assert answer.status_code == 200, f"{address}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, address: str, body: dict[str, Any], *, scope: str = "write") -> Any:
        """Post a command that must succeed; the JSON answer."""
        with self.client(scope) as client:
            answer = client.post(address, json=body)
        assert answer.status_code in {200, 201}, f"{address}: {answer.status_code} {answer.text}"
        return answer.json()

    def journal(self) -> list[dict[str, Any]]:
        """The truth so far; a line that is just being written is left out."""
        text = (self.folder / "simulators" / "journal.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]

    def await_plant_time(self, instant_us: int, slack_s: float = 30.0) -> None:
        """Wait until plant time `instant_us`, watching that no process ends meanwhile."""
        left_s = max(0.0, (instant_us - self.clock.now_us()) / self.run.speed / 1e6)

        def reached() -> bool:
            for name, process in self.processes.items():
                assert process.poll() is None, f"{name} ended with status {process.returncode}"
            return self.clock.now_us() >= instant_us

        until(reached, left_s + slack_s, "plant time", 0.2)

    def log(self, name: str) -> bytes:
        """What a process printed so far."""
        path = self._log_file(name)
        return path.read_bytes() if path.exists() else b""

    def show_logs(self) -> None:
        """Print the end of each log, for a test that failed."""
        for path in sorted(self.folder.glob("*.log")):
            text = path.read_bytes()[-_LOG_TAIL:].decode(errors="replace")
            sys.stdout.write(f"\n----- {path.name}\n{text}\n")

    def _log_file(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def mes_command(*arguments: object) -> list[str]:
    """A `mes` command line."""
    return [sys.executable, "-m", "mes.cli", *map(str, arguments)]


@contextmanager
def plant_process(folder: Path, run: PlantRun) -> Iterator[PlantProcess]:
    """A plant whose processes end with the test; nothing is started yet."""
    folder.mkdir(parents=True, exist_ok=True)
    plant = PlantProcess(folder, run, run.clock(LEAD_S))
    try:
        yield plant
    except BaseException:
        plant.show_logs()
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


def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        list(command),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stderr}"
    return done.stdout
