"""States of machines over a shift or day: a strip for each machine, or one machine hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sqlalchemy.orm import Session

from mes.core.case_model import Case, Span
from mes.core.classes import TimeClass
from mes.core.explain import Interval, explain
from mes.core.flags import Flag
from mes.core.oee import OeeResult, result_of
from mes.core.refusal import Refusal
from mes.core.tally import Tally, sum_of, tally
from mes.features.explain.timeline import strip
from mes.features.oee.bins import Bin, bins_of, default_rate
from mes.features.oee.service import CASE_DIRECT_US, known_unit, unit_case
from mes.features.production.masters import WorkUnit
from mes.features.reports.grid import Chart, ChartKind, Column, Grid, Kind, Row
from mes.features.screens.report import charts, words
from mes.features.screens.report.asked import Chosen
from mes.features.screens.report.frame import Frame, Shown
from mes.features.screens.report.marks import Whole
from mes.features.screens.report.periods import columns
from mes.features.screens.report.words import _

FLAGS_MAX = 24
"""Most stops without a reason that are flagged on a strip."""
FLAG_WIDTH = 0.036
"""Room of a flag as share of a strip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTimeline:
    """The states of a work unit over a period, with its hours.

    Attributes:
        as_of: where knowledge ends.
        known_to_end: the state is known to the end of the period.
        hours: plan and good pieces of each hour.
    """

    unit: WorkUnit
    span: Span
    as_of: int
    case: Case
    sums: Tally
    result: OeeResult
    known_to_end: bool
    intervals: tuple[Interval, ...]
    hours: tuple[Bin, ...]


def timelines(session: Session, chosen: Chosen, now_us: int) -> list[UnitTimeline]:
    """The timelines of all work units of a place.

    Raises:
        Refusal: `range_too_long` (422): longer than a day.
    """
    span = chosen.period.span
    if span.end - span.start > CASE_DIRECT_US:
        raise Refusal(
            "range_too_long",
            "states are drawn for a shift or a day; choose one of them",
            status=422,
            field="period",
        )
    return [_timeline(session, chosen, unit, now_us) for unit in chosen.units]


def shown_rows(found: Sequence[UnitTimeline], frame: Frame) -> list[Shown]:
    """A row for each machine."""
    return [
        {
            "label": frame.unit_name(one.unit.names),
            "address": frame.address_of(one.unit.code),
            "report": f"/report?place={one.unit.code}",
            **strip(one.intervals, one.span, frame.zone, None),
            **_now(one.as_of, one.span),
            "flags": _flags(one, one.span, frame),
            "good": words.pieces(one.result.figures.counted.good),
            "coverage": words.percent(one.result.coverage),
            "why": frame.links.why(one.unit.code, "oee"),
            "oee": words.percent(one.result.kpis["oee"]),
            "words": _in_words(one.result),
        }
        for one in found
    ]


def shown_hours(one: UnitTimeline, frame: Frame) -> list[Shown]:
    """A row for each clock hour of one machine."""
    rows: list[Shown] = []
    for hour in one.hours:
        span = Span(hour.start, hour.end)
        held = [part for part in one.intervals if part.start < hour.end and hour.start < part.end]
        rows.append(
            {
                "label": charts.clock(hour.start, frame.zone),
                "address": frame.links.why(one.unit.code, "oee", span),
                **strip([_clipped(part, span) for part in held], span, frame.zone, None),
                **_now(one.as_of, span),
                "flags": _flags(one, span, frame),
                "plan": words.whole(hour.plan) if hour.planned else words.NONE,
                "good": words.pieces(hour.good),
                "gap": words.whole(hour.gap, sign=True) if hour.planned else words.NONE,
                "direction": charts.direction(hour.gap) if hour.planned else "",
            }
        )
    return rows


def whole_of(found: Sequence[UnitTimeline], chosen: Chosen) -> Whole:
    """What the marks of the page need of the figures of its machines."""
    counted = [one for one in found if one.unit.code in chosen.counted]
    result = result_of(sum_of(one.sums for one in counted), chosen.policy)
    return Whole(
        coverage=result.coverage,
        flags=result.flags,
        unclassified_us=sum(
            part.length_us for one in counted for part in one.intervals if _unexplained(part)
        ),
        provisional=any(one.as_of < one.span.end or not one.known_to_end for one in found)
        or Flag.PROVISIONAL_STOP in result.flags,
        as_of=min(one.as_of for one in found),
    )


def states_grid(found: Sequence[UnitTimeline], frame: Frame) -> Grid:
    """Every interval of every machine, as a table."""
    return Grid(
        key="states",
        title=_("Machine states"),
        columns=[
            Column(key="machine", label=_("Machine")),
            Column(key="start", label=_("Start"), kind=Kind.TIME),
            Column(key="end", label=_("End"), kind=Kind.TIME),
            Column(key="minutes", label=_("min"), kind=Kind.MINUTES, bar=True),
            Column(key="class", label=_("Class")),
            Column(key="reason", label=_("Reason")),
            Column(key="order", label=_("Order")),
            Column(key="item", label=_("Item")),
        ],
        rows=[
            Row(
                values=[
                    frame.unit_name(one.unit.names),
                    part.start,
                    part.end,
                    part.length_us,
                    words.class_word(part.time_class),
                    _reason(part, frame),
                    part.run.order if part.run else None,
                    part.run.material if part.run else None,
                ],
                links={"start": frame.links.interval(one.unit.code, part.start)},
                look="todo" if _unexplained(part) else "",
            )
            for one in found
            for part in one.intervals
        ],
    )


def times_grid(found: Sequence[UnitTimeline], frame: Frame) -> Grid:
    """How long each machine was in each class, for the chart of a file."""
    times = {
        one.unit.code: {
            time_class: sum(p.length_us for p in one.intervals if p.time_class is time_class)
            for time_class in TimeClass
        }
        for one in found
    }
    held = [kind for kind in TimeClass if any(times[one.unit.code][kind] for one in found)]
    return Grid(
        key="times",
        title=_("Time by class"),
        columns=[
            Column(key="machine", label=_("Machine")),
            *(
                Column(key=kind.value, label=words.class_word(kind), kind=Kind.MINUTES)
                for kind in held
            ),
        ],
        rows=[
            Row(
                values=[
                    frame.unit_name(one.unit.names),
                    *(times[one.unit.code][kind] for kind in held),
                ]
            )
            for one in found
        ],
        chart=Chart(
            kind=ChartKind.STACKED, category="machine", values=[kind.value for kind in held]
        ),
    )


def _timeline(session: Session, chosen: Chosen, unit: WorkUnit, now_us: int) -> UnitTimeline:
    span = chosen.period.span
    given = known_unit(session, chosen.known, unit, now_us)
    case = unit_case(session, given, span, policy=chosen.policy)
    sums = tally(case)
    cuts = columns(chosen.plan, chosen.period)
    return UnitTimeline(
        unit=unit,
        span=span,
        as_of=given.as_of,
        case=case,
        sums=sums,
        result=result_of(sums, chosen.policy),
        known_to_end=given.known_until is None or given.known_until >= span.end,
        intervals=explain(case).intervals,
        hours=bins_of(case, cuts, default_rate(chosen.known, unit, span.start)),
    )


def _clipped(part: Interval, span: Span) -> Interval:
    return replace(part, start=max(part.start, span.start), end=min(part.end, span.end))


def _now(as_of: int, span: Span) -> Shown:
    """Where the present lies; None: outside."""
    inside = span.start < as_of < span.end
    share = (as_of - span.start) / (span.end - span.start) * 1000
    return {"now": f"{share:.2f}" if inside else None}


def _flags(one: UnitTimeline, span: Span, frame: Frame) -> list[Shown]:
    """Stops that nobody explained yet, where a tap leads to their facts."""
    open_ = [
        part
        for part in one.intervals
        if _unexplained(part) and part.start < span.end and span.start < part.end
    ]
    flags: list[Shown] = []
    reached = -1.0
    for part in open_:
        left = Fraction(max(part.start, span.start) - span.start, span.end - span.start)
        if flags and float(left) - reached < FLAG_WIDTH:
            continue  # flags never overlap: the table below names every stop
        reached = float(left)
        flags.append(
            {
                "left": charts.share(left),
                "address": f"{frame.links.interval(one.unit.code, part.start)}#facts",
                "label": _(
                    "No reason: %(start)s, %(n)s min",
                    start=charts.clock(part.start, frame.zone),
                    n=words.minutes(part.length_us),
                ),
            }
        )
    return flags[:FLAGS_MAX]


def _unexplained(part: Interval) -> bool:
    return part.time_class is TimeClass.UNPLANNED_STOP and part.reason is None


def _reason(part: Interval, frame: Frame) -> str | None:
    if part.reason is not None:
        return frame.reason_name(part.reason)
    return _("Unclassified") if _unexplained(part) else None


def _in_words(result: OeeResult) -> str:
    """What a strip shows, for who cannot see it."""
    times = result.figures.times_us
    return ", ".join(
        f"{words.class_word(kind)} {words.minutes(times[kind])}"
        for kind in TimeClass
        if times[kind]
    )
