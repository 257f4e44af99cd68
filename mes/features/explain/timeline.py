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
_STEPS_MIN = (1, 5, 10, 30, *(60 * hours for hours in (1, 2, 4, 12, 24, 72, 168, 720)))
_MINUTES_BELOW_H = 4
"""Shorter spans than this have marks between the hours."""
_DAYS_FROM_H = 36
"""Longer spans than this tell the day at midnight."""
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
        "hours": hour_marks(window, zone),
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


def hour_marks(window: Span, zone: str) -> list[tuple[str, str]]:
    """Moments below a drawing: place in percent, and the hour, of midnights the day instead."""
    start, end = window.start, window.end
    hours = (end - start) / _HOUR_US
    steps = [n for n in _STEPS_MIN if n >= 60 or hours < _MINUTES_BELOW_H]
    minutes = next((n for n in steps if hours * 60 / n <= _LABELS_MAX), steps[-1])
    step = minutes * _HOUR_US // 60
    local = ZoneInfo(zone)
    offset = datetime.fromtimestamp(start / US_PER_S, local).utcoffset() or timedelta(0)
    offset_us = int(offset.total_seconds()) * US_PER_S
    first = -(-(start + offset_us) // step) * step - offset_us
    marks: list[tuple[str, str]] = []
    for at in range(first, end + 1, step):
        moment = datetime.fromtimestamp(at / US_PER_S, local)
        is_day = minutes >= 24 * 60 or (hours > _DAYS_FROM_H and moment.hour == 0)
        form = "%m-%d" if is_day else "%H" if minutes >= 60 else "%H:%M"
        marks.append((f"{(at - start) / (end - start) * 100:.2f}", moment.strftime(form)))
    return marks
