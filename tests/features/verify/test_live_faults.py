"""What goes wrong in a plant that runs follows from the seed, and is told as the simulators do."""

from __future__ import annotations

import pytest

from mes.features.verify.live_faults import (
    FIRST_S,
    FIRST_STROKES,
    LAST_S,
    LIVE_KINDS,
    LiveFault,
    device_mishaps,
    device_options,
    plan,
    rollovers,
)
from mes.features.verify.mishaps import MODULUS, Mishap, MishapKind
from mes.features.verify.processes import EDGE, WEB, WORKER
from mes.features.verify.truth import Made, UnitTruth
from simulators.faults import FaultKind, parse

SOURCES = {"press_plc", "remote_io", "cnc_cell"}


@pytest.mark.parametrize("seed", range(20))
def test_a_minute_and_a_quarter_has_every_kind_of_fault(seed: int) -> None:
    faults = plan(seed, 75.0)
    assert {one.kind for one in faults} == LIVE_KINDS
    assert {EDGE, WEB, WORKER} <= {one.target for one in faults}
    assert faults == plan(seed, 75.0) != plan(seed + 1, 75.0)


def test_faults_leave_the_beginning_and_the_end_alone() -> None:
    faults = plan(1, 300.0)
    assert len(faults) > 50
    assert min(one.at_s for one in faults) >= FIRST_S
    assert max(one.at_s + one.for_s for one in faults) <= 300.0 - LAST_S


def test_only_the_kinds_that_are_wanted_happen() -> None:
    faults = plan(1, 90.0, [MishapKind.REBOOT])
    assert {one.kind for one in faults} == {MishapKind.REBOOT}
    assert plan(1, 90.0, []) == []


def test_the_simulators_can_read_every_fault_of_a_device() -> None:
    faults = plan(4, 120.0)
    read = [parse(text) for text in device_options(faults, 10.0, 20)]
    devices = [one for one in faults if not one.is_kill]
    assert [one.at_s for one in read] == pytest.approx([10 + one.at_s for one in devices], abs=1e-3)
    assert {one.kind for one in read} == {
        FaultKind.LINK_DROP,
        FaultKind.SILENCE,
        FaultKind.REBOOT,
        FaultKind.FREEZE,
        FaultKind.SKEW,
    }
    assert {one.ms for one in read if one.kind is FaultKind.SKEW} == {100_000}


def test_a_kill_is_no_fault_of_a_device() -> None:
    kill = LiveFault(kind=MishapKind.KILL_EDGE, target=EDGE, at_s=1.0, for_s=0.0)
    assert device_options([kill], 0.0, 1) == []


def test_the_journal_tells_which_sources_a_fault_hit_and_when() -> None:
    def line(at: int, action: str, fault: str, unit: int, on_opcua: bool) -> dict[str, object]:
        return {
            "t": at,
            "kind": "fault",
            "action": action,
            "fault": fault,
            "target": unit,
            "on_opcua": on_opcua,
        }

    told = device_mishaps(
        [
            {"t": 1, "kind": "state", "unit": "press-1"},
            line(2, "begin", "link-drop", 1, False),
            line(3, "begin", "skew", 1, False),
            line(5, "end", "link-drop", 1, False),
            line(6, "begin", "freeze", 2, False),
            line(7, "end", "skew", 1, False),
            line(8, "end", "freeze", 2, False),
            line(9, "begin", "link-drop", 1, True),
            line(10, "end", "link-drop", 1, True),
        ]
    )
    assert [(one.kind.value, one.source, one.start, one.end) for one in told] == [
        ("collector-loss", "press_plc", 2, 5),
        ("collector-loss", "remote_io", 2, 5),
        ("clock-skew", "cnc_cell", 3, 7),
        ("frozen", "remote_io", 6, 8),
        ("collector-loss", "cnc_cell", 9, 10),
    ]


def test_a_counter_turns_once_and_after_a_restart_not_at_all() -> None:
    strokes = [Made(at=at, good=1, scrap=0) for at in range(1, 101)]
    truth = UnitTruth(unit="press-1", states=[(0, "running", None)], made=strokes, lags={})
    turn = MODULUS - FIRST_STROKES
    (told,) = rollovers(truth, [])
    assert told == Mishap(kind=MishapKind.ROLLOVER, source="press_plc", start=turn, end=turn)
    assert rollovers(truth, [turn - 5]) == []
