"""Looking at processes and killing those of a plant that is verified; nothing else is touched.

Reads /proc, so it works on Linux alone.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

WEB = "web"
WORKER = "worker"
EDGE = "edge"


def lives(pid: int) -> bool:
    """Whether a process runs; a zombie, which only waits to be counted, does not."""
    try:
        return _stat(pid)[0] != "Z"
    except OSError:
        return False


def children(pid: int) -> dict[int, list[str]]:
    """The living children of a process with their command lines."""
    found: dict[int, list[str]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError, IndexError):
            state, parent = _stat(int(entry.name))[:2]
            if int(parent) == pid and state != "Z":
                raw = (entry / "cmdline").read_bytes()
                found[int(entry.name)] = raw.decode(errors="replace").split("\0")
    return found


def family(pid: int) -> list[int]:
    """A process and all its living descendants."""
    found = [pid]
    for child in children(pid):
        found += family(child)
    return found


def child_named(pid: int, command: str) -> int | None:
    """The living child that runs `mes <command>`; None: there is none at present."""
    for child, arguments in children(pid).items():
        if "mes.cli" in arguments and arguments[arguments.index("mes.cli") + 1] == command:
            return child
    return None


def victim(parent: int, name: str) -> int | None:
    """The process to kill below `mes run`: web, the worker of web, or edge.

    None: it is not there at present.
    """
    if name != WORKER:
        return child_named(parent, name)
    web = child_named(parent, WEB)
    return next(iter(children(web)), None) if web is not None else None


def kill(pid: int) -> None:
    """kill -9; a process that is gone already is fine."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
