"""The values of a trend as tables of a file, with a chart for each tag."""

from __future__ import annotations

from collections.abc import Sequence

from mes.core.case_model import Span
from mes.features.reports.grid import COVERAGE, Chart, ChartKind, Column, Grid, Kind, Row
from mes.features.reports.samples import WIDTHS, Series, TagInfo, Trends
from mes.features.reports.trend import Line, width_words
from mes.features.screens.report.words import _

ROWS_MAX = 100_000
"""Most rows of a file: every value if they are no more, else slots."""


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
