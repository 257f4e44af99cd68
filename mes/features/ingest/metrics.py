"""What the edges report and ingest refused, for `/metrics`; read at each scrape."""

from __future__ import annotations

from typing import Any

from prometheus_client import Gauge
from sqlalchemy.orm import Session

from mes.features.ingest.queries import kept_aside_count, sources

UP = Gauge("mes_source_up", "Whether the link of a source is up", ["source"])
SILENT = Gauge("mes_edge_silent_seconds", "Real seconds since an edge was heard of", ["edge"])
REPORTED = Gauge(
    "mes_source_reported", "Counters of a source as its edge last reported them", ["source", "name"]
)
QUARANTINED = Gauge(
    "mes_quarantined_records", "Records that ingest refused and kept, until somebody clears them"
)


def publish(session: Session) -> None:
    """Set all gauges to what the database holds."""
    for source in sources(session):
        _publish_source(source)
    QUARANTINED.set(kept_aside_count(session))


def _publish_source(source: dict[str, Any]) -> None:
    code = source["source"]
    UP.labels(code).set(1 if source["state"] == "up" else 0)
    if source["edge_silent_s"] is not None:
        SILENT.labels(source["edge"]).set(source["edge_silent_s"])
    for name, value in source["counters"].items():
        if isinstance(value, int | float):
            REPORTED.labels(code, name).set(value)
