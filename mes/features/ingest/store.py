"""Writing what arrived: facts, gaps, samples and quarantine, in bulk and without the ORM."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from mes.features.ingest.wire import Bad, Gap, Value
from mes.models import GapFact, Quarantine, Sample, SignalFact

QUARANTINE_MAX = 1000
"""Most refused records kept per source; further ones are only counted."""

_FACT_COLUMNS = (
    "source_id, stream, epoch, seq, tag_id, value, quality, reason, source_time, received_time,"
    " event_time, gap_from, clock_skew"
)
_SAMPLE_COLUMNS = "at, tag_id, number, text, quality"
SampleRow = tuple[int, int, float | None, str | None, int]


def insert_facts(
    session: Session,
    source_id: int,
    stream: str,
    epoch: str,
    values: Sequence[tuple[Value, int]],
) -> None:
    """Store readings with their tag ids; none of them may have been stored before."""
    rows = [
        (
            source_id,
            stream,
            epoch,
            value.seq,
            tag_id,
            json.dumps(value.value),
            value.quality,
            value.reason,
            value.source_time,
            value.received_time,
            value.event_time,
            value.gap_from,
            value.clock_skew,
        )
        for value, tag_id in values
    ]
    _executemany(session, SignalFact.__tablename__, _FACT_COLUMNS, rows)


def insert_samples(session: Session, rows: Sequence[SampleRow]) -> None:
    """Append samples in order of arrival."""
    _executemany(session, Sample.__tablename__, _SAMPLE_COLUMNS, rows)


def insert_gaps(
    session: Session, source_id: int, stream: str, epoch: str, gaps: Sequence[Gap]
) -> None:
    """Store known holes."""
    if not gaps:
        return
    table = GapFact.__table__
    assert isinstance(table, Table)
    session.execute(
        insert(table),
        [
            {
                "source_id": source_id,
                "stream": stream,
                "epoch": epoch,
                "seq": gap.seq,
                "start": gap.start,
                "end": gap.end,
                "reason": gap.reason,
            }
            for gap in gaps
        ],
    )


def quarantine(
    session: Session, source: str, stream: str, epoch: str, bad: Sequence[Bad], received_at: int
) -> None:
    """Keep refused records as they came, up to `QUARANTINE_MAX` of a source."""
    if not bad:
        return
    held = session.scalar(
        select(func.count()).select_from(Quarantine).where(Quarantine.source == source)
    )
    session.add_all(
        Quarantine(
            source=source,
            stream=stream,
            epoch=epoch,
            seq=entry.seq,
            record=_limited(entry.record),
            code=entry.code,
            message=entry.message,
            received_at=received_at,
        )
        for entry in bad[: max(0, QUARANTINE_MAX - (held or 0))]
    )


def _limited(record: object) -> object:
    """The record itself, or its beginning as text when it is large or no database can hold it."""
    text = json.dumps(record)
    held = len(text) <= 4000 and "\\u0000" not in text and "NaN" not in text
    return record if held and "Infinity" not in text else {"text": text[:4000]}


def _executemany(
    session: Session, table: str, columns: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """One prepared insert for all rows, by the driver itself: several times faster than Core."""
    if not rows:
        return
    connection = session.connection()
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join([mark] * len(rows[0]))
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608 - constant names only
        list(rows),
    )
