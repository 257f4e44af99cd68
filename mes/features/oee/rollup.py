"""Figures of many places and periods from stored roll-ups, the open end and silent time added.

Sums are added, results never (rule R10). An item has its sums as whole numbers where its rows
allow that, else as a tally; both give the same figure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from mes.core.figures import counts_in
from mes.core.flags import Flag
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.core.short_figures import ShortSums
from mes.core.tally import EMPTY, Tally
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
    IDEAL_PARTS,
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


@dataclass(slots=True)
class Sums:
    """Sums of one figure as whole numbers, in the order of `short_columns`."""

    numbers: list[int] = field(default_factory=lambda: [0] * 10)
    bits: int = 0

    def short(self, policy_bits: int) -> ShortSums:
        """As the short figures take them."""
        n = self.numbers
        return ShortSums(
            window_us=n[0],
            off_plan_us=n[1],
            unknown_us=n[2],
            pbt_us=n[3],
            apt_us=n[4],
            good=n[5],
            scrap=n[6],
            rework=n[7],
            ideal_total=n[8],
            ideal_good=n[9],
            ideal_parts=IDEAL_PARTS,
            rate_missing=bool(self.bits & policy_bits),
            flags=flags_of(self.bits),
        )


NO_FLAGS: frozenset[Flag] = frozenset()


def flags_of(bits: int) -> frozenset[Flag]:
    """The flags of the bits of rows."""
    if not bits:
        return NO_FLAGS
    return frozenset(flag for flag, bit in FLAG_BITS.items() if bits & bit)


def short_sums(session: Session, known: Masters, question: Question) -> dict[ItemKey, Sums | Tally]:
    """The sums of every figure, for the four KPIs alone."""
    book = _Book(session, known, question)
    columns = short_columns(question.policy)
    found: dict[ItemKey, Sums] = defaultdict(Sums)
    for row in short_rows(session, book.wanted, question.policy):
        for key in book.keys(row[: book.width]):
            sums = found[key]
            sums.numbers = [a + b for a, b in zip(sums.numbers, row[book.width :], strict=True)]
    separate: set[ItemKey] = set()
    for row in marked_rows(session, book.wanted):
        for key in book.keys(row[: book.width]):
            found[key].bits |= row[-1]
            if apart(row[-1]):
                separate.add(key)
    extra = book.pieces(set(found))
    for key, piece in extra:
        values = row_of(piece.sums)
        sums = found[key]
        sums.bits |= values["marks"]
        if apart(values["marks"]):
            separate.add(key)
        for place, names in enumerate(columns):
            sums.numbers[place] += sum(values[name] for name in names)
    _check_count(len(found), SHORT_MAX)
    if not separate:
        return dict(found)
    whole = _tallies(book, extra, separate)
    return {key: whole.get(key, sums) for key, sums in found.items()}


def tallies(
    session: Session, known: Masters, question: Question
) -> tuple[dict[ItemKey, Tally], dict[int, int]]:
    """The tally of every figure, and by work unit the instant that the present is."""
    book = _Book(session, known, question)
    rows = _stored_tallies(book, None)
    extra = book.pieces(set(rows))
    found = _with_extra(book, rows, extra, None)
    _check_count(len(found), WHOLE_MAX)
    return found, book.as_of


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
        self._periods: dict[str, tuple[str, str]] = {}
        self._group_name = self._namer()

    def keys(self, row: Sequence[object]) -> list[ItemKey]:
        """The figures that a row (unit, period, group) belongs to."""
        unit_id, *period, group = row
        name = self._group_name(group)
        return [
            ItemKey(place, *self._period(period), name)
            for place in self._places[unit_id]  # type: ignore[index]  # an id, as selected
        ]

    def pieces(self, present: set[ItemKey]) -> list[tuple[ItemKey, Piece]]:
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
        there = present | {key for key, _ in found}
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
            for piece in unheard(self.known, one.unit, first, last, start, by_hour=by_hour):
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

    def _period(self, period: Sequence[object]) -> tuple[str, str, str]:
        """Label, first day and shift."""
        if self.wanted.kind is PeriodKind.HOUR:
            return str(period[0]), str(period[1]), str(period[2])
        day = str(period[0])
        held = self._periods.get(day)
        if held is None:
            whole = f"{day}-01-01"[:10] if len(day) == 4 else f"{day}-01"[:10]
            first = first_day(self.wanted.kind, date.fromisoformat(whole))
            held = self._periods[day] = (label(self.wanted.kind, first), first.isoformat())
        if self.wanted.kind is PeriodKind.SHIFT:
            return f"{held[0]}/{period[1]}", held[1], str(period[1])
        return held[0], held[1], ""

    def _namer(self) -> Callable[[object], str]:
        """What a value of the group is called."""
        if self.wanted.group is Group.ITEM:
            codes = {item.id: item.code for item in self.known.materials.values()}
            return lambda value: codes.get(value, "") if isinstance(value, int) else ""
        return lambda value: "" if value in (0, "") else str(value)
