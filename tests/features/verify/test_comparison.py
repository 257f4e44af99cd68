"""The comparison with the journal can fail, and says where."""

from __future__ import annotations

from typing import Any

import pytest

from mes.core.oee import compute
from mes.features.verify.comparison import (
    Row,
    count_rows,
    differing,
    lateness_by_class,
    oee_row,
    table,
    time_rows,
)
from mes.features.verify.truth import Loaded, Plan, UnitTruth, case_of, read_journal

S = 1_000_000
BEGIN = 1_772_445_600 * S
"""2026-03-02 19:00 in Seoul."""
PLAN = Plan(shifts=[(BEGIN - 3600 * S, BEGIN + 7200 * S)], breaks=[])


def line(at_s: float, **fields: Any) -> dict[str, Any]:
    return {"t": BEGIN + int(at_s * S), "unit": "press-1", **fields}


JOURNAL = [
    {"t": BEGIN, "unit": None, "kind": "plant", "action": "start"},
    line(0, kind="state", state="running", reason=None),
    line(0.4, kind="seen", changed_at=BEGIN),
    *(line(2.0 * n, kind="part", good=True, count=1) for n in range(1, 31)),
    line(60, kind="part", good=False, count=1),
    line(100, kind="state", state="stopped", reason="jam"),
    line(107, kind="seen", changed_at=BEGIN + 100 * S),
    line(160, kind="state", state="running", reason=None),
    line(160.5, kind="seen", changed_at=BEGIN + 160 * S),
    line(300, kind="state", state="stopped", reason="quality-check"),
]


def press(loaded: list[Loaded] | None = None) -> tuple[UnitTruth, Any]:
    truth = read_journal(JOURNAL)["press-1"]
    case = case_of(
        truth,
        window=(BEGIN - 60 * S, BEGIN + 400 * S),
        plan=PLAN,
        default_item="BRKT-100",
        cycles={"BRKT-100": "2.0", "HNG-200": "2.4"},
        loaded=loaded or [],
    )
    return truth, case


def test_pieces_belong_to_the_window_after_its_start_up_to_its_end() -> None:
    truth, _ = press()
    assert truth.pieces(BEGIN - 1, BEGIN + 400 * S) == (30, 1)
    assert truth.pieces(BEGIN + 2 * S, BEGIN + 60 * S) == (29, 1)
    assert truth.pieces(BEGIN + 2 * S, BEGIN + 60 * S - 1) == (28, 0)


def test_the_case_has_only_reasons_that_the_machine_shows() -> None:
    _, case = press()
    result = compute(case)
    seconds = {str(kind): length / S for kind, length in result.figures.times_us.items() if length}
    assert seconds == {"minor_stop": 60.0, "no_order": 160.0, "running": 240.0}
    assert result.figures.counted.good == 30
    assert float(result.kpis["oee"] or 0) == pytest.approx(30 * 2.0 / 460)


def test_a_loaded_job_gives_the_rate_and_takes_the_silence_away() -> None:
    job = Loaded(job="J", item="HNG-200", start=BEGIN + 31 * S, end=None)
    _, case = press([job])
    result = compute(case)
    seconds = {str(kind): length / S for kind, length in result.figures.times_us.items() if length}
    assert seconds == {"minor_stop": 160.0, "no_order": 60.0, "running": 240.0}
    assert float(result.kpis["oee"] or 0) == pytest.approx((15 * 2.0 + 15 * 2.4) / 460)


def test_each_change_of_a_class_may_be_one_poll_late_and_a_late_poll_as_late_as_it_was() -> None:
    truth, case = press()
    assert lateness_by_class(case, S, truth.lags) == {
        "no_order": S + S + S,
        "running": S + 8 * S + S + S,
        "minor_stop": 8 * S + S,
    }


@pytest.mark.parametrize(("lost", "agrees"), [(0, True), (1, False)])
def test_one_lost_piece_is_found(lost: int, agrees: bool) -> None:
    rows = count_rows("press-1", {"GQ": 30 - lost, "SQ": 1}, (30, 1))
    assert (not differing(rows)) is agrees
    assert ("<-- differs" in table(rows)) is not agrees


@pytest.mark.parametrize(("off_s", "agrees"), [(3.0, True), (-3.0, True), (3.1, False)])
def test_a_time_class_is_off_by_its_lateness_at_most(off_s: float, agrees: bool) -> None:
    truth, case = press()
    exact = compute(case)
    told = {str(kind): length for kind, length in exact.figures.times_us.items()}
    told["no_order"] += int(off_s * S)
    rows = time_rows("press-1", told, exact, lateness_by_class(case, S, truth.lags))
    assert [row.what for row in differing(rows)] == ([] if agrees else ["no_order s"])


def test_a_class_that_never_was_may_not_appear() -> None:
    _, case = press()
    exact = compute(case)
    told = {str(kind): length for kind, length in exact.figures.times_us.items()}
    told["unknown"] = 1
    assert len(differing(time_rows("press-1", told, exact, {}))) == 1


@pytest.mark.parametrize(
    ("points", "agrees"), [(0.0, True), (0.19, True), (-0.19, True), (0.21, False), (None, False)]
)
def test_an_oee_is_off_by_a_fifth_of_a_point_at_most(points: float | None, agrees: bool) -> None:
    exact = compute(press()[1])
    oee = float(exact.kpis["oee"] or 0)
    told = None if points is None else oee + points / 100
    assert oee_row("press-1", told, exact).agrees is agrees


def test_a_missing_figure_agrees_only_with_a_missing_one() -> None:
    assert Row(unit="u", what="oee", mes=None, truth=None).agrees
    assert not Row(unit="u", what="oee", mes=0.0, truth=None).agrees
