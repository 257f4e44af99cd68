"""The load side in C, compiled for each run into a folder of its own, and the simulated plant."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import next_line, running

SOURCES = Path(__file__).parent / "tools"
DEVICES = 50
TAGS = 60
CHANGE_MS = 937
"""A little less than the poll period of 1 s, so that every poll finds a change at another phase."""


class ToolMissing(RuntimeError):
    """The C compiler is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """The simulated plant: one port a device."""

    pid: int
    ports: tuple[int, ...]


def build(name: str, folder: Path) -> Path:
    """Compile one of the tools.

    Raises:
        ToolMissing: there is no C compiler.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise ToolMissing("the load tools need a C compiler: install gcc")
    target = folder / name
    if not target.exists():
        source = SOURCES / f"{name}.c"
        subprocess.run([compiler, "-O2", "-o", str(target), str(source)], check=True)
    return target


@contextmanager
def devices(folder: Path, count: int = DEVICES, change_ms: int = CHANGE_MS) -> Iterator[Devices]:
    """Modbus devices of `TAGS` float32 each; `change_ms` 0 changes with every request."""
    command = [str(build("mbsim", folder)), str(count), str(change_ms)]
    with running(command) as process:
        ports = json.loads(next_line(process))
        yield Devices(pid=process.pid, ports=tuple(ports))
