"""Working times of the pilot plant in Busan."""

from __future__ import annotations

from datetime import time

from simulators.plant.calendar import BreakTime, WorkTimes

ZONE = "Asia/Seoul"
BREAKS = (
    BreakTime(start=time(10, 0), end=time(10, 10), reason="rest"),
    BreakTime(start=time(12, 0), end=time(13, 0), reason="lunch"),
    BreakTime(start=time(15, 0), end=time(15, 10), reason="rest"),
    BreakTime(start=time(0, 0), end=time(1, 0), reason="night-meal"),
)
SIX_DAYS = WorkTimes(
    zone=ZONE,
    weekdays=frozenset(range(6)),
    day_starts=time(8),
    handover=time(20),
    breaks=BREAKS,
)
EVERY_DAY = WorkTimes(
    zone=ZONE, weekdays=frozenset(range(7)), day_starts=time(8), handover=time(20), breaks=BREAKS
)
AROUND_THE_CLOCK = WorkTimes(
    zone=ZONE, weekdays=frozenset(range(7)), day_starts=time(8), handover=time(20)
)
