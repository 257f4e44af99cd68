"""Deriving the projections of one work unit again from a point.

Appending at the end and late data go the same way: records, runs and pieces are derived again from
the first instant that new facts touch, only rows that differ are written, and the hour cells behind
that instant are summed again (`closing`). Readers get the rest from the tail in `work_unit_live`.
"""

from __future__ import annotations

from dataclasses import replace

from mes.core.derive.reading import LastPulse
from mes.core.derive.restart import restart_point, splice
from mes.core.derive.runs import DefaultItem, derive_runs
from mes.core.derive.signals import Gap, PulseFact
from mes.core.derive.states import derive_from
from mes.features.production import facts
from mes.features.production.closing import Change, close
from mes.features.production.dirty import Touched
from mes.features.production.interpret import (
    Way,
    all_state_sources,
    pulse_bindings,
    pulse_facts,
    state_signals,
    state_tags,
    ways,
)
from mes.features.production.live_state import LiveState
from mes.features.production.masters import WorkUnit
from mes.features.production.mending import mended
from mes.features.production.rows import (
    job_runs,
    records_from,
    records_with_context,
    replace_records,
    replace_runs,
    state_records,
)
from mes.features.production.run_changes import changed_span
from mes.features.production.scope import BRIDGE_US, Scope, first_fact_of
from mes.features.production.standstill import seal_point, standing

_PAGE = 500


def derive_unit(scope: Scope, live: LiveState | None, touched: Touched) -> LiveState | None:
    """Derive a work unit again from what is touched.

    Args:
        live: what the last derivation left; None: this is the first.

    Returns:
        What to keep in `work_unit_live`; None: there is nothing yet.
    """
    if live is not None and touched.only_job_events:
        return _after_job_events(scope, live, touched)
    mending = None if live is None else mended(scope, live, touched)
    return _generally(scope, live, touched) if mending is None else mending


def _after_job_events(scope: Scope, live: LiveState, touched: Touched) -> LiveState | None:
    """Job events alone are new: what they change is the time over which other orders were loaded.

    Where people tell the state it changes with them.
    """
    by_hand = _by_hand(scope.unit)
    span = _derive_runs(scope)
    if span is None:
        touched.runs = touched.runs if by_hand else None
        return _generally(scope, live, touched, runs=[])
    until = None if span[1] is None or by_hand else _end_of_standing(scope, span[1])
    if until is not None:
        kept_from = min([live.sealed, live.period_start, *(r.start for r in live.records[:1])])
        news = replace(touched, runs=None, pieces=span[0], booked_until=until)
        held = replace(live, runs=tuple(job_runs(scope.session, scope.unit.id, kept_from)))
        mending = mended(scope, held, news)
        if mending is not None:
            touched.derived_until = news.derived_until
            return mending
    return _generally(scope, live, touched, runs=[span[0]])


def _generally(
    scope: Scope, live: LiveState | None, touched: Touched, runs: list[int] | None = None
) -> LiveState | None:
    """Derive again from what is touched to the present.

    Args:
        runs: from when on other orders were loaded; None: to be found out.
    """
    if runs is None:
        span = _derive_runs(scope) if touched.runs is not None or live is None else None
        runs = [] if span is None else [span[0]]
    states_from = touched.states if live is not None else touched.first
    if touched.runs is not None and _by_hand(scope.unit):
        states_from = touched.runs if states_from is None else min(states_from, touched.runs)
    pulse = live.pulse if live else None
    states: list[int] = []
    if states_from is not None:
        states, pulse = _derive_states(scope, states_from, pulse)
    pieces = [] if touched.pieces is None else [touched.pieces]
    last_fact = max(
        (at for at in (touched.latest, live.last_fact if live else None) if at is not None),
        default=None,
    )
    changes = runs + states + pieces
    if last_fact is None or (live is None and not changes):
        return live
    if changes and (live is None or min(changes) < live.origin):
        first = first_fact_of(scope.session, scope.unit)
        changes = [max(at, first) for at in changes] if first is not None else changes
    change = Change(
        at=min(changes, default=last_fact),
        last_fact=last_fact,
        pulse=pulse,
        states=bool(states),
        runs=bool(runs),
    )
    if live is None or changes:
        return close(scope, live, change)
    return _advanced(scope, replace(live, pulse=pulse, last_fact=last_fact), change)


def _advanced(scope: Scope, live: LiveState, change: Change) -> LiveState:
    """Nothing changed, but time went on: close sums only when enough has gathered."""
    point = seal_point(live.records, live.last_fact, scope.covered, scope.now_limit_us)
    if point - live.sealed < BRIDGE_US:
        return live
    return close(scope, live, replace(change, at=live.sealed))


def _end_of_standing(scope: Scope, until: int) -> int | None:
    """The end of the standstill that reaches over an instant, else the instant; None: it is open.

    Whether an order was loaded in a part of a stop decides about the length of the rest.
    """
    end: int | None = until
    for record in records_with_context(scope.session, scope.unit.id, until, until + 1):
        if end is not None and record.start <= end and standing(record):
            end = None if record.end is None else max(end, record.end)
    return end


def _by_hand(unit: WorkUnit) -> bool:
    return any(span.way is Way.MANUAL for span in ways(unit))


def _derive_runs(scope: Scope) -> tuple[int, int | None] | None:
    """Derive the runs again; over which time something else is loaded than before."""
    session, unit = scope.session, scope.unit
    rate = facts.rate_finder(scope.known, unit)
    events = facts.job_events(session, unit.id, rate)
    if scope.until is not None:
        events = [event for event in events if event.at < scope.until]
    new = derive_runs(events, _defaults(scope, rate))
    old = job_runs(session, unit.id, -(2**62))
    replace_runs(session, unit.id, old, new)
    span = changed_span(old, new)
    return None if span is None or span[0] <= 0 else span


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
        scope.rules,
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
    decisions = facts.count_decisions(session, unit.id)
    for binding in pulse_bindings(unit):
        begin = dirty_from
        earlier: list[PulseFact] = []
        while True:
            page = facts.facts_backwards(session, binding.tag_id, begin, limit=_PAGE)
            if page:
                begin = page[-1].event_time
            before = facts.last_facts(session, [binding.tag_id], begin, countable=True)
            rows = facts.facts_since(session, [binding.tag_id], begin, scope.until)
            found = pulse_facts(known, binding, rows, before[0] if before else None, decisions)
            earlier = [p for p in found if p.event_time < dirty_from and p.increment]
            if len(page) < _PAGE or len(earlier) >= 2:
                break
        if len(earlier) >= 2:
            found = [p for p in found if p.event_time >= earlier[-2].event_time]
        if earlier:
            start = min(start, earlier[-1].event_time)
        result += found
    return start, result
