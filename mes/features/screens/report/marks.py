"""What the figures of a page are worth: state, coverage, what nobody explained, warnings.

One set of words for every page of figures, for print and for files.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.flags import Flag
from mes.core.instants import parse_instant
from mes.features.checks.suspects import open_in
from mes.features.oee.service import Known, known_unit
from mes.features.production.masters import Line, WorkUnit
from mes.features.publishing.standing import FigureState, Standing, standing
from mes.features.screens.report import words
from mes.features.screens.report.asked import Chosen
from mes.features.screens.report.frame import Frame, Shown
from mes.features.screens.report.page import ReportPage
from mes.features.screens.report.signing import chip_of, shown_signing
from mes.features.screens.report.words import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark of a page: icon, words, look, and where it leads (None: nowhere)."""

    icon: str
    text: str
    look: str = ""
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The figures of a whole page as far as its marks need them.

    Attributes:
        coverage: ratio; None: there was no time.
        flags: of all of its work units.
        provisional: as `ReportPage.provisional`.
        as_of: up to where all of its work units are known.
    """

    coverage: Fraction | None
    flags: Collection[Flag]
    unclassified_us: int
    provisional: bool
    as_of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The marks of a page, and what its files repeat in each row.

    Attributes:
        state: the state of the figures in words.
        coverage: ratio of the whole; None: there was no time.
    """

    items: Sequence[Mark]
    state: str
    coverage: Fraction | None


def worth_of(page: ReportPage) -> Whole:
    """What the marks of a page need of its figures."""
    return Whole(
        coverage=page.result.coverage,
        flags=page.result.flags,
        unclassified_us=page.unclassified_us,
        provisional=page.provisional,
        as_of=page.as_of,
    )


def marks_of(session: Session, chosen: Chosen, frame: Frame, whole: Whole) -> Marks:
    """The marks of the figures of a place and period."""
    period = chosen.period
    signing: Mapping[str, Any] = shown_signing(
        session,
        chosen.known,
        chosen.code,
        chosen.units,
        period,
        closed=not whole.provisional and whole.as_of >= period.span.end,
        named=frame.unit_name,
    )
    chip = signing["chip"]
    items = [
        Mark(icon=chip["icon"], text=chip["text"], look=chip["look"]),
        Mark(icon="chip", text=_("Coverage %(n)s %%", n=words.percent(whole.coverage))),
    ]
    figure_of = _figure_of(chosen, frame)
    if figure_of:
        items.insert(1, Mark(icon="chip", text=figure_of))
    if whole.unclassified_us:
        text = _("%(n)s min unclassified", n=words.minutes(whole.unclassified_us))
        items.append(Mark(icon="reason", text=text, look="todo"))
    items += [Mark(icon="info", text=words.flag_word(flag)) for flag in sorted(whole.flags)]
    checks = open_in(
        session, [unit.id for unit in chosen.units], period.span.start, period.span.end
    )
    if checks:
        text = _("%(n)s counts wait for a decision", n=checks)
        items.append(Mark(icon="ne-check", text=text, look="todo", link="/checks"))
    return Marks(items=items, state=chip["text"], coverage=whole.coverage)


def shown_marks(marks: Marks, *, reads_checks: bool = True) -> list[Shown]:
    """The marks as templates print them; `reads_checks`: the reader may open the list of checks."""
    return [
        {
            "icon": one.icon,
            "text": one.text,
            "look": one.look,
            "link": one.link if reads_checks else None,
        }
        for one in marks.items
    ]


class States:
    """The state in words of single figures of a page: of a machine, of a shift or day."""

    def __init__(self, session: Session, chosen: Chosen, now_us: int) -> None:
        self._session = session
        self._chosen = chosen
        self._given: dict[str, Known] = {
            unit.code: known_unit(session, chosen.known, unit, now_us) for unit in chosen.units
        }

    def of_unit(self, unit: WorkUnit, flags: Collection[Flag | str]) -> str:
        """Of a machine over the period of the page."""
        return self._of(unit, self._chosen.period.span, [unit.code], flags)

    def of_place(self, code: str, span: Span, flags: Collection[Flag | str]) -> str:
        """Of a machine, a line or anything that holds lines, over any span."""
        known = self._chosen.known
        place: WorkUnit | Line | None = None
        if code in known.work_unit_ids:
            place = known.work_units[known.work_unit_ids[code]]
        elif code in known.line_ids:
            place = known.lines[known.line_ids[code]]
        held = [
            one
            for one, given in self._given.items()
            if code in (one, given.unit.line_code) or place is None
        ]
        return self._of(place, span, held, flags)

    def of_item(self, item: Mapping[str, Any]) -> str:
        """Of a figure of the API at the place of the page."""
        period = item["period"]
        span = Span(parse_instant(period["start"]), parse_instant(period["end"]))
        return self.of_place(self._chosen.code, span, item["result"]["flags"])

    def _of(
        self,
        place: WorkUnit | Line | None,
        span: Span,
        units: Sequence[str],
        flags: Collection[Flag | str],
    ) -> str:
        closed = Flag.PROVISIONAL_STOP.value not in {str(flag) for flag in flags} and all(
            self._known_to(code) >= span.end for code in units
        )
        if place is None:
            state = FigureState.FINAL if closed else FigureState.PROVISIONAL
            found = Standing(state=state)
        else:
            found = standing(self._session, self._chosen.known, place, span, closed=closed)
        return str(chip_of(found, None, self._chosen.site.time_zone)["text"])

    def _known_to(self, code: str) -> int:
        given = self._given[code]
        return min(given.as_of, given.as_of if given.known_until is None else given.known_until)


def _figure_of(chosen: Chosen, frame: Frame) -> str | None:
    """Of which machines the figure is; None: of all that are shown."""
    counted = [unit for unit in chosen.units if unit.code in chosen.counted]
    if len(counted) == len(chosen.units):
        return None
    if len(counted) == 1:
        return _("Figure of %(machine)s", machine=frame.unit_name(counted[0].names))
    return _("Figure of %(n)s of %(all)s machines", n=len(counted), all=len(chosen.units))
