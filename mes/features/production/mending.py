"""Deriving closed time again after a correction, leaving what lies behind it as it is.

What people say about a stop of last month, or a reading that arrives days late, changes records up
to the next time the machine runs, pieces up to the next reading of the counter, and the hours up to
there; pieces that people type change their hour; everything later follows from the same facts as
before. So records are derived again window by window until an old and a new one agree, and only
these hours are summed. Where that cannot be told (pulses, the present shift, a machine that never
ran again, suspect counts beside a late reading) the general way is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mes.core.case_model import Span
from mes.core.derive.records import StateRecord
from mes.core.derive.restart import restart_point, splice
from mes.core.derive.runs import JobRun
from mes.core.derive.signals import Gap, State
from mes.core.derive.statements import StopStatement, statements_in_force
from mes.core.derive.states import derive_from
from mes.features.production import facts
from mes.features.production.bookings import Counted, RunIndex
from mes.features.production.dirty import Touched
from mes.features.production.interpret import (
    Way,
    all_state_sources,
    counter_tags,
    state_signals,
    state_tags,
    ways,
)
from mes.features.production.live_state import LiveState
from mes.features.production.parts import Parts, Stretch, length_us, parts_of
from mes.features.production.plan import Cell
from mes.features.production.rollups import replace_rollups
from mes.features.production.rows import (
    job_runs,
    records_from,
    records_with_context,
    replace_records,
)
from mes.features.production.scope import BRIDGE_US, Scope, booked_in
from mes.features.production.standstill import reach_back, standstill_span
from mes.features.production.sums import job_sums, replace_quantities
from mes.features.production.suspects import any_between

_HOUR_US = 3_600_000_000
_WINDOWS_US = (4 * _HOUR_US, 24 * _HOUR_US, 7 * 24 * _HOUR_US)
"""How far behind a correction its end is looked for."""
_GAPS_MAX = 8


def mended(scope: Scope, live: LiveState, touched: Touched) -> LiveState | None:
    """Derive again what a correction of closed time changes; None: nothing was done.

    `touched.derived_until` says how far, when something was done.
    """
    news = _news(scope, live, touched)
    if news is None:
        return None
    if news.states is None:
        return _summed(scope, live, touched, news, _Cut(old=(), new=(), until=news.until))
    for window_us in _WINDOWS_US:
        horizon = news.until + window_us
        if horizon > news.border:
            return None
        cut = _derived(scope, news.states, news.until, horizon)
        if cut is not None:
            return _summed(scope, live, touched, news, cut)
    return None


def closed_until(live: LiveState) -> int:
    """Where what is kept in `work_unit_live` begins; hours before it are closed."""
    return min(live.sealed - length_us(live.cell), live.period_start)


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """What is new about closed time.

    Attributes:
        states: from when on records may differ; None: they do not.
        pieces: from when on pieces may differ; None: they follow from the records alone.
        until: nothing behind it follows from the news but the end of a stop.
        border: where what is kept in `work_unit_live` begins.
        readings: readings of counters are among the news.
    """

    states: int | None
    pieces: int | None
    until: int
    border: int
    readings: bool


def _news(scope: Scope, live: LiveState, touched: Touched) -> _News | None:
    """What is new, if it is about closed time alone and its end can be told."""
    starts = [at for at in (touched.states, touched.pieces) if at is not None]
    border = closed_until(live)
    if not starts or scope.until is not None or not live.origin <= min(starts) < border:
        return None
    pieces, until, readings = None, touched.corrected_until, False
    if touched.booked_until is not None and touched.states is None and touched.runs is None:
        pieces, until = touched.pieces, touched.booked_until
    elif any(span.way is Way.COUNTS for span in ways(scope.unit)):
        return None
    elif until is None and touched.only_readings and touched.runs is None:
        pieces, readings = touched.pieces, True
        until = _end_of_readings(scope, touched)
    if until is None or until > border:
        return None
    return _News(
        states=touched.states, pieces=pieces, until=until, border=border, readings=readings
    )


def _end_of_readings(scope: Scope, touched: Touched) -> int | None:
    """Behind the late readings and the next reading of each counter; None: there is no next."""
    counters = counter_tags(scope.unit)
    latest: dict[int, int] = {}
    for row in touched.readings:
        latest[row.tag_id] = max(row.event_time, latest.get(row.tag_id, row.event_time))
    until = max(latest.values(), default=None)
    if until is None:
        return None
    for tag_id in latest.keys() & counters:
        following = facts.next_countable(scope.session, tag_id, latest[tag_id] + 1)
        if following is None:
            return None
        until = max(until, following.event_time)
    return until + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """Old and new records up to where they agree again."""

    old: Sequence[StateRecord]
    new: Sequence[StateRecord]
    until: int


def _derived(scope: Scope, since: int, until: int, horizon: int) -> _Cut | None:
    """Records derived again with the facts before `horizon`; None: they do not meet before it."""
    session, unit = scope.session, scope.unit
    old, from_first = records_from(session, unit.id, since - BRIDGE_US, horizon)
    point = restart_point(old, since, BRIDGE_US, from_first=from_first)
    if point is None:
        return None
    tags = state_tags(unit)
    rows = facts.last_facts(session, tags, point.at) + facts.facts_since(
        session, tags, point.at, horizon
    )
    events = []
    if any(span.way is Way.MANUAL for span in ways(unit)):
        events = facts.job_events(session, unit.id, facts.rate_finder(scope.known, unit))
    signals = [
        s for s in state_signals(unit, scope.known, rows, [], events) if s.event_time < horizon
    ]
    tail = derive_from(
        point.at,
        next((s for s in reversed(signals) if s.event_time < point.at), None),
        [signal for signal in signals if signal.event_time >= point.at],
        [
            Gap(start=start, end=end)
            for start, end in facts.gaps_after(session, all_state_sources(unit), point.at)
            if start < horizon
        ],
        _statements(scope, point.at, horizon),
        scope.rules,
    )
    held = {record.start: record for record in old}
    last = horizon - BRIDGE_US - scope.unit.longest_limit_us
    agreed = next((r for r in tail if _meets(r, held.get(r.start), until, last)), None)
    if agreed is None:
        return None
    new = splice(old, point, tail, from_first=from_first)
    return _Cut(
        old=[record for record in old[point.index :] if record.start < agreed.start],
        new=[record for record in new if record.start < agreed.start],
        until=agreed.start,
    )


def _meets(record: StateRecord, held: StateRecord | None, until: int, last: int) -> bool:
    """Whether a record ends what the correction changes: running, as before, seen to its end."""
    return (
        held == record
        and record.state is State.RUNNING
        and record.start >= until
        and record.end is not None
        and record.end <= last
    )


def _statements(scope: Scope, start: int, horizon: int) -> list[StopStatement]:
    """The statements in force about a stretch; one from outside may have replaced one inside."""
    in_force = statements_in_force(facts.stop_statements(scope.session, scope.unit.id, start))
    return [one for one in in_force if one.window_start < horizon]


def _summed(
    scope: Scope, live: LiveState, touched: Touched, news: _News, cut: _Cut
) -> LiveState | None:
    """Write the records that differ and sum their hours again; None: nothing was done."""
    session, unit = scope.session, scope.unit
    start, end = _hours(scope, cut, news.pieces)
    if end > news.border or start < live.origin:
        return None
    runs = job_runs(session, unit.id, start, end)
    if news.readings and not _believed(scope, runs, start, end):
        return None
    touched.derived_until = end
    if replace_records(session, unit.id, cut.old, cut.new) is None and news.pieces is None:
        return live
    found = _counted(scope, runs, start, end)
    bookings = [booking for booking in found.bookings if booking.at < end]
    replace_quantities(session, unit.id, start, bookings, end)
    replace_rollups(session, unit.id, start, end, _cells(scope, live, start, end, found))
    if news.pieces is None or not live.jobs:
        return live
    return replace(live, jobs=job_sums(session, unit.id, live.jobs, live.sealed))


def sum_again(scope: Scope, live: LiveState, start: int, end: int) -> None:
    """Sum the closed hours of [start, end), cell borders both, from records and facts again."""
    found = _counted(scope, job_runs(scope.session, scope.unit.id, start, end), start, end)
    cells = _cells(scope, live, start, end, found)
    replace_rollups(scope.session, scope.unit.id, start, end, cells)


def _cells(
    scope: Scope, live: LiveState, start: int, end: int, found: Counted
) -> list[tuple[Cell, Parts]]:
    """The sums of the cells of [start, end) by job and item."""
    session, unit = scope.session, scope.unit
    records = records_with_context(session, unit.id, start, end)
    loaded = job_runs(session, unit.id, *standstill_span(records, start, end))
    done: list[tuple[Cell, Parts]] = []
    for cell in unit.plan.cells(start, end):
        stretch = Stretch(
            unit=unit,
            known=scope.known,
            window=Span(cell.start, cell.end),
            as_of=max(cell.end, live.last_fact),
            records=records,
            runs=loaded,
            bookings=[b for b in found.bookings if cell.start <= b.at < cell.end],
            marks=found.marks,
        )
        done.append((cell, parts_of(stretch)))
    return done


def _counted(scope: Scope, runs: Sequence[JobRun], start: int, end: int) -> Counted:
    """The pieces of [start, end), and some behind it."""
    session, unit = scope.session, scope.unit
    tags = counter_tags(unit)
    rows = facts.facts_since(session, tags, start, end)
    rows += facts.facts_reaching_back(session, tags, end)
    priors = {row.tag_id: row for row in facts.last_facts(session, tags, start, countable=True)}
    return booked_in(session, scope.known, unit, rows, priors, RunIndex(runs), start)


def _believed(scope: Scope, runs: Sequence[JobRun], start: int, end: int) -> bool:
    """Whether no count in [start, end) is suspect: those that wait are counted in `live`."""
    if any_between(scope.session, scope.unit.id, start, end):
        return False
    return not _counted(scope, runs, start, end).suspects


def _hours(scope: Scope, cut: _Cut, pieces: int | None) -> tuple[int, int]:
    """The cells whose sums may differ: back to a stop that grows, on over gaps that are shared."""
    session, unit, tags = scope.session, scope.unit, counter_tags(scope.unit)
    first = min([cut.until, *(r.start for r in (*cut.old[:1], *cut.new[:1]))])
    first = first if pieces is None else min(first, pieces)
    for row in facts.facts_reaching_back(session, tags, first + 1):
        if row.gap_from is not None:
            before = facts.last_facts(session, [row.tag_id], first, countable=True)
            first = min(first, max(row.gap_from, before[0].event_time) if before else first)
    records = records_with_context(session, unit.id, first, cut.until)
    first = min(first, reach_back(records, first, scope.now_limit_us))
    start, end = unit.plan.cell_at(first).start, unit.plan.cell_at(cut.until - 1).end
    for _ in range(_GAPS_MAX):
        beyond = [row.event_time for row in facts.facts_reaching_back(session, tags, end)]
        if not beyond:
            break
        end = unit.plan.cell_at(max(beyond)).end
    return start, end
