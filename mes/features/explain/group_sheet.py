"""The sheet of a spreadsheet that takes a period apart by item, order, shift and crew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from mes.core.exact import parse_number
from mes.core.flags import Flag
from mes.core.kpis import KPIS
from mes.features.explain.workbook import CellValue
from mes.features.oee.rollup_query import Group
from mes.features.screens.language import name_of
from mes.features.screens.report import words
from mes.features.screens.report.asked import Chosen
from mes.features.screens.report.groups import GROUPS, grouped_figures
from mes.features.screens.report.words import _

_COUNTS = ("GQ", "SQ", "RQ")


def group_titles(language: str) -> list[str]:
    """Titles of the columns."""
    return [
        _("Grouped by"),
        _("Group"),
        *(f"{name_of(kpi.names, language)} [{kpi.unit}]" for kpi in KPIS),
        _("Coverage [1]"),
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
        group.value,
        item["group"]["value"] or words.NONE,
        *(result["kpis"][kpi.key] for kpi in KPIS),
        result["coverage"],
        result["iso_us"]["PBT"],
        result["iso_us"]["APT"],
        *(_number(result["quantities"][key]) for key in _COUNTS),
        ", ".join(words.flag_word(Flag(flag)) for flag in result["flags"]),
        f"{policy['name']} v{policy['version']}",
        "" if item["case"] is None else f"{host}{item['case']}",
    ]


def _number(value: float | str) -> float:
    return value if isinstance(value, int) else float(parse_number(value))
