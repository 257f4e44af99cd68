"""Live tiles: how many selects and how long 50 of them take."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from benchmarks.figures import Figure
from benchmarks.store import EDGE, SECOND_US, Edge, database
from benchmarks.tools import DEVICES
from mes.clock import real_now_us
from mes.db import Database
from mes.features.ingest.service import ingest
from mes.features.production.queries import tiles
from mes.web.server import keep_what_stays

SECONDS = 30
REPEATS = 20


def measure(folder: Path, windows: int) -> list[Figure]:
    """Selects and milliseconds for the tiles of all work units of the load plant."""
    begun = real_now_us() - SECONDS * SECOND_US
    with database(folder, begun_us=begun - SECOND_US) as store:
        edge = Edge(begun)
        for _ in range(SECONDS):
            ingest(store, EDGE, json.loads(edge.second(["event"])), now_us=real_now_us())
        _read(store)
        keep_what_stays()  # as the web process does
        with _selects(store) as said:
            made = _read(store)
        if len(made) != DEVICES:
            raise RuntimeError(f"{len(made)} tiles instead of {DEVICES}")
        times = [_milliseconds(store) for _ in range(windows)]
    size = len(json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode())
    return [
        Figure(name=f"selects for {DEVICES} tiles", values=[len(said)], unit="", target=3),
        Figure(name=f"{DEVICES} tiles", values=times, unit="ms cpu", target=20, ambition=10),
        Figure(name="size of a tile", values=[size / DEVICES], unit="bytes"),
    ]


def _read(store: Database) -> list[dict[str, Any]]:
    with store.reading() as session:
        return tiles(session, None, real_now_us())


def _milliseconds(store: Database) -> float:
    begun = time.process_time()
    for _ in range(REPEATS):
        _read(store)
    return (time.process_time() - begun) / REPEATS * 1000


@contextmanager
def _selects(store: Database) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            said.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
