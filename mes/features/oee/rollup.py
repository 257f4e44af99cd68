"""Figures of many places and periods from stored roll-ups, the open end and silent time added.

Sums are added, results never (rule R10). An item has its sums as whole numbers where its rows
allow that, else as a tally; both give the same figure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from mes.core.figures import counts_in
from mes.core.flags import Flag
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.core.tally import EMPTY, ReasonKey, Tally, added_reasons, reasons_from_json
from mes.features.oee.periods import PeriodKind, first_day, label, last_day
from mes.features.oee.places import Place
from mes.features.oee.rollup_query import (
    Group,
    RowKey,
    Wanted,
    apart,
    exact_rows,
    first_rows,
    marked_rows,
    period_columns,
    reason_rows,
    short_columns,
    short_rows,
    whole_rows,
)
from mes.features.oee.stretches import (
    Piece,
    open_end,
    present_of_unit,
    rows_end,
    unheard,
)
from mes.features.production.masters import Masters
from mes.features.production.parts import item_names
from mes.features.production.queries import tile_inputs
from mes.features.production.rollup_row import (
    FLAG_BITS,
    RATE_MISSING_BITS,
    row_of,
    tally_of_row,
    tally_of_sums,
)
from mes.features.production.tile import TileInput

SHORT_MAX = 60_000
"""Most figures of one answer in the short form."""
WHOLE_MAX = 4_000
"""Most figures of one answer in the whole form."""


class ItemKey(NamedTuple):
    """What one figure speaks of.

    Attributes:
        place: number of the place in the request.
        period: label of the period, of an hour its start.
        first: first production day (or the day of the hour or shift) as ISO text.
        shift: code of the shift of hours and shifts, else empty.
        group: value of the group, empty without one.
    """

    place: int
    period: str
    first: str
    shift: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which figures are wanted.

    Attributes:
        first: a production day of the first period; `last` one of the last period.
    """

    places: Sequence[Place]
    kind: PeriodKind
    first: date
    last: date
    group: Group
    policy: Policy
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """Sums of every figure, as whole numbers where their rows allow that.

    Attributes:
        numbers: in the order of `SHORT_SUMS`.
        bits: of the rows where they say something.
        whole: tallies of the figures whose rows are no plain whole numbers.
    """

    numbers: dict[ItemKey, Sequence[int]]
    bits: dict[ItemKey, int]
    whole: dict[ItemKey, Tally]


NO_FLAGS: frozenset[Flag] = frozenset()


def flags_of(bits: int) -> frozenset[Flag]:
    """The flags of the bits of rows."""
    if not bits:
        return NO_FLAGS
    return frozenset(flag for flag, bit in FLAG_BITS.items() if bits & bit)


def short_sums(session: Session, known: Masters, question: Question) -> Short:
    """The sums of every figure, for the four KPIs alone."""
    book = _Book(session, known, question)
    columns = short_columns(question.policy)
    numbers: dict[ItemKey, Sequence[int]] = {}
    width, keys = book.width, book.keys
    for row in short_rows(session, book.wanted, question.policy):
        sums = row[width:]
        for key in keys(row[:width]):
            numbers[key] = _plus(numbers[key], sums) if key in numbers else sums
    bits: dict[ItemKey, int] = defaultdict(int)
    for row in marked_rows(session, book.wanted):
        for key in keys(row[:width]):
            bits[key] |= row[-1]
    extra = book.pieces(numbers)
    for key, piece in extra:
        values = row_of(piece.sums)
        bits[key] |= values["marks"]
        added = [sum(values[name] for name in names) for names in columns]
        numbers[key] = _plus(numbers[key], added) if key in numbers else added
    _check_count(len(numbers), SHORT_MAX)
    separate = {key for key, marks in bits.items() if apart(marks)}
    whole = _tallies(book, extra, separate) if separate else {}
    return Short(numbers=numbers, bits=bits, whole=whole)


def _plus(one: Sequence[int], other: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]


def tallies(
    session: Session, known: Masters, question: Question
) -> tuple[dict[ItemKey, Tally], dict[int, int]]:
    """The tally of every figure, and by work unit the instant that the present is."""
    book = _Book(session, known, question)
    rows = _stored_tallies(book, None)
    extra = book.pieces(rows)
    found = _with_extra(book, rows, extra, None)
    _check_count(len(found), WHOLE_MAX)
    return found, book.as_of


def reason_times(
    session: Session, known: Masters, question: Question
) -> dict[ItemKey, Mapping[ReasonKey, int] | None]:
    """The lost time of every figure by class and reason; absent: nothing was lost.

    None: some of it was summed before reasons were kept.
    """
    book = _Book(session, known, question)
    found: dict[ItemKey, Mapping[ReasonKey, int] | None] = {}
    for row in reason_rows(session, book.wanted):
        times = reasons_from_json(row[-1])
        for key in book.keys(row[: book.width]):
            found[key] = added_reasons(found.get(key, {}), times)
    for key, piece in book.pieces(found):
        found[key] = added_reasons(found.get(key, {}), piece.sums.reasons)
    return found


def _tallies(
    book: _Book, extra: Iterable[tuple[ItemKey, Piece]], only: set[ItemKey]
) -> dict[ItemKey, Tally]:
    return _with_extra(book, _stored_tallies(book, only), extra, only)


def _stored_tallies(book: _Book, only: set[ItemKey] | None) -> dict[ItemKey, Tally]:
    names = item_names(book.known)
    marks: dict[RowKey, int] = defaultdict(int)
    for row in marked_rows(book.session, book.wanted, by_item=True):
        marks[tuple(row[:-1])] |= row[-1]
    found: dict[ItemKey, Tally] = defaultdict(lambda: EMPTY)
    width = book.width
    for row in whole_rows(book.session, book.wanted):
        keys = [key for key in book.keys(row[:width]) if only is None or key in only]
        if keys:
            bits = marks.get(tuple(row[: width + 1]), 0)
            sums = tally_of_sums(row[width + 1 :], bits, names(row[width]))
            for key in keys:
                found[key] += sums
    for row in exact_rows(book.session, book.wanted):
        for key in book.keys(row[:width]):
            if only is None or key in only:
                found[key] += tally_of_row({"exact": row[width + 1]}, names(row[width]))
    return found


def _with_extra(
    book: _Book,
    found: dict[ItemKey, Tally],
    extra: Iterable[tuple[ItemKey, Piece]],
    only: set[ItemKey] | None,
) -> dict[ItemKey, Tally]:
    names = item_names(book.known)
    for key, piece in extra:
        if only is None or key in only:
            row = row_of(piece.sums)
            found[key] = found.get(key, EMPTY) + tally_of_row(row, names(piece.key.material))
    return dict(found)


def policy_bits(policy: Policy) -> int:
    """The bits that say that counted pieces have no rate."""
    return sum(bit for bucket, bit in RATE_MISSING_BITS.items() if counts_in(bucket, policy))


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise Refusal(
            "range_too_long",
            f"{count} figures; at most {most} in one answer: ask for fewer places or days,"
            " a longer period, or view=short",
            status=422,
            field="to",
        )


class _Book:
    """From rows and pieces to the figures that they belong to."""

    def __init__(self, session: Session, known: Masters, question: Question) -> None:
        self.session, self.known, self.question = session, known, question
        units = {unit.id: unit for place in question.places for unit in place.units}
        self.units = units
        self.wanted = Wanted(
            unit_ids=sorted(units),
            kind=question.kind,
            first=first_day(question.kind, question.first),
            last=last_day(question.kind, question.last),
            group=question.group,
        )
        self.width = 2 + len(period_columns(self.wanted))
        self._places: dict[int, list[int]] = defaultdict(list)
        for number, place in enumerate(question.places):
            for unit in place.units:
                self._places[unit.id].append(number)
        self.as_of: dict[int, int] = {}
        self._periods: dict[RowKey, tuple[str, str, str]] = {}
        self._group_name = self._namer()
        self._grouped = question.group is not Group.NONE

    def keys(self, row: Sequence[Any]) -> list[ItemKey]:
        """The figures that a row (unit, period, group) belongs to."""
        label_, first, shift = self._period(row[1:-1])
        name = self._group_name(row[-1]) if self._grouped else ""
        return [ItemKey(place, label_, first, shift, name) for place in self._places[row[0]]]

    def pieces(self, present: Iterable[ItemKey]) -> list[tuple[ItemKey, Piece]]:
        """What the rows do not hold: the open end, and silent time of periods that are there."""
        wanted, by_hour = self.wanted, self.wanted.kind is PeriodKind.HOUR
        given = tile_inputs(self.session, self.known, wanted.unit_ids, self.question.now_us)
        self.as_of = {one.unit.id: present_of_unit(one) for one in given}
        firsts = first_rows(self.session, wanted.unit_ids)
        found: list[tuple[ItemKey, Piece]] = []
        for one in given:
            if self._ends_before_the_rows(one):
                continue
            for piece in open_end(self.known, one, by_hour=by_hour):
                found += self._placed(piece)
        there = chain(present, (key for key, _ in found))
        periods: dict[int, dict[str, str]] = defaultdict(dict)
        for key in there:
            periods[key.place][key.period] = key.first
        for one in given:
            live = one.live
            start = firsts.get(one.unit.id, present_of_unit(one) if live is None else live.origin)
            days = [day for n in self._places[one.unit.id] for day in periods[n].values()]
            first_known = one.unit.plan.cell_at(start).production_day
            if not days or date.fromisoformat(min(days)) > first_known:
                continue
            first, last = date.fromisoformat(min(days)), min(wanted.last, first_known)
            silent = unheard(
                self.known,
                one.unit,
                first,
                last,
                start,
                by_hour=by_hour,
                loaded=live is not None,
            )
            for piece in silent:
                found += [
                    (key, piece)
                    for key, piece in self._placed(piece)
                    if key.period in periods[key.place]
                ]
        return found

    def _ends_before_the_rows(self, given: TileInput) -> bool:
        """Whether the open end begins behind the last day that is wanted."""
        if given.live is None:
            return True
        day = given.unit.plan.cell_at(rows_end(given.live)).production_day
        return day > self.wanted.last

    def _placed(self, piece: Piece) -> list[tuple[ItemKey, Piece]]:
        cell = piece.cell
        if not self.wanted.first <= cell.production_day <= self.wanted.last:
            return []
        of_cell = {
            "start": cell.start,
            "production_day": cell.production_day.isoformat(),
            "shift": cell.shift,
        }
        group: object = {
            Group.NONE: "",
            Group.ITEM: piece.key.material,
            Group.ORDER: piece.key.job,
            Group.SHIFT: cell.shift,
            Group.CREW: cell.crew,
        }[self.wanted.group]
        period = [of_cell[name] for name in period_columns(self.wanted)]
        return [(key, piece) for key in self.keys([piece.unit.id, *period, group])]

    def _period(self, period: Sequence[Any]) -> tuple[str, str, str]:
        """Label, first day and shift."""
        key = tuple(period)
        held = self._periods.get(key)
        if held is None:
            held = self._periods[key] = self._named(*key)
        return held

    def _named(self, *period: Any) -> tuple[str, str, str]:
        if self.wanted.kind is PeriodKind.HOUR:
            return str(period[0]), period[1], period[2]
        day = f"{period[0]}-01-01"[:10]
        first = first_day(self.wanted.kind, date.fromisoformat(day))
        name = label(self.wanted.kind, first)
        if self.wanted.kind is PeriodKind.SHIFT:
            return f"{name}/{period[1]}", first.isoformat(), period[1]
        return name, first.isoformat(), ""

    def _namer(self) -> Callable[[object], str]:
        """What a value of the group is called."""
        if self.wanted.group is Group.ITEM:
            codes = {item.id: item.code for item in self.known.materials.values()}
            return lambda value: codes.get(value, "") if isinstance(value, int) else ""
        return lambda value: "" if value in (0, "") else str(value)
