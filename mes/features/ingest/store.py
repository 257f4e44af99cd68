"""Writing what arrived: facts, gaps, samples and quarantine, in bulk and without the ORM."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from mes.features.ingest.arrivals import Arrived, SampleRow
from mes.features.ingest.wire import Bad, Batch
from mes.models import GapFact, Quarantine, Sample, SignalFact

QUARANTINE_MAX = 1000
"""Most refused records of a source that wait for a person; further ones are only counted."""

ROWS_AT_ONCE = 200
"""Rows of one insert statement; thirteen columns stay below every limit of parameters."""
_FACT_COLUMNS = (
    "source_id, stream, epoch, seq, tag_id, value, quality, reason, source_time, received_time,"
    " event_time, gap_from, clock_skew"
)
_SAMPLE_COLUMNS = "at, tag_id, number, text, quality"


@dataclass(slots=True)
class Fresh:
    """New records of many batches, written together: one insert for each table."""

    facts: list[tuple[Any, ...]] = field(default_factory=list)
    samples: list[SampleRow] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    bad: list[tuple[Batch, Bad]] = field(default_factory=list)

    def add(self, source_id: int, batch: Batch, arrived: Arrived) -> None:
        """Take what is new in a batch; none of it may have been stored before."""
        stream, epoch = batch.stream, batch.epoch
        self.samples += arrived.samples
        self.facts += [
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
            for value, tag_id in arrived.values
        ]
        self.gaps += [
            {
                "source_id": source_id,
                "stream": stream,
                "epoch": epoch,
                "seq": gap.seq,
                "start": gap.start,
                "end": gap.end,
                "reason": gap.reason,
            }
            for gap in arrived.gaps
        ]
        self.bad += [(batch, bad) for bad in arrived.bad]

    def insert(self, session: Session, received_at: int) -> None:
        """Write everything, samples in order of arrival."""
        _executemany(session, SignalFact.__tablename__, _FACT_COLUMNS, self.facts)
        _executemany(session, Sample.__tablename__, _SAMPLE_COLUMNS, self.samples)
        if self.gaps:
            table = GapFact.__table__
            assert isinstance(table, Table)
            session.execute(insert(table), self.gaps)
        _quarantine(session, self.bad, received_at)
        session.flush()


def _quarantine(session: Session, bad: Sequence[tuple[Batch, Bad]], received_at: int) -> None:
    """Keep refused records as they came, up to `QUARANTINE_MAX` of a source."""
    if not bad:
        return
    sources = sorted({batch.source for batch, _ in bad})
    held = Counter[str]()
    for source, count in session.execute(
        select(Quarantine.source, func.count())
        .where(Quarantine.source.in_(sources), Quarantine.cleared_at.is_(None))
        .group_by(Quarantine.source)
    ):
        held[source] = count
    for batch, entry in bad:
        held[batch.source] += 1
        if held[batch.source] > QUARANTINE_MAX:
            continue
        session.add(
            Quarantine(
                source=batch.source,
                stream=batch.stream,
                epoch=batch.epoch,
                seq=entry.seq,
                record=_limited(entry.record),
                code=entry.code,
                message=entry.message,
                received_at=received_at,
            )
        )


def _limited(record: object) -> object:
    """The record itself, or its beginning as text when it is large or no database can hold it."""
    text = json.dumps(record)
    held = len(text) <= 4000 and "\\u0000" not in text and "NaN" not in text
    return record if held and "Infinity" not in text else {"text": text[:4000]}


def _executemany(
    session: Session, table: str, columns: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert by the driver itself, `ROWS_AT_ONCE` rows a statement, the rest one by one.

    Several times faster than SQLAlchemy Core, and a fifth faster than executemany alone.
    """
    if not rows:
        return
    connection = session.connection()
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    marks = "(" + ", ".join([mark] * len(rows[0])) + ")"
    insert_into = f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608 - constant names only
    whole = len(rows) - len(rows) % ROWS_AT_ONCE
    many = insert_into + ", ".join([marks] * ROWS_AT_ONCE)
    for at in range(0, whole, ROWS_AT_ONCE):
        values = tuple(chain.from_iterable(rows[at : at + ROWS_AT_ONCE]))
        connection.exec_driver_sql(many, values)
    if whole < len(rows):
        connection.exec_driver_sql(insert_into + marks, list(rows[whole:]))
