"""Samples that arrived are moved into packed hours, with what their minutes and hours say.

The table that ingest appends to stays small: it is read through for every trend. Reading and
packing happen without the write lock; one short transaction then replaces the hours and takes out
exactly the rows that were read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import Counter, Gauge
from sqlalchemy import delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from mes.core.sample_cells import cells_of, joined
from mes.core.sample_minutes import MINUTE_US, packed_minutes
from mes.core.sample_values import HOUR_US, Value, hour_of, packed, unpacked
from mes.db import Database, in_parts
from mes.models import Sample, SampleChunk, SampleHour, SampleMinutes, Tag

ROWS_MAX = 200_000
"""Most samples that are packed at once, about 60 MB while they are."""

WAITING = Gauge("mes_samples_waiting", "Samples that are not packed yet")
PACKED = Counter("mes_samples_packed", "Samples packed")
DROPPED = Counter("mes_samples_dropped", "Samples older than they are kept, or of no tag")

Place = tuple[int, int]
"""Tag id and hour."""
Model = type[SampleChunk] | type[SampleMinutes] | type[SampleHour]


class Unsettled(RuntimeError):
    """What was read is not what is there now: nothing was packed, the next round tries again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """Samples as they were read: the lowest and highest id, how many, and where they belong."""

    first: int
    last: int
    count: int
    values: Mapping[Place, Sequence[Value]]


def pack_some(database: Database, oldest_us: int, rows_max: int = ROWS_MAX) -> int:
    """Pack the samples that have waited longest.

    Args:
        oldest_us: samples before this instant, UTC microseconds, are not kept.

    Returns:
        How many samples were taken out of the waiting ones; 0: none waits.

    Raises:
        Unsettled: a sample among them became visible meanwhile.
        UnreadableChunk: what is packed already cannot be read.
    """
    with database.reading() as session:
        taken = _take(session, rows_max)
        if taken is None:
            WAITING.set(0)
            return 0
        known = _known_tags(session, {tag for tag, _ in taken.values})
        kept = {
            place: values
            for place, values in taken.values.items()
            if place[0] in known and place[1] + HOUR_US > oldest_us
        }
        hours = [
            _hour_rows(place, sorted([*before, *kept[place]], key=lambda value: value.at))
            for place, before in _packed_before(session, sorted(kept))
        ]
        waiting = (session.scalar(select(func.max(Sample.id))) or taken.last) - taken.last
    with database.transaction() as session:
        if not _took_out(session, taken):
            raise Unsettled(f"{taken.count} samples were read, others are there now")
        _replace(session, sorted(kept), hours)
    number = sum(map(len, kept.values()))
    PACKED.inc(number)
    DROPPED.inc(taken.count - number)
    WAITING.set(waiting)
    return taken.count


def sum_again(database: Database, most: int = 500) -> int:
    """Make minutes and hours of packed hours that have none; returns of how many.

    An older version of the schema, gone down to and up again, leaves them so.
    """
    with database.reading() as session:
        rows = session.execute(
            select(SampleChunk.tag_id, SampleChunk.hour)
            .outerjoin(
                SampleHour,
                (SampleHour.tag_id == SampleChunk.tag_id) & (SampleHour.hour == SampleChunk.hour),
            )
            .where(SampleHour.id.is_(None))
            .limit(most)
        )
        places = [(tag_id, hour) for tag_id, hour in rows]
        hours = [_hour_rows(place, values) for place, values in _packed_before(session, places)]
    if hours:
        with database.transaction() as session:
            _replace(session, places, hours)
    return len(hours)


def _take(session: Session, rows_max: int) -> _Taken | None:
    values: dict[Place, list[Value]] = defaultdict(list)
    first = last = count = 0
    rows = session.execute(
        select(Sample.id, Sample.tag_id, Sample.at, Sample.number, Sample.text, Sample.quality)
        .order_by(Sample.id)
        .limit(rows_max)
        .execution_options(yield_per=10_000)
    )
    for row_id, tag_id, at, number, text, quality in rows:
        values[tag_id, hour_of(at)].append(Value(at, number, text, quality))
        first, last, count = first or row_id, row_id, count + 1
    return _Taken(first=first, last=last, count=count, values=values) if count else None


def _known_tags(session: Session, tags: set[int]) -> set[int]:
    return {
        tag
        for part in in_parts(sorted(tags))
        for tag in session.scalars(select(Tag.id).where(Tag.id.in_(part)))
    }


def _packed_before(
    session: Session, places: Sequence[Place]
) -> Iterator[tuple[Place, list[Value]]]:
    """Each place with what is packed of it already; unpacked one by one, for all are large."""
    for part in in_parts(places):
        rows = session.execute(
            select(SampleChunk.tag_id, SampleChunk.hour, SampleChunk.data).where(
                tuple_(SampleChunk.tag_id, SampleChunk.hour).in_(part)
            )
        )
        packed_data = {(tag_id, hour): data for tag_id, hour, data in rows}
        for place in part:
            data = packed_data.get(place)
            yield place, [] if data is None else unpacked(data)


def _hour_rows(place: Place, values: Sequence[Value]) -> dict[Model, dict[str, Any]]:
    """The rows of a tag and hour in each table."""
    at = {"tag_id": place[0], "hour": place[1]}
    minutes = cells_of(values, MINUTE_US)
    (hour,) = joined(minutes, HOUR_US)
    told = hour._asdict()
    del told["start"], told["end"]
    return {
        SampleChunk: {**at, "count": len(values), "data": packed(values)},
        SampleMinutes: {**at, "data": packed_minutes(minutes)},
        SampleHour: {**at, **told},
    }


def _took_out(session: Session, taken: _Taken) -> bool:
    """Whether exactly the rows that were read are out now.

    On PostgreSQL a row with an id among them may have become visible since; the next round packs
    all of them.
    """
    between = (Sample.id >= taken.first, Sample.id <= taken.last)
    count: int = session.execute(delete(Sample).where(*between)).rowcount  # type: ignore[attr-defined]  # of a delete
    return count == taken.count


def _replace(
    session: Session, places: Sequence[Place], hours: Sequence[dict[Model, dict[str, Any]]]
) -> None:
    for model in (SampleChunk, SampleMinutes, SampleHour):
        for part in in_parts(places):
            session.execute(delete(model).where(tuple_(model.tag_id, model.hour).in_(part)))
        if hours:
            session.execute(insert(model), [rows[model] for rows in hours])
