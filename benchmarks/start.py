"""Start-up of the demo plant to its address, and memory while nobody looks.

The reference is the bare stack: Flask, Flask-SocketIO and SQLAlchemy to the first answer.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.processes import Watch, family, next_line, pss_mb, running

SETTLE_S = 10.0
IDLE_S = 5.0
FIRST_ANSWER_S = 60.0
PEERS = ("asyncua", "pymodbus", "alembic")
BARE = """
import sys, sqlalchemy.orm
from flask import Flask
from flask_socketio import SocketIO
app = Flask(__name__)
app.route("/")(lambda: "here")
SocketIO(app, async_mode="threading").run(
    app, host="127.0.0.1", port=int(sys.argv[1]), allow_unsafe_werkzeug=True)
"""


def measure(folder: Path, windows: int) -> list[Figure]:
    """One first start, then as many further ones as windows."""
    data = folder / "data"
    first_s, _ = _start(data, settle=False)
    seconds: list[float] = []
    bare: list[float] = []
    memory: dict[str, float] = {}
    for window in range(windows):
        bare.append(_bare_s())
        took, found = _start(data, settle=window == windows - 1)
        seconds.append(took)
        memory = found or memory
    counted = {name: value for name, value in memory.items() if name not in ("simulators", "cpu")}
    return [
        Figure(name="first start to the address", values=[first_s], unit="s", target=60),
        Figure(name="second start to the address", values=seconds, unit="s", target=8, ambition=4),
        Figure(
            name="second start / bare stack to the first answer",
            values=[one / other for one, other in zip(seconds, bare, strict=True)],
        ),
        Figure(
            name="memory (PSS) of supervisor, web and edge",
            values=[sum(counted.values())],
            unit="MB",
            target=220,
            ambition=150,
            note=", ".join(
                f"{name} {value:.0f} MB" for name, value in memory.items() if name != "cpu"
            ),
        ),
        Figure(name="processor while nobody looks", values=[memory["cpu"]], unit="% core"),
        Figure(
            name="protocol and migration libraries in the web process",
            values=[float(len(_imported()))],
            unit="",
            target=0,
            note=", ".join(_imported()),
        ),
    ]


def _start(data: Path, *, settle: bool) -> tuple[float, dict[str, float]]:
    """Seconds to the address; with `settle` also MB by process and processor percent."""
    command = [sys.executable, "-m", "mes.cli", "demo"]
    command += ["--data", str(data), "--port", str(free_port())]
    begun = time.monotonic()
    with running(command, log=data.with_suffix(".log")) as process:
        while not next_line(process).startswith("http"):
            pass
        seconds = time.monotonic() - begun
        if not settle:
            return seconds, {}
        time.sleep(SETTLE_S)
        groups = roles(process.pid)
        own = [pid for name, pids in groups.items() if name != "simulators" for pid in pids]
        watch = Watch({"system": own})
        time.sleep(IDLE_S)
        memory = {name: sum(map(pss_mb, pids)) for name, pids in groups.items()}
        return seconds, {**memory, "cpu": watch.shares()["system"]}


def roles(supervisor: int) -> dict[str, list[int]]:
    """The processes of a running system by role."""
    groups: dict[str, list[int]] = {}
    for pid, command in family(supervisor).items():
        role = "supervisor"
        if pid != supervisor:
            words = command.split()
            role = "simulators" if "simulators" in words else "edge" if "edge" in words else "web"
        groups.setdefault(role, []).append(pid)
    return groups


def free_port() -> int:
    """A port that nobody uses at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _bare_s() -> float:
    port = free_port()
    begun = time.monotonic()
    with running([sys.executable, "-c", BARE, str(port)]):
        while time.monotonic() < begun + FIRST_ANSWER_S:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).close()
            except urllib.error.URLError:
                time.sleep(0.01)
            else:
                return time.monotonic() - begun
    raise RuntimeError("the bare stack gave no answer")


def _imported() -> list[str]:
    """Which of the forbidden libraries the application imports."""
    program = f"import mes.app, sys; print(*[name for name in {PEERS!r} if name in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return answer.stdout.split()
