"""What an address of a trend asks for: a span, tags and their limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from mes.core.case_model import Span
from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.features.reports.samples import (
    RANGE_MAX_US,
    TAGS_MAX,
    TagInfo,
)
from mes.features.screens.report.words import _

HOURS = (1, 4, 8, 12, 24, 72, 168, 744, 2208, 8784)
HOUR_US = 3600 * US_PER_S
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


def hours_words(hours: int) -> str:
    """A choice of hours as words."""
    if hours < 24:
        return _("%(n)s h", n=hours)
    return _("1 day") if hours == 24 else _("%(n)s days", n=hours // 24)


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
