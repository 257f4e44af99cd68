"""Closing sums of a work unit: hour cells, shift so far, minute quantities, and the open tail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mes.core.case_model import Span
from mes.core.derive.reading import LastPulse
from mes.core.derive.records import StateRecord
from mes.core.derive.runs import JobRun
from mes.core.exact import Number
from mes.core.tally import EMPTY, Tally
from mes.features.production import facts
from mes.features.production.bookings import Booking, Mark, RunIndex, Suspect, merged
from mes.features.production.facts import FactRow
from mes.features.production.interpret import counter_tags
from mes.features.production.live_state import LiveState, Unexplained
from mes.features.production.parts import (
    NO_PARTS,
    PartKey,
    Parts,
    Stretch,
    added_parts,
    item_names,
    parts_of,
    whole,
)
from mes.features.production.plan import Cell
from mes.features.production.rollups import (
    delete_rollups,
    insert_rollups,
    stored_reach,
    sum_between,
)
from mes.features.production.rows import job_runs, records_with_context
from mes.features.production.scope import Scope, booked_in, first_fact_of
from mes.features.production.standstill import reach_back, seal_point, stop_start_index
from mes.features.production.sums import job_sums, replace_quantities
from mes.features.production.suspects import open_before, replace_suspects
from mes.features.production.unexplained import unexplained_stops

_ORIGIN_MOVES_US = 7 * 86_400_000_000
"""Within so long behind the first sum a change of the calendar may move where sums begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the derivation of states, runs and pieces found.

    Attributes:
        at: first instant from which something differs.
        last_fact: event time of the latest fact.
        pulse: the last count, where counts tell the state.
        states: state records differ.
        runs: runs differ.
    """

    at: int
    last_fact: int
    pulse: LastPulse | None
    states: bool
    runs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """Where closing begins: everything before `at` is summed."""

    origin: int
    at: int
    cell: Parts
    period_start: int
    period: Tally
    priors: Sequence[FactRow]
    checks: int


def close(scope: Scope, live: LiveState | None, change: Change) -> LiveState:
    """Sum again from the first change, and cut the tail anew.

    Args:
        live: what the last derivation left; None: this is the first.
    """
    session, unit = scope.session, scope.unit
    base, records = _begin(scope, live, change)
    runs = _runs(scope, live, change, base, records)
    rows = facts.facts_since(session, counter_tags(unit), base.at, scope.until)
    priors = {row.tag_id: row for row in base.priors}
    found = booked_in(session, scope.known, unit, rows, priors, RunIndex(runs), base.at)
    bookings, marks = found.bookings, found.marks
    if scope.until is not None:
        bookings = [booking for booking in bookings if booking.at < scope.until]
    replace_quantities(session, unit.id, base.at, bookings)
    sealed = max(base.at, seal_point(records, change.last_fact, scope.covered, scope.now_limit_us))
    sums = _Sums(scope, records, runs, bookings, marks, change.last_fact)
    cell, period_start, period = sums.close(base, sealed)
    kept = records[stop_start_index(records, sealed) :]
    kept_from = min([sealed, period_start, *(record.start for record in kept[:1])])
    tail_runs = tuple(run for run in runs if run.end is None or run.end > kept_from)
    tail = [booking for booking in bookings if booking.at >= sealed]
    return LiveState(
        origin=base.origin,
        sealed=sealed,
        last_fact=change.last_fact,
        cell=cell,
        period_start=period_start,
        period=period,
        priors=_priors(rows, priors, sealed),
        jobs=_jobs(scope, live, base.at, bookings, tail_runs, tail, sealed),
        records=tuple(kept),
        runs=tail_runs,
        bookings=tuple(_short(scope, tail, records, tail_runs, sealed)),
        marks=tuple(mark for mark in marks if mark.at >= sealed),
        unexplained=_unexplained(scope, live, change, records, period_start),
        pulse=change.pulse,
        checks=base.checks + sum(1 for one in found.suspects if _waits(one) and one.at < sealed),
        last_suspect=_kept_suspects(scope, live, base.at, found.suspects),
    )


def _waits(suspect: Suspect) -> bool:
    return suspect.decision is None


def _kept_suspects(
    scope: Scope, live: LiveState | None, since: int, found: Sequence[Suspect]
) -> int | None:
    """Keep the suspect increments from `since` on; the instant of the last one there is."""
    last = live.last_suspect if live is not None else since
    if not found and (last is None or last < since):
        return last
    return replace_suspects(scope.session, scope.unit.id, since, found)


def _begin(scope: Scope, live: LiveState | None, change: Change) -> tuple[_Base, list[StateRecord]]:
    """Where to begin summing, and the records from the standstill there on."""
    session, unit, limit = scope.session, scope.unit, scope.now_limit_us
    if live is not None and change.at >= live.sealed:
        records = list(live.records)
        if change.states:
            records = records_with_context(session, unit.id, live.sealed)
        reach = min(change.at, reach_back(records, change.at, limit))
        if change.at < live.last_fact:
            reach = _earliest_gap(scope, reach)
        if reach >= live.sealed:
            base = _Base(
                origin=live.origin,
                at=live.sealed,
                cell=live.cell,
                period_start=live.period_start,
                period=live.period,
                priors=live.priors,
                checks=live.checks,
            )
            return base, records
    else:
        reach = _earliest_gap(scope, change.at)
        records = records_with_context(session, unit.id, reach)
        reach = min(reach, reach_back(records, reach, limit))
    base = _reopened(scope, live, reach)
    return base, records_with_context(session, unit.id, base.at)


def _runs(
    scope: Scope,
    live: LiveState | None,
    change: Change,
    base: _Base,
    records: Sequence[StateRecord],
) -> list[JobRun]:
    """The runs from `base`, from the start of its period and of its standstill on."""
    if live is not None and not change.runs and base.at >= live.sealed:
        return list(live.runs)
    unit = scope.unit
    start = min(base.at, unit.plan.period_at(base.at).start_us)
    start = min([start, *(record.start for record in records[:1])])
    return job_runs(scope.session, unit.id, start)


def _earliest_gap(scope: Scope, at: int) -> int:
    """Back to the start of an estimated increment that a change at `at` may share differently.

    Before the change the gap reached back to the reading before `at` at most; the very first
    reading of a counter counts nothing.
    """
    found = at
    for row in facts.facts_reaching_back(scope.session, counter_tags(scope.unit), at + 1):
        before = facts.last_facts(scope.session, [row.tag_id], at, countable=True)
        if before and row.gap_from is not None:
            found = min(found, max(row.gap_from, before[0].event_time))
    return found


def _reopened(scope: Scope, live: LiveState | None, reach: int) -> _Base:
    """Take closed sums back to the cell that holds `reach`."""
    session, unit = scope.session, scope.unit
    cell = unit.plan.cell_at(reach)
    at = since = cell.start
    held = stored_reach(session, unit.id) if live is None else None
    if held is not None:  # left by an older program: its hours stand, and go on where they end
        origin, at = min(held[0], at), min(held[1], at)
        since = at
    elif live is not None and at >= live.origin + _ORIGIN_MOVES_US:
        origin = live.origin
    else:
        origin = _origin(scope, reach)
        if live is None or origin != live.origin:
            since, at = min(origin, at if live is None else live.origin), origin
    delete_rollups(session, unit.id, since)
    period_start = unit.plan.period_at(at).start_us
    return _Base(
        origin=origin,
        at=at,
        cell=NO_PARTS,
        period_start=period_start,
        period=sum_between(session, unit.id, period_start, at, item_names(scope.known))
        if at > period_start
        else EMPTY,
        priors=facts.last_facts(session, counter_tags(unit), at, countable=True),
        checks=open_before(session, unit.id, at),
    )


def _origin(scope: Scope, reach: int) -> int:
    """Where sums begin: with the shift or day of the first fact, as the calendar is now.

    A first day that becomes a holiday, or is one no longer, moves it.
    """
    first = first_fact_of(scope.session, scope.unit)
    first = reach if first is None else min(first, reach)
    plan = scope.unit.plan
    return min(plan.period_at(first).start_us, plan.cell_at(first).start)


@dataclass(slots=True)
class _Sums:
    """Closes sums cell by cell."""

    scope: Scope
    records: Sequence[StateRecord]
    runs: Sequence[JobRun]
    bookings: Sequence[Booking]
    marks: Sequence[Mark]
    last_fact: int

    def close(self, base: _Base, sealed: int) -> tuple[Parts, int, Tally]:
        """Sums of the cell and the period up to `sealed`; full cells are written."""
        plan = self.scope.unit.plan
        cell_sum, period_start, period_sum = base.cell, base.period_start, base.period
        done: list[tuple[Cell, Parts]] = []
        at = base.at
        while at < sealed:
            cell = plan.cell_at(at)
            end = min(cell.end, sealed)
            part = self._part(at, end)
            period = plan.period_at(at)
            if period.start_us != period_start:
                period_start, period_sum = period.start_us, EMPTY
            if at < period.end_us:
                period_sum += whole(part)
            cell_sum = added_parts(cell_sum, part)
            if end == cell.end:
                done.append((cell, cell_sum))
                cell_sum = NO_PARTS
            at = end
        insert_rollups(self.scope.session, self.scope.unit.id, done)
        period = plan.period_at(sealed)
        if period.start_us != period_start:
            period_start, period_sum = period.start_us, EMPTY
        return cell_sum, period_start, period_sum

    def _part(self, start: int, end: int) -> dict[PartKey, Tally]:
        return parts_of(
            Stretch(
                unit=self.scope.unit,
                known=self.scope.known,
                window=Span(start, end),
                as_of=max(end, self.last_fact),
                records=self.records,
                runs=self.runs,
                bookings=[b for b in self.bookings if start <= b.at < end],
                marks=self.marks,
            )
        )


def _priors(
    rows: Sequence[FactRow], priors: dict[int, FactRow], sealed: int
) -> tuple[FactRow, ...]:
    found = dict(priors)
    for row in rows:
        if row.event_time < sealed and row.countable:
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


def _unexplained(
    scope: Scope,
    live: LiveState | None,
    change: Change,
    records: Sequence[StateRecord],
    period_start: int,
) -> tuple[Unexplained, ...]:
    """The closed stops of the period that need a reason; those before the records stay as known."""
    unit = scope.unit
    period = unit.plan.period_at(change.last_fact)
    same = live is not None and live.period_start == period_start == period.start_us
    if live is not None and same and not change.runs and not change.states:
        return live.unexplained
    kept: list[Unexplained] = []
    begin = period.start_us
    if live is not None and same and not change.runs and records and records[0].start > begin:
        begin = records[0].start
        kept = [one for one in live.unexplained if one.end <= begin]
    else:
        records = records_with_context(scope.session, unit.id, begin)
    first = min([period.start_us, *(record.start for record in records[:1])])
    found = unexplained_stops(
        unit,
        records,
        job_runs(scope.session, unit.id, first),
        begin,
        period.end_us,
        as_of=max([change.last_fact, *(record.start for record in records[-1:])]),
    )
    kept += [
        Unexplained(start=one.stop.start, end=one.stop.end, us=one.us)
        for one in found
        if one.stop.end is not None
    ]
    return tuple(kept)
