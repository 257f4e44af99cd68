"""Words of lists: why a count is not believed, what a published figure is worth."""

from __future__ import annotations

from mes.features.publishing.standing import FigureState
from mes.features.screens.report.words import _


def suspect_word(why: str) -> str:
    """Why a counter's rule does not believe an increment."""
    return {
        "dropped": _("went back"),
        "out_of_range": _("out of range"),
        "impossible": _("impossible"),
        "too_fast": _("too fast"),
    }.get(why, why)


def figure_word(state: str) -> str:
    """The state of a published figure."""
    return {
        FigureState.PROVISIONAL: _("Provisional · not closed"),
        FigureState.FINAL: _("Final · not signed off"),
        FigureState.SIGNED: _("Signed off"),
        FigureState.REVISED: _("Signed off · revised"),
        FigureState.REOPENED: _("Opened again"),
    }[FigureState(state)]
