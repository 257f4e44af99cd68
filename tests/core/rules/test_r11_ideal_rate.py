"""R11: the ideal rate is that of product and machine, frozen into the run, never "best seen"."""

from __future__ import annotations

from fractions import Fraction

from mes.core.case import parse_case
from mes.core.derive.runs import Item, JobEvent, JobEventKind, derive_runs
from mes.core.oee import compute
from tests.core.cases import at, case, result


def test_each_run_counts_with_the_rate_of_its_own_material() -> None:
    made = result(
        materials={"before": {"ideal_cycle_s": 6}, "after": {"ideal_cycle_s": 3}},
        runs=[
            {"start": at(0), "end": at(30), "material": "before"},
            {"start": at(30), "end": at(60), "material": "after"},
        ],
        quantities=[{"at": at(10), "good": 100}, {"at": at(40), "good": 100}],
    )
    assert made["kpis"]["oee"] == (100 * 6 + 100 * 3) / 3600


def test_the_item_of_the_event_that_starts_a_run_keeps_its_rate() -> None:
    started, changed = Item(material=1, ideal_cycle_s=6), Item(material=1, ideal_cycle_s=5)
    events = [
        JobEvent(at=0, job="j", kind=JobEventKind.START, command_id="a", item=started),
        JobEvent(at=5, job="j", kind=JobEventKind.PAUSE, command_id="b", item=changed),
        JobEvent(at=6, job="j", kind=JobEventKind.RESUME, command_id="c", item=changed),
    ]
    assert [run.item for run in derive_runs(events)] == [started]


def test_pieces_per_cycle_divide_the_ideal_time_and_nothing_else() -> None:
    made = compute(
        parse_case(
            case(
                materials={"A": {"ideal_cycle_s": 10, "pieces_per_cycle": 3}},
                quantities=[{"at": at(1), "good": 100}],
            )
        )
    )
    assert made.figures.counted.ideal_good_s == Fraction(1000, 3)
    assert made.figures.counted.total == 100


def test_a_machine_faster_than_its_rate_keeps_the_rate() -> None:
    made = result(quantities=[{"at": at(1), "good": 1200}])
    assert made["kpis"]["effectiveness"] == 2
