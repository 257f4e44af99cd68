"""A supervisor with small children, run as a program of its own by the tests.

Usage: python -m tests.features.demo.family FOLDER CHILD...   each CHILD writes FOLDER/<child>.<pid>
when it lives. Children: `good` ends on SIGTERM, `deaf` ignores it, `brief` ends at once, `late`
needs 0.4 s to end.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from mes.features.demo.supervisor import Child, Supervisor
from mes.web.parent import tie_to_parent


def child(kind: str, folder: Path) -> None:
    tie_to_parent()
    ending = threading.Event()
    if kind == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: ending.set())
    (folder / f"{kind}.{os.getpid()}").touch()
    if kind == "brief":
        sys.exit(3)
    ending.wait()
    if kind == "late":
        threading.Event().wait(0.4)
        (folder / "late.ended").touch()


def parent(folder: Path, kinds: list[str]) -> None:
    lines = open(folder / "said", "a", buffering=1)  # noqa: SIM115 - open as long as the process
    supervisor = Supervisor(dict(os.environ), lambda line: print(line, file=lines))
    for kind in kinds:
        command = [sys.executable, "-m", "tests.features.demo.family", "--child", kind]
        supervisor.start(Child(name=kind, command=[*command, str(folder)]))
    while not supervisor.stopping:
        supervisor.turn()
    supervisor.stop()
    (folder / "stopped").touch()


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        child(sys.argv[2], Path(sys.argv[3]))
    else:
        parent(Path(sys.argv[1]), sys.argv[2:])
