"""Instants of local wall times.

A wall time that a clock change skips means the instant of the change, one that happens twice means
the first, so that wall order stays time order and a night shift has 7 or 9 real hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def local_us(time_zone: str, day: date, wall: time) -> int:
    """The instant of a wall time; skipped: that of the clock change; twice there: the first."""
    zone = ZoneInfo(time_zone)
    early = datetime.combine(day, wall, tzinfo=zone)
    instant = _us(early)
    if early.utcoffset() == early.replace(fold=1).utcoffset():
        return instant
    if local_time(time_zone, instant).time() == wall:
        return instant
    return _clock_change(zone, _us(early.replace(fold=1)), instant)


def local_time(time_zone: str, at_us: int) -> datetime:
    """The wall time of an instant, aware of its zone."""
    return (_EPOCH + at_us * _MICROSECOND).astimezone(ZoneInfo(time_zone))


def _clock_change(zone: ZoneInfo, before_us: int, after_us: int) -> int:
    """The instant in (before, after] at which the zone's offset changes, to the second."""
    old = (_EPOCH + before_us * _MICROSECOND).astimezone(zone).utcoffset()
    low, high = before_us // 1_000_000, after_us // 1_000_000
    while high - low > 1:
        middle = (low + high) // 2
        if (_EPOCH + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return high * 1_000_000


def _us(moment: datetime) -> int:
    return (moment.astimezone(UTC) - _EPOCH) // _MICROSECOND
