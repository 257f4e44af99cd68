"""Holes of a source, and what the source itself had kept of them, as people look back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.orm import Session

from mes.core.instants import format_instant
from mes.core.refusal import Refusal
from mes.features.ingest.wire import CLOCK_SKEW_US
from mes.models import GapFact, SignalFact, Source, Tag

LIMIT = 100
"""Most holes, and most fillings, that are told; the latest."""
NOT_KEPT = "not_kept_by_source"
"""Reason of a value that ends what was known of a tag, because the source kept none of it."""
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of plant time, UTC microseconds; `speed`: of plant time to real time."""

    start: int
    end: int
    speed: float = 1.0


def past(session: Session, code: str, window: Window) -> dict[str, Any]:
    """The holes of a source that end in the window, and the values that were told late.

    A value that a source had kept is one whose own time lies farther back than that of any living
    reading is believed. Values of tags without a meaning are not told; the counter `backfilled` of
    the source has them.

    Raises:
        Refusal: `source_unknown` (404).
    """
    query = select(Source.id).where(Source.code == code, Source.retired_at.is_(None))
    source_id = session.scalar(query)
    if source_id is None:
        raise Refusal("source_unknown", f"there is no source {code!r}", status=404)
    holes = session.execute(_holes(source_id, window)).all()
    filled = session.execute(_filled(source_id, window)).all()
    return {
        "start": format_instant(window.start),
        "end": format_instant(window.end),
        "holes": [_hole(row) for row in holes[:LIMIT]],
        "filled": [_filling(row) for row in filled[:LIMIT]],
        "is_complete": max(len(holes), len(filled)) <= LIMIT,
    }


def _holes(source_id: int, window: Window) -> Select[int, int, str | None]:
    """Both streams of a source may tell the same hole."""
    return (
        select(GapFact.start, GapFact.end, GapFact.reason)
        .where(
            GapFact.source_id == source_id,
            GapFact.end > window.start,
            GapFact.start < window.end,
        )
        .distinct()
        .order_by(GapFact.end.desc(), GapFact.start.desc())
        .limit(LIMIT + 1)
    )


def _filled(source_id: int, window: Window) -> Select[int, int, int, Any, Any, int]:
    """Values that came together, as one answer of the source."""
    tags = select(Tag.id).where(Tag.source_id == source_id)
    late_us = 2 * CLOCK_SKEW_US * window.speed
    is_kept = case((SignalFact.reason.is_(None) | (SignalFact.reason != NOT_KEPT), 1), else_=0)
    return (
        select(
            SignalFact.received_time,
            func.min(SignalFact.event_time),
            func.max(SignalFact.event_time),
            func.sum(is_kept),
            func.sum(1 - is_kept),
            func.count(SignalFact.tag_id.distinct()),
        )
        .where(
            SignalFact.tag_id.in_(tags),
            SignalFact.event_time >= window.start,
            SignalFact.event_time < window.end,
            SignalFact.received_time > SignalFact.event_time,
        )
        .group_by(SignalFact.received_time)
        .having(func.max(SignalFact.received_time - SignalFact.event_time) > late_us)
        .order_by(SignalFact.received_time.desc())
        .limit(LIMIT + 1)
    )


def _hole(row: Row[int, int, str | None]) -> dict[str, Any]:
    start, end, reason = row
    return {"start": format_instant(start), "end": format_instant(end), "reason": reason}


def _filling(row: Row[int, int, int, Any, Any, int]) -> dict[str, Any]:
    received, first, last, kept, not_kept, tags = row
    return {
        "told_at": format_instant(received),
        "start": format_instant(first),
        "end": format_instant(last),
        "values": int(kept),
        "not_kept": int(not_kept),
        "tags": tags,
    }
