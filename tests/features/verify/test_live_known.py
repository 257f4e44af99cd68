"""What can be known of a plant whose edge was away: gaps are explained, the rest is right."""

from __future__ import annotations

import pytest

from mes.features.verify.differences import Restart
from mes.features.verify.live_faults import everywhere
from mes.features.verify.live_known import Gap, gap_differences, pieces_of_a_poll, story
from mes.features.verify.mishaps import Mishap, MishapKind
from mes.features.verify.truth import Made, UnitTruth

S = 1_000_000
SPEED = 20
PRESS = UnitTruth(
    unit="press-1",
    states=[
        (0, "running", None),
        (300 * S, "down", "jam"),
        (320 * S, "running", None),
    ],
    made=[Made(at=at * S, good=int(at % 10 != 0), scrap=int(at % 10 == 0)) for at in range(2, 600)],
    lags={},
)


def fault(kind: MishapKind, start: int, end: int, source: str = "press_plc") -> Mishap:
    return Mishap(kind=kind, source=source, start=start * S, end=end * S)


def gap(start: int, end: int, source: str = "press_plc") -> Gap:
    return Gap(source=source, start=start * S, end=end * S)


def rows(mishaps: list[Mishap], gaps: list[Gap]) -> list[tuple[str, float, float, bool]]:
    told = gap_differences("press_plc", mishaps, gaps, SPEED)
    return [(one.figure, one.happened, one.told, one.agrees) for one in told]


def test_a_gap_over_a_fault_is_explained() -> None:
    lost = fault(MishapKind.COLLECTOR_LOSS, 100, 150)
    assert rows([lost], [gap(99, 170)]) == [
        ("gap 0 s", 50.0, 71.0, True),
        ("silence 0 s", 50.0, 50.0, True),
    ]


def test_a_gap_that_goes_on_long_after_its_fault_is_not() -> None:
    lost = fault(MishapKind.COLLECTOR_LOSS, 100, 150)
    told = rows([lost], [gap(100, 150 + 30 * SPEED + 1)])
    assert told[0] == ("gap 0 s", 50.0, 651.0, False)


def test_a_gap_over_two_faults_is_explained_by_both_and_not_by_one_that_came_later() -> None:
    one, other = fault(MishapKind.REBOOT, 100, 150), fault(MishapKind.COLLECTOR_LOSS, 140, 200)
    later = fault(MishapKind.COLLECTOR_LOSS, 230, 260)
    told = rows([one, other, later], [gap(99, 220), gap(229, 270)])
    assert told[:2] == [("gap 0 s", 100.0, 121.0, True), ("gap 1 s", 30.0, 41.0, True)]
    assert all(agrees for _, _, _, agrees in told)


def test_a_gap_without_a_fault_is_not_explained() -> None:
    skewed = fault(MishapKind.CLOCK_SKEW, 100, 150)
    lost = fault(MishapKind.COLLECTOR_LOSS, 300, 350)
    told = rows([skewed, lost], [gap(99, 105), gap(299, 352)])
    assert told[:2] == [("gap 0 s", 0.0, 6.0, False), ("gap 1 s", 50.0, 53.0, True)]


@pytest.mark.parametrize(("lasted", "agrees"), [(29, True), (31, False)])
def test_a_silence_of_some_length_has_to_be_told(lasted: int, agrees: bool) -> None:
    lost = fault(MishapKind.COLLECTOR_LOSS, 100, 100 + lasted)
    assert rows([lost], []) == [("silence 0 s", float(lasted), 0.0, agrees)]


def test_a_silence_of_which_a_part_is_told_is_not_told() -> None:
    lost = fault(MishapKind.COLLECTOR_LOSS, 100, 150)
    assert rows([lost], [gap(135, 170)])[1] == ("silence 0 s", 50.0, 15.0, False)


def test_a_killed_edge_explains_gaps_of_every_source_and_a_killed_web_process_none() -> None:
    killed = everywhere(MishapKind.KILL_EDGE, 200 * S, 220 * S)
    web = everywhere(MishapKind.KILL_WEB, 400 * S, 400 * S)
    assert rows([killed, web], [gap(199, 260), gap(399, 420)]) == [
        ("gap 0 s", 30.0, 61.0, True),
        ("gap 1 s", 0.0, 21.0, False),
        ("silence 0 s", 30.0, 30.0, True),
    ]


def test_a_kill_of_the_edge_that_no_gap_tells_is_found() -> None:
    killed = everywhere(MishapKind.KILL_EDGE, 200 * S, 200 * S)
    assert rows([killed], []) == [("silence 0 s", 10.0, 0.0, False)]
    assert rows([killed], [gap(202, 240)])[1] == ("silence 0 s", 10.0, 8.0, True)


def told(mishaps: list[Mishap], gaps: list[Gap]) -> UnitTruth:
    return story(PRESS, loaded=[], mishaps=mishaps, gaps=gaps, speed=SPEED).known


def test_the_time_of_a_gap_is_unknown_and_its_pieces_are_not_lost() -> None:
    known = told([everywhere(MishapKind.KILL_EDGE, 310 * S, 310 * S)], [gap(309, 340)])
    assert known.states == [
        (0, "running", None),
        (300 * S, "down", "jam"),
        (309 * S, "unknown", None),
        (340 * S, "running", None),
    ]
    assert known.pieces(0, 600 * S) == PRESS.pieces(0, 600 * S)


def test_strokes_between_the_readings_around_a_restart_are_lost_and_rejects_after_it_are_not() -> (
    None
):
    restart = fault(MishapKind.REBOOT, 205, 245)
    known = told([restart], [gap(198, 262)])
    good, scrap = PRESS.pieces(0, 600 * S)
    lost_good, lost_scrap = PRESS.pieces(198 * S, 262 * S)
    counted_scrap = PRESS.pieces(205 * S, 262 * S)[1]
    assert counted_scrap == lost_scrap - 1
    assert known.pieces(0, 600 * S) == (
        good - lost_good - counted_scrap,
        scrap - lost_scrap + counted_scrap,
    )


def test_a_reading_may_come_in_between_the_word_to_restart_and_the_restart() -> None:
    gaps = [gap(198, 262)]
    early = fault(MishapKind.REBOOT, 198, 245)
    word = Mishap(kind=early.kind, source=early.source, start=198 * S - 22_000, end=early.end)
    assert told([word], gaps).made == told([early], gaps).made
    assert told([word], gaps).made != told([], gaps).made


def test_the_bound_of_a_restart_are_the_pieces_around_its_two_readings() -> None:
    restart = fault(MishapKind.REBOOT, 205, 245)
    bounds = story(PRESS, loaded=[], mishaps=[restart], gaps=[gap(198, 262)], speed=SPEED).bounds
    assert bounds.restarts == [Restart(start=198 * S, end=262 * S, pieces=4, in_doubt=True)]
    undisturbed = story(PRESS, loaded=[], mishaps=[], gaps=[gap(198, 262)], speed=SPEED).bounds
    assert undisturbed.restarts == []


def test_frozen_values_show_what_was_asked_last_before_nobody_asked() -> None:
    frozen = fault(MishapKind.FROZEN, 305, 330)
    known = told([frozen], [gap(298, 310)])
    assert known.states == [
        (0, "running", None),
        (298 * S, "unknown", None),
        (310 * S, "running", None),
        (330 * S, "running", None),
    ]


def test_changes_under_a_wrong_clock_may_be_as_late_as_their_arrival() -> None:
    skewed = fault(MishapKind.CLOCK_SKEW, 290, 310)
    assert told([skewed], []).lags == {300 * S: SPEED * S}


def test_a_press_makes_few_pieces_between_two_looks() -> None:
    assert pieces_of_a_poll("press-1", 1) == 1
    assert pieces_of_a_poll("press-1", 200) == 2
