"""The Pareto of losses: by minutes, count or pieces, with what nobody explained always there."""

from __future__ import annotations

from fractions import Fraction

from mes.core.case_model import Case, Material, Quantity, Span, StateChange
from mes.core.classes import MachineState, ReasonClass
from mes.core.oee import result_of, tally
from mes.core.partition import classify
from mes.features.screens.report.ladder import LossKind, ladder, losses_of
from mes.features.screens.report.pareto import Bar, Measure, measure_of, pareto, with_unexplained

S = 1_000_000


def bars(measure: Measure, *, reason: str | None = None) -> list[Bar]:
    """An hour at 10 s a piece: 2 400 s run, 900 s down, 300 s setup; 180 good, 20 bad."""
    states = (
        StateChange(at=0, state=MachineState.RUNNING, reason=None),
        StateChange(at=2400 * S, state=MachineState.DOWN, reason=reason),
        StateChange(at=3300 * S, state=MachineState.SETUP, reason=None),
    )
    case = Case(
        window=Span(0, 3600 * S),
        as_of=3600 * S,
        minor_stop_limit_us=300 * S,
        reasons={"jam": ReasonClass.UNPLANNED_STOP},
        materials={"A": Material(ideal_cycle_s=10, pieces_per_cycle=1)},
        states=states,
        quantities=(Quantity(at=1200 * S, material="A", good=180, scrap=20),),
    )
    result = result_of(tally(case), case.policy)
    losses = with_unexplained(losses_of(ladder(result, classify(case))))
    return pareto(losses, result, measure)


def kinds(found: list[Bar]) -> list[LossKind]:
    return [bar.loss.kind for bar in found]


def test_what_nobody_explained_has_a_row_also_when_it_is_nothing() -> None:
    open_ = next(b for b in bars(Measure.MINUTES) if b.loss.kind is LossKind.UNCLASSIFIED)
    assert open_.loss.us == 900 * S
    assert open_.few
    explained = bars(Measure.MINUTES, reason="jam")
    row = next(b for b in explained if b.loss.kind is LossKind.UNCLASSIFIED)
    assert row.loss.us == row.loss.count == 0
    assert not row.few


def test_each_measure_has_its_own_order_and_reaches_the_whole() -> None:
    minutes, count, pieces = (bars(measure) for measure in Measure)
    assert kinds(minutes)[0] is LossKind.UNCLASSIFIED
    assert kinds(count)[0] is LossKind.REJECTS
    assert count[0].value == 20
    for found in (minutes, count, pieces):
        assert found[-1].reached == 1
        assert [bar.reached for bar in found] == sorted(bar.reached for bar in found)


def test_pieces_of_lost_time_are_those_of_the_ideal_rate_and_rejects_are_counted() -> None:
    found = {bar.loss.kind: bar.pieces for bar in bars(Measure.PIECES)}
    assert found[LossKind.UNCLASSIFIED] == 90
    assert found[LossKind.REJECTS] == 20


def test_the_vital_few_are_those_that_make_up_four_fifths() -> None:
    found = bars(Measure.MINUTES)
    few = [bar for bar in found if bar.few]
    assert few == found[: len(few)]
    assert few[-1].reached >= Fraction(4, 5)
    assert all(bar.reached < Fraction(4, 5) for bar in few[:-1])


def test_an_unknown_measure_is_minutes() -> None:
    assert [measure_of(text) for text in ("count", "", "money")] == [
        Measure.COUNT,
        Measure.MINUTES,
        Measure.MINUTES,
    ]
