"""Over which time other orders were loaded than before."""

from __future__ import annotations

from mes.core.derive.runs import Item, JobRun
from mes.features.production.run_changes import changed_span

DEFAULT = Item(material=1)


def run(start: int, end: int | None, job: int | None = None, item: Item | None = DEFAULT) -> JobRun:
    return JobRun(job=job, item=item, start=start, end=end)


def test_equal_runs_differ_nowhere() -> None:
    assert changed_span([run(0, None)], [run(0, None)]) is None


def test_a_job_put_into_the_time_of_the_default_item_changes_its_own_time_alone() -> None:
    new = [run(0, 10), run(10, 20, 7), run(20, None)]
    assert changed_span([run(0, None)], new) == (10, 20)


def test_a_job_that_is_still_loaded_changes_everything_since() -> None:
    assert changed_span([run(0, None)], [run(0, 10), run(10, None, 7)]) == (10, None)


def test_another_rate_of_the_same_job_is_a_change() -> None:
    other = Item(material=1, ideal_cycle_s=2)
    assert changed_span([run(0, 9, 7)], [run(0, 9, 7, other)]) == (0, 9)


def test_two_changes_are_one_span() -> None:
    old = [run(0, 5, 7), run(5, None)]
    new = [run(0, 4, 7), run(4, 30), run(30, 40, 8), run(40, None)]
    assert changed_span(old, new) == (4, 40)
