"""Stops as they happen on real presses and machining centres; durations in seconds.

Mean running times are chosen so that a two-shift plant lands at an OEE between 60 and 85 %.
"""

from __future__ import annotations

from dataclasses import replace

from simulators.plant.model import Cause, Changeover, State

FAULT_JAM = 11
FAULT_MISFEED = 12
FAULT_BREAKDOWN = 21
FAULT_SENSOR = 22
FAULT_MATERIAL = 31

DIE_CHANGE = Changeover(reason="die-change", shortest_s=420, usual_s=780, longest_s=1500)
TOOL_CHANGE = Changeover(reason="tool-change", shortest_s=420, usual_s=900, longest_s=1500)
BASKET_CHANGE = Changeover(reason="adjustment", shortest_s=200, usual_s=320, longest_s=600)


def _cause(
    reason: str,
    state: State,
    every_min: float,
    seconds: tuple[float, float, float],
    *,
    fault: int = 0,
    only_while_held: bool = False,
) -> Cause:
    return Cause(
        reason=reason,
        state=state,
        mean_run_s=every_min * 60.0,
        shortest_s=seconds[0],
        usual_s=seconds[1],
        longest_s=seconds[2],
        fault=fault,
        only_while_held=only_while_held,
    )


def rarer(causes: tuple[Cause, ...], times: float) -> tuple[Cause, ...]:
    """The same causes, so many times as rare: a newer machine above 1, an older one below."""
    return tuple(replace(cause, mean_run_s=cause.mean_run_s * times) for cause in causes)


PRESS = (
    _cause("jam", State.STOPPED, 16, (12, 40, 200), fault=FAULT_JAM),
    _cause("misfeed", State.STOPPED, 45, (6, 15, 60), fault=FAULT_MISFEED),
    _cause("breakdown", State.DOWN, 620, (480, 1100, 2700), fault=FAULT_BREAKDOWN),
    _cause("sensor-fault", State.DOWN, 900, (320, 600, 1200), fault=FAULT_SENSOR),
    _cause("material-shortage", State.WAITING, 300, (150, 420, 1200), fault=FAULT_MATERIAL),
    _cause("no-operator", State.STOPPED, 420, (120, 400, 1000)),
    _cause("quality-check", State.STOPPED, 240, (90, 300, 540)),
    _cause("cleaning", State.STOPPED, 560, (320, 480, 720)),
    _cause("die-change", State.SETUP, 200, (420, 780, 1500), only_while_held=True),
)
MACHINING = (
    _cause("chip-jam", State.STOPPED, 50, (20, 90, 260), fault=FAULT_JAM),
    _cause("tool-breakage", State.DOWN, 520, (400, 900, 2100), fault=FAULT_BREAKDOWN),
    _cause("quality-check", State.STOPPED, 260, (120, 320, 600)),
    _cause("tool-change", State.SETUP, 240, (240, 480, 900)),
    _cause("no-operator", State.STOPPED, 500, (200, 420, 1100)),
)
WASHER = (
    _cause("jam", State.STOPPED, 35, (20, 70, 280)),
    _cause("material-shortage", State.STOPPED, 150, (120, 380, 1100)),
    _cause("breakdown", State.STOPPED, 900, (400, 900, 2000)),
    _cause("no-operator", State.STOPPED, 380, (90, 360, 900)),
    _cause("cleaning", State.STOPPED, 480, (320, 500, 800)),
)
