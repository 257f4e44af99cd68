"""Which periods of a schedule are to be made now. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from mes.core.refusal import Refusal
from mes.features.oee.periods import PeriodKind
from mes.features.production.plan import Plan
from mes.features.screens.report.periods import Period, beside, period_of, present_period

CATCH_UP_MAX = 31
"""Most missed periods that are made after the program stood; older ones are said to be skipped."""
_SCAN_MAX = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The periods to make, the oldest first, and the newest one that is too old.

    Attributes:
        skipped: how many are too old, at least.
    """

    periods: tuple[Period, ...]
    newest_skipped: Period | None
    skipped: int


def due_periods(
    plan: Plan, kind: PeriodKind, *, since: int, until: int, done: Collection[str]
) -> Due:
    """The periods that ended in (since, until] and are not done.

    Args:
        since: plant time, UTC microseconds.
        until: present plant time less the delay of the schedule.
        done: keys of periods that are done.
    """
    found: list[Period] = []
    period: Period | None = present_period(plan, kind, until)
    for _ in range(_SCAN_MAX):
        if period is None or period.span.end <= since:
            break
        if period.kind is kind and period.span.end <= until and period_key(period) not in done:
            found.append(period)
        period = beside(plan, period, -1)
    return Due(
        periods=tuple(reversed(found[:CATCH_UP_MAX])),
        newest_skipped=found[CATCH_UP_MAX] if len(found) > CATCH_UP_MAX else None,
        skipped=max(0, len(found) - CATCH_UP_MAX),
    )


def period_key(period: Period) -> str:
    """How a period is called: 2026-03-02/D, 2026-03-02, 2026-W10, 2026-03."""
    match period.kind:
        case PeriodKind.SHIFT:
            return f"{period.day.isoformat()}/{period.shift or ''}"
        case PeriodKind.WEEK:
            year, week, _ = period.day.isocalendar()
            return f"{year}-W{week:02d}"
        case PeriodKind.MONTH:
            return f"{period.day:%Y-%m}"
        case _:
            return period.day.isoformat()


def period_named(plan: Plan, kind: PeriodKind, key: str) -> Period:
    """The period of that key.

    Raises:
        Refusal: `period_unknown` (404).
    """
    day, _, shift = key.partition("/")
    try:
        if kind is PeriodKind.WEEK:
            year, week = day.split("-W")
            first = date.fromisocalendar(int(year), int(week), 1)
        else:
            first = date.fromisoformat(f"{day}-01" if kind is PeriodKind.MONTH else day)
    except ValueError:
        first = None
    found = None if first is None else period_of(plan, kind, first, shift)
    if found is None:
        raise Refusal("period_unknown", f"there is no {kind.value} {key[:40]!r}", status=404)
    return found
