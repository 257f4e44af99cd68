"""Tags over time: as their values came where they are few, else by slots.

Readings with a meaning are facts, all others samples; a trend reads both and never mends either.
A bad value is a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.refusal import Refusal
from mes.core.sample_cells import Cell, Slot, cells_of, slots_of
from mes.core.sample_minutes import MINUTE_US
from mes.core.sample_values import HOUR_US, Value
from mes.features.samples.reading import Held, History
from mes.models import GapFact, SignalFact, Source, Tag

TAGS_MAX = 8
"""Most tags of one trend."""
SLOTS_MAX = 750
"""Most slots of a trend; a screen shows no more."""
RAW_MAX = 600
"""More values than this of a tag are drawn by slots."""
FACTS_MAX = 100_000
"""Most facts of a tag in a trend, the latest."""
HOLES_MAX = 2_000
"""Most holes of a source in a trend."""
SECOND_US = 1_000_000
WIDTHS = (
    *(n * SECOND_US for n in (1, 2, 5, 10, 15, 30)),
    *(n * MINUTE_US for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR_US for n in (1, 2, 3, 6, 12, 24)),
)
"""Of slots; each divides the next one that counts in the same unit, and the hour or the day."""
RANGE_MAX_US = 400 * 24 * HOUR_US


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
        points: values as they came, or one for each slot.
        slots: the slots, empty if the points are values.
        width: of a slot in microseconds; None: the points are values.
        last: the value that holds where knowledge ends; None: none is known there.
        until: up to here the last value holds.
        count: values in the span, bad ones too.
        bad: bad ones among them.
        cut: only the latest values are here.
    """

    tag: TagInfo
    points: Sequence[Point]
    slots: Sequence[Slot]
    width: int | None
    last: float | None
    until: int
    count: int
    bad: int
    cut: bool

    def coverage(self, span: Span) -> float | None:
        """Share of a span in which a good value held; None: the span is empty."""
        if span.end <= span.start:
            return None
        if self.slots:
            return sum(slot.known for slot in self.slots) / (span.end - span.start)
        ends = [*(point.at for point in self.points[1:]), self.until]
        known = sum(
            max(0, min(end, span.end) - max(point.at, span.start))
            for point, end in zip(self.points, ends, strict=False)
            if point.mean is not None
        )
        return known / (span.end - span.start)

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


def width_for(length: int) -> int:
    """The narrowest width whose slots a screen can show, for a length in microseconds."""
    return next((width for width in WIDTHS if length <= width * SLOTS_MAX), WIDTHS[-1])


class Trends:
    """Reads tags over a span.

    Raises:
        Refusal: `range_too_long` (422).
    """

    def __init__(self, session: Session, tags: Sequence[TagInfo], span: Span) -> None:
        if span.end - span.start > RANGE_MAX_US:
            raise Refusal(
                "range_too_long", "a trend covers 400 days at most", status=422, field="to"
            )
        self._session, self._span = session, span
        self._history = History(session, [tag.id for tag in tags], span)

    def series(self, tag: TagInfo, known_until: int, width: int | None = None) -> Series:
        """A tag over the span.

        Args:
            known_until: the last value holds up to here at most, UTC microseconds.
            width: of slots, one of `WIDTHS`; None: values if they are few, else slots for a screen.
        """
        always = width is not None
        span = self._span
        until = max(span.start, min(span.end, known_until))
        facts, cut = self._facts(tag)
        finest = self.finest(tag)
        width = max(width or width_for(span.end - span.start), finest)
        cells = [*self._history.cells(tag.id, span, width), *cells_of(facts, width)]
        held = self._held(tag)
        holes = self._holes(tag)
        few = sum(cell.good + cell.bad for cell in cells) <= RAW_MAX
        if few and not always and not finest:
            return self._as_they_came(tag, held, holes, until, cut)
        beyond = [Span(until, span.end)] if until < span.end else []
        start = None if held is None else held.value
        slots = slots_of(
            sorted(cells, key=lambda cell: cell.first_at),
            span,
            width,
            held=start,
            unknown=[*holes, *beyond],
        )
        return Series(
            tag=tag,
            points=[Point(s.start, s.low, s.high, s.mean if s.known else None) for s in slots],
            slots=slots,
            width=width,
            last=_last(cells, start, holes),
            until=until,
            count=sum(cell.good + cell.bad for cell in cells),
            bad=sum(cell.bad for cell in cells),
            cut=cut,
        )

    def count(self, tag: TagInfo) -> int:
        """How many values a tag has in the span; those of the slots at its edges count whole."""
        width = width_for(self._span.end - self._span.start)
        cells = self._history.cells(tag.id, self._span, max(width, MINUTE_US))
        return sum(cell.good + cell.bad for cell in cells) + self._facts_count(tag)

    def finest(self, tag: TagInfo) -> int:
        """The width of the narrowest slots of a tag that are kept, 0: all values are."""
        return self._history.finest(tag.id)

    def values(self, tag: TagInfo) -> Iterator[Value]:
        """Every value in the span that is still kept, in order, bad ones too."""
        facts, _cut = self._facts(tag)
        return merge(self._history.values(tag.id, self._span), facts, key=lambda value: value.at)

    def _as_they_came(
        self, tag: TagInfo, held: Held | None, holes: Sequence[Span], until: int, cut: bool
    ) -> Series:
        values = list(self.values(tag))
        points = [Point(value.at, *(value.good,) * 3) for value in values]
        if held is not None:
            points.insert(0, Point(self._span.start, *(held.value,) * 3))
        shown = _with_holes(points, holes)
        return Series(
            tag=tag,
            points=shown,
            slots=(),
            width=None,
            last=shown[-1].mean if shown else None,
            until=until,
            count=len(values),
            bad=sum(value.good is None for value in values),
            cut=cut,
        )

    def _facts(self, tag: TagInfo) -> tuple[list[Value], bool]:
        """The latest facts of a tag in the span in order, and whether there are more."""
        rows = self._session.execute(
            select(SignalFact.event_time, SignalFact.value, SignalFact.quality)
            .where(
                SignalFact.tag_id == tag.id,
                SignalFact.event_time >= self._span.start,
                SignalFact.event_time < self._span.end,
            )
            .order_by(SignalFact.event_time.desc())
            .limit(FACTS_MAX + 1)
        ).all()
        found = [Value(at, _number(value), None, quality) for at, value, quality in rows]
        return found[FACTS_MAX - 1 :: -1], len(found) > FACTS_MAX

    def _facts_count(self, tag: TagInfo) -> int:
        count = select(func.count()).where(
            SignalFact.tag_id == tag.id,
            SignalFact.event_time >= self._span.start,
            SignalFact.event_time < self._span.end,
        )
        return self._session.scalar(count) or 0

    def _held(self, tag: TagInfo) -> Held | None:
        """What was known just before the span."""
        start = self._span.start
        row = self._session.execute(
            select(SignalFact.event_time, SignalFact.value, SignalFact.quality)
            .where(SignalFact.tag_id == tag.id, SignalFact.event_time < start)
            .order_by(SignalFact.event_time.desc())
            .limit(1)
        ).first()
        found = [self._history.held(tag.id, start)]
        if row is not None:
            fact = Value(row.event_time, _number(row.value), None, row.quality)
            found.append(Held(fact.at, fact.good))
        latest = max((one for one in found if one), key=lambda one: one.since, default=None)
        if latest is not None and self._lost_since(tag, latest.since):
            return Held(latest.since, None)
        return latest

    def _lost_since(self, tag: TagInfo, since: int) -> bool:
        """Whether a hole of the source lies between an instant and the span."""
        hole = select(GapFact.id).where(
            GapFact.source_id == tag.source_id,
            GapFact.end > since,
            GapFact.start < self._span.start,
        )
        return self._session.scalar(hole.limit(1)) is not None

    def _holes(self, tag: TagInfo) -> list[Span]:
        """Known holes of the source of a tag in the span."""
        rows = self._session.execute(
            select(GapFact.start, GapFact.end)
            .where(
                GapFact.source_id == tag.source_id,
                GapFact.end > self._span.start,
                GapFact.start < self._span.end,
            )
            .order_by(GapFact.start)
            .limit(HOLES_MAX)
        )
        first, last = self._span.start, self._span.end
        return [Span(max(start, first), min(end, last)) for start, end in rows if end > start]


def _last(cells: Sequence[Cell], held: float | None, holes: Sequence[Span]) -> float | None:
    latest = max(cells, key=lambda cell: cell.last_at, default=None)
    if latest is None:
        return held
    return None if any(hole.start > latest.last_at for hole in holes) else latest.last


def _with_holes(points: Sequence[Point], holes: Sequence[Span]) -> list[Point]:
    """The points with a break where a hole begins, none inside one."""
    kept = [p for p in points if not any(hole.start < p.at < hole.end for hole in holes)]
    breaks = [Point(hole.start, None, None, None) for hole in holes]
    return sorted([*kept, *breaks], key=lambda point: point.at)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, bool | int | float) else None
