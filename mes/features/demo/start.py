"""From a command line to a running system: prepare, start, say the address, keep it alive.

Runs in the parent process, which stays small: standard library only, everything that needs the
database happens in children.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from mes.clock import ENVIRONMENT_KEY, PlantClock, monotonic_s
from mes.core.refusal import Refusal
from mes.features.demo import plant_clock
from mes.features.demo.supervisor import Child, Supervisor
from mes.web.addresses import check_host, is_loopback
from mes.web.locks import RUN_LOCK, hold

READY_S = 60.0
READY_STEP_S = 0.1
LOCK_WAIT_S = 3.0
EDGE = "edge-1"
"""The edge that this command runs; sources of a plant file belong to it."""
TOKEN_FILE = "edge-token"  # noqa: S105 - a file name
CREDENTIALS_FILE = "credentials.txt"
SETUP_CODE_FILE = "setup-code"
"""As in `mes.web.setup_code`, which knows the database and is not imported here."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line said."""

    data: Path
    port: int
    host: str = "127.0.0.1"
    plain_http: bool = False
    speed: Fraction = Fraction(1)


def mes(*arguments: str) -> list[str]:
    """A `mes` command for a child."""
    return [sys.executable, "-m", "mes.cli", *arguments]


def say(line: str) -> None:
    """A line for people on standard output, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@dataclass(slots=True)
class Run:
    """One run of the system from start to end."""

    options: Options
    supervisor: Supervisor
    clock: PlantClock

    @classmethod
    def begin(cls, options: Options) -> Run:
        """Take the data folder and the port, and set the clock.

        Raises:
            Refusal: `plain_http_refused`, `data_in_use`, `port_in_use`.
        """
        check_host(options.host, plain_http=options.plain_http, tls=speaks_tls())
        os.umask(0o077)
        options.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        hold(options.data / RUN_LOCK, wait_s=LOCK_WAIT_S)
        check_port(options.host, options.port)
        clock = plant_clock.begin(options.data, options.speed)
        environment = {
            "MALLOC_ARENA_MAX": "2",  # many threads otherwise keep many half-empty heaps
            **os.environ,
            ENVIRONMENT_KEY: clock.to_environment(),
        }
        return cls(options, Supervisor(environment, _warn), clock)

    def do(self, command: Sequence[str], what: str) -> None:
        """Run a step of the preparation.

        Raises:
            Refusal: `start_failed`; the step has said why.
            Stopped: somebody asked for the end meanwhile.
        """
        status, _ = self.supervisor.run_once(command)
        if self.supervisor.stopping:
            raise Stopped
        if status != 0:
            raise Refusal("start_failed", f"{what} failed; the lines above say why")

    def serve(self) -> int:
        """Start web and edge, say the address, and keep everything alive until the end."""
        options, supervisor = self.options, self.supervisor
        web = mes("web", "--data", str(options.data), "--port", str(options.port))
        web += ["--host", options.host, *(["--plain-http"] if options.plain_http else [])]
        edge = mes("edge", "--data", str(options.data), "--edge", EDGE)
        edge += ["--server", self._local_address()]
        edge += ["--token-file", str(options.data / TOKEN_FILE)]
        supervisor.start(Child(name="web", command=web))
        supervisor.start(Child(name="edge", command=edge))
        self._await_ready()
        if not supervisor.stopping:
            self._announce()
        kept = monotonic_s()
        while not supervisor.stopping:
            supervisor.turn()
            if monotonic_s() - kept >= plant_clock.KEEP_EVERY_S:
                plant_clock.keep(options.data, self.clock)
                kept = monotonic_s()
        return 0

    def end(self) -> None:
        """End all children and write down the clock."""
        self.supervisor.stop()
        plant_clock.keep(self.options.data, self.clock)

    def _await_ready(self) -> None:
        deadline = monotonic_s() + READY_S
        while not self.supervisor.stopping:
            if is_ready(self.options.host, self.options.port):
                return
            if monotonic_s() > deadline:
                raise Refusal("start_failed", f"the web process was not ready in {READY_S:g} s")
            self.supervisor.turn(READY_STEP_S)

    def _announce(self) -> None:
        credentials = self.options.data / CREDENTIALS_FILE
        if credentials.exists():
            say(credentials.read_text(encoding="utf-8").rstrip("\n"))
        if not is_loopback(self.options.host) and not speaks_tls():
            say("WARNING: plain HTTP on the network: passwords can be read on the way")
        address = f"{_scheme()}://{_shown(self.options.host)}:{self.options.port}/"
        self._announce_setup(address)
        say(address)

    def _announce_setup(self, address: str) -> None:
        file = self.options.data / SETUP_CODE_FILE
        if file.exists():
            code = file.read_text(encoding="utf-8").strip()
            say("First start: nobody has an account yet. Make the first one, once, with the code")
            say(f"  {code}  (kept in {file})")
            say(f"  {address}welcome?code={code}")

    def _local_address(self) -> str:
        host = "127.0.0.1" if self.options.host in {"0.0.0.0", "::"} else self.options.host  # noqa: S104 - compared, not bound
        return f"{_scheme()}://{_shown(host)}:{self.options.port}"


class Stopped(Exception):
    """Somebody asked for the end during the preparation."""


def check_port(host: str, port: int) -> None:
    """Refuse a port that somebody else uses.

    Raises:
        Refusal: `port_in_use`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refusal(
                "port_in_use", f"cannot listen on {host}:{port} ({error.strerror}); give --port"
            ) from None


def is_ready(host: str, port: int) -> bool:
    """Whether `/readyz` answers 200."""
    local = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    if speaks_tls():
        try:
            socket.create_connection((local, port), timeout=1).close()
        except OSError:
            return False
        return True
    connection = http.client.HTTPConnection(local, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def speaks_tls() -> bool:
    """Whether the settings in the environment ask for TLS."""
    return bool(os.environ.get("MES_TLS_CERTIFICATE") or os.environ.get("MES_TLS_PROXY"))


def _scheme() -> str:
    return "https" if os.environ.get("MES_TLS_CERTIFICATE") else "http"


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _warn(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
