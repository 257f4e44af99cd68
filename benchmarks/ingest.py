"""Ingest: rows per second of processor time against raw executemany.

One request is one second of the load: 50 sources. The reference inserts the same rows into the same
table of the same schema, one fully synchronised transaction a request, and does nothing else.
Processor time, not wall time, so that other work on the machine does not shift the ratio.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.figures import Figure
from benchmarks.store import EDGE, SECOND_US, Edge, database
from benchmarks.tools import DEVICES, TAGS
from mes.clock import real_now_us
from mes.db import Database
from mes.features.ingest.service import ingest
from mes.web.server import keep_what_stays

T = TypeVar("T")
REQUESTS = {"sample": 20, "event": 20}
WARM = 3
SPAN_S = 3600
COLUMNS = {
    "sample": "at, tag_id, number, text, quality",
    "event": "source_id, stream, epoch, seq, tag_id, value, quality, reason, source_time,"
    " received_time, event_time, gap_from, clock_skew",
}
TABLES = {"sample": "sample", "event": "signal_fact"}


def measure(folder: Path, windows: int) -> list[Figure]:
    """Ratios of rows per second, samples and events."""
    begun = real_now_us() - SPAN_S * SECOND_US
    with ExitStack() as stack:
        ours = stack.enter_context(database(folder, "ours.db", begun_us=begun - SECOND_US))
        raw = stack.enter_context(database(folder, "raw.db", begun_us=begun - SECOND_US))
        edge = Edge(begun)
        keep_what_stays()  # as the web process does
        return [*_samples(ours, raw, edge, windows), *_events(ours, raw, edge, windows)]


def _samples(ours: Database, raw: Database, edge: Edge, windows: int) -> list[Figure]:
    rates = _compare("sample", ours, raw, edge, windows)
    return [
        Figure(
            name="sample rows per second / raw executemany",
            values=_ratios(rates["parsed"], rates["raw"]),
            target=0.5,
            ambition=0.8,
            more_is_better=True,
            note="from the parsed request to the commit",
        ),
        Figure(
            name="the same from JSON text",
            values=_ratios(rates["text"], rates["raw"]),
            more_is_better=True,
        ),
        Figure(name="sample rows per second, ingest", values=rates["parsed"], unit="rows/s"),
        Figure(name="sample rows per second, raw", values=rates["raw"], unit="rows/s"),
    ]


def _events(ours: Database, raw: Database, edge: Edge, windows: int) -> list[Figure]:
    rates = _compare("event", ours, raw, edge, windows)
    return [
        Figure(
            name="event rows per second / raw executemany",
            values=_ratios(rates["parsed"], rates["raw"]),
            more_is_better=True,
            note="with states, stops, counts and tiles of 50 work units derived",
        ),
        Figure(name="event rows per second, ingest", values=rates["parsed"], unit="rows/s"),
        Figure(
            name="processor time per request of 50 work units",
            values=[1000 * DEVICES / rate for rate in rates["parsed"]],
            unit="ms",
        ),
    ]


def _compare(
    stream: str, ours: Database, raw: Database, edge: Edge, windows: int
) -> dict[str, list[float]]:
    """Rows per second of processor time, one value a window."""
    rates: dict[str, list[float]] = {"parsed": [], "text": [], "raw": []}

    def from_parsed(texts: Sequence[str]) -> float:
        requests = [json.loads(text) for text in texts]
        return _rate(requests, lambda request: _ingest(ours, request))

    def from_text(texts: Sequence[str]) -> float:
        return _rate(texts, lambda text: _ingest(ours, json.loads(text)))

    from_parsed([edge.second([stream]) for _ in range(WARM)])
    for _ in range(windows):
        for name, run in (("parsed", from_parsed), ("text", from_text)):
            rates[name].append(run([edge.second([stream]) for _ in range(REQUESTS[stream])]))
        rates["raw"].append(_raw(raw, ours, stream))
    return rates


def _ingest(into: Database, request: Any) -> int:
    answer = ingest(into, EDGE, request, now_us=real_now_us())
    if answer["quarantined"]:
        raise RuntimeError(f"{answer['quarantined']} records were refused")
    return sum(len(batch["records"]) for batch in request["batches"])


def _rate(requests: Sequence[T], store: Callable[[T], int]) -> float:
    begun = time.process_time()
    rows = sum(store(request) for request in requests)
    return rows / (time.process_time() - begun)


def _raw(into: Database, ours: Database, stream: str) -> float:
    """Insert the newest rows of ours by the driver itself."""
    table, columns = TABLES[stream], COLUMNS[stream]
    with ours.engine.connect() as connection:
        rows = [
            tuple(row)
            for row in connection.exec_driver_sql(
                f"SELECT {columns} FROM {table} ORDER BY rowid DESC"
                f" LIMIT {REQUESTS[stream] * _rows_of(stream)}"
            )
        ]
    size = _rows_of(stream)
    parts = [rows[at : at + size] for at in range(0, len(rows), size)]
    marks = ",".join("?" * len(columns.split(",")))
    pool = into.engine.raw_connection()
    cursor = pool.cursor()

    def store(part: Sequence[Any]) -> int:
        cursor.execute("BEGIN IMMEDIATE")
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", part)
        cursor.execute("COMMIT")
        return len(part)

    rate = _rate(parts, store)
    pool.close()
    return rate


def _rows_of(stream: str) -> int:
    """Rows of an ordinary request: all samples, or one count of each device."""
    return DEVICES * (TAGS - 2 if stream == "sample" else 1)


def _ratios(ours: Sequence[float], reference: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(ours, reference, strict=True)]
