"""An edge in a process of its own that tells what it holds: tasks, threads, sockets, files, memory.

`python -m tests.faults.watched_edge DATA CONFIG EVERY_S` writes `DATA/holdings.jsonl`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from connectors.clock import monotonic_s
from connectors.runtime.edge import Edge, read_options

FILE = "holdings.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What the process holds at one moment.

    Attributes:
        at_s: monotonic seconds, the same clock in all processes.
        sockets: open sockets; `files` are all other open files.
        memory_kb: resident memory.
    """

    at_s: float
    tasks: int
    threads: int
    sockets: int
    files: int
    memory_kb: int


def holdings() -> Holdings:
    """What this process holds now, without what waits for the collector of garbage."""
    gc.collect()
    targets = [_target(entry) for entry in Path("/proc/self/fd").iterdir()]
    sockets = sum(target.startswith("socket:") for target in targets)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Holdings(
        at_s=monotonic_s(),
        tasks=len(asyncio.all_tasks()),
        threads=threading.active_count(),
        sockets=sockets,
        files=len(targets) - sockets,
        memory_kb=pages * resource.getpagesize() // 1024,
    )


def _target(entry: Path) -> str:
    try:
        return os.readlink(entry)
    except OSError:
        return ""


def told(data: Path) -> list[Holdings]:
    """What an edge with this folder has written."""
    text = (data / FILE).read_text(encoding="utf-8")
    return [Holdings(**json.loads(line)) for line in text.splitlines()]


async def _tell(path: Path, every_s: float) -> None:
    while True:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(holdings())) + "\n")
        await asyncio.sleep(every_s)


async def _run(data: Path, config: Path, every_s: float) -> None:
    edge = Edge(read_options(data, config))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, edge.stop)
    telling = asyncio.create_task(_tell(data / FILE, every_s))
    try:
        await edge.run()
    finally:
        telling.cancel()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])))
