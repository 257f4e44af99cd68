"""When loaded jobs and those that wait behind them are expected to end. Pure.

At the pace of the shift so far (its OEE, so that stops of its kind are in it), in planned time.
"""

from __future__ import annotations

from fractions import Fraction

from mes.core.derive.runs import Item
from mes.core.exact import Number
from mes.core.expected_end import end_of_work, slowness
from mes.core.instants import US_PER_S
from mes.core.oee import OeeResult
from mes.features.production.plan import Plan

HORIZON_US = 62 * 86_400 * US_PER_S
"""An end further away than this is not known."""


def pace_of(result: OeeResult) -> Fraction | None:
    """Planned time for each unit of ideal time on a work unit; None: not known."""
    return slowness(result.kpis["oee"], result.figures.pbt_us)


def expected_end(
    plan: Plan, begin: int, left: Number, item: Item | None, pace: Fraction | None
) -> int | None:
    """When that many pieces are made, UTC microseconds.

    Args:
        begin: when work on them begins or goes on.
        left: pieces that are still to be made.
        item: None or without a cycle: there is no rate.
        pace: of `pace_of`.

    Returns:
        None: nothing is left, no pace is known, or it lies beyond `HORIZON_US`.
    """
    if left <= 0 or pace is None or item is None or item.ideal_cycle_s is None:
        return None
    cycles = Fraction(left) / Fraction(item.pieces_per_cycle)
    work_us = cycles * Fraction(item.ideal_cycle_s) * US_PER_S * pace
    return end_of_work(work_us, plan.working(begin, begin + HORIZON_US))
