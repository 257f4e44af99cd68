"""Plants for tests of the running system."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from mes.ports import free_port
from tests.web.serving import BOUND, LINE, PLANT, ROOT, until


def write_plant(path: Path, modbus_port: int) -> Path:
    """A plant file with one bound press at a Modbus port."""
    text = PLANT.replace("1502", str(modbus_port)) + LINE.format(line=1, first=BOUND)
    path.write_text(text, encoding="utf-8")
    return path


@dataclass
class Running:
    """A `mes run` or `mes demo` in the foreground of its own process."""

    data: Path
    port: int
    process: subprocess.Popen[str]
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lines(self) -> list[str]:
        return self.output.read_text(encoding="utf-8").splitlines()

    def token(self, scope: str = "read") -> str:
        made = mes("token", "create", "--data", str(self.data), "--scope", scope)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def children(self) -> dict[str, int]:
        """Process ids of the direct children by the name of their command."""
        pid = self.process.pid
        found = {}
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            if len(words) > 3:  # shorter while the new process is still being made
                found[words[3] if words[2] == "mes.cli" else words[2]] = int(child)
        return found

    def family(self) -> set[int]:
        """Process ids of all descendants."""
        found: set[int] = set()
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            try:
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            except FileNotFoundError:
                continue
            found |= set(map(int, children))
            waiting += map(int, children)
        return found

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False


def lives(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def mes(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mes.cli", *arguments], cwd=ROOT, capture_output=True, text=True
    )


@contextmanager
def running(
    data: Path, arguments: Sequence[str], *, start_s: float = 60.0, port: int | None = None
) -> Iterator[Running]:
    """Start a command of the system and wait for its address; ended at the end."""
    port = port or free_port()
    data.mkdir(exist_ok=True)
    number = time.monotonic_ns()
    output, errors = data / f"output-{number}.txt", data / f"errors-{number}.txt"
    with open(output, "w") as out, open(errors, "w") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "mes.cli", *arguments, "--data", str(data), "--port", str(port)],
            cwd=ROOT,
            stdout=out,
            stderr=err,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            text=True,
        )
    run = Running(data, port, process, output)
    try:
        until(lambda: process.poll() is not None or f"{run.url}/" in run.lines(), start_s, 0.1)
        assert process.poll() is None, errors.read_text()
        yield run
    except BaseException:
        sys.stderr.write(errors.read_text()[-4000:])
        raise
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def notices(data: Path) -> list[str]:
    found: list[str] = json.loads((data / "notices.json").read_text())
    return found
