"""From the poll to 200 browsers: the real edge and web processes against the bare prototype.

50 devices of 60 float32, polled each second, everything changed at each poll; 200 Socket.IO clients
that all watch the whole site. Both sides are started anew for each window, one after the other.
Latency is counted from the moment the edge (or the prototype) had read the values to the first
message at a client that carries them, for each device, change and client.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure
from benchmarks.plant import SITE, plant_file
from benchmarks.processes import Watch, family, next_line, running
from benchmarks.start import free_port, roles
from benchmarks.tools import DEVICES, build, devices

CLIENTS = 200
WARM_S = 4.0
WINDOW_S = 10.0
READY_S = 20.0
DELIVERED = 0.98
"""Share of the deliveries due that must have arrived."""


@dataclass(slots=True)
class Side:
    """What was measured of one side: percent of a core by process, load reports of the clients."""

    shares: list[dict[str, float]] = field(default_factory=list)
    reports: list[dict[str, float]] = field(default_factory=list)

    def of(self, key: str) -> list[float]:
        """One value of the clients' reports, a window each."""
        return [report[key] for report in self.reports]

    def cpu(self, *names: str) -> list[float]:
        """Percent of one core of some processes together, a window each."""
        return [sum(share[name] for name in names) for share in self.shares]

    def delivered(self) -> list[float]:
        """Share of what was due: each device each second to each client."""
        due = DEVICES * CLIENTS
        return [r["deliveries"] / (due * r["seconds"]) for r in self.reports]


def measure(folder: Path, windows: int) -> list[Figure]:
    """Latencies and processor time, side by side."""
    build("wsload", folder)
    ours, bare = Side(), Side()
    with devices(folder) as plant:
        (folder / "plant.yaml").write_text(plant_file(plant.ports), encoding="utf-8")
        for _ in range(windows):
            with _prototype(folder, plant.ports) as (port, groups):
                _window(folder, bare, port, groups, plant.pid, ['"t":', "40/live,", _watch({})])
            with _system(folder) as (port, groups):
                join = "40/live," + json.dumps({"token": _token(folder)})
                words = ['"covered_until":', join, _watch({"site": SITE})]
                _window(folder, ours, port, groups, plant.pid, words)
    return [*_against(ours, bare), *_shown(ours, bare)]


def _against(ours: Side, bare: Side) -> list[Figure]:
    system, prototype = ours.cpu("web", "edge"), bare.cpu("web", "connector")
    return [
        Figure(
            name="cpu of web + edge / prototype",
            values=[one / other for one, other in zip(system, prototype, strict=True)],
            target=1.5,
            ambition=1.0,
            note=f"others on the machine took {_others(ours, bare):.0f} % of a core meanwhile",
        ),
        Figure(
            name="poll to client p99", values=ours.of("p99"), unit="ms", target=300, ambition=150
        ),
        Figure(name="poll to client p50", values=ours.of("p50"), unit="ms"),
        *(
            Figure(
                name=f"poll to client {key} / prototype",
                values=[a / b for a, b in zip(ours.of(key), bare.of(key), strict=True)],
                target=1.5,
                ambition=1.0,
            )
            for key in ("p50", "p99")
        ),
        Figure(
            name="changes delivered",
            values=ours.delivered(),
            unit="share",
            target=DELIVERED,
            more_is_better=True,
        ),
        Figure(
            name="cpu of the edge", values=ours.cpu("edge"), unit="% core", target=10, ambition=5
        ),
    ]


def _shown(ours: Side, bare: Side) -> list[Figure]:
    return [
        Figure(name="cpu of web", values=ours.cpu("web"), unit="% core"),
        Figure(name="cpu of the supervisor", values=ours.cpu("supervisor"), unit="% core"),
        Figure(name="messages per second to a client", values=_per_client(ours), unit="1/s"),
        Figure(name="kB per second to a client", values=_kilobytes(ours), unit="kB/s"),
        Figure(name="prototype: cpu of web", values=bare.cpu("web"), unit="% core"),
        Figure(name="prototype: cpu of the connector", values=bare.cpu("connector"), unit="% core"),
        Figure(name="prototype: poll to client p50", values=bare.of("p50"), unit="ms"),
        Figure(name="prototype: poll to client p99", values=bare.of("p99"), unit="ms"),
        Figure(name="prototype: changes delivered", values=bare.delivered(), unit="share"),
        Figure(
            name="prototype: messages per second to a client", values=_per_client(bare), unit="1/s"
        ),
        Figure(name="prototype: kB per second to a client", values=_kilobytes(bare), unit="kB/s"),
    ]


def _window(
    folder: Path,
    side: Side,
    port: int,
    groups: Mapping[str, Sequence[int]],
    plant_pid: int,
    words: Sequence[str],
) -> None:
    command = [str(folder / "wsload"), str(port), str(CLIENTS), str(WARM_S), str(WINDOW_S), "1"]
    with running([*command, *words], log=folder / "wsload.log") as load:
        joined = json.loads(next_line(load))
        if joined["connected"] != CLIENTS:
            raise RuntimeError(f"only {joined['connected']} of {CLIENTS} clients were let in")
        watch = Watch(groups, own=[load.pid, plant_pid])
        report = json.loads(next_line(load))
        side.shares.append(watch.shares())
        side.reports.append(report)
        if report["closed"]:
            raise RuntimeError(f"{report['closed']} clients lost their connection")


@contextmanager
def _prototype(folder: Path, ports: Sequence[int]) -> Iterator[tuple[int, dict[str, list[int]]]]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.prototype", str(port), str(folder)]
    with running([*command, *map(str, ports)], log=folder / "prototype.log") as process:
        _await_port(port)
        children = [pid for pid in family(process.pid) if pid != process.pid]
        yield port, {"web": [process.pid], "connector": children}


@contextmanager
def _system(folder: Path) -> Iterator[tuple[int, dict[str, list[int]]]]:
    port = free_port()
    command = [sys.executable, "-m", "mes.cli", "run", "--plant", str(folder / "plant.yaml")]
    command += ["--data", str(folder / "data"), "--port", str(port)]
    with running(command, log=folder / "system.log") as process:
        while not next_line(process).startswith("http"):
            pass
        yield port, roles(process.pid)


def _await_port(port: int) -> None:
    import socket

    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the prototype did not start")


def _token(folder: Path) -> str:
    """A token to read live tiles; made once."""
    kept = folder / "token"
    if not kept.exists():
        command = [sys.executable, "-m", "mes.cli", "token", "create", "--scope", "read"]
        made = subprocess.run(
            [*command, "--data", str(folder / "data")], capture_output=True, text=True, check=True
        )
        kept.write_text(made.stdout.strip().splitlines()[-1], encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def _watch(place: Mapping[str, Any]) -> str:
    return "42/live,1" + json.dumps(["watch", place])


def _others(*sides: Side) -> float:
    return median(share["others"] for side in sides for share in side.shares)


def _per_client(side: Side) -> list[float]:
    return [r["messages"] / r["seconds"] / CLIENTS for r in side.reports]


def _kilobytes(side: Side) -> list[float]:
    return [r["bytes"] / r["seconds"] / CLIENTS / 1000 for r in side.reports]
