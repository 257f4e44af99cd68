"""Random calendars: shifts tile equally however a range is cut, and never overlap."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.calendar import (
    Break,
    Calendar,
    CalendarException,
    CrewRota,
    Cycle,
    ExceptionKind,
    Shift,
    ShiftPattern,
    planned_between,
    production_day_bounds,
    production_day_of,
    shift_at,
    shifts_between,
    shifts_of_day,
)
from mes.core.calendar_checks import check_calendar
from mes.features.production.plan import Plan

ZONES = ("Europe/Berlin", "Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "UTC")
FIRST = date(2026, 3, 20)
"""Near enough for both changes of the clocks in spring: Berlin 29 March, New York 8 March."""
AUTUMN = date(2026, 10, 20)
DAY_US = 86_400_000_000

quarters = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))


@st.composite
def shifts(draw: st.DrawFn, code: str) -> Shift:
    start = draw(quarters)
    length = draw(st.integers(1, 48)) * 15
    minutes = start.hour * 60 + start.minute
    breaks: tuple[Break, ...] = ()
    if length >= 60:
        after = draw(st.integers(0, length // 15 - 2)) * 15
        breaks = (
            Break(start=wall(minutes + after), end=wall(minutes + after + 15), reason="rest"),
        )
    return Shift(
        code=code,
        start=start,
        end=wall(minutes + length),
        day_offset=draw(st.sampled_from([None, 0, -1, 0])),
        breaks=breaks,
    )


def wall(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


@st.composite
def patterns(draw: st.DrawFn, valid_from: date) -> ShiftPattern:
    count = draw(st.integers(1, 3))
    made = tuple(draw(shifts(code="SEN"[number])) for number in range(count))
    cycle = None
    if draw(st.booleans()):
        length = draw(st.integers(1, 9))
        codes = st.sampled_from([None, *(one.code for one in made)])
        rotas = [
            CrewRota(crew=crew, shifts=tuple(draw(codes) for _ in range(length)))
            for crew in "AB"[: draw(st.integers(1, 2))]
        ]
        cycle = Cycle(anchor=valid_from, crews=tuple(rotas))
    return ShiftPattern(
        valid_from=valid_from,
        shifts=made,
        days=draw(st.sampled_from([frozenset(range(7)), frozenset(range(5)), frozenset({1, 6})])),
        cycle=cycle,
    )


@st.composite
def exceptions(draw: st.DrawFn, first: date) -> CalendarException:
    on = first + timedelta(days=draw(st.integers(0, 13)))
    kind = draw(st.sampled_from(list(ExceptionKind)))
    if kind is ExceptionKind.OVERTIME:
        return CalendarException(date=on, kind=kind, shift=draw(shifts(code="OT")))
    if kind is ExceptionKind.HOLIDAY:
        return CalendarException(date=on, kind=kind)
    return CalendarException(date=on, kind=kind, start=draw(quarters), end=draw(quarters))


def without_mistakes(zone: str, day_starts: time, pattern: ShiftPattern) -> ShiftPattern:
    """The pattern, or as much of it as has no mistake."""
    one = replace(pattern, shifts=pattern.shifts[:1], cycle=None)
    for tried in (pattern, replace(pattern, cycle=None), one):
        if not check_calendar(Calendar(time_zone=zone, day_starts=day_starts, patterns=(tried,))):
            return tried
    plain = tuple(replace(shift, breaks=(), day_offset=0) for shift in one.shifts)
    return replace(one, shifts=plain)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    first = draw(st.sampled_from([FIRST, AUTUMN]))
    zone, day_starts = draw(st.sampled_from(ZONES)), draw(quarters)
    made: tuple[ShiftPattern, ...] = ()
    if draw(st.integers(0, 9)):
        made = (without_mistakes(zone, day_starts, draw(patterns(first))),)
        if draw(st.booleans()):
            later = draw(patterns(first + timedelta(days=draw(st.integers(1, 9)))))
            made += (without_mistakes(zone, day_starts, later),)
    calendar = Calendar(time_zone=zone, day_starts=day_starts, patterns=made)
    holiday = CalendarException(date=first, kind=ExceptionKind.HOLIDAY)
    for exception in [holiday, *draw(st.lists(exceptions(first), max_size=4))]:
        more = replace(calendar, exceptions=(*calendar.exceptions, exception))
        if not check_calendar(more):
            calendar = more
    return calendar


def span_of(calendar: Calendar) -> tuple[int, int]:
    first = calendar.patterns[0].valid_from if calendar.patterns else FIRST
    start = production_day_bounds(calendar, first - timedelta(days=2))[0]
    return start, start + 18 * DAY_US


@settings(max_examples=100, deadline=None)
@given(calendar=calendars(), cuts=st.lists(st.integers(1, 18 * 96 - 1), max_size=6))
def test_a_range_has_the_same_shifts_and_breaks_however_it_is_cut(
    calendar: Calendar, cuts: list[int]
) -> None:
    start, end = span_of(calendar)
    whole = shifts_between(calendar, start, end)
    edges = sorted({start, end, *(start + cut * 900_000_000 for cut in cuts)})

    tiles = [shifts_between(calendar, low, high) for low, high in pairwise(edges)]
    assert sorted({one for tile in tiles for one in tile}) == whole
    times = [planned_between(calendar, low, high) for low, high in pairwise(edges)]
    total = sum(e - s for s, e, _ in planned_between(calendar, start, end))
    assert sum(e - s for part in times for s, e, _ in part) == total
    plan = Plan(calendar)
    assert sorted({one for low, high in pairwise(edges) for one in plan.shifts(low, high)}) == whole
    assert sorted(plan.shifts(start, end)) == whole


@settings(max_examples=100, deadline=None)
@given(calendar=calendars())
def test_shifts_never_overlap_and_breaks_lie_in_them(calendar: Calendar) -> None:
    start, end = span_of(calendar)
    found = shifts_between(calendar, start, end)
    assert all(before.end_us <= after.start_us for before, after in pairwise(found))
    for shift in found:
        assert shift.start_us < shift.end_us
        for begin, finish, _ in shift.breaks:
            assert shift.start_us <= begin < finish <= shift.end_us


@settings(max_examples=100, deadline=None)
@given(calendar=calendars(), minute=st.integers(0, 18 * 1440 - 1))
def test_the_production_day_of_an_instant_is_unique(calendar: Calendar, minute: int) -> None:
    start, _ = span_of(calendar)
    at = start + minute * 60_000_000
    day = production_day_of(calendar, at)
    bounds = [
        production_day_bounds(calendar, day + timedelta(days=offset)) for offset in range(-2, 3)
    ]
    assert [low <= at < high for low, high in bounds] == [False, False, True, False, False]
    holding = [
        shift
        for offset in range(-4, 5)
        for shift in shifts_of_day(calendar, day + timedelta(days=offset))
        if shift.start_us <= at < shift.end_us
    ]
    assert len(holding) <= 1
    assert holding == ([] if (found := shift_at(calendar, at)) is None else [found])
    plan = Plan(calendar)
    expected = holding[0].production_day if holding else day
    assert plan.production_day(at) == expected == plan.cell_at(at).production_day
    assert plan.cell_at(at).crew == (holding[0].crew if holding else "")


@settings(max_examples=40, deadline=None)
@given(calendar=calendars())
def test_an_exception_changes_only_its_own_day(calendar: Calendar) -> None:
    bare = Calendar(
        time_zone=calendar.time_zone, day_starts=calendar.day_starts, patterns=calendar.patterns
    )
    seams = {one.valid_from + timedelta(days=n) for one in calendar.patterns for n in range(3)}
    for number in range(-2, 18):
        day = calendar.exceptions[0].date + timedelta(days=number)
        if day not in calendar.by_date and day not in seams:
            assert shifts_of_day(calendar, day) == shifts_of_day(bare, day)
