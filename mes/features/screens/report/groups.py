"""A report taken apart by item, order, shift or crew: its table, and that of a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from mes.core.exact import parse_number
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level
from mes.features.oee.rollup_answer import Request, answer
from mes.features.oee.rollup_query import Group
from mes.features.production.masters import Masters
from mes.features.screens.report import words
from mes.features.screens.report.periods import Period
from mes.features.screens.report.words import _

Shown = dict[str, object]

GROUPS = (Group.ITEM, Group.ORDER, Group.SHIFT, Group.CREW)
KPIS = ("oee", "availability", "effectiveness", "quality_ratio")
ROWS_MAX = 200
"""Most rows of the table on the page; the spreadsheet has them all."""


def group_of(text: str) -> Group:
    """What an address asks to be taken apart by; anything else is the item."""
    return Group(text) if text in {group.value for group in GROUPS} else Group.ITEM


def grouped_figures(
    session: Session,
    known: Masters,
    code: str,
    period: Period,
    policy: Policy,
    group: Group,
    now_us: int,
) -> list[dict[str, Any]]:
    """Figures of a place and period by group, as `GET /api/v1/oee` gives them.

    Raises:
        Refusal: `range_too_long`: there are more than one answer may hold.
    """
    found = answer(session, figures_request(known, code, period, policy, group), now_us).items
    return [item for item in found if in_period(item["period"]["shift"] or "", period)]


def figures_request(
    known: Masters, code: str, period: Period, policy: Policy, group: Group
) -> Request:
    """The request for the figures of a place and period by group; see `in_period`."""
    return Request(
        level=level_of(known, code),
        id=code,
        period=period.kind,
        first=period.day.isoformat(),
        last=period.day.isoformat(),
        group=group,
        policy=policy,
    )


def in_period(shift: str, period: Period) -> bool:
    """Whether the figure of a shift of the day belongs into the period."""
    return period.kind is not PeriodKind.SHIFT or shift == period.shift


def level_of(known: Masters, code: str) -> Level:
    """The level of a place by its code."""
    if code in known.work_unit_ids:
        return Level.MACHINE
    if code in known.line_ids:
        return Level.LINE
    return Level.AREA if any(area.code == code for area in known.areas) else Level.PLANT


def shown_groups(
    session: Session,
    known: Masters,
    code: str,
    period: Period,
    policy: Policy,
    group: Group,
    now_us: int,
    named: Callable[[Mapping[str, str]], str],
) -> Shown:
    """The table of a report by one group, with what else may be chosen.

    Args:
        named: the name of something in the reader's language.
    """
    try:
        items = grouped_figures(session, known, code, period, policy, group, now_us)
        note = None
    except Refusal as refusal:
        if refusal.code != "range_too_long":
            raise
        items, note = [], _("Too many rows for one page: choose a shorter period or one line.")
    address = {
        "place": code,
        "period": period.kind.value,
        "day": period.day.isoformat(),
        "shift": period.shift or "",
        "policy": policy.name,
        "by": group.value,
    }
    if len(items) > ROWS_MAX:
        note = _("The first %(n)s of %(all)s; Excel has them all.", n=ROWS_MAX, all=len(items))
    return {
        "by": group.value,
        "choices": [(one.value, group_word(one)) for one in GROUPS],
        "head": group_word(group),
        "rows": [
            _row(
                item,
                group_label(known, group, item["group"]["value"] or "", item["work_units"], named),
                lambda kpi, value: (
                    f"/explain/group?{urlencode({**address, 'value': value, 'kpi': kpi})}"
                ),
            )
            for item in items[:ROWS_MAX]
        ],
        "note": note,
    }


def group_word(group: Group) -> str:
    """What a group is called."""
    return {
        Group.ITEM: _("Item"),
        Group.ORDER: _("Order"),
        Group.SHIFT: _("Shift"),
        Group.CREW: _("Crew"),
    }[group]


def group_label(
    known: Masters,
    group: Group,
    value: str,
    work_units: Sequence[str],
    named: Callable[[Mapping[str, str]], str],
) -> str:
    """What a value of a group is called; shifts by the calendar of the first work unit."""
    if not value:
        return _("none of them")
    if group is Group.ITEM:
        material = known.materials.get(known.material_ids.get(value, 0))
        return f"{value} {named(material.names)}" if material else value
    if group is Group.SHIFT:
        names = known.work_units[known.work_unit_ids[work_units[0]]].shift_names
        return named(names[value]) if value in names else value
    return value


def _row(item: Mapping[str, Any], label: str, why: Callable[[str, str], str]) -> Shown:
    result, value = item["result"], item["group"]["value"] or ""
    return {
        "label": label,
        "figures": [(words.percent(_ratio(result["kpis"][key])), why(key, value)) for key in KPIS],
        "good": words.pieces(parse_number(result["quantities"]["GQ"])),
        "scrap": words.pieces(parse_number(result["quantities"]["SQ"])),
        "coverage": words.percent(_ratio(result["coverage"])),
    }


def _ratio(value: float | None) -> Fraction | None:
    return None if value is None else Fraction(value)
