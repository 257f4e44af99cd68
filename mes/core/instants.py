"""Instants: UTC microseconds since 1970 as `int`, read from and written as ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US_PER_S = 1_000_000
YEAR_MIN, YEAR_MAX = 1970, 2199
"""Years of which a plant may speak: plans and figures reach a few days beyond what is asked for."""
_EARLIEST_DAY = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH).days
_LATEST_DAY = (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH).days

_FINER_THAN_US = re.compile(r"[.,][0-9]{6}0*[1-9]")
_END_OF_DAY = re.compile(r"([Tt ])24(:?)00((?::?00(?:[.,]0+)?)?)(?=[Zz+-])")


def parse_instant(value: object) -> int:
    """Read an ISO 8601 instant that carries an offset or Z.

    Returns:
        UTC microseconds since 1970.

    Raises:
        ValueError: not ISO 8601, without offset, finer than a microsecond, or in UTC outside the
            years 1 to 9999.
    """
    if not isinstance(value, str):
        raise ValueError("is not an instant; write ISO 8601 with an offset")
    text, end_of_day = value, False
    if "24" in value and _END_OF_DAY.search(value):
        text, end_of_day = _END_OF_DAY.sub(r"\g<1>00\g<2>00\g<3>", value), True
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"is not an ISO 8601 instant: {value[:40]!r}") from None
    if moment.tzinfo is None:
        raise ValueError(f"has no offset from UTC: {value[:40]!r}")
    if _FINER_THAN_US.search(text):
        raise ValueError(f"is finer than a microsecond: {value[:40]!r}")
    since = moment - EPOCH
    days = since.days + 1 if end_of_day else since.days
    if not _EARLIEST_DAY <= days <= _LATEST_DAY:
        raise ValueError(f"lies outside the years 1 to 9999 of UTC: {value[:40]!r}")
    return (days * 86_400 + since.seconds) * US_PER_S + since.microseconds


def format_instant(instant: int, zone: ZoneInfo | None = None) -> str:
    """ISO 8601 with the offset of `zone` at that instant; UTC when `zone` is None.

    Args:
        instant: UTC microseconds since 1970.
        zone: time zone to print in.
    """
    moment = EPOCH + timedelta(microseconds=instant)
    if zone is None:
        return moment.isoformat()
    try:
        return moment.astimezone(zone).isoformat()
    except OverflowError:  # the first or last day a datetime can hold, shifted beyond it
        return moment.isoformat()
