"""What a report says about its figures: provisional, final, signed off, revised, open again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.features.production.masters import Line, Masters, WorkUnit
from mes.features.publishing.standing import FigureState, Standing, standing
from mes.features.publishing.store import latest_figures, revised_kpi
from mes.features.screens.report import charts, words
from mes.features.screens.report.periods import Period, PeriodKind
from mes.features.screens.report.words import _

Shown = dict[str, object]
LONGEST_US = 26 * 3600 * 1_000_000
"""No published figure is of a longer window than a day with a clock change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the reader of the page may do."""

    sign: bool = False
    reopen: bool = False


def shown_signing(
    session: Session,
    known: Masters,
    code: str,
    units: Sequence[WorkUnit],
    period: Period,
    *,
    closed: bool,
    named: Callable[[Mapping[str, str]], str],
) -> Shown:
    """The chip of the page's head, and which shift of which line may be signed off.

    Args:
        code: of the place shown.
        closed: the period is over and known to its end, no stop in it may still grow.
    """
    place = _place(known, code, units)
    if place is None:
        state = FigureState.FINAL if closed else FigureState.PROVISIONAL
        chip = chip_of(Standing(state=state), None, "")
        return {"chip": chip, "line": None, "revisions": _revisions(session, units, period.span)}
    found = standing(session, known, place, period.span, closed=closed)
    line = place if isinstance(place, Line) else known.lines.get(place.line_id or 0)
    zone = place.site.time_zone
    whole_day = line is not None and not line.plan.calendar.patterns
    single = period.kind is PeriodKind.SHIFT or (period.kind is PeriodKind.DAY and whole_day)
    return {
        "chip": chip_of(found, _change(session, found), zone),
        "line": line.code if line is not None and single else None,
        "line_name": named(line.names) if line is not None else "",
        "day": period.day.isoformat(),
        "shift": period.shift or "day",
        "signed": found.state in (FigureState.SIGNED, FigureState.REVISED),
        "touched": found.signoff is not None,
        "revisions": _revisions(session, units, period.span),
    }


def _revisions(session: Session, units: Sequence[WorkUnit], span: Span) -> Mapping[str, int]:
    """By code of a work unit: the revision of its published figure of exactly this window."""
    if span.end - span.start > LONGEST_US:
        return {}
    rows = latest_figures(
        session,
        equipment_ids=[unit.id for unit in units],
        start=span.start,
        end=span.end,
    )
    return {
        row.scope: row.revision for row in rows if (row.start, row.end) == (span.start, span.end)
    }


def _place(known: Masters, code: str, units: Sequence[WorkUnit]) -> WorkUnit | Line | None:
    if code in known.line_ids:
        return known.lines[known.line_ids[code]]
    return next((unit for unit in units if unit.code == code), None)


def _change(session: Session, found: Standing) -> str | None:
    """The first and the last published OEE in words; None: it was never revised."""
    if found.figure is None or found.figure.revision == 1:
        return None
    first, last = revised_kpi(session, found.figure, "oee")
    if first is None or last is None:
        return None
    return f"{first * 100:.1f} → {last * 100:.1f} %"


def chip_of(found: Standing, change: str | None, zone: str) -> Shown:
    """Icon, words and look of the mark of a figure; `change`: of its OEE, for a revised one."""
    row = found.signoff
    who = "" if row is None else str(row.actor.get("label") or "")
    when = "" if row is None else charts.day_and_clock(row.recorded_at, zone)
    signed, count = found.signed
    match found.state:
        case FigureState.PROVISIONAL:
            return {"icon": "clock", "text": _("Provisional · not closed"), "look": "dashed"}
        case FigureState.FINAL if signed:
            text = _("Final · %(n)s of %(m)s shifts signed off", n=signed, m=count)
        case FigureState.FINAL:
            text = _("Final · not signed off")
        case FigureState.REOPENED:
            return {
                "icon": "undo",
                "text": _("Opened again · %(who)s · %(when)s", who=who, when=when),
                "look": "todo",
            }
        case FigureState.SIGNED:
            text = _("Signed off · %(who)s · %(when)s", who=who, when=when)
            return {"icon": "lock", "text": text, "look": "signed"}
        case FigureState.REVISED:
            revision = words.NONE if found.figure is None else str(found.figure.revision)
            text = _("Signed off · revised r%(n)s", n=revision)
            if found.figure is None:
                text = _("Signed off · revised")
            return {
                "icon": "lock",
                "text": f"{text} · OEE {change}" if change else text,
                "look": "todo",
            }
    return {"icon": "check", "text": text, "look": ""}
