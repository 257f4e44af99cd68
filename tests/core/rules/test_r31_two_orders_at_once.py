"""R31: each cycle credits its pieces to each order; the time is shared by ideal time."""

from __future__ import annotations

from fractions import Fraction

from mes.core.case_model import CounterRole
from mes.core.derive.counts import credit
from mes.core.derive.runs import Item, JobRun


def loaded(job: str, cycle: int, pieces: int) -> JobRun:
    item = Item(material=job, ideal_cycle_s=cycle, pieces_per_cycle=pieces)
    return JobRun(job=job, item=item, start=0, end=None)


def test_a_cycle_of_a_family_tool_credits_both_orders() -> None:
    runs = [loaded("left", 20, 2), loaded("right", 20, 1)]
    credited = [(run.job if run else None, n) for run, n in credit(runs, CounterRole.TOTAL, 10)]
    assert credited == [("left", 20), ("right", 10)]


def test_the_two_share_the_ideal_time_of_the_cycle() -> None:
    runs = [loaded("left", 30, 2), loaded("right", 10, 1)]
    total = Fraction(0)
    for run, pieces in credit(runs, CounterRole.TOTAL, 60):
        assert run is not None
        assert run.item is not None
        assert run.item.ideal_cycle_s is not None
        total += Fraction(run.item.ideal_cycle_s) * pieces / Fraction(run.item.pieces_per_cycle)
    assert total == 60 * 30
