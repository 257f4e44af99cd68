"""What an edge handed over: is every record in the MES, and once?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.models import GapFact, SignalFact, Source, SourceStream


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One stream of a source.

    Attributes:
        acknowledged: number of its last record that the MES said it has; they begin at 1.
        stored: how many different ones of these are facts; None: samples, which are none.
        repeated: how many facts there are more than once, or beyond the acknowledged ones.
        islands: stretches of records that came beyond a hole which is still open.
    """

    source: str
    epoch: str
    acknowledged: int
    stored: int | None
    repeated: int
    islands: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing and nothing is there twice."""
        all_stored = self.stored is None or self.stored == self.acknowledged
        return all_stored and not self.repeated and not self.islands


def delivered(session: Session) -> list[Delivered]:
    """Every stream; gaps are records, too."""
    found = []
    streams = session.execute(
        select(Source.code, SourceStream)
        .join(SourceStream, SourceStream.source_id == Source.id)
        .order_by(Source.code, SourceStream.id)
    )
    for code, stream in streams:
        is_event = stream.stream == "event"
        numbers = _numbers(session, stream) if is_event else []
        inside = {number for number in numbers if 1 <= number <= stream.acked_seq}
        found.append(
            Delivered(
                source=code,
                epoch=stream.epoch,
                acknowledged=stream.acked_seq,
                stored=len(inside) if is_event else None,
                repeated=len(numbers) - len(inside),
                islands=len(stream.islands or ()),
            )
        )
    return found


def unsent(data: Path) -> int:
    """Records that the edge of a data folder still holds in its spool."""
    (spool,) = data.glob("spool-*.db")
    with reading(spool) as connection:
        rows = connection.execute("SELECT first_seq, last_seq FROM chunk").fetchall()
    return sum(last - first + 1 for first, last in rows)


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads an SQLite file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        yield connection


def _numbers(session: Session, stream: SourceStream) -> list[int]:
    return [
        number
        for fact in (SignalFact, GapFact)
        for number in session.scalars(
            select(fact.seq).where(
                fact.source_id == stream.source_id,
                fact.stream == stream.stream,
                fact.epoch == stream.epoch,
            )
        )
    ]
