"""When work that is left will be done: at the present pace, in planned time only. Pure.

Breaks, planned stops and time outside the shifts do not bring the end nearer. Instants are UTC
microseconds, stretches half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from mes.core.instants import US_PER_S
from mes.core.intervals import Stretch, union

SETTLED_US = 600 * US_PER_S
"""With less planned time than this behind it, the figures of a shift say nothing of its pace."""


def slowness(oee: Fraction | None, planned_us: int) -> Fraction | None:
    """Planned time that goes by for each unit of ideal time; None: there is no pace.

    Early in a period it is 1, the ideal rate.

    Args:
        oee: of the period so far, ratio; None: not known.
        planned_us: planned time of the period so far.
    """
    if planned_us < SETTLED_US:
        return Fraction(1)
    return None if oee is None or oee <= 0 else 1 / oee


def end_of_work(work_us: Fraction | int, working: Iterable[Stretch]) -> int | None:
    """The first instant at which that much planned time has gone by; None: it never does.

    Args:
        work_us: planned time that is needed, at least 0.
        working: disjoint stretches of planned time in order, the first from now on.
    """
    left = Fraction(work_us)
    for start, end in working:
        if left <= end - start:
            return start + -(-left // 1)
        left -= end - start
    return None


def working_time(
    shifts: Iterable[Stretch], off: Iterable[Stretch], start: int, end: int
) -> Iterator[Stretch]:
    """Planned time within [start, end): the shifts without what is off in them, in order.

    Args:
        off: breaks and planned stops.
    """
    rests = union(off)
    for first, last in union(shifts):
        at, until = max(first, start), min(last, end)
        for begin, finish in rests:
            if finish <= at:
                continue
            if begin >= until:
                break
            if at < begin:
                yield at, begin
            at = finish
        if at < until:
            yield at, until
