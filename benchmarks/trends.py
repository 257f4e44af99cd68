"""Trends and packed samples: bytes on disk, cost of packing, and reading eight tags.

A plant of 300 tags with a value each second for two hours, in order of arrival as ingest appends
them, beside the same rows that stay as they are. The reference of reading is one plain SQL
statement over those rows that gives lowest, highest and mean of each slot, with an index by tag and
time that ingest would have to pay for.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text

from benchmarks.figures import Figure
from benchmarks.store import SECOND_US, database
from mes.core.case_model import Span
from mes.core.sample_values import HOUR_US
from mes.db import Database
from mes.features.reports.samples import TagInfo, Trends, known_tags
from mes.features.samples.packing import ROWS_MAX, pack_some
from mes.models import Sample, SampleChunk, SampleHour, SampleMinutes

TAGS = 300
HOURS = 2
DRAWN = 8
MONTH_H = 31 * 24
START = 480_000 * HOUR_US


def measure(folder: Path, windows: int) -> list[Figure]:
    """Bytes a sample, packing per sample, and reading against plain SQL."""
    with ExitStack() as stack:
        ours = stack.enter_context(database(folder, "ours.db", begun_us=START))
        plain = stack.enter_context(database(folder, "plain.db", begun_us=START))
        with ours.reading() as session:
            tags = known_tags(session)[:TAGS]
        empty = _pages(plain)
        rows = 0
        for part in _seconds(tags):
            rows += len(part)
            for one in (ours, plain):
                with one.transaction() as session:
                    session.execute(insert(Sample), part)
        plain_bytes = (_pages(plain) - empty) / rows
        packing = _packing(ours, rows)
        with plain.transaction() as session:
            session.execute(text("CREATE INDEX by_tag ON sample (tag_id, at)"))
        _spread_over_a_month(ours, tags[:DRAWN])
        return [
            Figure(
                name="bytes per packed sample",
                values=[_packed_bytes(ours, rows)],
                unit="B",
                target=32,
                ambition=6,
                note=f"values, minutes and hours; a plain row takes {plain_bytes:.0f} B",
            ),
            Figure(
                name="processor time of packing per sample",
                values=packing,
                unit="us",
                note=f"{TAGS} tags, up to {ROWS_MAX} at once",
            ),
            *_reading(ours, plain, tags[:DRAWN], windows),
        ]


def _reading(
    ours: Database, plain: Database, tags: list[TagInfo], windows: int
) -> Iterator[Figure]:
    hour = Span(START + HOUR_US // 2, START + HOUR_US // 2 + HOUR_US)
    month = Span(START, START + MONTH_H * HOUR_US)
    bare = [_seconds_of(lambda: _plain(plain, tags, hour)) for _ in range(windows)]
    near = [_seconds_of(lambda: _drawn(ours, tags, hour)) for _ in range(windows)]
    far = [_seconds_of(lambda: _drawn(ours, tags, month)) for _ in range(windows)]
    yield Figure(
        name="an hour of 8 tags / plain SQL with an index",
        values=[a / b for a, b in zip(near, bare, strict=True)],
        note="each value unpacked; holding values, holes and bad ones considered",
    )
    for name, values in (("an hour", near), ("a month", far), ("an hour, plain SQL", bare)):
        unit, of = "ms", f"{name} of {DRAWN} tags"
        yield Figure(name=of, values=[1000 * value for value in values], unit=unit)


def _seconds(tags: list[TagInfo]) -> Iterator[list[dict[str, Any]]]:
    """A minute of all tags at a time: slow values with two decimals and uneven instants."""
    dice = random.Random(7)
    now = [20.0] * len(tags)
    for second in range(HOURS * 3600):
        if second % 60 == 0:
            part: list[dict[str, Any]] = []
        at = START + second * SECOND_US
        for n, tag in enumerate(tags):
            now[n] = round(now[n] + dice.uniform(-0.1, 0.1), 2)
            jitter = dice.randrange(5) * 1000
            part.append(
                {
                    "at": at + jitter,
                    "tag_id": tag.id,
                    "number": now[n],
                    "text": None,
                    "quality": 0,
                }
            )
        if second % 60 == 59:
            yield part


def _packing(ours: Database, rows: int) -> list[float]:
    begun = time.process_time()
    while pack_some(ours, 0):
        pass
    return [1e6 * (time.process_time() - begun) / rows]


def _packed_bytes(ours: Database, rows: int) -> float:
    with ours.reading() as session:
        blobs = sum(
            session.scalar(select(func.sum(func.length(model.data)))) or 0
            for model in (SampleChunk, SampleMinutes)
        )
        hours = session.scalar(select(func.count(SampleHour.id))) or 0
    return (blobs + hours * 3 * 80) / rows


def _spread_over_a_month(ours: Database, tags: list[TagInfo]) -> None:
    """Hours of a month, copies of the first."""
    columns = [c.name for c in SampleHour.__table__.columns if c.name != "id"]
    with ours.transaction() as session:
        for tag in tags:
            first = session.execute(
                select(*(SampleHour.__table__.c[name] for name in columns))
                .where(SampleHour.tag_id == tag.id)
                .limit(1)
            ).one()
            rows = []
            for hour in range(HOURS, MONTH_H):
                row = dict(zip(columns, first, strict=True))
                for key in ("hour", "first_at", "last_at"):
                    row[key] += hour * HOUR_US
                rows.append(row)
            session.execute(insert(SampleHour), rows)


def _drawn(ours: Database, tags: list[TagInfo], span: Span) -> None:
    with ours.reading() as session:
        trends = Trends(session, tags, span)
        for tag in tags:
            if not trends.series(tag, span.end).points:
                raise RuntimeError("nothing was drawn")


def _plain(plain: Database, tags: list[TagInfo], span: Span) -> None:
    with plain.reading() as session:
        for tag in tags:
            found = session.execute(
                text(
                    "SELECT (at - :start) / 5000000, min(number), max(number), avg(number)"
                    " FROM sample WHERE tag_id = :tag AND at >= :start AND at < :end GROUP BY 1"
                ),
                {"tag": tag.id, "start": span.start, "end": span.end},
            ).all()
            if len(found) != 720:
                raise RuntimeError(f"{len(found)} slots")


def _seconds_of(act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _pages(database: Database) -> int:
    with database.reading() as session:
        size = session.scalar(text("PRAGMA page_size")) or 0
        return size * (session.scalar(text("PRAGMA page_count")) or 0)
