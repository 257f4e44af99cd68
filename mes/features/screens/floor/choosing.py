"""Which shift of which line a page shows, and how it names times and places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from mes.core.instants import US_PER_S, parse_instant
from mes.core.refusal import Refusal
from mes.features.oee.windows import day_argument
from mes.features.production.master_loading import masters
from mes.features.production.masters import Line, Masters
from mes.features.production.plan import Plan
from mes.features.publishing.periods import DAY_SHIFT, Period, find_line, find_period, periods_of
from mes.features.screens.language import name_of

_REACH_US = 14 * 86_400_000_000
"""How far away the shift beside one is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A shift of a line, and the shifts beside it (None: none within two weeks)."""

    known: Masters
    line: Line
    period: Period
    before: Period | None
    after: Period | None

    def address(self, page: str, period: Period | None) -> str | None:
        """Address of a page (`""` or `/handover`) for a shift of this line."""
        if period is None:
            return None
        shift = period.shift or DAY_SHIFT
        query = urlencode({"day": period.day.isoformat(), "shift": shift})
        return f"/lines/{quote(self.line.code)}{page}?{query}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """How times and names are written: plant zone, 24 h, the reader's language."""

    zone: ZoneInfo
    language: str

    def clock(self, at: str | int | None) -> str:
        """HH:MM."""
        return self._format(at, "%H:%M")

    def day_clock(self, at: str | int | None) -> str:
        """MM-DD HH:MM."""
        return self._format(at, "%m-%d %H:%M")

    def full(self, at: str | int | None) -> str:
        """YYYY-MM-DD HH:MM:SS."""
        return self._format(at, "%Y-%m-%d %H:%M:%S")

    def named(self, names: Mapping[str, str] | None, fallback: str = "") -> str:
        """The name in the reader's language."""
        return name_of(names, self.language, fallback)

    def _format(self, at: str | int | None, form: str) -> str:
        if at is None:
            return "–"
        us = parse_instant(at) if isinstance(at, str) else at
        return datetime.fromtimestamp(us / US_PER_S, self.zone).strftime(form)


def choose(
    session: Session,
    line: str,
    day: str,
    shift: str,
    now_us: int,
    *,
    default: Callable[[Plan, int], Period] | None = None,
) -> Chosen:
    """The shift that an address means.

    Args:
        day: production day YYYY-MM-DD; empty: the default.
        shift: code; empty: the first of the day.
        default: None: the present shift.

    Raises:
        Refusal: `unknown_line`, `unknown_shift` (404), `window_malformed` (422).
    """
    known = masters(session)
    found = find_line(known, line)
    if not day:
        period = (default or present)(found.plan, now_us)
    elif shift:
        period = find_period(found.plan, day, shift)
    else:
        period = _first(found.plan, day)
    return Chosen(
        known=known,
        line=found,
        period=period,
        before=before(found.plan, period),
        after=_after(found.plan, period),
    )


def present(plan: Plan, now_us: int) -> Period:
    """The shift that runs; between two shifts the day's last one that has begun, else its first."""
    at = plan.period_at(now_us)
    periods = periods_of(plan, at.production_day)
    begun = [one for one in periods if one.span.start <= now_us]
    return (begun or periods or _nearest(plan, now_us))[-1 if begun else 0]


def before(plan: Plan, period: Period) -> Period | None:
    """The shift in front of one."""
    if not period.shift:
        return _day_of(plan, period.span.start - 1)
    shifts = plan.shifts(period.span.start - _REACH_US, period.span.start)
    ended = [one for one in shifts if one.end_us <= period.span.start]
    return _period_of(plan, ended[-1].production_day, ended[-1].code) if ended else None


def lines_of(known: Masters) -> list[Line]:
    """The lines that are not retired, in plant order."""
    return sorted(
        (line for line in known.lines.values() if not line.retired),
        key=lambda line: (line.position, line.code),
    )


def first_line(session: Session) -> str:
    """Code of the first line of the plant.

    Raises:
        Refusal: `unknown_line` (404).
    """
    found = lines_of(masters(session))
    if not found:
        raise Refusal("unknown_line", "there is no line yet", status=404)
    return found[0].code


def _first(plan: Plan, day: str) -> Period:
    periods = periods_of(plan, day_argument(day, "day"))
    if not periods:
        raise Refusal("unknown_shift", f"{day} has no shift", status=404, field="day")
    return periods[0]


def _after(plan: Plan, period: Period) -> Period | None:
    if not period.shift:
        return _day_of(plan, period.span.end)
    shifts = plan.shifts(period.span.end, period.span.end + _REACH_US)
    coming = [one for one in shifts if one.start_us >= period.span.end]
    return _period_of(plan, coming[0].production_day, coming[0].code) if coming else None


def _nearest(plan: Plan, now_us: int) -> list[Period]:
    """Shifts around an instant whose production day has none."""
    shifts = plan.shifts(now_us - _REACH_US, now_us + _REACH_US)
    if not shifts:
        raise Refusal("unknown_shift", "the calendar of this line has no shift", status=404)
    past = [one for one in shifts if one.start_us <= now_us]
    one = past[-1] if past else shifts[0]
    return [_period_of(plan, one.production_day, one.code)]


def _period_of(plan: Plan, day: object, code: str) -> Period:
    return find_period(plan, str(day), code)


def _day_of(plan: Plan, at: int) -> Period:
    return find_period(plan, plan.production_day(at).isoformat(), None)
