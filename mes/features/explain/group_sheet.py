"""The sheet of a spreadsheet that takes a period apart by item, order, shift and crew."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from mes.core.exact import parse_number
from mes.core.flags import Flag
from mes.core.kpis import KPIS, Kpi
from mes.features.explain.workbook import CellValue, Count, Ratio
from mes.features.oee.rollup_query import Group
from mes.features.screens.language import name_of
from mes.features.screens.report import words
from mes.features.screens.report.asked import Chosen
from mes.features.screens.report.groups import GROUPS, group_word, grouped_figures
from mes.features.screens.report.words import _

_COUNTS = ("GQ", "SQ", "RQ")


def group_titles(language: str) -> list[str]:
    """Titles of the columns."""
    return [
        _("Grouped by"),
        _("Group"),
        *(kpi_title(kpi, language) for kpi in KPIS),
        _("Coverage"),
        _("Loading time PBT [us]"),
        _("Operating time APT [us]"),
        _("Good [pieces]"),
        _("Reject [pieces]"),
        _("Rework [pieces]"),
        _("Flags"),
        _("Profile"),
        _("Case file"),
    ]


def group_rows(
    session: Session, chosen: Chosen, host: str, now_us: int
) -> Iterator[list[CellValue]]:
    """The figures of the place and period by every group; a figure that is not cut is left out.

    Args:
        host: what the addresses of case files begin with.
    """
    for group in GROUPS:
        items = grouped_figures(
            session, chosen.known, chosen.code, chosen.period, chosen.policy, group, now_us
        )
        if [item["group"]["value"] for item in items] != [None]:
            for item in items:
                yield _row(item, group, host)


def _row(item: dict[str, Any], group: Group, host: str) -> list[CellValue]:
    result = item["result"]
    policy = result["policy"]
    return [
        group_word(group),
        item["group"]["value"] or words.NONE,
        *(kpi_cell(kpi, result["kpis"][kpi.key]) for kpi in KPIS),
        None if result["coverage"] is None else Ratio(result["coverage"]),
        result["iso_us"]["PBT"],
        result["iso_us"]["APT"],
        *(_number(result["quantities"][key]) for key in _COUNTS),
        ", ".join(words.flag_word(Flag(flag)) for flag in result["flags"]),
        f"{policy['name']} v{policy['version']}",
        "" if item["case"] is None else f"{host}{item['case']}",
    ]


def kpi_title(kpi: Kpi, language: str) -> str:
    """The head of a KPI's column; ratios are shown as percent and need no unit."""
    name = name_of(kpi.names, language)
    return name if kpi.unit == "1" else f"{name} [{kpi.unit}]"


def kpi_cell(kpi: Kpi, value: float | Fraction | None) -> CellValue:
    """The value of a KPI, unrounded."""
    if value is None:
        return None
    return Ratio(value) if kpi.unit == "1" else float(value)


def _number(value: float | str) -> float:
    return Count(value) if isinstance(value, int) else float(parse_number(value))
