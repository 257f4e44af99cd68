"""Which time a report speaks of: a shift, or production days up to a year. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from mes.core.calendar import ShiftInstance, production_day_bounds
from mes.core.case_model import Span
from mes.features.oee.periods import (
    WITHIN_A_DAY,
    PeriodKind,
    first_day,
    last_day,
    next_first,
)
from mes.features.production.plan import Plan

_DAY_US = 86_400_000_000


KINDS = tuple(kind for kind in PeriodKind if kind is not PeriodKind.HOUR)
"""Periods that a report may be of."""
OF_DAYS = frozenset({PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH})
"""Periods whose columns are no longer than a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A period of one calendar.

    Attributes:
        day: its (first) production day; weeks begin on Monday.
        shift: code of the shift, None for days and weeks.
    """

    kind: PeriodKind
    day: date
    shift: str | None
    span: Span

    @property
    def last_day(self) -> date:
        """Its last production day."""
        return last_day(self.kind, self.day)


def period_of(plan: Plan, kind: PeriodKind, day: date, shift: str | None) -> Period | None:
    """The period of that kind on a production day; None: the day has no such shift."""
    if kind is PeriodKind.SHIFT:
        return next(
            (
                Period(kind=kind, day=day, shift=one.code, span=Span(one.start_us, one.end_us))
                for one in shifts_of(plan, day)
                if one.code == shift
            ),
            None,
        )
    first = first_day(kind, day)
    last = last_day(kind, first)
    start, end = day_span(plan, first).start, day_span(plan, last).end
    return Period(kind=kind, day=first, shift=None, span=Span(start, end))


def day_span(plan: Plan, day: date) -> Span:
    """A production day with every shift that is reported under it."""
    return Span(*plan.day_reach(day))


def shifts_of(plan: Plan, day: date) -> list[ShiftInstance]:
    """The shifts reported under a production day, in time order."""
    start, end = production_day_bounds(plan.calendar, day)
    return [one for one in plan.shifts(start - _DAY_US, end + _DAY_US) if one.production_day == day]


def present_period(plan: Plan, kind: PeriodKind, now_us: int) -> Period:
    """The period of that kind that live figures speak of."""
    shift = plan.period_at(now_us)
    found = period_of(plan, kind, shift.production_day, shift.code)
    if found is not None:
        return found
    span = Span(shift.start_us, shift.end_us)
    return Period(kind=PeriodKind.DAY, day=shift.production_day, shift=None, span=span)


def beside(plan: Plan, period: Period, step: int) -> Period | None:
    """The period before (-1) or after (+1); None: no shift lies within two weeks."""
    if period.kind is not PeriodKind.SHIFT:
        day = period.day - timedelta(days=1) if step < 0 else next_first(period.kind, period.day)
        return period_of(plan, period.kind, day, None)
    reach = 14 * _DAY_US
    if step < 0:
        before = [
            one
            for one in plan.shifts(period.span.start - reach, period.span.start)
            if one.end_us <= period.span.start
        ]
        near = before[-1] if before else None
    else:
        after = [
            one
            for one in plan.shifts(period.span.end, period.span.end + reach)
            if one.start_us >= period.span.end
        ]
        near = after[0] if after else None
    if near is None:
        return None
    return period_of(plan, period.kind, near.production_day, near.code)


def columns(plan: Plan, period: Period) -> list[Span]:
    """Hours of a shift or day, production days of a week or month, else months."""
    if period.kind in WITHIN_A_DAY or period.kind is PeriodKind.DAY:
        return [Span(cell.start, cell.end) for cell in _cells(plan, period.span)]
    part = PeriodKind.DAY if period.kind in OF_DAYS else PeriodKind.MONTH
    firsts = [period.day]
    while (following := next_first(part, firsts[-1])) <= period.last_day:
        firsts.append(following)
    starts = [day_span(plan, day).start for day in firsts]
    return [
        Span(start, end)
        for start, end in zip(starts, [*starts[1:], period.span.end], strict=True)
        if start < end
    ]


def _cells(plan: Plan, span: Span) -> list[Span]:
    return [
        Span(max(cell.start, span.start), min(cell.end, span.end))
        for cell in plan.cells(span.start, span.end)
    ]
