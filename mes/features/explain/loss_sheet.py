"""The sheet of a spreadsheet with the Pareto of losses, and its chart."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from mes.core.instants import US_PER_S
from mes.features.explain.workbook import CellValue, Count, Drawing, Minutes, Ratio
from mes.features.screens.report import words
from mes.features.screens.report.frame import ReasonName
from mes.features.screens.report.page import ReportPage
from mes.features.screens.report.pareto import Measure, pareto
from mes.features.screens.report.words import _

US_PER_MIN = 60 * US_PER_S
_MINUTES, _REACHED = 1, 6


def loss_titles() -> list[str]:
    """Titles of the columns."""
    lost, pieces = _("Lost time"), _("Pieces")
    return [
        _("Loss"),
        f"{lost} [{words.minute_unit()}]",
        _("Count"),
        f"{pieces} [{words.piece_unit()}]",
        _("Share of loading time"),
        _("Factor"),
        _("Cum."),
    ]


def loss_rows(page: ReportPage, reason_name: ReasonName) -> Iterator[list[CellValue]]:
    """Every loss, the largest first."""
    pbt_us = page.result.figures.pbt_us
    for bar in pareto(page.losses, page.result, Measure.MINUTES):
        loss = bar.loss
        yield [
            words.loss_word(loss, reason_name),
            Minutes(loss.us / US_PER_MIN),
            None if loss.count is None else _count(loss.count),
            None if bar.pieces is None else Minutes(bar.pieces),
            Ratio(loss.us / pbt_us) if pbt_us else None,
            words.factor_word(loss.factor),
            Ratio(bar.reached),
        ]


def _count(value: Fraction) -> float:
    return Count(value) if value.denominator == 1 else float(value)


def loss_drawing(page: ReportPage) -> Drawing:
    """The Pareto beside the rows."""
    return Drawing(
        sheet=_("Losses"),
        title=_("Losses, largest first"),
        rows=len(page.losses),
        category=0,
        columns=[_MINUTES],
        share=_REACHED,
        beside=8,
    )
