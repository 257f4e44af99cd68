"""One press behind one controller, working around the clock: the first plant for a truth test.

Its stroke counter begins shortly before it rolls over.
"""

from __future__ import annotations

from simulators.plant.model import MachineSpec
from simulators.scenarios.causes import DIE_CHANGE, PRESS
from simulators.scenarios.model import Device, DeviceKind, Scenario, Worker
from simulators.scenarios.times import AROUND_THE_CLOCK

SCENARIO = Scenario(
    name="press",
    machines=(
        MachineSpec(
            id="press-1",
            times=AROUND_THE_CLOCK,
            ideal_cycle_s={"BRKT-100": 2.0, "HNG-200": 2.4},
            slowness=1.05,
            jitter=0.04,
            scrap_ratio=0.015,
            quantities=(1200, 2400),
            order_prefix="P1",
            changeover=DIE_CHANGE,
            causes=PRESS,
            running_kw=7.5,
        ),
    ),
    devices=(Device(unit=1, kind=DeviceKind.PRESS_PLC, source="press_plc", machines=("press-1",)),),
    workers=(
        Worker(
            badge="1001",
            name_ko="김민수",
            name_en="Kim Minsu",
            role="operator",
            shift="D",
            machines=("press-1",),
        ),
    ),
    first_strokes=65_300,
)
