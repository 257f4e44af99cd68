"""The files of a trend: every value or slots, and the tags with what they are worth."""

from __future__ import annotations

from collections.abc import Sequence

from mes.core.case_model import Span
from mes.features.reports.grid import (
    COVERAGE,
    STATE,
    Chart,
    ChartKind,
    Column,
    Grid,
    Kind,
    Row,
)
from mes.features.reports.samples import (
    WIDTHS,
    Series,
    TagInfo,
    Trends,
)
from mes.features.reports.trend import width_words
from mes.features.reports.trend_asked import Line
from mes.features.screens.report.words import _

ROWS_MAX = 100_000
"""Most rows of a file: every value if they are no more, else slots."""


def tags_grid(lines: Sequence[tuple[Line, Series]], span: Span) -> Grid:
    """The tags of a trend: limits, and what their values are worth."""
    return Grid(
        key="tags",
        title=_("Tags"),
        columns=[
            Column(key="tag", label=_("Tag")),
            Column(key="unit", label=_("Unit")),
            Column(key="low", label=_("Low limit"), kind=Kind.NUMBER),
            Column(key="high", label=_("High limit"), kind=Kind.NUMBER),
            Column(key="count", label=_("Number of values"), kind=Kind.NUMBER),
            Column(key="bad", label=_("Bad values"), kind=Kind.NUMBER),
            Column(key=COVERAGE, label=_("Coverage"), kind=Kind.RATIO),
            Column(key=STATE, label=_("State of the figure")),
        ],
        rows=[
            Row(
                values=[
                    line.tag.name,
                    line.tag.unit,
                    line.low,
                    line.high,
                    series.count,
                    series.bad,
                    series.coverage(span),
                    state_of(series, span),
                ]
            )
            for line, series in lines
        ],
    )


def state_of(series: Series, span: Span) -> str:
    """Whether values of the span may still come."""
    return _("Provisional · not closed") if series.until < span.end else _("Final · not signed off")


def file_grid(trends: Trends, lines: Sequence[tuple[Line, int]], span: Span) -> Grid:
    """Every value of the tags as it came; their slots if there are too many or some are gone.

    Args:
        lines: each with the instant up to which its values are known.
    """
    tags = [line.tag for line, _until in lines]
    gone = max((trends.finest(tag) for tag in tags), default=0)
    if not gone and sum(map(trends.count, tags)) <= ROWS_MAX:
        return _values_grid(trends, tags)
    most = max(1, ROWS_MAX // len(lines))
    width = next(w for w in WIDTHS if w >= gone and span.end - span.start <= w * most)
    return _slots_grid([trends.series(line.tag, until, width) for line, until in lines], width)


def _values_grid(trends: Trends, tags: Sequence[TagInfo]) -> Grid:
    return Grid(
        key="values",
        title=_("Values of the tags"),
        columns=[
            Column(key="at", label=_("Time"), kind=Kind.TIME),
            Column(key="tag", label=_("Tag")),
            Column(key="value", label=_("Value"), kind=Kind.NUMBER),
            Column(key="unit", label=_("Unit")),
        ],
        rows=[
            Row(values=[value.at, tag.name, value.good, tag.unit])
            for tag in tags
            for value in trends.values(tag)
        ],
        chart=Chart(kind=ChartKind.TRACE, category="at", values=["value"], by="tag"),
    )


def _slots_grid(told: Sequence[Series], width: int) -> Grid:
    return Grid(
        key="slots",
        title=_("Values of the tags"),
        note=_(
            "Too many values for a file, or no longer kept one by one: each row is %(n)s.",
            n=width_words(width),
        ),
        columns=[
            Column(key="at", label=_("Time"), kind=Kind.TIME),
            Column(key="tag", label=_("Tag")),
            Column(key="low", label=_("Lowest"), kind=Kind.NUMBER),
            Column(key="mean", label=_("Mean over time"), kind=Kind.NUMBER),
            Column(key="high", label=_("Highest"), kind=Kind.NUMBER),
            Column(key="unit", label=_("Unit")),
            Column(key=COVERAGE, label=_("Coverage"), kind=Kind.RATIO),
            Column(key="bad", label=_("Bad values"), kind=Kind.NUMBER),
        ],
        rows=[
            Row(
                values=[
                    slot.start,
                    series.tag.name,
                    slot.low,
                    slot.mean,
                    slot.high,
                    series.tag.unit,
                    slot.known / (slot.end - slot.start),
                    slot.bad,
                ]
            )
            for series in told
            for slot in series.slots
        ],
        chart=Chart(kind=ChartKind.TRACE, category="at", values=["mean"], by="tag"),
    )
