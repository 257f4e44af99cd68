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
from mes.features.reports.grid import (
    COVERAGE,
    STATE,
    Column,
    Grid,
    Kind,
    Row,
)
from mes.features.reports.samples import (
    RANGE_MAX_US,
    TAGS_MAX,
    Point,
    Series,
    TagInfo,
)
from mes.features.screens.report.frame import Shown
from mes.features.screens.report.words import NONE, _, percent
from mes.models import SourceStream

Scale = Callable[[float], float]
"""From an instant or a value to a place in the drawing."""
HEIGHT = 120
WIDTH = 1000
HOURS = (1, 4, 8, 12, 24, 72, 168, 744, 2208, 8784)
HOUR_US = 3600 * US_PER_S
STATES_MAX_US = 8 * 24 * HOUR_US
"""States are drawn of spans up to this length."""
SHORTEST_US = 10 * US_PER_S
"""A span that a reader chooses is no shorter."""
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A tag of a trend with the limits that the reader gave; None: those of the tag."""

    tag: TagInfo
    low: float | None
    high: float | None


def span_of(arguments: Mapping[str, str], zone: str, now_us: int) -> tuple[Span, int]:
    """The span of an address: from one moment until another, the present by default; and hours.

    Without `from`: so many hours up to the end.

    Raises:
        Refusal: `window_malformed` (422).
    """
    text = arguments.get("hours", "")
    hours = int(text) if text.isascii() and text.isdigit() and int(text) in HOURS else HOURS[0]
    end = _moment(arguments, "until", zone)
    end = now_us if end is None else end
    start = _moment(arguments, "from", zone)
    if start is None:
        return Span(end - hours * HOUR_US, end), hours
    if start >= end:
        raise Refusal(
            "window_malformed", "from lies before until, and in the past", status=422, field="from"
        )
    return Span(min(start, end - SHORTEST_US), end), hours


def span_words(span: Span, zone: str) -> tuple[str, str]:
    """Start and end of a span as `span_of` reads them."""
    tz = ZoneInfo(zone)
    first, last = (
        datetime.fromtimestamp(at // US_PER_S, tz).strftime(_FORMS[0])
        for at in (span.start, span.end)
    )
    return first, last


def near_spans(span: Span, now_us: int) -> dict[str, Span | None]:
    """Spans to go to from here: earlier, later, closer and wider; None: there is none."""
    length = span.end - span.start
    half, quarter = length // 2, length // 4
    end = min(span.end + half, now_us)
    closer = Span(span.start + quarter, span.end - quarter)
    wider_end = min(span.end + half, max(now_us, span.end))
    wider = Span(wider_end - 2 * length, wider_end)
    return {
        "earlier": Span(span.start - half, span.end - half),
        "later": Span(end - length, end) if end > span.end else None,
        "closer": closer if half >= SHORTEST_US else None,
        "wider": wider if 2 * length <= RANGE_MAX_US else None,
    }


def _moment(arguments: Mapping[str, str], key: str, zone: str) -> int | None:
    given = arguments.get(key, "").strip()[:40]
    if not given:
        return None
    for form in _FORMS:
        try:
            local = datetime.strptime(given, form).replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            continue
        return int(local.timestamp()) * US_PER_S
    raise Refusal("window_malformed", f"write {key} as 2026-11-24 18:00", status=422, field=key)


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
    return {
        "name": line.tag.name,
        "unit": line.tag.unit or "",
        "coverage": percent(_exact(series.coverage(span))),
        "provisional": series.until < span.end,
        "path": _path(series, x, y),
        "area": _area(series, x, y) if series.slots else "",
        "unknown": _unknown(series, x),
        "low": None if line.low is None else f"{y(line.low):.1f}",
        "high": None if line.high is None else f"{y(line.high):.1f}",
        "band": _band(line, y),
        "top": _figure(top),
        "bottom": _figure(bottom),
        "last": _figure(series.last),
        "outside": _outside(line, series),
        "limits": _limits(line),
        "count": series.count,
        "bad": series.bad,
        "slot": None if series.width is None else width_words(series.width),
        "cut": series.cut,
        "points": json.dumps(values, separators=(",", ":")),
    }


def shown_states(
    session: Session, known: Masters, unit: WorkUnit, span: Span, now_us: int
) -> Shown:
    """The states of a machine below its trends; none are drawn of spans over `STATES_MAX_US`."""
    if span.end - span.start > STATES_MAX_US:
        return {"strip": [], "too_long": True}
    given = known_unit(session, known, unit, now_us)
    intervals: list[Interval] = []
    for start in range(span.start, span.end, CASE_DIRECT_US):
        part = Span(start, min(start + CASE_DIRECT_US, span.end))
        intervals += explain(states_case(session, given, part, unit.site.policy)).intervals
    short = span.end - span.start <= CASE_DIRECT_US
    why = explain_address(unit.code, span.start, span.end, as_of=given.as_of) if short else ""
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


def _exact(value: float | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def width_words(width: int) -> str:
    """A width of slots as words."""
    if width < 60 * US_PER_S:
        return _("%(n)s s", n=width // US_PER_S)
    if width < HOUR_US:
        return _("%(n)s min", n=width // (60 * US_PER_S))
    return _("%(n)s h", n=width // HOUR_US)


def hours_words(hours: int) -> str:
    """A choice of hours as words."""
    if hours < 24:
        return _("%(n)s h", n=hours)
    return _("1 day") if hours == 24 else _("%(n)s days", n=hours // 24)


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


def _unknown(series: Series, x: Scale) -> str:
    """A mark under each slot of which a part is not known."""
    return "".join(
        f"M{x(slot.start):.1f} {HEIGHT - 2}H{x(slot.end):.1f}"
        for slot in series.slots
        if slot.low is not None and slot.known < min(slot.end, series.until) - slot.start
    )


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


def _limits(line: Line) -> str:
    if line.low is None:
        return "" if line.high is None else f"≤ {_figure(line.high)}"
    return (
        f"≥ {_figure(line.low)}"
        if line.high is None
        else f"{_figure(line.low)} – {_figure(line.high)}"
    )


def _figure(value: float | None) -> str:
    return NONE if value is None else f"{value:.6g}".replace("-", "−")
