"""Faults as they are written and as they are scheduled."""

from __future__ import annotations

import pytest

from simulators.build import build
from simulators.devices import PressPlc
from simulators.faults import Fault, FaultKind, FaultSchedule, parse
from simulators.modbus_memory import Table
from simulators.plant.model import JobMode
from simulators.scenarios import SCENARIOS
from tests.simulators.helpers import seoul_us


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("reboot@120", Fault(kind=FaultKind.REBOOT, at_s=120, for_s=2)),
        ("link-drop@60:10", Fault(kind=FaultKind.LINK_DROP, at_s=60, for_s=10)),
        ("link-drop@6:on=opcua", Fault(kind=FaultKind.LINK_DROP, at_s=6, opcua=True)),
        ("freeze@1.5:20:unit=2", Fault(kind=FaultKind.FREEZE, at_s=1.5, for_s=20, unit=2)),
        ("delay@3:4:unit=3:ms=800", Fault(kind=FaultKind.DELAY, at_s=3, for_s=4, unit=3, ms=800)),
        ("exception@0:5:code=6", Fault(kind=FaultKind.EXCEPTION, at_s=0, for_s=5, code=6)),
        ("skew@1:9:ms=90000", Fault(kind=FaultKind.SKEW, at_s=1, for_s=9, ms=90_000)),
    ],
)
def test_a_fault_is_read_as_it_is_written(text: str, fault: Fault) -> None:
    assert parse(text) == fault


@pytest.mark.parametrize(
    "text", ["reboot", "fire@1", "freeze@soon", "freeze@1:2:3", "delay@1:2:colour=red", "@"]
)
def test_what_is_no_fault_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"no fault|cannot read"):
        parse(text)


def test_a_fault_begins_once_and_ends_once() -> None:
    fault = parse("silence@10:5")
    schedule = FaultSchedule([fault])
    assert schedule.due(9.9) == ([], [])
    assert schedule.due(10.2) == ([fault], [])
    assert schedule.due(12.0) == ([], [])
    assert schedule.due(15.1) == ([], [fault])
    assert schedule.due(99.0) == ([], [])


def test_after_a_reboot_the_counters_begin_at_zero_and_go_on() -> None:
    start = seoul_us(24, 13, 30)
    built = build(SCENARIOS["press"], seed=2, start_us=start, job_mode=JobMode.CYCLE)
    plc = built.counters["press_plc"]
    assert isinstance(plc, PressPlc)
    built.plant.start()
    built.plant.advance(start + 3_600_000_000)
    made = built.plant.machine("press-1").total
    plc.refresh()
    assert plc.memory.read(Table.HOLDING, 1, 1) == [(65_300 + made) % 65_536]
    plc.reboot()
    plc.refresh()
    assert plc.memory.read(Table.HOLDING, 1, 3) == [0, 0, 0]
    built.plant.advance(start + 7_200_000_000)
    plc.refresh()
    machine = built.plant.machine("press-1")
    assert plc.memory.read(Table.HOLDING, 1, 1) == [machine.total - made]
