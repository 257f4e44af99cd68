"""Which shift of a line is meant, and its window by the calendar of now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mes.core.calendar import ALWAYS, production_day_bounds
from mes.core.case_model import Span
from mes.core.refusal import Refusal
from mes.features.oee.windows import day_argument
from mes.features.production.masters import Line, Masters, WorkUnit
from mes.features.production.plan import Plan

DAY_US = 86_400_000_000
DAY_SHIFT = "day"
"""How a period is called where the line has no calendar: the whole production day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A shift of a production day; `shift` is `ALWAYS` for a whole day without a calendar."""

    day: date
    shift: str
    span: Span

    @property
    def key(self) -> str:
        """How published figures name it, such as `2026-03-02/D`."""
        return period_key(self.day.isoformat(), self.shift)


def period_key(day: str, shift: str) -> str:
    """How published figures name the shift of a production day (YYYY-MM-DD)."""
    return f"{day}/{shift or DAY_SHIFT}"


def find_line(known: Masters, code: str) -> Line:
    """The line of that code.

    Raises:
        Refusal: `unknown_line` (404).
    """
    found = known.line_ids.get(code)
    if found is None:
        raise Refusal("unknown_line", f"there is no line {code[:80]!r}", status=404)
    return known.lines[found]


def line_units(known: Masters, line: Line) -> list[WorkUnit]:
    """The work units of a line that are not retired, in plant order."""
    return known.active_work_units(line.work_unit_ids)


def find_period(plan: Plan, day: str, shift: str | None) -> Period:
    """The shift that is meant.

    Args:
        day: production day YYYY-MM-DD.
        shift: code; None: the day's only period.

    Raises:
        Refusal: `window_malformed` (422), `unknown_shift` (404).
    """
    periods = periods_of(plan, day_argument(day, "day"))
    wanted = ALWAYS if shift == DAY_SHIFT else shift
    found = [one for one in periods if wanted is None or one.shift == wanted]
    if len(found) != 1:
        codes = ", ".join(one.shift or DAY_SHIFT for one in periods) or "none"
        raise Refusal(
            "unknown_shift", f"{day} has the shifts: {codes}; name one", status=404, field="shift"
        )
    return found[0]


def periods_of(plan: Plan, day: date) -> list[Period]:
    """The shifts reported under a production day; the whole day where there is no calendar."""
    start, end = production_day_bounds(plan.calendar, day)
    if not plan.calendar.patterns:
        return [Period(day=day, shift=ALWAYS, span=Span(start, end))]
    return [
        Period(day=day, shift=one.code, span=Span(one.start_us, one.end_us))
        for one in plan.shifts(start - DAY_US, end + DAY_US)
        if one.production_day == day
    ]


def span_now(plan: Plan, day: str, shift: str, published: Span) -> Span:
    """The window of a published shift by the calendar of now.

    A shift that the calendar has no more keeps the window it was published with.
    """
    found = [one for one in periods_of(plan, date.fromisoformat(day)) if one.shift == shift]
    return found[0].span if found else published
