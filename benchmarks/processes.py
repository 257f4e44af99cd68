"""Processes under measurement: their processor time, their memory, and what others take meanwhile.

Linux only: everything is read from `/proc`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
STOP_S = 15.0
LOG_TAIL = 2000


@contextmanager
def running(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, log: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process with its standard output as a pipe, ended with SIGTERM at the end.

    Args:
        log: file for its standard error; None: nobody keeps it.
    """
    errors = open(log, "a", encoding="utf-8") if log is not None else None  # noqa: SIM115 - closed below
    process = subprocess.Popen(
        list(command),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if errors is None else errors,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    try:
        yield process
    except RuntimeError as error:
        if log is not None:
            error.add_note(log.read_text(encoding="utf-8")[-LOG_TAIL:])
        raise
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
        if errors is not None:
            errors.close()


def next_line(process: subprocess.Popen[str]) -> str:
    """The next line of its standard output.

    Raises:
        RuntimeError: the process ended instead.
    """
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended with status {process.wait()}")
    return line


def family(pid: int) -> dict[int, str]:
    """A process and all below it: command line by process id."""
    parents: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[int(entry.name)] = int(_stat(int(entry.name))[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    named: dict[int, str] = {}
    for member in sorted(found):
        with suppress(OSError):
            named[member] = (PROC / str(member) / "cmdline").read_text().replace("\0", " ").strip()
    return named


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time that processes have taken so far, in user and in kernel mode."""
    total = 0
    for pid in pids:
        fields = _stat(pid)
        total += int(fields[11]) + int(fields[12])
    return total * TICK_S


def pss_mb(pid: int) -> float:
    """Memory of a process in MB, pages that it shares with n others counted as 1/n of them."""
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no Pss of process {pid}")


def machine_cpu_seconds() -> float:
    """Processor time that everything on this machine has taken so far."""
    fields = [int(text) for text in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:]]
    idle = fields[3] + fields[4]
    return (sum(fields[:8]) - idle) * TICK_S


class Watch:
    """Processor time of groups of processes, and of all others, over a window.

    Args:
        groups: process ids by name.
        own: further processes that belong to the measurement, such as the load side.
    """

    def __init__(self, groups: Mapping[str, Iterable[int]], own: Iterable[int] = ()) -> None:
        self._groups = {name: list(pids) for name, pids in groups.items()}
        self._own = list(own)
        self._from_s = time.monotonic()
        self._before = self._read()

    def shares(self) -> dict[str, float]:
        """Percent of one core since the beginning; `others` is the rest of the machine."""
        seconds = time.monotonic() - self._from_s
        after = self._read()
        used = {name: after[name] - before for name, before in self._before.items()}
        used["others"] = used.pop("machine") - sum(used.values())
        return {name: 100 * value / seconds for name, value in used.items() if name != "own"}

    def _read(self) -> dict[str, float]:
        known = {name: cpu_seconds(pids) for name, pids in self._groups.items()}
        return {**known, "own": cpu_seconds(self._own), "machine": machine_cpu_seconds()}


def _stat(pid: int) -> list[str]:
    """The fields of `/proc/PID/stat` from the state on (field 3 of proc(5))."""
    return (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
