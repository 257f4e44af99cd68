"""The pilot plant: a line of three presses, a CNC cell, a washer, a meter and a furnace.

The press line works six days in two shifts; the cell and the washer work every day, the cell
through the breaks as well, so that something always moves.
"""

from __future__ import annotations

from simulators.plant.model import JobMode, MachineSpec, ScrapFoundBy
from simulators.scenarios.causes import (
    BASKET_CHANGE,
    DIE_CHANGE,
    MACHINING,
    PRESS,
    TOOL_CHANGE,
    WASHER,
    rarer,
)
from simulators.scenarios.model import CellNode, Device, DeviceKind, Scenario, Worker
from simulators.scenarios.times import AROUND_THE_CLOCK, EVERY_DAY, SIX_DAYS


def _press(
    number: int,
    ideal_cycle_s: dict[str, float],
    *,
    slowness: float,
    scrap_ratio: float,
    quantities: tuple[int, int],
    running_kw: float,
    rarer_stops: float = 1.0,
) -> MachineSpec:
    return MachineSpec(
        id=f"press-{number}",
        times=SIX_DAYS,
        ideal_cycle_s=ideal_cycle_s,
        slowness=slowness,
        jitter=0.04,
        scrap_ratio=scrap_ratio,
        quantities=quantities,
        order_prefix=f"P{number}",
        changeover=DIE_CHANGE,
        causes=rarer(PRESS, rarer_stops),
        running_kw=running_kw,
        idle_kw=1.4,
    )


def _cnc(number: int, ideal_cycle_s: dict[str, float], *, slowness: float) -> MachineSpec:
    return MachineSpec(
        id=f"cnc-{number}",
        times=AROUND_THE_CLOCK,
        ideal_cycle_s=ideal_cycle_s,
        slowness=slowness,
        jitter=0.05,
        scrap_ratio=0.012,
        quantities=(260, 520),
        order_prefix=f"C{number}",
        changeover=TOOL_CHANGE,
        causes=MACHINING,
        running_kw=5.5,
        idle_kw=0.9,
    )


_WASHER = MachineSpec(
    id="washer-1",
    times=EVERY_DAY,
    ideal_cycle_s={"BRKT-100": 6.0},
    slowness=1.08,
    jitter=0.05,
    scrap_ratio=0.006,
    quantities=(2000, 3600),
    order_prefix="W1",
    changeover=BASKET_CHANGE,
    causes=WASHER,
    scrap_found_by=ScrapFoundBy.PEOPLE,
    lamp_only=True,
    running_kw=3.0,
    idle_kw=0.5,
)
_PRESSES = ("press-1", "press-2", "press-3")
_CELL = ("cnc-1", "cnc-2")

SCENARIO = Scenario(
    name="demo",
    machines=(
        _press(
            1,
            {"BRKT-100": 2.0, "HNG-200": 2.4},
            slowness=1.03,
            scrap_ratio=0.012,
            quantities=(5000, 9000),
            running_kw=7.5,
            rarer_stops=1.7,
        ),
        _press(
            2,
            {"HNG-200": 2.4, "BRKT-100": 2.0},
            slowness=1.07,
            scrap_ratio=0.02,
            quantities=(4000, 8000),
            running_kw=8.2,
        ),
        _press(
            3,
            {"PNL-330": 3.0},
            slowness=1.05,
            scrap_ratio=0.016,
            quantities=(3000, 6000),
            running_kw=11.0,
            rarer_stops=0.75,
        ),
        _WASHER,
    ),
    cell=(
        _cnc(1, {"SHAFT-10": 55.0, "SHAFT-20": 75.0}, slowness=1.05),
        _cnc(2, {"SHAFT-10": 52.0, "SHAFT-20": 78.0}, slowness=1.06),
    ),
    buffer_size=4,
    devices=(
        Device(unit=1, kind=DeviceKind.PRESS_PLC, source="press_plc", machines=_PRESSES),
        Device(unit=2, kind=DeviceKind.REMOTE_IO, source="remote_io", machines=("washer-1",)),
        Device(unit=3, kind=DeviceKind.METER, source="meter"),
        Device(unit=4, kind=DeviceKind.FURNACE, source="furnace"),
    ),
    nodes=(
        CellNode(machine="cnc-1", source="cnc_cell", prefix="Cnc1", tag_prefix="cnc1"),
        CellNode(machine="cnc-2", source="cnc_cell", prefix="Cnc2", tag_prefix="cnc2"),
    ),
    workers=(
        Worker(
            badge="1001",
            name_ko="김민수",
            name_en="Kim Minsu",
            role="operator",
            shift="D",
            machines=_PRESSES,
        ),
        Worker(
            badge="1002",
            name_ko="이서연",
            name_en="Lee Seoyeon",
            role="operator",
            shift="N",
            machines=_PRESSES,
        ),
        Worker(
            badge="1003",
            name_ko="박지훈",
            name_en="Park Jihun",
            role="operator",
            shift="D",
            machines=(*_CELL, "washer-1"),
        ),
        Worker(
            badge="1004",
            name_ko="응우옌 반 남",
            name_en="Nguyen Van Nam",
            role="operator",
            shift="N",
            machines=(*_CELL, "washer-1"),
        ),
        Worker(
            badge="2001", name_ko="최영호", name_en="Choi Youngho", role="supervisor", shift="D"
        ),
        Worker(badge="2002", name_ko="정하늘", name_en="Jung Haneul", role="supervisor", shift="N"),
        Worker(badge="3001", name_ko="강은지", name_en="Kang Eunji", role="quality", shift="D"),
        Worker(
            badge="4001", name_ko="윤태식", name_en="Yoon Taesik", role="maintenance", shift="D"
        ),
    ),
    live_job_mode=JobMode.HOLD,
)
