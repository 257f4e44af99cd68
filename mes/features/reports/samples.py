"""Values of tags over time: as they came where they are few, else their envelope by slots.

Readings with a meaning are facts, all others samples; a trend reads both and never mends either.
A bad value is a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from mes.core.case_model import Span
from mes.core.refusal import Refusal
from mes.models import GapFact, Sample, SignalFact, Source, Tag

TAGS_MAX = 8
"""Most tags of one trend."""
SLOTS = 480
"""Slots of an envelope; a screen shows no more."""
RAW_MAX = 600
"""More values than this of a tag are drawn by their envelope, of facts the latest."""
EXPORT_MAX = 20_000
"""Most values of a tag in an export, the latest."""
HELD_US = 3_600_000_000
"""How far back the value is looked for that holds at the start."""
RANGE_MAX_US = 8 * 86_400_000_000
Model = type[Sample] | type[SignalFact]
GOOD_ENOUGH = 1
"""Highest quality code that is a value: 0 good, 1 uncertain, 2 bad."""


class Point(NamedTuple):
    """What was known of a slot, or at an instant: `low` and `high` are None in a gap."""

    at: int
    low: float | None
    high: float | None
    mean: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagInfo:
    """A tag that may be drawn; limits are those beyond which its values are bad."""

    id: int
    source_id: int
    name: str
    unit: str | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A tag over a span.

    Attributes:
        count: values in the span, bad ones too.
        until: up to here the last value holds.
        enveloped: the points are slots, not values.
        cut: only the latest values are here.
    """

    tag: TagInfo
    points: Sequence[Point]
    until: int
    count: int
    enveloped: bool
    cut: bool

    def coverage(self, span: Span) -> float | None:
        """Share of a span in which a good value held; None: the span is empty."""
        ends = [*(point.at for point in self.points[1:]), self.until]
        known = sum(
            max(0, min(end, span.end) - max(point.at, span.start))
            for point, end in zip(self.points, ends, strict=False)
            if point.mean is not None
        )
        return known / (span.end - span.start) if span.end > span.start else None

    @property
    def range(self) -> tuple[float, float] | None:
        """Lowest and highest value; None: there is none."""
        lows = [p.low for p in self.points if p.low is not None]
        highs = [p.high for p in self.points if p.high is not None]
        return (min(lows), max(highs)) if lows else None


def known_tags(session: Session) -> list[TagInfo]:
    """Every tag of a number that is not retired, by source and name."""
    rows = session.execute(
        select(Tag.id, Tag.source_id, Source.code, Tag.name, Tag.definition)
        .join(Source, Source.id == Tag.source_id)
        .where(Tag.retired_at.is_(None), Source.retired_at.is_(None))
        .order_by(Source.code, Tag.name)
    )
    return [
        TagInfo(
            id=row.id,
            source_id=row.source_id,
            name=f"{row.code}/{row.name}",
            unit=row.definition.get("unit"),
            low=_number(row.definition.get("min")),
            high=_number(row.definition.get("max")),
        )
        for row in rows
        if row.definition.get("type") != "string"
    ]


def tag_series(session: Session, tag: TagInfo, span: Span, known_until: int) -> Series:
    """A tag over a span.

    Args:
        known_until: the last value holds up to here at most, UTC microseconds.

    Raises:
        Refusal: `range_too_long` (422).
    """
    if span.end - span.start > RANGE_MAX_US:
        raise Refusal("range_too_long", "a trend covers 8 days at most", status=422, field="to")
    counts = [
        session.scalar(select(func.count()).where(_within(model, tag, span))) or 0
        for model in (Sample, SignalFact)
    ]
    count = sum(counts)
    gaps = _gaps(session, tag, span)
    enveloped = counts[0] > RAW_MAX
    points = _envelope(session, tag, span) if enveloped else raw_points(session, tag, span, RAW_MAX)
    return Series(
        tag=tag,
        points=_with_gaps(points, gaps),
        until=min(span.end, known_until),
        count=count,
        enveloped=enveloped,
        cut=counts[1] > RAW_MAX,
    )


def raw_points(session: Session, tag: TagInfo, span: Span, most: int = EXPORT_MAX) -> list[Point]:
    """Values as they came, the latest `most` of them, and the one that held at the start."""
    found = [
        _point(at, value, quality)
        for model in (Sample, SignalFact)
        for at, value, quality in session.execute(
            _values(model).where(_within(model, tag, span)).order_by(_at(model).desc()).limit(most)
        )
    ]
    before = Span(span.start - HELD_US, span.start)
    for model in (Sample, SignalFact):
        last = session.execute(
            _values(model).where(_within(model, tag, before)).order_by(_at(model).desc()).limit(1)
        ).first()
        if last is not None:
            found.append(_point(span.start, last[1], last[2]))
    return sorted(found, key=lambda point: point.at)


def _envelope(session: Session, tag: TagInfo, span: Span) -> list[Point]:
    width = max(1, (span.end - span.start) // SLOTS)
    slot = (Sample.at - span.start) // width
    number = case((Sample.quality <= GOOD_ENOUGH, Sample.number))
    rows = session.execute(
        select(slot, func.min(number), func.max(number), func.avg(number))
        .where(_within(Sample, tag, span))
        .group_by(slot)
        .order_by(slot)
    )
    return [Point(span.start + n * width, low, high, mean) for n, low, high, mean in rows]


def _gaps(session: Session, tag: TagInfo, span: Span) -> list[Span]:
    """Known holes of the source in a span."""
    rows = session.execute(
        select(GapFact.start, GapFact.end)
        .where(
            GapFact.source_id == tag.source_id, GapFact.end > span.start, GapFact.start < span.end
        )
        .order_by(GapFact.start)
        .limit(RAW_MAX)
    )
    return [Span(max(start, span.start), min(end, span.end)) for start, end in rows]


def _with_gaps(points: Sequence[Point], gaps: Sequence[Span]) -> list[Point]:
    """The points with a break where a hole begins, none inside one."""
    kept = [p for p in points if not any(gap.start < p.at < gap.end for gap in gaps)]
    breaks = [Point(gap.start, None, None, None) for gap in gaps]
    return sorted([*kept, *breaks], key=lambda point: point.at)


def _at(model: Model) -> InstrumentedAttribute[int]:
    return Sample.at if model is Sample else SignalFact.event_time


def _values(model: Model) -> Select[int, float | None, int] | Select[int, Any, int]:
    if model is Sample:
        return select(Sample.at, Sample.number, Sample.quality)
    return select(SignalFact.event_time, SignalFact.value, SignalFact.quality)


def _within(model: Model, tag: TagInfo, span: Span) -> ColumnElement[bool]:
    tag_id = Sample.tag_id if model is Sample else SignalFact.tag_id
    return and_(tag_id == tag.id, _at(model) >= span.start, _at(model) < span.end)


def _point(at: int, value: object, quality: int) -> Point:
    number = _number(value) if quality <= GOOD_ENOUGH else None
    return Point(at, number, number, number)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, bool | int | float) else None
