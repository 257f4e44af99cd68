"""Figures from projections and facts: the case behind any window, its tally and its result.

A window of up to `CASE_DIRECT_US` is computed from its case, a longer one from the sums of whole
hours that ingest keeps; tallies add up exactly, so both ways give the same figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.case_model import Case, Span
from mes.core.derive.reading import known_records
from mes.core.derive.records import StateRecord
from mes.core.derive.runs import JobRun
from mes.core.oee import OeeResult, result_of
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.core.tally import EMPTY, Tally, tally
from mes.features.production import facts
from mes.features.production.bookings import Booking, Mark, RunIndex
from mes.features.production.cases import build_case
from mes.features.production.coverage import (
    covered_by_source,
    covered_until,
    fresh_limit_us,
    known_until,
    present,
)
from mes.features.production.interpret import counter_tags
from mes.features.production.live_state import LiveState
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.parts import Stretch, item_names
from mes.features.production.rollups import sum_between
from mes.features.production.rows import job_runs, records_with_context
from mes.features.production.scope import booked_in
from mes.features.production.standstill import standstill_span
from mes.models import JobOrder, RollupHour, WorkUnitLive

HOUR_US = 3_600_000_000
CASE_DIRECT_US = 26 * HOUR_US
RANGE_MAX_US = 800 * 24 * HOUR_US
"""Longest range of one figure."""
CASE_MAX_US = 62 * 24 * HOUR_US
"""Longest range of one case file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A work unit as it is known at one moment.

    Attributes:
        as_of: what figures of now speak of.
        known_until: end of what is known of the state; None: it does not depend on a source.
    """

    masters: Masters
    unit: WorkUnit
    live: LiveState | None
    as_of: int
    known_until: int | None


def known_unit(session: Session, known: Masters, unit: WorkUnit, now_us: int) -> Known:
    """What is known of a work unit at the present."""
    sources = [binding.source_id for binding in unit.bindings]
    covered = covered_until(unit, covered_by_source(session, sources) if sources else {}, now_us)
    live = LiveState.from_json(
        session.scalar(select(WorkUnitLive.tile).where(WorkUnitLive.work_unit_id == unit.id))
    )
    return Known(
        masters=known,
        unit=unit,
        live=live,
        as_of=present(covered, now_us, fresh_limit_us()),
        known_until=None if covered is None else known_until(covered),
    )


def known_as_then(given: Known, known_until: int | None) -> Known:
    """A work unit as a tile knew it whose source had been silent since `known_until`.

    Args:
        known_until: end of what was known; None: all that is known now.
    """
    if known_until is None or (given.known_until is not None and given.known_until <= known_until):
        return given
    return replace(given, known_until=known_until)


def tile_version(session: Session, unit_id: int) -> int:
    """The present version of a work unit's tile; 0: nothing has been derived yet."""
    query = select(WorkUnitLive.version).where(WorkUnitLive.work_unit_id == unit_id)
    return session.scalar(query) or 0


def unit_case(
    session: Session,
    given: Known,
    window: Span,
    *,
    policy: Policy | None = None,
    as_of: int | None = None,
    assumed: facts.Decisions | None = None,
) -> Case:
    """The case of a work unit over a window, folded from facts: exact at any edge.

    Args:
        policy: None: that of the site.
        as_of: what was known then; None: all that is known now.
        assumed: decisions on suspect counts as if they had been made.

    Raises:
        Refusal: `range_too_long`.
    """
    found = unit_stretch(session, given, window, as_of=as_of, assumed=assumed)
    return build_case(
        given.unit,
        given.masters,
        window=window,
        as_of=found.as_of,
        policy=policy or given.unit.site.policy,
        records=found.records,
        runs=found.runs,
        bookings=found.bookings,
        marks=found.marks,
        job_name=job_namer(session, found.runs),
    )


def unit_stretch(
    session: Session,
    given: Known,
    window: Span,
    *,
    as_of: int | None = None,
    assumed: facts.Decisions | None = None,
) -> Stretch:
    """What the sums of a work unit over a window are made of; its end is not behind `as_of`.

    Args and Raises: those of `unit_case`.
    """
    if window.end - window.start > CASE_MAX_US:
        raise Refusal("range_too_long", "a case may cover 62 days at most", status=422, field="to")
    unit = given.unit
    moment = given.as_of if as_of is None else min(as_of, given.as_of)
    end = max(window.start, min(window.end, moment))
    records = unit_records(session, given, window.start, max(end, window.start + 1), moment)
    runs = job_runs(
        session, unit.id, *standstill_span(records, window.start, max(end, window.start + 1))
    )
    bookings, marks = unit_bookings(session, given, window.start, end, runs, assumed)
    return Stretch(
        unit=unit,
        known=given.masters,
        window=Span(window.start, end),
        as_of=moment,
        records=records,
        runs=runs,
        bookings=bookings,
        marks=marks,
    )


def unit_records(
    session: Session, given: Known, start: int, end: int, as_of: int
) -> list[StateRecord]:
    """State records of [start, end) as known, with the standstills at both ends whole."""
    stored = records_with_context(session, given.unit.id, start, end)
    if not stored:
        return []
    last = stored[-1].end
    return known_records(
        stored,
        min(start, stored[0].start),
        as_of if last is None else max(end, min(last, as_of)),
        given.known_until,
        given.live.pulse if given.live else None,
    )


def unit_bookings(
    session: Session,
    given: Known,
    start: int,
    end: int,
    runs: Sequence[JobRun],
    assumed: facts.Decisions | None = None,
) -> tuple[list[Booking], list[Mark]]:
    """Pieces of [start, end) and the flags that readings raise there.

    Args:
        assumed: decisions on suspect counts as if they had been made.
    """
    if end <= start:
        return [], []
    unit = given.unit
    tags = counter_tags(unit)
    rows = facts.facts_since(session, tags, start, end)
    reaching = facts.facts_reaching_back(session, tags, end)
    if reaching:  # a gap over the end is cut at the runs of all of it
        runs = job_runs(session, unit.id, start, max(row.event_time for row in reaching))
    rows += reaching
    priors = {row.tag_id: row for row in facts.last_facts(session, tags, start, countable=True)}
    index = RunIndex(runs)
    found = booked_in(session, given.masters, unit, rows, priors, index, start, assumed)
    bookings = [booking for booking in found.bookings if booking.at < end]
    return bookings, [mark for mark in found.marks if start <= mark.at < end]


def unit_tally(session: Session, given: Known, window: Span, *, as_of: int | None = None) -> Tally:
    """The policy-neutral sums of a work unit over a window.

    Raises:
        Refusal: `range_too_long`.
    """
    if window.end - window.start > RANGE_MAX_US:
        raise Refusal("range_too_long", "a range may cover 800 days", status=422, field="to")
    moment = given.as_of if as_of is None else min(as_of, given.as_of)
    end = max(window.start, min(window.end, moment))
    if end - window.start <= CASE_DIRECT_US or moment < given.as_of:
        return tally(unit_case(session, given, window, as_of=moment))
    closed = closed_hours(session, given.unit.id, window.start, end)
    if closed is None:
        return _without_cells(session, given, window.start, end)
    total = sum_between(session, given.unit.id, closed.start, closed.end, item_names(given.masters))
    if window.start < closed.start:
        total = _without_cells(session, given, window.start, closed.start) + total
    if closed.end < end:
        total += _without_cells(session, given, closed.end, end)
    return total


def unit_result(
    session: Session,
    given: Known,
    window: Span,
    *,
    policy: Policy | None = None,
    as_of: int | None = None,
) -> OeeResult:
    """The figure of a work unit over a window."""
    sums = unit_tally(session, given, window, as_of=as_of)
    return result_of(sums, policy or given.unit.site.policy)


def job_names(session: Session, jobs: Iterable[int]) -> dict[int, str]:
    """Numbers of job orders by id."""
    wanted = sorted(set(jobs))
    if not wanted:
        return {}
    rows = session.execute(select(JobOrder.id, JobOrder.number).where(JobOrder.id.in_(wanted)))
    return {row.id: row.number for row in rows}


def job_namer(session: Session, runs: Iterable[JobRun]) -> Callable[[int], str]:
    """What a case calls the jobs of runs."""
    names = job_names(session, (int(run.job) for run in runs if run.job is not None))
    return lambda job: names.get(job, str(job))


def closed_hours(session: Session, unit_id: int, start: int, end: int) -> Span | None:
    """The stretch that the closed hours inside a window cover without a hole; None: there is none.

    Hours are closed one after another, so that there is none but through an upgrade.
    """
    first, last, covered = session.execute(
        select(
            func.min(RollupHour.start),
            func.max(RollupHour.end),
            func.sum(RollupHour.window_us),
        ).where(
            RollupHour.work_unit_id == unit_id, RollupHour.start >= start, RollupHour.end <= end
        )
    ).one()
    if first is None or covered != last - first:
        return None
    return Span(first, last)


def _without_cells(session: Session, given: Known, start: int, end: int) -> Tally:
    """Sums of a stretch that is not closed, in pieces that a case may cover."""
    total = EMPTY
    at = start
    while at < end:
        until = min(end, at + CASE_MAX_US)
        total += tally(unit_case(session, given, Span(at, until)))
        at = until
    return total
