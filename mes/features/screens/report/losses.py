"""Losses of a report in words: their Pareto, the longest stops, what a line lost by its cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from mes.core.classes import TimeClass
from mes.core.partition import Segment
from mes.features.oee.losses import LineLosses
from mes.features.screens.report import charts, words
from mes.features.screens.report.frame import Frame, Shown
from mes.features.screens.report.ladder import LossKind
from mes.features.screens.report.page import ReportPage
from mes.features.screens.report.pareto import Bar, Measure, pareto
from mes.features.screens.report.words import _

STOPS_SHOWN_MAX = 10
"""Most stops that a report names; the list of all is beside them."""
STOPS_MAX_US = 32 * 86_400_000_000
"""Longest period whose single stops are listed."""
STOPS = "#stops"
"""Where the page lists them, each to be explained."""


def shown_pareto(page: ReportPage, frame: Frame, measure: Measure) -> Shown:
    """The Pareto of losses; what nobody explained is never hidden and leads to where to explain."""
    bars = pareto(page.losses, page.result, measure)
    longest = max((bar.value for bar in bars if bar.value), default=Fraction(0)) or Fraction(1)
    return {
        "measure": measure.value,
        "measures": [
            (one.value, measure_word(one), frame.address_by(one.value)) for one in Measure
        ],
        "losses": [_bar(page, frame, bar, longest) for bar in bars],
    }


def measure_word(measure: Measure) -> str:
    """What the bars of a Pareto are drawn by."""
    return {
        Measure.MINUTES: _("Minutes"),
        Measure.COUNT: _("Count"),
        Measure.PIECES: _("Pieces"),
    }[measure]


def _bar(page: ReportPage, frame: Frame, bar: Bar, longest: Fraction) -> Shown:
    loss = bar.loss
    look, symbol = words.loss_look(loss)
    unclassified = loss.kind is LossKind.UNCLASSIFIED
    pbt_us = page.result.figures.pbt_us
    return {
        "label": words.loss_word(loss, frame.reason_name),
        "factor": words.factor_word(loss.factor),
        "look": look,
        "icon": symbol,
        "open": unclassified,
        "few": bar.few,
        "explain": _where_to_explain(page) if unclassified and loss.us else None,
        "width": charts.share((bar.value or Fraction(0)) / longest),
        "reached": charts.share(bar.reached),
        "minutes": words.minutes(loss.us),
        "count": words.pieces(loss.count),
        "pieces": words.pieces(None if bar.pieces is None else Fraction(round(bar.pieces))),
        "points": words.percent(loss.us / pbt_us if pbt_us else None),
        "cumulative": words.fixed(bar.reached * 100, 0),
    }


def _where_to_explain(page: ReportPage) -> str | None:
    """The stops of the machine on the same page, else the machines, of which each has its own."""
    if page.units:
        return "#machines"
    span = page.period.span
    return STOPS if span.end - span.start <= STOPS_MAX_US else None


def shown_stops(page: ReportPage, frame: Frame) -> list[Shown]:
    """The longest stretches in which a single machine did not run, each with its facts."""
    longest = max((one.length_us for one in page.stops), default=0) or 1
    return [
        {
            "address": frame.links.interval(frame.place, (one.start + one.end) // 2),
            "start": charts.day_and_clock(one.start, frame.zone),
            "end": charts.clock(one.end, frame.zone),
            "minutes": words.minutes(one.length_us),
            "width": charts.share(Fraction(one.length_us, longest)),
            "label": _cause(page, frame, one),
            "kind": words.class_word(one.class_under(page.result.policy)),
            "open": _unexplained(page, one),
        }
        for one in page.stops[:STOPS_SHOWN_MAX]
    ]


def _unexplained(page: ReportPage, one: Segment) -> bool:
    unplanned = one.class_under(page.result.policy) is TimeClass.UNPLANNED_STOP
    return unplanned and one.reason is None


def _cause(page: ReportPage, frame: Frame, one: Segment) -> str:
    if one.reason is not None:
        return frame.reason_name(one.reason)
    if _unexplained(page, one):
        return _("Unclassified")
    return words.class_word(one.class_under(page.result.policy))


CAUSES_MAX = 12
"""Most causes that are named; the rest is one row."""


def shown_causes(
    found: LineLosses,
    unit_name: Callable[[Mapping[str, str]], str],
    reason_name: Callable[[str], str],
) -> Shown:
    """The losses of a line by the machine that caused them, the largest first."""
    longest = max((cause.us for cause in found.causes), default=0) or 1
    rows: list[Shown] = [
        {
            "machine": unit_name(found.units[cause.machine].names),
            "pacing": found.units[cause.machine].id == found.pacing.id,
            "cause": words.class_word(cause.time_class)
            if cause.reason is None
            else reason_name(cause.reason),
            "width": charts.share(Fraction(cause.us, longest)),
            "minutes": words.minutes(cause.us),
            "stops": words.pieces(Fraction(cause.stops)),
        }
        for cause in found.causes[:CAUSES_MAX]
    ]
    rest = sum(cause.us for cause in found.causes[CAUSES_MAX:])
    return {
        "pacing": unit_name(found.pacing.names),
        "rows": rows,
        "rest": words.minutes(rest) if rest else None,
        "total": words.minutes(found.us),
    }
