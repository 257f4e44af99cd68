"""What a figure is worth: provisional, final, signed off, revised, or open again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.flags import Flag
from mes.core.oee import OeeResult
from mes.features.oee.service import Known
from mes.features.production.masters import Line, Masters, WorkUnit
from mes.features.production.plan import Plan
from mes.features.production.tile import instant
from mes.features.publishing.periods import DAY_US, Period, period_key, periods_of
from mes.features.publishing.store import SIGNOFF, latest_figures, signoffs
from mes.models import PublishedFigure, ShiftSignoff


class FigureState(StrEnum):
    """From what may still change without a trace to what only changes visibly."""

    PROVISIONAL = "provisional"
    """The period is not over, not known to its end, or a stop may still grow."""
    FINAL = "final"
    """Over and known; nobody has signed it off."""
    SIGNED = "signed"
    """Signed off, and still what was published first."""
    REVISED = "revised"
    """Signed off; later facts changed it, each time by a revision."""
    REOPENED = "reopened"
    """Signed off once and opened again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of a figure, who signed its shift, and the last revision.

    Attributes:
        signoff: the last sign-off or reopening; None: never signed off.
        figure: the last revision; None: nothing was published.
        signed: how many of the shifts in the window are signed off, and how many there are.
    """

    state: FigureState
    signoff: ShiftSignoff | None = None
    figure: PublishedFigure | None = None
    signed: tuple[int, int] = (0, 0)

    @property
    def text(self) -> str:
        """As the command line prints it."""
        row, revision = self.signoff, self.figure.revision if self.figure else None
        parts = [self.state.value]
        if revision is not None:
            parts.append(f"revision {revision}")
        if row is not None:
            parts.append(f"{row.kind} by {row.actor.get('label')} {instant(row.recorded_at)}")
        return ", ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """As the API answers it."""
        row = self.signoff
        return {
            "state": self.state.value,
            "revision": None if self.figure is None else self.figure.revision,
            "by": None if row is None else row.actor.get("label"),
            "at": None if row is None else instant(row.recorded_at),
            "note": None if row is None else row.note,
            "shifts_signed": self.signed[0],
            "shifts": self.signed[1],
        }


def figure_standing(session: Session, given: Known, window: Span, result: OeeResult) -> Standing:
    """The standing of a work unit's figure as it is known now."""
    closed = given.as_of >= window.end and (
        given.known_until is None or given.known_until >= window.end
    )
    return standing(
        session,
        given.masters,
        given.unit,
        window,
        closed=closed and Flag.PROVISIONAL_STOP not in result.flags,
    )


def standing(
    session: Session,
    known: Masters,
    place: WorkUnit | Line,
    window: Span,
    *,
    closed: bool,
) -> Standing:
    """The standing of a figure of a work unit or line over a window.

    A window of exactly one shift has a revision; a longer one is signed off when all of its shifts
    are, and revised when one of them is.

    Args:
        closed: the window is over, known to its end, and no stop in it may still grow.
    """
    open_state = FigureState.FINAL if closed else FigureState.PROVISIONAL
    line = place if isinstance(place, Line) else known.lines.get(place.line_id or 0)
    if line is None:
        return Standing(state=open_state)
    periods = _periods(line.plan, window)
    rows = signoffs(session, [line.id], {one.day.isoformat() for one in periods})
    last = {period_key(row.production_day, row.shift): row for row in rows}
    held = [last.get(one.key) for one in periods]
    signed = sum(1 for row in held if row is not None and row.kind == SIGNOFF)
    exact = len(periods) == 1 and periods[0].span == window
    figures = latest_figures(
        session, equipment_ids=[place.id], periods={one.key for one in periods}
    )
    count = (signed, len(periods))
    newest = max((row for row in held if row is not None), key=lambda row: row.id, default=None)
    shown = figures[0] if exact and figures else None
    if newest is None or (signed < len(periods) and not exact):
        return Standing(state=open_state, signoff=newest if exact else None, signed=count)
    state = FigureState.REOPENED if signed < len(periods) else _signed_state(figures)
    return Standing(state=state, signoff=newest, figure=shown, signed=count)


def _signed_state(figures: Sequence[PublishedFigure]) -> FigureState:
    revised = any(row.revision > 1 for row in figures)
    return FigureState.REVISED if revised else FigureState.SIGNED


def _periods(plan: Plan, window: Span) -> list[Period]:
    """The shifts that lie in a window, and one that holds the whole of it."""
    day = plan.production_day(window.start)
    last = plan.production_day(max(window.end - 1, window.start))
    found: list[Period] = []
    if (window.end - window.start) > 400 * DAY_US:
        return found
    while day <= last:
        found += [
            one
            for one in periods_of(plan, day)
            if window.start <= one.span.start and one.span.end <= window.end
        ]
        day = day.fromordinal(day.toordinal() + 1)
    return found
