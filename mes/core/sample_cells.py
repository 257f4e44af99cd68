"""Values of a tag over stretches of time: lowest, highest, mean over time, and what is known.

A value holds until the next one; a bad one, a hole of the source and the end of knowledge end it.
So a mean is weighted by time, never by how often a device happened to send: a value that was sent
once and held for 59 seconds weighs 59 times as much as one that held for a second.

A *cell* is what the values inside a stretch say by themselves, without the value that held at its
beginning; cells are kept. A *slot* is what is shown: cells together with what held before them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from mes.core.case_model import Span
from mes.core.sample_values import Value


class Cell(NamedTuple):
    """The values of a tag in [start, end); instants in UTC microseconds.

    Attributes:
        first_at: when the first value came; before it, what held at the start still held.
        last_at: when the last value came.
        last: the value that holds at the end; None: it is bad.
        low, high: of the good values; None: there is none.
        known: microseconds from `first_at` to `end` in which a good value held.
        area: value times microseconds over `known`.
        good, bad: how many values of either kind.
    """

    start: int
    end: int
    first_at: int
    last_at: int
    last: float | None
    low: float | None
    high: float | None
    known: int
    area: float
    good: int
    bad: int


class Slot(NamedTuple):
    """What is shown of a tag in [start, end).

    `low`, `high` and `mean` are None when nothing is known; `known`: microseconds in which a good
    value held; `bad`: bad values.
    """

    start: int
    end: int
    low: float | None
    high: float | None
    mean: float | None
    known: int
    bad: int


def cells_of(values: Iterable[Value], width: int) -> list[Cell]:
    """Values in order of time as cells of `width` microseconds, counted from the UTC epoch."""
    return [
        _cell(number * width, (number + 1) * width, list(inside))
        for number, inside in groupby(values, key=lambda value: value.at // width)
    ]


def joined(cells: Sequence[Cell], width: int) -> list[Cell]:
    """Cells in order as cells of a multiple of their width."""
    return [
        _joined(number * width, (number + 1) * width, list(inside))
        for number, inside in groupby(cells, key=lambda cell: cell.start // width)
    ]


def slots_of(
    cells: Sequence[Cell],
    span: Span,
    width: int,
    *,
    held: float | None,
    unknown: Sequence[Span] = (),
) -> list[Slot]:
    """Every slot of a span, one after the other; the first begins at the start of the span.

    Args:
        cells: in order, none wider than a slot or across the end of one.
        width: of a slot, counted from the UTC epoch.
        held: the value at the start; None: it is not known.
        unknown: stretches of which nothing is known, such as holes of the source, in order.
    """
    drawn = _Slots(span, width, _Holes(unknown))
    at, value = span.start, held
    for cell in cells:
        drawn.hold(at, cell.first_at, value)
        at, value = cell.end, drawn.add(cell)
    drawn.hold(at, span.end, value)
    return drawn.made()


def _cell(start: int, end: int, values: Sequence[Value]) -> Cell:
    known, area = 0, 0.0
    numbers = [value.good for value in values]
    ends = [*(value.at for value in values[1:]), end]
    for value, number, until in zip(values, numbers, ends, strict=True):
        if number is not None:
            known += until - value.at
            area += number * (until - value.at)
    good = [number for number in numbers if number is not None]
    return Cell(
        start=start,
        end=end,
        first_at=values[0].at,
        last_at=values[-1].at,
        last=numbers[-1],
        low=min(good, default=None),
        high=max(good, default=None),
        known=known,
        area=area,
        good=len(good),
        bad=len(values) - len(good),
    )


def _joined(start: int, end: int, cells: Sequence[Cell]) -> Cell:
    known, area = 0, 0.0
    nexts = [*(cell.first_at for cell in cells[1:]), end]
    for cell, until in zip(cells, nexts, strict=True):
        held = 0 if cell.last is None else until - cell.end
        known += cell.known + held
        area += cell.area + (cell.last or 0.0) * held
    return Cell(
        start=start,
        end=end,
        first_at=cells[0].first_at,
        last_at=cells[-1].last_at,
        last=cells[-1].last,
        low=min((cell.low for cell in cells if cell.low is not None), default=None),
        high=max((cell.high for cell in cells if cell.high is not None), default=None),
        known=known,
        area=area,
        good=sum(cell.good for cell in cells),
        bad=sum(cell.bad for cell in cells),
    )


class _Holes:
    """Stretches of which nothing is known; they may touch and overlap."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans: list[Span] = []
        for span in sorted(spans, key=lambda one: one.start):
            if self._spans and span.start <= self._spans[-1].end:
                before = self._spans.pop()
                span = Span(before.start, max(before.end, span.end))
            self._spans.append(span)
        self._ends = [span.end for span in self._spans]

    def within(self, start: int, end: int) -> list[Span]:
        """What of the holes lies in [start, end)."""
        found: list[Span] = []
        for hole in self._spans[bisect_right(self._ends, start) :]:
            if hole.start >= end:
                break
            found.append(Span(max(start, hole.start), min(end, hole.end)))
        return found


class _Slots:
    """Slots in the making; columns, because there are many."""

    def __init__(self, span: Span, width: int, holes: _Holes) -> None:
        self._span, self._width, self._holes = span, width, holes
        self._first = span.start // width
        count = -(-span.end // width) - self._first
        self._low: list[float | None] = [None] * count
        self._high: list[float | None] = [None] * count
        self._known = [0] * count
        self._area = [0.0] * count
        self._bad = [0] * count

    def hold(self, start: int, end: int, value: float | None) -> None:
        """A value holds in [start, end) until a hole begins."""
        end = min(end, self._span.end)
        if value is None or start >= end:
            return
        holes = self._holes.within(start, end)
        known_until = holes[0].start if holes else end
        at = start
        while at < known_until:
            number = at // self._width
            until = min(known_until, (number + 1) * self._width)
            self._note(number - self._first, value, value, until - at, value * (until - at))
            at = until

    def add(self, cell: Cell) -> float | None:
        """The values of a cell; what of it lies in a hole is not known. Returns what then holds."""
        number = cell.start // self._width - self._first
        self._bad[number] += cell.bad
        end = min(cell.end, self._span.end)
        holes = self._holes.within(cell.first_at, end)
        if cell.low is not None and cell.high is not None:
            beyond = 0 if cell.last is None else cell.end - end
            known = max(0, cell.known - beyond)
            seen = max(0, known - sum(hole.end - hole.start for hole in holes))
            area = cell.area - (cell.last or 0.0) * beyond
            self._note(number, cell.low, cell.high, seen, area * seen / known if known else 0.0)
        return None if holes and holes[-1].end > cell.last_at else cell.last

    def made(self) -> list[Slot]:
        """The slots, from the first to the last."""
        return [self._slot(number) for number in range(len(self._known))]

    def _note(self, number: int, low: float, high: float, known: int, area: float) -> None:
        was_low, was_high = self._low[number], self._high[number]
        self._low[number] = low if was_low is None else min(low, was_low)
        self._high[number] = high if was_high is None else max(high, was_high)
        self._known[number] += known
        self._area[number] += area

    def _slot(self, number: int) -> Slot:
        start = max(self._span.start, (self._first + number) * self._width)
        end = min(self._span.end, (self._first + number + 1) * self._width)
        known, low = self._known[number], self._low[number]
        mean = self._area[number] / known if known else low
        return Slot(start, end, low, self._high[number], mean, known, self._bad[number])
