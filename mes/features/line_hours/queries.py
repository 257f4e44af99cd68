"""The hours of a shift of a line as REST and pages read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.case_model import Case, Span
from mes.core.classes import TimeClass
from mes.core.partition import Segment, classify
from mes.core.refusal import Refusal
from mes.features.oee.bins import Bin, bins_of, default_rate
from mes.features.oee.places import key_machine
from mes.features.oee.service import known_unit, unit_case
from mes.features.production.master_loading import masters
from mes.features.production.masters import Line, Masters, WorkUnit
from mes.features.production.tile import instant, reason_json
from mes.features.publishing.periods import DAY_SHIFT, Period, find_line, find_period, line_units
from mes.models import HourComment

LOST = (
    TimeClass.UNPLANNED_STOP,
    TimeClass.SETUP,
    TimeClass.WAITING,
    TimeClass.MINOR_STOP,
    TimeClass.NO_ORDER,
)
"""Classes of time that an hour may have lost."""
LOSSES_SHOWN_MAX = 2
MINUTE_US = 60_000_000
"""Shorter losses are not worth a word."""
BEHIND = Fraction(9, 10)
"""An hour that made less than this share of its plan asks for a comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """An hour with what it lost most: (class, reason, microseconds)."""

    made: Bin
    losses: tuple[tuple[TimeClass, str | None, int], ...]


def line_hours(
    session: Session, line: str, day: str, shift: str | None, work_unit: str | None, now_us: int
) -> dict[str, Any]:
    """The hours of a shift of a line, by the pieces of one work unit.

    Pieces of several work units of a line are the same pieces at several stations and are never
    added up: the work unit that paces the line, else its last one, stands for it.

    Args:
        day: production day YYYY-MM-DD.
        shift: code; None: the day's only period.
        work_unit: whose pieces; None: those that stand for the line.
        now_us: present plant time, UTC microseconds.

    Raises:
        Refusal: `unknown_line`, `unknown_shift`, `unknown_work_unit` (404), `window_malformed`
            (422), `line_empty` (409).
    """
    known = masters(session)
    found = find_line(known, line)
    period = find_period(found.plan, day, shift)
    unit = _unit(known, found, work_unit)
    given = known_unit(session, known, unit, now_us)
    case = unit_case(session, given, period.span)
    hours = hours_of(known, unit, case, cuts_of(found, period))
    said = comments_of(session, found.id, period.span)
    return {
        "line": found.code,
        "name": dict(found.names or {}),
        "production_day": period.day.isoformat(),
        "shift": period.shift or DAY_SHIFT,
        "shift_name": dict(found.shift_names.get(period.shift) or {}),
        "window": [instant(period.span.start), instant(period.span.end)],
        "as_of": instant(case.as_of),
        "work_unit": unit.code,
        "work_unit_name": dict(unit.names),
        "items": _items(known, hours, said, case.as_of),
    }


def cuts_of(line: Line, period: Period) -> list[Span]:
    """The hours of a period, cut at its ends."""
    span = period.span
    return [
        Span(max(cell.start, span.start), min(cell.end, span.end))
        for cell in line.plan.cells(span.start, span.end)
    ]


def hours_of(known: Masters, unit: WorkUnit, case: Case, cuts: Sequence[Span]) -> list[Hour]:
    """The hours of a work unit with plan, good and what was lost."""
    bins = bins_of(case, cuts, default_rate(known, unit, case.window.start))
    segments = classify(case)
    return [Hour(made=made, losses=_losses(unit, segments, made)) for made in bins]


def comments_of(session: Session, line_id: int, span: Span) -> dict[int, list[HourComment]]:
    """All comments on the hours that begin in a window, by hour, the latest last."""
    found: dict[int, list[HourComment]] = defaultdict(list)
    query = (
        select(HourComment)
        .where(
            HourComment.equipment_id == line_id,
            HourComment.hour >= span.start,
            HourComment.hour < span.end,
        )
        .order_by(HourComment.id)
    )
    for row in session.scalars(query):
        found[row.hour].append(row)
    return found


def comment_item(rows: Sequence[HourComment]) -> dict[str, Any] | None:
    """The comment of an hour as it now reads, with what stood before; None: there never was one."""
    if not rows:
        return None
    last = rows[-1]
    return {
        "command_id": last.command_id,
        "text": last.text,
        "by": last.who,
        "at": instant(last.at),
        "before": [{"text": row.text, "by": row.who, "at": instant(row.at)} for row in rows[:-1]],
    }


def _unit(known: Masters, line: Line, wanted: str | None) -> WorkUnit:
    units = line_units(known, line)
    if not units:
        raise Refusal("line_empty", f"line {line.code!r} has no work unit")
    if wanted is None:
        return key_machine(known, line) or units[-1]
    unit = next((one for one in units if one.code == wanted), None)
    if unit is None:
        message = f"line {line.code!r} has no work unit {wanted[:80]!r}"
        raise Refusal("unknown_work_unit", message, status=404)
    return unit


def _items(
    known: Masters, hours: Sequence[Hour], said: Mapping[int, Sequence[HourComment]], as_of: int
) -> list[dict[str, Any]]:
    plan_sum, good_sum, planless = Fraction(0), Fraction(0), False
    items = []
    for hour in hours:
        made = hour.made
        begun = made.good is not None
        planless = planless or (made.planned and made.plan is None)
        plan_sum += (made.plan or Fraction(0)) if begun else 0
        good_sum += made.good or 0
        comment = comment_item(said.get(made.start, ()))
        behind = _is_behind(made)
        items.append(
            {
                "start": instant(made.start),
                "end": instant(made.end),
                "planned": made.planned,
                "over": made.end <= as_of,
                "plan": _number(made.plan),
                "good": _number(made.good),
                "gap": _number(made.gap),
                "cumulative_plan": _number(plan_sum) if begun and not planless else None,
                "cumulative_good": _number(good_sum) if begun else None,
                "cumulative_gap": _number(good_sum - plan_sum) if begun and not planless else None,
                "losses": [
                    {
                        "class": kind.value,
                        "reason": reason_json(known, reason, made.start),
                        "us": us,
                    }
                    for kind, reason, us in hour.losses
                ],
                "behind": behind,
                "comment": comment,
                "comment_missing": behind and made.end <= as_of and not (comment or {}).get("text"),
            }
        )
    return items


def _is_behind(made: Bin) -> bool:
    return bool(made.plan) and made.good is not None and made.good < (made.plan or 0) * BEHIND


def _losses(
    unit: WorkUnit, segments: Sequence[Segment], made: Bin
) -> tuple[tuple[TimeClass, str | None, int], ...]:
    sums: dict[tuple[TimeClass, str | None], int] = defaultdict(int)
    for one in segments:
        us = min(one.end, made.end) - max(one.start, made.start)
        kind = one.class_under(unit.site.policy)
        if us > 0 and kind in LOST:
            sums[kind, one.reason] += us
    largest = sorted(sums.items(), key=lambda item: (-item[1], item[0][0].value, item[0][1] or ""))
    shown = largest[:LOSSES_SHOWN_MAX]
    return tuple((kind, reason, us) for (kind, reason), us in shown if us >= MINUTE_US)


def _number(value: Fraction | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value.denominator == 1 else float(value)
