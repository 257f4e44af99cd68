"""What the facts say about a shift of a line, machine by machine: nothing is typed twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.classes import TimeClass
from mes.core.exact import Number, number_to_json
from mes.core.oee import OeeResult, result_of
from mes.core.partition import Segment, classify
from mes.core.tally import Tally, sum_of
from mes.features.line_hours.queries import LOST
from mes.features.oee.bins import bins_of, default_rate
from mes.features.production.lines import units_of_line
from mes.features.production.masters import Line, Masters, WorkUnit
from mes.features.production.tile import SHOWN_KPIS, reason_json
from mes.features.publishing.figures import unit_figure
from mes.features.publishing.periods import Period, line_units
from mes.models import CallEvent, JobEvent, QuantityStatement, StopStatement

LOSSES_SHOWN_MAX = 3
MINUTE_US = 60_000_000
"""Shorter losses are not worth a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What took time: microseconds and number of stretches of one class and reason."""

    time_class: TimeClass
    reason: str | None
    us: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitShift:
    """A work unit in a shift by all facts that are known.

    Attributes:
        plan: pieces that the planned time so far makes at the ideal rate; None: no rate is known.
        segments: the partition of the time so far.
    """

    unit: WorkUnit
    sums: Tally
    result: OeeResult
    plan: Fraction | None
    losses: tuple[Loss, ...]
    segments: tuple[Segment, ...]

    @property
    def amounts(self) -> tuple[Number, Number, Number]:
        """Good, scrap and rework, what the policy leaves out included."""
        good: Number = 0
        scrap: Number = 0
        rework: Number = 0
        for pieces in self.sums.pieces.values():
            good, scrap, rework = good + pieces.good, scrap + pieces.scrap, rework + pieces.rework
        return good, scrap, rework

    def kept(self) -> dict[str, Any]:
        """What a signature keeps, to show later what has changed since."""
        good, scrap, rework = self.amounts
        oee = self.result.kpis["oee"]
        return {
            "work_unit": self.unit.code,
            "good": number_to_json(good),
            "scrap": number_to_json(scrap),
            "rework": number_to_json(rework),
            "oee": None if oee is None else float(oee),
        }

    def to_json(self, known: Masters, at: int) -> dict[str, Any]:
        """As REST and the page show it."""
        good = self.amounts[0]
        return {
            **self.kept(),
            "name": dict(self.unit.names),
            "plan": None if self.plan is None else float(self.plan),
            "gap": None if self.plan is None else float(Fraction(good) - self.plan),
            **kpis_json(self.result),
            "losses": [
                {
                    "class": loss.time_class.value,
                    "reason": reason_json(known, loss.reason, at),
                    "us": loss.us,
                    "count": loss.count,
                }
                for loss in self.losses[:LOSSES_SHOWN_MAX]
                if loss.us >= MINUTE_US
            ],
        }


def kpis_json(result: OeeResult) -> dict[str, Any]:
    """The figures of a result with coverage and flags."""
    shown = {name: result.kpis[name] for name in SHOWN_KPIS} | {"coverage": result.coverage}
    return {
        **{name: None if value is None else float(value) for name, value in shown.items()},
        "flags": [str(flag) for flag in result.flags],
    }


def shift_figures(
    session: Session, known: Masters, line: Line, period: Period, now_us: int
) -> list[UnitShift]:
    """The work units of a line in a shift, in plant order."""
    return [
        _unit_shift(session, known, unit, period.span, now_us) for unit in line_units(known, line)
    ]


def line_result(known: Masters, line: Line, figures: Sequence[UnitShift]) -> OeeResult | None:
    """The figure of the line by its own rule; None: it has no work unit."""
    counted = {unit.id for unit in units_of_line(known, line, None)}
    sums = [one.sums for one in figures if one.unit.id in counted]
    return result_of(sum_of(sums), line.site.policy) if sums else None


def changes_since(
    then: Sequence[Mapping[str, Any]], figures: Sequence[UnitShift]
) -> list[dict[str, Any]]:
    """Which figures differ from those that a signature kept: work unit, field, then and now."""
    before = {one["work_unit"]: one for one in then}
    found = []
    for one in figures:
        kept = one.kept()
        old = before.get(one.unit.code)
        if old is None:
            continue
        found += [
            {"work_unit": one.unit.code, "field": name, "then": old.get(name), "now": value}
            for name, value in kept.items()
            if old.get(name) != value
        ]
    return found


def crew_seen(session: Session, units: Sequence[WorkUnit], span: Span) -> list[str]:
    """Badge numbers of people who entered something about these work units in a window."""
    ids, found = [unit.id for unit in units], set[str]()
    for model, at in (
        (StopStatement, StopStatement.stated_at),
        (QuantityStatement, QuantityStatement.at),
        (JobEvent, JobEvent.at),
        (CallEvent, CallEvent.at),
    ):
        actors = session.scalars(
            select(model.actor).where(model.work_unit_id.in_(ids), at >= span.start, at < span.end)
        )
        found |= {str(actor["person"]) for actor in actors if (actor or {}).get("person")}
    return sorted(found)


def _unit_shift(
    session: Session, known: Masters, unit: WorkUnit, span: Span, now_us: int
) -> UnitShift:
    figure = unit_figure(session, known, unit, span, now_us)
    (whole,) = bins_of(figure.case, [span], default_rate(known, unit, span.start))
    segments = tuple(classify(figure.case))
    return UnitShift(
        unit=unit,
        sums=figure.sums,
        result=result_of(figure.sums, unit.site.policy),
        plan=whole.plan if whole.good is not None else None,
        losses=_losses(unit, segments),
        segments=segments,
    )


def _losses(unit: WorkUnit, segments: Sequence[Segment]) -> tuple[Loss, ...]:
    sums: dict[tuple[TimeClass, str | None], list[int]] = defaultdict(list)
    for one in segments:
        kind = one.class_under(unit.site.policy)
        if kind in LOST:
            sums[kind, one.reason].append(one.length_us)
    found = [
        Loss(time_class=kind, reason=reason, us=sum(lengths), count=len(lengths))
        for (kind, reason), lengths in sums.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.us, one.time_class.value, one.reason or "")))
