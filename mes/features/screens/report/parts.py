"""The ways down from a report: the lines of a plant, the shifts of a period."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level
from mes.features.oee.rollup_answer import Request, answer
from mes.features.screens.report import charts, words
from mes.features.screens.report.asked import Chosen
from mes.features.screens.report.frame import Frame, Shown
from mes.features.screens.report.groups import level_of
from mes.features.screens.report.periods import Period, period_of

WITH_SHIFTS = frozenset({PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH})
"""Periods whose shifts are listed."""
KPIS = ("oee", "availability", "effectiveness", "quality_ratio")


def shown_lines(session: Session, chosen: Chosen, frame: Frame, now_us: int) -> list[Shown]:
    """The lines of a plant or area, as `GET /api/v1/oee` gives them; empty below that."""
    if level_of(chosen.known, chosen.code) not in (Level.PLANT, Level.AREA):
        return []
    held = {unit.line_code for unit in chosen.units}
    items = _items(session, chosen, Request(level=Level.LINE, period=chosen.period.kind), now_us)
    return [
        {
            "label": frame.unit_name(item["name"]),
            "address": frame.address_of(item["id"]),
            **_figures(item),
        }
        for item in items
        if item["id"] in held
        and (
            chosen.period.kind is not PeriodKind.SHIFT
            or (item["period"]["shift"] or "") == chosen.period.shift
        )
    ]


def shown_shifts(session: Session, chosen: Chosen, frame: Frame, now_us: int) -> list[Shown]:
    """The shifts of a day, week or month of a machine or line; empty elsewhere."""
    level = level_of(chosen.known, chosen.code)
    if chosen.period.kind not in WITH_SHIFTS or level not in (Level.MACHINE, Level.LINE):
        return []
    names = chosen.units[0].shift_names
    request = Request(level=level, id=chosen.code, period=PeriodKind.SHIFT)
    return [
        {
            "label": f"{item['period']['first_day']} {_shift_name(frame, names, item)}",
            "address": address,
            **_figures(item),
        }
        for item in _items(session, chosen, request, now_us)
        if (address := _shift_address(chosen, frame, item)) is not None
    ]


def _items(session: Session, chosen: Chosen, request: Request, now_us: int) -> list[dict[str, Any]]:
    asked = Request(
        level=request.level,
        id=request.id,
        period=request.period,
        first=chosen.period.day.isoformat(),
        last=chosen.period.last_day.isoformat(),
        policy=chosen.policy,
    )
    return answer(session, asked, now_us).items


def _shift_name(frame: Frame, names: Mapping[str, Mapping[str, str]], item: Any) -> str:
    code = item["period"]["shift"]
    return frame.unit_name(names[code]) if code in names else str(code or "")


def _shift_address(chosen: Chosen, frame: Frame, item: Any) -> str | None:
    """The report of a shift; None: it is time in no shift."""
    first = chosen.period.day.fromisoformat(item["period"]["first_day"])
    found: Period | None = period_of(chosen.plan, PeriodKind.SHIFT, first, item["period"]["shift"])
    return None if found is None else frame.address_in(chosen.code, found)


def _figures(item: Mapping[str, Any]) -> Shown:
    result = item["result"]
    kpis, times = result["kpis"], result["iso_us"]
    return {
        **{key: words.percent(_ratio(kpis[key])) for key in KPIS},
        "width": charts.share(_ratio(kpis["oee"]) or Fraction(0)),
        "loading": words.minutes(times["PBT"]),
        "operating": words.minutes(times["APT"]),
        "coverage": words.percent(_ratio(result["coverage"])),
        "case": item["case"],
    }


def _ratio(value: float | None) -> Fraction | None:
    return None if value is None else Fraction(value)
