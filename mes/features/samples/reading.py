"""Samples of tags read again: waiting, packed, or only as minutes and hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.sample_cells import Cell, cells_of, joined
from mes.core.sample_minutes import MINUTE_US, unpacked_minutes
from mes.core.sample_values import HOUR_US, Value, hour_of, unpacked
from mes.models import Sample, SampleChunk, SampleHour, SampleMinutes


class Held(NamedTuple):
    """A value and since when it holds; None: it is bad."""

    since: int
    value: float | None


class History:
    """The samples of some tags in a span, read through the waiting ones once.

    Args:
        tag_ids: of which tags.
        span: within it values and cells may be asked for.
    """

    def __init__(self, session: Session, tag_ids: Sequence[int], span: Span) -> None:
        self._session, self._span = session, span
        self._waiting: dict[int, list[Value]] = defaultdict(list)
        rows = session.execute(
            select(Sample.tag_id, Sample.at, Sample.number, Sample.text, Sample.quality)
            .where(Sample.tag_id.in_(tag_ids), Sample.at < span.end)
            .order_by(Sample.id)
        )
        for tag_id, at, number, text, quality in rows:
            self._waiting[tag_id].append(Value(at, number, text, quality))

    def values(self, tag_id: int, span: Span) -> list[Value]:
        """Every value of a tag in a span, in order."""
        found = [value for hour in self._chunks(tag_id, span) for value in hour]
        found += self._waiting[tag_id]
        inside = [value for value in found if span.start <= value.at < span.end]
        return sorted(inside, key=lambda value: value.at)

    def cells(self, tag_id: int, span: Span, width: int) -> list[Cell]:
        """The cells of `width` microseconds that touch a span, from as few rows as can be.

        Args:
            width: below a minute a divisor of it, from a minute on a multiple of it that divides
                an hour, from an hour on a multiple of that.
        """
        edges = Span(span.start - span.start % width, -(-span.end // width) * width)
        if width < MINUTE_US:
            return cells_of(self.values(tag_id, edges), width)
        whole = Span(hour_of(edges.start), hour_of(edges.end + HOUR_US - 1))
        fresh = {hour_of(value.at) for value in self._waiting[tag_id]}
        kept = self._hours(tag_id, whole) if width >= HOUR_US else self._minutes(tag_id, whole)
        base = HOUR_US if width >= HOUR_US else MINUTE_US
        cells = [cell for cell in kept if hour_of(cell.start) not in fresh]
        for hour in sorted(fresh):
            if whole.start <= hour < whole.end:
                values = self.values(tag_id, Span(hour, hour + HOUR_US))
                cells += joined(cells_of(values, MINUTE_US), base)
        inside = [cell for cell in cells if edges.start <= cell.start < edges.end]
        return joined(sorted(inside, key=lambda cell: cell.start), width)

    def held(self, tag_id: int, at: int) -> Held | None:
        """What was known of a tag just before an instant; None: nothing ever."""
        before = self.values(tag_id, Span(hour_of(at), at))
        if not before:
            before = [value for value in self._waiting[tag_id] if value.at < at]
        found = [Held(value.at, value.good) for value in before]
        row = self._session.execute(
            select(SampleHour.last_at, SampleHour.last)
            .where(SampleHour.tag_id == tag_id, SampleHour.hour < hour_of(at))
            .order_by(SampleHour.hour.desc())
            .limit(1)
        ).first()
        if row is not None:
            found.append(Held(*row))
        return max(found, key=lambda one: one.since, default=None)

    def finest(self, tag_id: int) -> int:
        """The width of the narrowest cells that are kept of the whole span, 0: all values are."""
        hours, minutes, chunks = (
            self._session.scalar(
                select(func.count()).where(
                    model.tag_id == tag_id,
                    model.hour >= hour_of(self._span.start),
                    model.hour < self._span.end,
                )
            )
            or 0
            for model in (SampleHour, SampleMinutes, SampleChunk)
        )
        if chunks >= hours:
            return 0
        return MINUTE_US if minutes >= hours else HOUR_US

    def _chunks(self, tag_id: int, span: Span) -> list[list[Value]]:
        rows = self._session.scalars(
            select(SampleChunk.data)
            .where(
                SampleChunk.tag_id == tag_id,
                SampleChunk.hour >= hour_of(span.start),
                SampleChunk.hour < span.end,
            )
            .order_by(SampleChunk.hour)
        )
        return [unpacked(data) for data in rows]

    def _minutes(self, tag_id: int, span: Span) -> list[Cell]:
        rows = self._session.scalars(
            select(SampleMinutes.data)
            .where(
                SampleMinutes.tag_id == tag_id,
                SampleMinutes.hour >= span.start,
                SampleMinutes.hour < span.end,
            )
            .order_by(SampleMinutes.hour)
        )
        return [cell for data in rows for cell in unpacked_minutes(data)]

    def _hours(self, tag_id: int, span: Span) -> list[Cell]:
        rows = self._session.execute(
            select(
                SampleHour.hour,
                SampleHour.hour + HOUR_US,
                SampleHour.first_at,
                SampleHour.last_at,
                SampleHour.last,
                SampleHour.low,
                SampleHour.high,
                SampleHour.known,
                SampleHour.area,
                SampleHour.good,
                SampleHour.bad,
            )
            .where(
                SampleHour.tag_id == tag_id,
                SampleHour.hour >= span.start,
                SampleHour.hour < span.end,
            )
            .order_by(SampleHour.hour)
        )
        return [Cell(*row) for row in rows]
