"""What is not in order about a shift that somebody wants to sign off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.exact import Number
from mes.core.flags import Flag
from mes.core.oee import result_of
from mes.features.oee.service import Known, known_unit, unit_bookings, unit_records
from mes.features.production.masters import Masters
from mes.features.production.rows import job_runs
from mes.features.production.unexplained import unexplained_stops
from mes.features.publishing.figures import UnitFigure


class Concern(StrEnum):
    """What a supervisor should know before signing; none of them forbids it with a note."""

    NOT_COVERED = "not_covered"
    """The source has not yet told the state up to the end of the shift."""
    PROVISIONAL = "provisional_stop"
    """A stop at the end of the shift may still grow beyond the minor-stop limit."""
    COVERAGE = "coverage_low"
    """Less of the time was seen than the setting asks for."""
    UNEXPLAINED = "unexplained_stops"
    """Stops have no reason."""
    SUSPECT = "suspect_counts"
    """Counter jumps wait for a decision."""
    EXCESS = "scrap_above_total"
    """Of items more was said to be bad, or taken back, than was made."""
    RATE_MISSING = "rate_missing"
    """Pieces were made without a rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of the checklist: how many, and where it is time, how long (us)."""

    concern: Concern
    work_unit: str
    count: int = 0
    us: int = 0
    coverage: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is stored and answered."""
        return {
            "code": self.concern.value,
            "work_unit": self.work_unit,
            "count": self.count,
            "us": self.us,
            "coverage": self.coverage,
        }


def checklist(
    session: Session,
    known: Masters,
    figures: Iterable[UnitFigure],
    span: Span,
    now_us: int,
    coverage_min: float,
) -> list[Item]:
    """Everything that is not in order, work unit by work unit."""
    return [
        item
        for figure in figures
        for item in _of_unit(session, known, figure, span, now_us, coverage_min)
    ]


def _of_unit(
    session: Session,
    known: Masters,
    figure: UnitFigure,
    span: Span,
    now_us: int,
    coverage_min: float,
) -> Iterator[Item]:
    unit = figure.unit
    given = known_unit(session, known, unit, now_us)
    coverage = result_of(figure.sums, unit.site.policy).coverage
    if not figure.covered:
        yield Item(concern=Concern.NOT_COVERED, work_unit=unit.code)
    if figure.provisional:
        yield Item(concern=Concern.PROVISIONAL, work_unit=unit.code)
    if coverage is not None and coverage < Fraction(coverage_min):
        yield Item(concern=Concern.COVERAGE, work_unit=unit.code, coverage=float(coverage))
    stops = _unexplained(session, given, span)
    if stops:
        yield Item(
            concern=Concern.UNEXPLAINED, work_unit=unit.code, count=len(stops), us=sum(stops)
        )
    suspect = _suspect(session, given, span)
    if suspect:
        yield Item(concern=Concern.SUSPECT, work_unit=unit.code, count=suspect)
    excess = _below_zero(figure)
    if excess:
        yield Item(concern=Concern.EXCESS, work_unit=unit.code, count=excess)
    if any(pieces.rate_missing for pieces in figure.sums.pieces.values()):
        yield Item(concern=Concern.RATE_MISSING, work_unit=unit.code)


def _unexplained(session: Session, given: Known, span: Span) -> list[int]:
    end = min(span.end, given.as_of)
    if end <= span.start:
        return []
    unit = given.unit
    records = unit_records(session, given, span.start, end, given.as_of)
    runs = job_runs(session, unit.id, min([span.start, *(r.start for r in records[:1])]), end)
    found = unexplained_stops(unit, records, runs, span.start, end, as_of=given.as_of)
    return [one.us for one in found]


def _below_zero(figure: UnitFigure) -> int:
    """Of how many items good or scrap is below 0."""
    sums: dict[str | None, tuple[Number, Number]] = {}
    for (_, material), pieces in figure.sums.pieces.items():
        good, scrap = sums.get(material, (0, 0))
        sums[material] = (good + pieces.good, scrap + pieces.scrap)
    return sum(1 for amounts in sums.values() if min(amounts) < 0)


def _suspect(session: Session, given: Known, span: Span) -> int:
    """How many readings were left out as suspect and are not decided about."""
    end = min(span.end, given.as_of)
    runs = job_runs(session, given.unit.id, span.start, max(end, span.start + 1))
    _, marks = unit_bookings(session, given, span.start, end, runs)
    return sum(1 for mark in marks if mark.flag is Flag.COUNTER_SUSPECT)
