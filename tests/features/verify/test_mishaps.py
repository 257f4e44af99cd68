"""What mishaps do to recorded signals, and to what can be known."""

from __future__ import annotations

from itertools import pairwise

from mes.features.verify.mishaps import (
    HOUR_US,
    LATE_BY_US,
    MINUTE_US,
    MODULUS,
    PAST_KINDS,
    SKEW_US,
    Line,
    Mishap,
    MishapKind,
    knowable,
    scatter,
    spoil,
)
from mes.features.verify.truth import Made, UnitTruth

BEGIN = 1_772_406_000_000_000
TAG = "press1_strokes"


def line(minutes: int, *values: tuple[str, int], source: str = "press_plc") -> Line:
    at = BEGIN + minutes * MINUTE_US
    return {
        "kind": "records",
        "source": source,
        "stream": "event",
        "epoch": "00",
        "covered_until": at,
        "records": [
            [0, "v", tag, value, 0, None, at if source == "cnc_cell" else None, at, None]
            for tag, value in values
        ],
    }


def hit(kind: MishapKind, start: int, end: int, source: str = "press_plc") -> Mishap:
    return Mishap(
        kind=kind, source=source, start=BEGIN + start * MINUTE_US, end=BEGIN + end * MINUTE_US
    )


def records(lines: list[Line], *mishaps: Mishap) -> list[list[object]]:
    return [record for one in spoil(lines, mishaps) for record in one["records"]]


def test_without_mishaps_everything_arrives_numbered() -> None:
    lines = [line(1, (TAG, 5)), line(2, (TAG, 9), ("press1_state", 2))]
    assert [(r[0], r[2], r[3]) for r in records(lines)] == [
        (1, TAG, 5),
        (2, TAG, 9),
        (3, "press1_state", 2),
    ]


def test_after_a_loss_a_gap_is_told_and_everything_is_read_again_from_its_beginning() -> None:
    lines = [line(1, (TAG, 5)), line(3, (TAG, 9)), line(6, (TAG, 20))]
    told = records(lines, hit(MishapKind.COLLECTOR_LOSS, 2, 5))
    start, end = BEGIN + 2 * MINUTE_US, BEGIN + 5 * MINUTE_US
    assert [r[1:3] for r in told] == [["v", TAG], ["g", start], ["v", TAG], ["v", TAG]]
    assert told[2][3] == 9
    assert told[2][7:] == [end, start]
    assert told[3][3] == 20
    assert told[3][8] is None


def test_while_values_stand_still_nothing_arrives_and_no_gap_is_told() -> None:
    lines = [line(1, (TAG, 5)), line(3, (TAG, 9)), line(6, ("press1_state", 2))]
    told = records(lines, hit(MishapKind.FROZEN, 2, 5))
    assert [(r[1], r[2], r[3]) for r in told] == [
        ("v", TAG, 5),
        ("v", TAG, 9),
        ("v", "press1_state", 2),
    ]
    assert told[1][7] == BEGIN + 5 * MINUTE_US


def test_a_restarted_controller_counts_from_nothing_after_its_next_reading() -> None:
    lines = [line(1, (TAG, MODULUS - 3)), line(3, (TAG, MODULUS - 1)), line(4, (TAG, 6))]
    told = records(lines, hit(MishapKind.REBOOT, 2, 2))
    assert [r[3] for r in told] == [MODULUS - 3, MODULUS - 1, 0, 7]


def test_a_killed_edge_tells_its_gap_and_sends_its_last_records_again() -> None:
    lines = [line(1, (TAG, 5)), line(6, (TAG, 9)), line(8, (TAG, 20))]
    at = BEGIN + 6 * MINUTE_US + 1
    killed = Mishap(kind=MishapKind.KILL_EDGE, source="press_plc", start=at, end=at + 3_000_000)
    told = records(lines, killed)
    assert [(r[0], r[1]) for r in told] == [
        (1, "v"),
        (2, "v"),
        (2, "v"),
        (3, "g"),
        (4, "v"),
        (5, "v"),
    ]
    assert told[3][2:4] == [killed.start, killed.end]
    assert (told[4][3], told[4][8], told[5][3], told[5][8]) == (9, killed.start, 20, None)


def test_a_wrong_clock_shifts_source_times_alone() -> None:
    lines = [line(1, ("cnc1_parts", 1), source="cnc_cell")]
    (told,) = records(lines, hit(MishapKind.CLOCK_SKEW, 0, 2, "cnc_cell"))
    assert told[6] == BEGIN + MINUTE_US + SKEW_US
    assert told[7] == BEGIN + MINUTE_US


def test_late_records_keep_their_numbers_and_come_after_those_that_follow() -> None:
    hours = LATE_BY_US // MINUTE_US
    lines = [line(1, (TAG, 1)), line(2, (TAG, 2)), line(hours + 9, (TAG, 3)), line(hours + 10)]
    told = records(lines, hit(MishapKind.LATE, 2, 3))
    assert [r[0] for r in told] == [1, 2, 3]
    soon = [*lines[:2], line(5, (TAG, 3)), *lines[2:]]
    assert [r[0] for r in records(soon, hit(MishapKind.LATE, 2, 3))] == [1, 3, 2, 4]


def test_repeated_records_arrive_twice_with_the_same_numbers() -> None:
    assert [r[0] for r in records([line(1, (TAG, 1))], hit(MishapKind.REPEATED, 0, 2))] == [1, 1]


def test_nobody_can_know_a_state_while_nobody_reads() -> None:
    truth = UnitTruth(
        unit="press-1",
        states=[(0, "running", None), (10, "down", "jam"), (40, "running", None)],
        made=[Made(at=5, good=1, scrap=0), Made(at=12, good=2, scrap=0)],
        lags={},
    )
    lost = Mishap(kind=MishapKind.COLLECTOR_LOSS, source="press_plc", start=8, end=20)
    frozen = Mishap(kind=MishapKind.FROZEN, source="press_plc", start=8, end=20)
    assert knowable(truth, [lost]).states == [
        (0, "running", None),
        (8, "unknown", None),
        (20, "down", "jam"),
        (40, "running", None),
    ]
    assert knowable(truth, [lost]).made == truth.made
    assert knowable(truth, [frozen]).states == [
        (0, "running", None),
        (20, "down", "jam"),
        (40, "running", None),
    ]
    assert [one.at for one in knowable(truth, [frozen]).made] == [5, 20]


def test_mishaps_of_a_source_lie_apart_and_follow_from_the_seed() -> None:
    end = BEGIN + 14 * 24 * HOUR_US
    found = scatter(5, BEGIN, end)
    assert found == scatter(5, BEGIN, end) != scatter(6, BEGIN, end)
    assert {one.kind for one in found} == PAST_KINDS
    for source in {one.source for one in found}:
        spans = sorted((one.start, one.end) for one in found if one.source == source)
        assert all(b[0] - a[1] >= HOUR_US for a, b in pairwise(spans))
