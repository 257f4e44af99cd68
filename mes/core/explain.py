"""Why a figure is what it is: every interval with the rule that classed it, every piece booked.

`explain(case)` runs over the same case as the kernel and says where each microsecond and each piece
went; what it says adds up to the kernel's tally exactly (`Explanation.tally`), which a property
holds it to. The formula of a KPI is filled in from the result by `filled`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Generic, TypeVar

from mes.core.case_checks import normalised, run_end
from mes.core.case_model import Case, PlannedSpan, Run, Span, StateChange
from mes.core.case_model import effective_window as window_of
from mes.core.classes import MachineState, ReasonClass, TimeClass, reason_matters
from mes.core.explain_pieces import Contribution, contributions_of
from mes.core.figures import part_of
from mes.core.flags import Flag
from mes.core.intervals import cuts
from mes.core.partition import Segment, classify_normalised
from mes.core.pieces import PieceKey, Pieces
from mes.core.policies import Part, RunningOutsidePlan
from mes.core.tally import Tally

T = TypeVar("T")


class Rule(StrEnum):
    """Which rule of the contract's precedence decided a class."""

    OUTSIDE_SHIFTS = "outside_shifts"
    """No shift covers it."""
    PLANNED_BREAK = "planned_break"
    """A planned entry whose reason is a break."""
    PLANNED_STOP = "planned_stop"
    """Any other planned entry."""
    NOT_KNOWN = "not_known"
    """The state is not known; reasons are ignored."""
    REASON = "reason"
    """A listed reason: its class wins over the state."""
    STATE = "state"
    """No listed reason: the state decides."""
    SHORT_STOP = "short_stop"
    """The whole stop is at most as long as the limit."""
    NO_ORDER = "no_order"
    """Silence without a listed reason while nothing was loaded."""
    RUNNING = "running"
    """It ran; reasons are ignored."""
    RUNNING_ADDS = "running_adds"
    """It ran outside the plan, and the policy lets that count."""
    RUNNING_EXCLUDED = "running_excluded"
    """It ran outside the plan, and the policy keeps the class of the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A stretch in which class, cause, shift, planned entry and run are constant.

    Attributes:
        time_class: under the policy of the case.
        rule: why this class.
        part: where the policy puts its time.
        reason_class: class of the reason; None: no reason, or one that is not listed.
        state_since: instant of the state change in force; None: there is none before.
        stop_start: start of the whole stop; None outside a stop.
        stop_end: end of that stop as known.
        provisional: minor only so far.
        shift: the shift that covers it; None: none does, or the case lists no shifts.
        planned: the planned entry that covers it, a break before any other.
        run: the run then loaded.
        plan_class: class of the plan below running time; None: inside the plan.
    """

    start: int
    end: int
    time_class: TimeClass
    rule: Rule
    part: Part
    state: MachineState
    reason: str | None
    reason_class: ReasonClass | None
    state_since: int | None
    stop_start: int | None
    stop_end: int | None
    provisional: bool
    shift: Span | None
    planned: PlannedSpan | None
    run: Run | None
    plan_class: TimeClass | None

    @property
    def length_us(self) -> int:
        """Microseconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything behind a result, in order of time."""

    case: Case
    intervals: tuple[Interval, ...]
    contributions: tuple[Contribution, ...]

    def tally(self) -> Tally:
        """What intervals and contributions add up to: times, pieces and flags of the kernel."""
        return tally_of(self.case, self.intervals, self.contributions)

    def interval_at(self, at: int) -> Interval | None:
        """The interval that holds an instant; None: it lies outside the window."""
        return interval_at(self.intervals, at)


def explain(case: Case) -> Explanation:
    """Where each microsecond and each piece of a case went.

    Raises:
        CaseError: the case contradicts itself.
    """
    case = normalised(case)
    segments = classify_normalised(case)
    return Explanation(
        case=case,
        intervals=tuple(_intervals(case, segments)),
        contributions=contributions_of(case, segments),
    )


def interval_at(intervals: Sequence[Interval], at: int) -> Interval | None:
    """The interval that holds an instant; None: none does."""
    index = bisect_right(intervals, at, key=lambda one: one.start) - 1
    return intervals[index] if index >= 0 and at < intervals[index].end else None


def tally_of(
    case: Case, intervals: Iterable[Interval], contributions: Iterable[Contribution]
) -> Tally:
    """The tally that intervals and contributions of a window add up to."""
    inside: dict[TimeClass, int] = {}
    outside: dict[TimeClass, int] = {}
    flags: set[Flag] = set()
    for one in intervals:
        if one.plan_class is None:
            inside[one.time_class] = inside.get(one.time_class, 0) + one.length_us
        else:
            outside[one.plan_class] = outside.get(one.plan_class, 0) + one.length_us
        if one.provisional:
            flags.add(Flag.PROVISIONAL_STOP)
    pieces: dict[PieceKey, Pieces] = {}
    for booked in contributions:
        flags.update(booked.flags)
        if not booked.is_nothing:
            key = (booked.bucket, booked.material)
            pieces[key] = pieces.get(key, Pieces()) + booked.pieces
    window = window_of(case)
    return Tally(
        window_us=window.end - window.start,
        times_us=inside,
        outside_plan_us=outside,
        pieces=pieces,
        flags=frozenset(flags),
    )


def _intervals(case: Case, segments: Sequence[Segment]) -> Iterator[Interval]:
    shifts = case.shifts or ()
    runs = [run for run in case.runs or () if run.start < run_end(run, case.as_of)]
    ends = [
        *((one.start, one.end) for one in shifts),
        *((one.start, one.end) for one in case.planned),
        *((run.start, run_end(run, case.as_of)) for run in runs),
        *((one.at, one.at) for one in case.states),
    ]
    window = window_of(case)
    edges = cuts(ends, window.start, window.end)
    in_shift = _Holding([(one.start, one.end, one) for one in shifts])
    in_run = _Holding([(run.start, run_end(run, case.as_of), run) for run in runs])
    in_plan = _Holding(
        [(one.start, one.end, one) for one in sorted(case.planned, key=lambda p: _rank(case, p))]
    )
    states = _Holding(_state_spans(case.states, max(window.end, case.as_of)))
    for segment in segments:
        low = bisect_right(edges, segment.start)
        bounds = [segment.start, *edges[low : bisect_right(edges, segment.end - 1)], segment.end]
        for start, end in pairwise(bounds):
            yield _interval(
                case,
                segment,
                start,
                end,
                shift=in_shift.at(start),
                planned=in_plan.at(start),
                run=in_run.at(start),
                change=states.at(start),
            )


def _interval(
    case: Case,
    segment: Segment,
    start: int,
    end: int,
    *,
    shift: Span | None,
    planned: PlannedSpan | None,
    run: Run | None,
    change: StateChange | None,
) -> Interval:
    time_class = segment.class_under(case.policy)
    listed = None if segment.reason is None else case.reasons.get(segment.reason)
    scheduled = case.shifts is None or shift is not None
    return Interval(
        start=start,
        end=end,
        time_class=time_class,
        rule=_rule(case, segment, time_class, listed, planned, scheduled=scheduled),
        part=part_of(time_class, case.policy),
        state=segment.state,
        reason=segment.reason,
        reason_class=listed,
        state_since=None if change is None else change.at,
        stop_start=segment.stop_start,
        stop_end=segment.stop_end,
        provisional=segment.provisional,
        shift=shift,
        planned=planned,
        run=run,
        plan_class=segment.outside_plan,
    )


def _rule(
    case: Case,
    segment: Segment,
    time_class: TimeClass,
    listed: ReasonClass | None,
    planned: PlannedSpan | None,
    *,
    scheduled: bool,
) -> Rule:
    if segment.outside_plan is not None:
        excluded = case.policy.running_outside_plan is RunningOutsidePlan.EXCLUDED
        return Rule.RUNNING_EXCLUDED if excluded else Rule.RUNNING_ADDS
    if time_class is TimeClass.NOT_SCHEDULED:
        return Rule.OUTSIDE_SHIFTS
    if time_class in (TimeClass.BREAK, TimeClass.PLANNED_STOP) and scheduled:
        is_break = planned is not None and _rank(case, planned) == 0
        if planned is not None and is_break is (time_class is TimeClass.BREAK):
            return Rule.PLANNED_BREAK if is_break else Rule.PLANNED_STOP
    if time_class is TimeClass.RUNNING:
        return Rule.RUNNING
    if time_class is TimeClass.UNKNOWN:
        return Rule.NOT_KNOWN
    if time_class is TimeClass.MINOR_STOP:
        return Rule.SHORT_STOP
    if time_class is TimeClass.NO_ORDER:
        return Rule.NO_ORDER
    return Rule.REASON if listed is not None and reason_matters(segment.state) else Rule.STATE


def _rank(case: Case, planned: PlannedSpan) -> int:
    """0 for a break, 1 for any other planned entry: breaks come first."""
    listed = None if planned.reason is None else case.reasons.get(planned.reason)
    return 0 if listed is ReasonClass.BREAK else 1


def _state_spans(states: Sequence[StateChange], horizon: int) -> list[tuple[int, int, StateChange]]:
    starts = [one.at for one in states]
    return [
        (one.at, end, one) for one, end in zip(states, [*starts[1:], horizon + 1], strict=False)
    ]


class _Holding(Generic[T]):
    """Which of several stretches holds an instant: the first of the list that does.

    Instants are asked in ascending order; stretches that ended are left behind.
    """

    def __init__(self, stretches: Iterable[tuple[int, int, T]]) -> None:
        ranked = [(start, rank, end, what) for rank, (start, end, what) in enumerate(stretches)]
        self._waiting = sorted(ranked, key=lambda entry: entry[0])
        self._next = 0
        self._held: list[tuple[int, int, T]] = []

    def at(self, instant: int) -> T | None:
        """The stretch that holds the instant; None: none does."""
        while self._next < len(self._waiting) and self._waiting[self._next][0] <= instant:
            _, rank, end, what = self._waiting[self._next]
            self._held.append((rank, end, what))
            self._next += 1
        self._held = [entry for entry in self._held if entry[1] > instant]
        best = min(self._held, key=lambda entry: entry[0], default=None)
        return None if best is None else best[2]
