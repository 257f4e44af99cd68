"""Trends of up to eight tags with limits, over the states of a machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.explain import Interval, explain
from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.features.explain.asked import explain_address
from mes.features.explain.timeline import strip
from mes.features.oee.losses import states_case
from mes.features.oee.service import CASE_DIRECT_US, known_unit
from mes.features.production.masters import Masters, WorkUnit
from mes.features.reports.grid import COVERAGE, STATE, Column, Grid, Kind, Row
from mes.features.reports.samples import TAGS_MAX, Point, Series, TagInfo, raw_points
from mes.features.screens.report.frame import Shown
from mes.features.screens.report.words import NONE, _, percent
from mes.models import SourceStream

Scale = Callable[[float], float]
"""From an instant or a value to a place in the drawing."""
HEIGHT = 120
WIDTH = 1000
HOURS = (1, 4, 8, 12, 24, 72, 168)
HOUR_US = 3600 * US_PER_S
_FORM = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A tag of a trend with the limits that the reader gave; None: those of the tag."""

    tag: TagInfo
    low: float | None
    high: float | None


def span_of(arguments: Mapping[str, str], zone: str, now_us: int) -> tuple[Span, int]:
    """The span of an address: so many hours up to an end, the present by default; and the hours.

    Raises:
        Refusal: `window_malformed` (422).
    """
    text = arguments.get("hours", "")
    hours = int(text) if text.isascii() and text.isdigit() and int(text) in HOURS else HOURS[0]
    end = now_us
    given = arguments.get("until", "").strip()
    if given:
        try:
            local = datetime.strptime(given, _FORM).replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            raise Refusal(
                "window_malformed", "write until as 2026-11-24 18:00", status=422, field="until"
            ) from None
        end = int(local.timestamp()) * US_PER_S
    return Span(end - hours * HOUR_US, end), hours


def lines_of(
    tags: Sequence[TagInfo], names: Sequence[str], lows: Sequence[str], highs: Sequence[str]
) -> list[Line]:
    """The tags of an address with their limits; empty names are left out.

    Raises:
        Refusal: `tag_unknown` (404), `too_many_tags`, `limit_invalid` (422).
    """
    known = {tag.name: tag for tag in tags}
    found: list[Line] = []
    for number, name in enumerate(names):
        if not name:
            continue
        tag = known.get(name)
        if tag is None:
            raise Refusal("tag_unknown", f"there is no tag {name[:80]!r}", status=404, field="tag")
        low, high = (_limit(texts, number) for texts in (lows, highs))
        found.append(
            Line(
                tag=tag,
                low=tag.low if low is None else low,
                high=tag.high if high is None else high,
            )
        )
    if len(found) > TAGS_MAX:
        raise Refusal(
            "too_many_tags", f"a trend has at most {TAGS_MAX} tags", status=422, field="tag"
        )
    return found


def covered_until(session: Session, tag: TagInfo, now_us: int) -> int:
    """Up to when the values of a tag's source are known."""
    found = session.scalar(
        select(func.max(SourceStream.covered_until)).where(SourceStream.source_id == tag.source_id)
    )
    return now_us if found is None else min(found, now_us)


def shown_series(line: Line, series: Series, span: Span) -> Shown:
    """A tag as an SVG path on a scale of its own, with its limits."""
    bottom, top = _scale(line, series)

    def y(value: float) -> float:
        return HEIGHT - (value - bottom) / (top - bottom) * HEIGHT

    def x(at: float) -> float:
        return (at - span.start) / (span.end - span.start) * WIDTH

    values = [
        [round(x(point.at), 1), point.mean if point.mean is None else round(point.mean, 6)]
        for point in series.points
    ]
    last = next((p.mean for p in reversed(series.points) if p.mean is not None), None)
    return {
        "name": line.tag.name,
        "unit": line.tag.unit or "",
        "coverage": percent(_exact(series.coverage(span))),
        "provisional": series.until < span.end,
        "path": _path(series, x, y),
        "area": _area(series, x, y) if series.enveloped else "",
        "low": None if line.low is None else f"{y(line.low):.1f}",
        "high": None if line.high is None else f"{y(line.high):.1f}",
        "band": _band(line, y),
        "top": _figure(top),
        "bottom": _figure(bottom),
        "last": _figure(last),
        "outside": _outside(line, series),
        "limits": f"{_figure(line.low)} – {_figure(line.high)}",
        "count": series.count,
        "enveloped": series.enveloped,
        "cut": series.cut,
        "points": json.dumps(values, separators=(",", ":")),
    }


def shown_states(
    session: Session, known: Masters, unit: WorkUnit, span: Span, now_us: int
) -> Shown:
    """The states of a machine below its trends; empty for spans longer than a day."""
    if span.end - span.start > CASE_DIRECT_US:
        return {"strip": []}
    given = known_unit(session, known, unit, now_us)
    intervals: tuple[Interval, ...] = explain(
        states_case(session, given, span, unit.site.policy)
    ).intervals
    why = explain_address(unit.code, span.start, span.end, as_of=given.as_of)
    return {**strip(intervals, span, unit.site.time_zone, None), "why": why}


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


def _exact(value: float | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def values_grid(session: Session, lines: Sequence[Line], span: Span) -> Grid:
    """Every value of the tags as it came."""
    return Grid(
        key="values",
        title=_("Number of values"),
        columns=[
            Column(key="at", label=_("Time"), kind=Kind.TIME),
            Column(key="tag", label=_("Tag")),
            Column(key="value", label=_("Value"), kind=Kind.NUMBER),
            Column(key="unit", label=_("Unit")),
        ],
        rows=[
            Row(values=[point.at, line.tag.name, point.mean, line.tag.unit])
            for line in lines
            for point in raw_points(session, line.tag, span)
        ],
    )


def _path(series: Series, x: Scale, y: Scale) -> str:
    """Steps: a value holds until the next; a gap breaks the line."""
    parts: list[str] = []
    held: Point | None = None
    for point in series.points:
        if held is not None and held.mean is not None:
            parts.append(f"H{x(point.at):.1f}")
        if point.mean is not None:
            sign = "M" if held is None or held.mean is None else "V"
            at = f"{x(point.at):.1f} " if sign == "M" else ""
            parts.append(f"{sign}{at}{y(point.mean):.1f}")
        held = point
    if held is not None and held.mean is not None and series.until > held.at:
        parts.append(f"H{x(series.until):.1f}")
    return "".join(parts)


def _area(series: Series, x: Scale, y: Scale) -> str:
    """From the lowest to the highest value of each slot."""
    parts: list[str] = []
    run: list[Point] = []
    for point in [*series.points, Point(series.until, None, None, None)]:
        if point.low is not None:
            run.append(point)
            continue
        if len(run) > 1:
            upper = " ".join(f"{x(p.at):.1f},{y(p.high or 0):.1f}" for p in run)
            lower = " ".join(f"{x(p.at):.1f},{y(p.low or 0):.1f}" for p in reversed(run))
            parts.append(f"M{upper} L{lower}Z")
        run = []
    return "".join(parts)


def _scale(line: Line, series: Series) -> tuple[float, float]:
    found = [value for value in (line.low, line.high) if value is not None]
    found += series.range or ()
    if not found:
        return 0.0, 1.0
    low, high = min(found), max(found)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return low - room, high + room


def _band(line: Line, y: Scale) -> dict[str, str] | None:
    """The allowed band between both limits; None: one of them is missing."""
    if line.low is None or line.high is None or line.low >= line.high:
        return None
    top = y(line.high)
    return {"y": f"{top:.1f}", "height": f"{y(line.low) - top:.1f}"}


def _outside(line: Line, series: Series) -> bool:
    found = series.range
    if found is None:
        return False
    below = line.low is not None and found[0] < line.low
    return below or (line.high is not None and found[1] > line.high)


def _limit(texts: Sequence[str], number: int) -> float | None:
    text = texts[number].strip()[:20] if number < len(texts) else ""
    if not text:
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise Refusal(
            "limit_invalid", f"a limit is a number, not {text!r}", status=422, field="low"
        ) from None


def _figure(value: float | None) -> str:
    return NONE if value is None else f"{value:.6g}".replace("-", "−")
