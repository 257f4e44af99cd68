"""The partition of a window into time classes (rules R1 to R4, contract section 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from operator import attrgetter

from mes.core.case_checks import normalised
from mes.core.case_model import Case, Span, effective_window
from mes.core.classes import MachineState, ReasonClass, TimeClass, first_class
from mes.core.intervals import Cursor, Stretch, cuts, union
from mes.core.machine_time import MachineStretch, machine_stretches
from mes.core.policies import Policy, RunningOutsidePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of a window in which everything that matters to a figure is constant.

    Attributes:
        time_class: its class; running outside the plan has class running here.
        outside_plan: class of the plan below running time, None when it lies inside the plan.
        stop_start: start of the whole stop it belongs to, None outside a stop.
        stop_end: end of that stop as known at `as_of`.
        provisional: it is minor only so far, because its stop was open at `as_of`.
    """

    start: int
    end: int
    time_class: TimeClass
    outside_plan: TimeClass | None
    state: MachineState
    reason: str | None
    stop_start: int | None
    stop_end: int | None
    provisional: bool

    @property
    def length_us(self) -> int:
        """Microseconds."""
        return self.end - self.start

    def class_under(self, policy: Policy) -> TimeClass:
        """Its class when the policy decides about running outside the plan."""
        excluded = policy.running_outside_plan is RunningOutsidePlan.EXCLUDED
        if self.outside_plan is not None and excluded:
            return self.outside_plan
        return self.time_class


_meaning = attrgetter(*(part.name for part in fields(Segment) if part.name not in ("start", "end")))
"""All of a segment but where it lies."""


def classify(case: Case) -> list[Segment]:
    """The partition of the window up to `as_of`: in order, gapless, neighbours differ.

    Raises:
        CaseError: the case contradicts itself.
    """
    return classify_normalised(normalised(case))


def classify_normalised(case: Case) -> list[Segment]:
    """`classify` for a case that is already in canonical form."""
    return segments_of(case, machine_stretches(case))


def segments_of(case: Case, stretches: Iterable[MachineStretch]) -> list[Segment]:
    """The partition, from a case in canonical form and its machine's time."""
    window = effective_window(case)
    machine = [
        stretch
        for stretch in stretches
        if stretch.end > window.start and stretch.start < window.end
    ]
    joined: list[Segment] = []
    for segment in _laid_over(machine, _plan(case, window), window):
        if joined and _meaning(segment) == _meaning(joined[-1]):
            joined[-1] = replace(joined[-1], end=segment.end)
        else:
            joined.append(segment)
    return joined


def _laid_over(
    machine: list[MachineStretch], plan: list[tuple[int, int, TimeClass | None]], window: Span
) -> Iterator[Segment]:
    machine_index = plan_index = 0
    at = window.start
    while at < window.end:
        stretch, (_, plan_end, planned) = machine[machine_index], plan[plan_index]
        end = min(stretch.end, plan_end, window.end)
        yield _segment(at, end, stretch, planned)
        machine_index += stretch.end == end
        plan_index += plan_end == end
        at = end


def _segment(start: int, end: int, stretch: MachineStretch, planned: TimeClass | None) -> Segment:
    running = stretch.time_class is TimeClass.RUNNING
    if planned is None or running:
        time_class = stretch.time_class
    else:
        time_class = first_class(planned, stretch.time_class)
    return Segment(
        start=start,
        end=end,
        time_class=time_class,
        outside_plan=planned if running else None,
        state=stretch.state,
        reason=stretch.reason,
        stop_start=stretch.stop_start,
        stop_end=stretch.stop_end,
        provisional=stretch.stop_open and time_class is TimeClass.MINOR_STOP,
    )


def _plan(case: Case, window: Span) -> list[tuple[int, int, TimeClass | None]]:
    """The window cut where the plan changes; None where production is planned."""
    shifts = [window] if case.shifts is None else case.shifts
    scheduled = union((one.start, one.end) for one in shifts)
    breaks = union(_planned(case, is_break=True))
    stops = union(_planned(case, is_break=False))
    boundaries = cuts([*scheduled, *breaks, *stops], window.start, window.end)
    in_shift, in_break, in_stop = Cursor(scheduled), Cursor(breaks), Cursor(stops)

    def planned_class(instant: int) -> TimeClass | None:
        if not in_shift.covers(instant):
            return TimeClass.NOT_SCHEDULED
        if in_break.covers(instant):
            return TimeClass.BREAK
        return TimeClass.PLANNED_STOP if in_stop.covers(instant) else None

    return [(start, end, planned_class(start)) for start, end in pairwise(boundaries)]


def _planned(case: Case, *, is_break: bool) -> Iterator[Stretch]:
    for one in case.planned:
        listed = None if one.reason is None else case.reasons.get(one.reason)
        if (listed is ReasonClass.BREAK) is is_break:
            yield one.start, one.end
