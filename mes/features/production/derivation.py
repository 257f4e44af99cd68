"""Deriving the projections of one work unit again from a point, and closing its sums.

Appending at the end and late data go the same way: records, runs and pieces are derived again from
the first instant that new facts touch, only rows that differ are written, and the hour cells behind
that instant are summed again. Readers get the rest from the tail in `work_unit_live`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.derive.reading import LastPulse
from mes.core.derive.records import StateRecord
from mes.core.derive.restart import restart_point, splice
from mes.core.derive.runs import DefaultItem, JobRun, derive_runs
from mes.core.derive.signals import Gap, PulseFact
from mes.core.derive.states import StateRules, derive_from
from mes.core.exact import Number
from mes.core.tally import EMPTY, Tally
from mes.features.production import facts
from mes.features.production.bookings import (
    Booking,
    Mark,
    RunIndex,
    counter_bookings,
    merged,
    typed_bookings,
)
from mes.features.production.cases import build_case, limit_of, tally_of
from mes.features.production.dirty import Touched
from mes.features.production.facts import FactRow
from mes.features.production.interpret import (
    Way,
    all_state_sources,
    counter_tags,
    pulse_bindings,
    pulse_facts,
    state_signals,
    state_tags,
    ways,
)
from mes.features.production.live_state import LiveState, Unexplained
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.plan import Cell
from mes.features.production.rows import (
    delete_rollups,
    insert_rollups,
    job_runs,
    job_sums,
    records_from,
    records_with_context,
    replace_quantities,
    replace_records,
    replace_runs,
    rollup_sum,
    state_records,
)
from mes.features.production.standstill import context_start, reach_back, seal_point
from mes.features.production.unexplained import unexplained_stops
from mes.models import JobEvent, JobOrder, QuantityStatement, SignalFact

BRIDGE_US = 60_000_000
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a derivation works on.

    Attributes:
        covered: up to where the state is known; None: it does not depend on a source.
        until: facts from there on are left for the next derivation; None: all.
    """

    session: Session
    known: Masters
    unit: WorkUnit
    covered: int | None
    until: int | None = None

    @property
    def now_limit_us(self) -> int:
        """The minor-stop limit by the newest settings, for reasons that people gave."""
        return self.unit.setting(2**62).minor_stop_limit_us


def derive_unit(scope: Scope, live: LiveState | None, touched: Touched) -> LiveState | None:
    """Derive a work unit again from what is touched.

    Args:
        live: what the last derivation left; None: this is the first.

    Returns:
        What to keep in `work_unit_live`; None: there is nothing yet.
    """
    changes: list[int] = []
    if touched.runs is not None or live is None:
        changes += _derive_runs(scope)
    states_from = touched.states
    by_hand = any(span.way is Way.MANUAL for span in ways(scope.unit))
    if by_hand and touched.runs is not None:
        states_from = touched.runs if states_from is None else min(states_from, touched.runs)
    pulse = live.pulse if live else None
    redone = bool(changes)
    if states_from is not None:
        state_changes, pulse = _derive_states(scope, states_from, pulse)
        changes += state_changes
        redone = redone or bool(state_changes)
    if touched.pieces is not None:
        changes.append(touched.pieces)
    last_fact = max(
        (at for at in (touched.latest, live.last_fact if live else None) if at is not None),
        default=None,
    )
    if last_fact is None or (live is None and not changes):
        return live
    if live is not None and not changes:
        return _advanced(scope, replace(live, pulse=pulse, last_fact=last_fact))
    return _close(scope, live, min(changes, default=last_fact), last_fact, pulse, redone=redone)


def _advanced(scope: Scope, live: LiveState) -> LiveState:
    """Nothing changed, but time went on: close sums only when enough has gathered."""
    point = seal_point(live.records, live.last_fact, scope.covered, scope.now_limit_us)
    if point - live.sealed < BRIDGE_US:
        return live
    return _close(scope, live, live.sealed, live.last_fact, live.pulse, redone=False)


def _derive_runs(scope: Scope) -> list[int]:
    session, unit = scope.session, scope.unit
    rate = facts.rate_finder(scope.known, unit)
    events = facts.job_events(session, unit.id, rate)
    if scope.until is not None:
        events = [event for event in events if event.at < scope.until]
    new = derive_runs(events, _defaults(scope, rate))
    changed = replace_runs(session, unit.id, job_runs(session, unit.id, -(2**62)), new)
    return [] if changed is None or changed <= 0 else [changed]


def _defaults(scope: Scope, rate: facts.Rate) -> list[DefaultItem]:
    """The default item over time, cut where its settings or its rate change."""
    unit, known = scope.unit, scope.known
    starts = {0, *(max(setting.valid_from, 0) for setting in unit.settings)}
    for setting in unit.settings:
        material = known.materials.get(known.material_ids.get(setting.default_item or "", 0))
        for dated in material.rates.values() if material else ():
            starts |= {max(one.valid_from, 0) for one in dated}
    result = []
    for at in sorted(starts):
        code = unit.setting(at).default_item
        material_id = known.material_ids.get(code or "")
        item = None if material_id is None else rate(material_id, at)
        result.append(DefaultItem(valid_from=at, item=item))
    return result


def _derive_states(
    scope: Scope, dirty_from: int, pulse: LastPulse | None
) -> tuple[list[int], LastPulse | None]:
    """Derive state records again; returns the instants of change and the last pulse."""
    session, unit = scope.session, scope.unit
    pulses: list[PulseFact] = []
    if any(span.way is Way.COUNTS for span in ways(unit)):
        dirty_from, pulses = _pulses(scope, dirty_from)
        counted = [p for p in pulses if p.increment]
        if counted:
            span = next(s for s in reversed(ways(unit)) if s.way is Way.COUNTS)
            pulse = LastPulse(at=counted[-1].event_time, idle_after_us=span.idle_after_us)
    old, from_first = records_from(session, unit.id, dirty_from - BRIDGE_US)
    point = restart_point(old, dirty_from, BRIDGE_US, from_first=from_first)
    if point is None:
        old, from_first = state_records(session, unit.id, -(2**62)), True
        point = restart_point(old, dirty_from, BRIDGE_US)
        assert point is not None, "all records are enough to restart"
    tags = state_tags(unit)
    rows = facts.last_facts(session, tags, point.at) + facts.facts_since(
        session, tags, point.at, scope.until
    )
    events = []
    if any(span.way is Way.MANUAL for span in ways(unit)):
        events = facts.job_events(session, unit.id, facts.rate_finder(scope.known, unit))
    signals = state_signals(unit, scope.known, rows, pulses, events)
    if scope.until is not None:
        signals = [signal for signal in signals if signal.event_time < scope.until]
    base = next((s for s in reversed(signals) if s.event_time < point.at), None)
    tail = derive_from(
        point.at,
        base,
        [signal for signal in signals if signal.event_time >= point.at],
        [
            Gap(start=start, end=end)
            for start, end in facts.gaps_after(session, all_state_sources(unit), point.at)
        ],
        facts.stop_statements(session, unit.id, point.at),
        StateRules(minor_limit_us=scope.now_limit_us, unknown_bridge_us=BRIDGE_US),
    )
    if not old and not signals and not any(r.command_id for r in tail):
        return [], pulse
    new = splice(old, point, tail, from_first=from_first)
    changed = replace_records(session, unit.id, old[point.index :], new)
    return ([] if changed is None else [changed]), pulse


def _pulses(scope: Scope, dirty_from: int) -> tuple[int, list[PulseFact]]:
    """The pulses around a point: from one counted before the last counted one on.

    Returns:
        The instant from which states may differ, and the pulses.
    """
    session, unit, known = scope.session, scope.unit, scope.known
    result: list[PulseFact] = []
    start = dirty_from
    for binding in pulse_bindings(unit):
        begin = dirty_from
        earlier: list[PulseFact] = []
        while True:
            page = facts.facts_backwards(session, binding.tag_id, begin, limit=_PAGE)
            if page:
                begin = page[-1].event_time
            before = facts.last_facts(session, [binding.tag_id], begin, usable=True)
            rows = facts.facts_since(session, [binding.tag_id], begin, scope.until)
            found = pulse_facts(known, binding, rows, before[0] if before else None)
            earlier = [p for p in found if p.event_time < dirty_from and p.increment]
            if len(page) < _PAGE or len(earlier) >= 2:
                break
        if len(earlier) >= 2:
            found = [p for p in found if p.event_time >= earlier[-2].event_time]
        if earlier:
            start = min(start, earlier[-1].event_time)
        result += found
    return start, result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """Where closing begins: everything before `at` is summed."""

    origin: int
    at: int
    cell: Tally
    period_start: int
    period: Tally
    priors: Sequence[FactRow]


def _close(
    scope: Scope,
    live: LiveState | None,
    changed: int,
    last_fact: int,
    pulse: LastPulse | None,
    *,
    redone: bool,
) -> LiveState:
    """Sum again from the first change, and cut the tail anew."""
    session, unit = scope.session, scope.unit
    limit = scope.now_limit_us
    start = min(changed, live.sealed) if live else changed
    if redone or live is None or changed < live.sealed:
        records = records_with_context(session, unit.id, start)
    else:
        records = list(live.records)
    reach = min(changed, reach_back(records, changed, limit))
    if live and changed < live.last_fact:
        reach = _earliest_gap(scope, reach)
    if live is None or reach < live.sealed:
        records = records_with_context(session, unit.id, reach)
        reach = min(reach, reach_back(records, reach, limit))
        base = _reopened(scope, live, reach)
        records = records_with_context(session, unit.id, base.at)
    else:
        base = _Base(
            origin=live.origin,
            at=live.sealed,
            cell=live.cell,
            period_start=live.period_start,
            period=live.period,
            priors=live.priors,
        )
    kept_runs = list(live.runs) if live and not redone and base.at >= live.sealed else None
    runs_from = min(base.at, unit.plan.period_at(base.at).start_us)
    runs = job_runs(session, unit.id, runs_from) if kept_runs is None else kept_runs
    index = RunIndex(runs)
    rows = facts.facts_since(session, counter_tags(unit), base.at, scope.until)
    priors = {row.tag_id: row for row in base.priors}
    decisions = facts.count_decisions(session, unit.id)
    counted = counter_bookings(unit, scope.known, rows, priors, index, decisions)
    rate = facts.rate_finder(scope.known, unit)
    bookings = [b for b in counted.bookings if b.at >= base.at]
    bookings += [
        booking
        for booking in typed_in(session, unit, base.at, index, rate)
        if scope.until is None or booking.at < scope.until
    ]
    bookings.sort(key=lambda booking: booking.at)
    replace_quantities(session, unit.id, base.at, bookings)
    sealed = max(base.at, seal_point(records, last_fact, scope.covered, limit))
    sums = _Sums(scope, records, runs, bookings, counted.marks, last_fact)
    cell, period_start, period = sums.close(base, sealed)
    kept_from = min(sealed, period_start)
    tail_runs = tuple(run for run in runs if run.end is None or run.end > kept_from)
    tail = [booking for booking in bookings if booking.at >= sealed]
    jobs = _jobs(scope, live, base.at, bookings, tail_runs, tail, sealed)
    return LiveState(
        origin=base.origin,
        sealed=sealed,
        last_fact=last_fact,
        cell=cell,
        period_start=period_start,
        period=period,
        priors=_priors(rows, priors, sealed),
        jobs=jobs,
        records=tuple(records[context_start(records, sealed) :]),
        runs=tail_runs,
        bookings=tuple(_short(scope, tail, records, tail_runs, sealed)),
        marks=tuple(mark for mark in counted.marks if mark.at >= sealed),
        unexplained=live.unexplained
        if live and not redone and period_start == live.period_start
        else _unexplained(scope, last_fact),
        pulse=pulse,
    )


def typed_in(
    session: Session, unit: WorkUnit, since: int, index: RunIndex, rate: facts.Rate
) -> list[Booking]:
    """Pieces that people typed for times from `since` on."""
    quantities = facts.typed_quantities(session, unit.id, since)
    if not quantities:
        return []
    jobs = {int(quantity.job) for quantity in quantities if quantity.job is not None}
    rows = session.execute(select(JobOrder.id, JobOrder.material_id).where(JobOrder.id.in_(jobs)))
    materials = {row.id: row.material_id for row in rows}
    booked = typed_bookings(
        unit,
        quantities,
        index,
        lambda job, at: rate(materials[job], at) if job in materials else None,
    )
    return [booking for booking in booked if booking.at >= since]


def _earliest_gap(scope: Scope, at: int) -> int:
    """Back to the start of an estimated increment that a change at `at` may share differently."""
    rows = facts.facts_reaching_back(scope.session, counter_tags(scope.unit), at + 1)
    return min([at, *(row.gap_from for row in rows if row.gap_from is not None)])


def _reopened(scope: Scope, live: LiveState | None, reach: int) -> _Base:
    """Take closed sums back to the cell that holds `reach`."""
    session, unit = scope.session, scope.unit
    cell = unit.plan.cell_at(reach)
    at, origin = cell.start, live.origin if live else None
    if origin is None or at < origin:
        at = origin = min(unit.plan.period_at(reach).start_us, at)
    delete_rollups(session, unit.id, at)
    period_start = unit.plan.period_at(at).start_us
    return _Base(
        origin=origin,
        at=at,
        cell=EMPTY,
        period_start=period_start,
        period=rollup_sum(session, unit.id, period_start, at) if at > period_start else EMPTY,
        priors=facts.last_facts(session, counter_tags(unit), at, usable=True),
    )


@dataclass(slots=True)
class _Sums:
    """Closes sums cell by cell."""

    scope: Scope
    records: Sequence[StateRecord]
    runs: Sequence[JobRun]
    bookings: Sequence[Booking]
    marks: Sequence[Mark]
    last_fact: int

    def close(self, base: _Base, sealed: int) -> tuple[Tally, int, Tally]:
        """Sums of the cell and the period up to `sealed`; full cells are written."""
        plan = self.scope.unit.plan
        cell_sum, period_start, period_sum = base.cell, base.period_start, base.period
        done: list[tuple[Cell, Tally]] = []
        at = base.at
        while at < sealed:
            cell = plan.cell_at(at)
            end = min(cell.end, sealed)
            part = self._part(at, end)
            period = plan.period_at(at)
            if period.start_us != period_start:
                period_start, period_sum = period.start_us, EMPTY
            if at < period.end_us:
                period_sum += part
            cell_sum += part
            if end == cell.end:
                done.append((cell, cell_sum))
                cell_sum = EMPTY
            at = end
        insert_rollups(self.scope.session, self.scope.unit.id, done)
        period = plan.period_at(sealed)
        if period.start_us != period_start:
            period_start, period_sum = period.start_us, EMPTY
        return cell_sum, period_start, period_sum

    def _part(self, start: int, end: int) -> Tally:
        unit = self.scope.unit
        case = build_case(
            unit,
            self.scope.known,
            window=Span(start, end),
            as_of=max(end, self.last_fact),
            policy=unit.site.policy,
            records=self.records,
            runs=[r for r in self.runs if r.start < end and (r.end is None or r.end > start)],
            bookings=[b for b in self.bookings if start <= b.at < end],
            marks=[m for m in self.marks if start <= m.at < end],
        )
        return tally_of(case)


def _priors(
    rows: Sequence[FactRow], priors: dict[int, FactRow], sealed: int
) -> tuple[FactRow, ...]:
    found = dict(priors)
    for row in rows:
        if row.event_time < sealed and row.usable:
            found[row.tag_id] = row
    return tuple(found[tag] for tag in sorted(found))


def _jobs(
    scope: Scope,
    live: LiveState | None,
    base_at: int,
    bookings: Sequence[Booking],
    runs: Sequence[JobRun],
    tail: Sequence[Booking],
    sealed: int,
) -> dict[int, tuple[Number, Number, Number]]:
    """What the loaded jobs have made before `sealed`."""
    wanted = {int(run.job) for run in runs if run.job is not None}
    wanted |= {booking.job for booking in tail if booking.job}
    held = dict(live.jobs) if live and base_at >= live.sealed else {}
    missing = [job for job in wanted if job not in held]
    sums = {job: held[job] for job in wanted if job in held}
    sums |= job_sums(scope.session, scope.unit.id, missing, base_at)
    for one in bookings:
        if one.at < sealed and one.job in sums:
            good, scrap, rework = sums[one.job]
            sums[one.job] = (good + one.good, scrap + one.scrap, rework + one.rework)
    return sums


def _short(
    scope: Scope,
    tail: Sequence[Booking],
    records: Sequence[StateRecord],
    runs: Sequence[JobRun],
    sealed: int,
) -> list[Booking]:
    """The bookings of the tail, as few as may be."""
    if not tail:
        return []
    end = tail[-1].at + 1
    plan = scope.unit.plan
    cuts = [record.start for record in records]
    cuts += [edge for run in runs for edge in (run.start, run.end) if edge is not None]
    cuts += [edge for s in plan.shifts(sealed, end) for edge in (s.start_us, s.end_us)]
    cuts += [edge for p in plan.planned(sealed, end) for edge in (p[0], p[1])]
    return merged(tail, cuts)


def _unexplained(scope: Scope, last_fact: int) -> tuple[Unexplained, ...]:
    unit = scope.unit
    period = unit.plan.period_at(last_fact)
    records = records_with_context(scope.session, unit.id, period.start_us)
    runs = job_runs(scope.session, unit.id, period.start_us)
    return tuple(
        Unexplained(start=stop.start, end=stop.end, us=us)
        for stop, us in unexplained_stops(
            unit,
            records,
            runs,
            period.start_us,
            period.end_us,
            as_of=last_fact,
            limit_us=limit_of(unit, period.start_us),
        )
        if stop.end is not None
    )


def last_fact_of(session: Session, unit: WorkUnit, until: int | None = None) -> int | None:
    """Event time of the latest fact of a work unit; None: there is none."""
    found = []
    for binding in unit.bindings:
        query = select(func.max(SignalFact.event_time)).where(
            SignalFact.tag_id == binding.tag_id, SignalFact.event_time >= binding.start
        )
        if binding.end is not None:
            query = query.where(SignalFact.event_time < binding.end)
        if until is not None:
            query = query.where(SignalFact.event_time < until)
        found.append(session.scalar(query))
    for model in (JobEvent, QuantityStatement):
        query = select(func.max(model.at)).where(model.work_unit_id == unit.id)
        if until is not None:
            query = query.where(model.at < until)
        found.append(session.scalar(query))
    return max((at for at in found if at is not None), default=None)
