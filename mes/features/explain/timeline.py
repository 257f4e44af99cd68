"""Intervals as a strip of bars: running lies low, every loss stands up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mes.core.case_model import Span
from mes.core.classes import TimeClass
from mes.core.explain import Interval
from mes.core.instants import US_PER_S

HEIGHT = 64
BARS_MAX = 2000
"""More intervals are drawn coarser: neighbours of one look within a pixel become one bar."""
_FLAT = {
    TimeClass.BREAK: "brk",
    TimeClass.PLANNED_STOP: "brk",
    TimeClass.NOT_SCHEDULED: "brk",
    TimeClass.NO_ORDER: "off",
    TimeClass.MINOR_STOP: "minor",
}
_SHARE = {"running": 0.3, "setup": 0.8, "minor": 0.62, "brk": 0.08, "off": 0.08}
_HOUR_US = 3600 * US_PER_S
_STEPS_H = (1, 2, 4, 12, 24, 72, 168)
_LABELS_MAX = 14


def strip(
    intervals: Sequence[Interval], window: Span, zone: str, chosen: Interval | None
) -> dict[str, object]:
    """Bars of a strip 1000 wide and 64 high, hours below it, and where the chosen interval is."""
    length = window.end - window.start
    if length <= 0:
        return {"strip": [], "hours": [], "mark": None}
    bars: list[tuple[str, float, float]] = []
    for one in intervals:
        kind = kind_of(one)
        left, right = ((at - window.start) / length * 1000 for at in (one.start, one.end))
        if bars and bars[-1][0] == kind and left - bars[-1][2] < 0.01:
            left = bars.pop()[1]
        bars.append((kind, left, right))
    return {
        "strip": [_bar(*bar) for bar in bars[:BARS_MAX]],
        "hours": _hours(window.start, window.end, zone),
        "mark": None if chosen is None else _mark(chosen, window),
    }


def kind_of(one: Interval) -> str:
    """The look of an interval."""
    if one.time_class in _FLAT:
        return _FLAT[one.time_class]
    if one.time_class is TimeClass.UNPLANNED_STOP and one.reason is None:
        return "unexpl"
    return one.state.value


def _bar(kind: str, left: float, right: float) -> dict[str, str]:
    share = _SHARE.get(kind, 1)
    return {
        "kind": kind,
        "x": f"{left:.2f}",
        "width": f"{max(right - left, 0.6):.2f}",
        "height": f"{HEIGHT * share:.1f}",
        "y": f"{HEIGHT * (1 - share):.1f}",
    }


def _mark(one: Interval, window: Span) -> dict[str, str]:
    length = window.end - window.start
    return {
        "x": f"{(one.start - window.start) / length * 1000:.2f}",
        "width": f"{max(one.length_us / length * 1000, 3):.2f}",
    }


def _hours(start: int, end: int, zone: str) -> list[tuple[str, str]]:
    hours = (end - start) / _HOUR_US
    step_h = next((step for step in _STEPS_H if hours / step <= _LABELS_MAX), _STEPS_H[-1])
    step = step_h * _HOUR_US
    local = ZoneInfo(zone)
    offset = datetime.fromtimestamp(start / US_PER_S, local).utcoffset() or timedelta(0)
    offset_us = int(offset.total_seconds()) * US_PER_S
    first = -(-(start + offset_us) // step) * step - offset_us
    form = "%H" if step_h < 24 else "%m-%d"
    return [
        (
            f"{(at - start) / (end - start) * 100:.2f}",
            datetime.fromtimestamp(at / US_PER_S, local).strftime(form),
        )
        for at in range(first, end + 1, step)
    ]
