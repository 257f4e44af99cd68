"""A figure of a work unit with its class times and intervals: what the explain page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from mes.core.case_model import Case, Span
from mes.core.classes import TimeClass
from mes.core.derive.records import StateRecord
from mes.core.explain import Interval, explain, interval_at
from mes.core.oee import OeeResult, result_of
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.core.tally import Tally, tally
from mes.features.explain.asked import WINDOW_MAX_US, Asked
from mes.features.oee.queries import unit_by_code
from mes.features.oee.service import (
    Known,
    closed_hours,
    job_names,
    known_as_then,
    known_unit,
    unit_case,
    unit_records,
    unit_tally,
)
from mes.features.oee.windows import instant_argument, policy_argument, window_of
from mes.features.production.cases import build_case, limit_of
from mes.features.production.master_loading import masters
from mes.features.production.parts import item_names
from mes.features.production.rollups import sum_between
from mes.features.production.rows import job_runs
from mes.features.production.standstill import index_at, standing, standstill_span

INTERVALS_PER_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTime:
    """How long a class lasted, in how many intervals."""

    time_class: TimeClass
    us: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A figure and what it is made of.

    Attributes:
        as_of: what was known then.
        sums: of the window; `result` under the policy.
        intervals: all of the window, in order.
        records: state records that overlap the window.
        chosen: the interval that `at` names; None: none is named.
    """

    given: Known
    window: Span
    as_of: int
    policy: Policy
    sums: Tally
    result: OeeResult
    case: Case
    intervals: tuple[Interval, ...]
    records: tuple[StateRecord, ...]
    chosen: Interval | None

    def around(self, one: Interval) -> Span:
        """An interval with its neighbours of the same class and reason: a change of the order
        between them makes two intervals of one stop."""
        start, end = one.start, one.end
        same = [
            i for i in self.intervals if (i.time_class, i.reason) == (one.time_class, one.reason)
        ]
        for before in reversed([i for i in same if i.end <= one.start]):
            start = before.start if before.end == start else start
        for after in (i for i in same if i.start >= one.end):
            end = after.end if after.start == end else end
        return Span(start, end)

    @property
    def class_times(self) -> list[ClassTime]:
        """Every class that lasted at all, in the order of the contract."""
        found = []
        for time_class in TimeClass:
            held = [one for one in self.intervals if one.time_class is time_class]
            if held:
                us = sum(one.length_us for one in held)
                found.append(ClassTime(time_class=time_class, us=us, count=len(held)))
        return found

    def of_class(self, time_class: TimeClass | None) -> list[Interval]:
        """The intervals of a class; None: all."""
        return [one for one in self.intervals if time_class in (None, one.time_class)]

    def record_at(self, at: int) -> StateRecord | None:
        """The state record that holds an instant."""
        return next(
            (r for r in self.records if r.start <= at and (r.end is None or at < r.end)), None
        )


def explained(session: Session, wanted: Asked, now_us: int) -> Explained:
    """The figure that an address asks for, with its intervals.

    Raises:
        Refusal: `unknown_work_unit` (404), `window_malformed`, `range_too_long`,
            `unknown_policy` (422).
    """
    known = masters(session)
    given = known_unit(session, known, unit_by_code(known, wanted.work_unit), now_us)
    window = window_of(wanted.arguments, given.unit.plan, given.as_of)
    if window.end - window.start > WINDOW_MAX_US:
        raise Refusal("range_too_long", "35 days at most are explained", status=422, field="to")
    policy = policy_argument(wanted.arguments, known) or given.unit.site.policy
    return explained_window(
        session,
        known_as_then(given, instant_argument(wanted.arguments, "known_until")),
        window,
        policy,
        as_of=instant_argument(wanted.arguments, "as_of"),
        at=instant_argument(wanted.arguments, "at"),
    )


def explained_window(
    session: Session,
    given: Known,
    window: Span,
    policy: Policy,
    *,
    as_of: int | None = None,
    at: int | None = None,
) -> Explained:
    """The figure of a window with its intervals.

    The sums are those of every other figure; intervals come from the same states, plan and runs.
    Pieces are not read here: those of an interval are, where it is looked into.

    Args:
        as_of: what was known then; None: all that is known now.
        at: an instant of the interval that is looked into; None: of none.
    """
    moment = given.as_of if as_of is None else min(as_of, given.as_of)
    end = max(window.start, min(window.end, moment))
    records = unit_records(session, given, window.start, max(end, window.start + 1), moment)
    sums = _sums(session, given, window, moment, records)
    runs = job_runs(
        session,
        given.unit.id,
        *standstill_span(records, window.start, max(end, window.start + 1)),
    )
    names = job_names(session, (int(run.job) for run in runs if run.job is not None))
    case = build_case(
        given.unit,
        given.masters,
        window=window,
        as_of=moment,
        policy=policy,
        records=records,
        runs=runs,
        bookings=(),
        job_name=lambda job: names.get(job, str(job)),
    )
    intervals = explain(case).intervals
    return Explained(
        given=given,
        window=window,
        as_of=moment,
        policy=policy,
        sums=sums,
        result=result_of(sums, policy),
        case=case,
        intervals=intervals,
        records=tuple(records),
        chosen=None if at is None else interval_at(intervals, at),
    )


def _sums(
    session: Session, given: Known, window: Span, moment: int, records: Sequence[StateRecord]
) -> Tally:
    """The sums of a window, from closed hours as far as nothing behind `moment` is in them.

    A shift of many thousand readings is not counted again to be explained; tallies add up exactly,
    so that this is the figure that counting gives.
    """
    unit, end = given.unit, max(window.start, min(window.end, moment))
    settled = min(end, _settled(records, moment, given.known_until))
    closed = None
    if limit_of(unit, window.start) == limit_of(unit, end):
        closed = closed_hours(session, unit.id, window.start, settled)
    if closed is None:
        return unit_tally(session, given, window, as_of=moment)
    names = item_names(given.masters)
    total = sum_between(session, unit.id, closed.start, closed.end, names)
    for edge in (Span(window.start, closed.start), Span(closed.end, end)):
        if edge.start < edge.end:
            total += tally(unit_case(session, given, edge, as_of=moment))
    return total


def _settled(records: Sequence[StateRecord], moment: int, known_until: int | None) -> int:
    """Up to where classes are the same whatever happens behind `moment`: no stop is cut there."""
    at = moment if known_until is None else min(moment, known_until)
    index = index_at(records, at - 1)
    while index >= 0 and standing(records[index]):
        at = records[index].start
        index -= 1
    return at
