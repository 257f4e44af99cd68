"""The audit log as a page: words for what was done, old and new in one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from sqlalchemy.orm import Session

from mes.core.instants import US_PER_S, parse_instant
from mes.features.audit.queries import LIMIT_MAX, audit_rows
from mes.features.screens.audit_words import deed

PAGE_ROWS = 100
STRETCHES_SHOWN = 3
TEXT_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What the reader asked for, as typed; empty texts ask for nothing."""

    object: str = ""
    action: str = ""
    first: str = ""
    last: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One row as it is shown; `at_us`: real time, UTC microseconds; `deed`: the action in words."""

    at: str
    at_us: int
    person: str
    action: str
    deed: str
    object: str
    old: str
    new: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """What `audit.html` shows; `older` is `before` of the next page, None: no more."""

    asked: AuditFilter
    lines: tuple[AuditLine, ...]
    older: int | None
    mistake: str


def audit_page(session: Session, asked: AuditFilter, zone: str) -> AuditPage:
    """The rows that the reader asked for; a day that is no date asks for nothing and is named."""
    plant = ZoneInfo(zone)
    wrong = any(_day(text, plant, 0)[1] for text in (asked.first, asked.last))
    mistake = str(gettext("Write the day as YYYY-MM-DD.")) if wrong else ""
    before = int(asked.before[:18]) if asked.before.isdecimal() else None
    found = _found(session, asked, plant, before, PAGE_ROWS)
    return AuditPage(
        asked=asked,
        lines=tuple(_line(item, plant) for item in found["items"]),
        older=found["next"],
        mistake=mistake,
    )


def audit_lines(session: Session, asked: AuditFilter, zone: str) -> Iterator[AuditLine]:
    """All rows that the reader asked for, latest first, whatever page was looked at."""
    plant, before = ZoneInfo(zone), None
    while True:
        found = _found(session, asked, plant, before, LIMIT_MAX)
        yield from (_line(item, plant) for item in found["items"])
        before = found["next"]
        if before is None:
            return


def _found(
    session: Session, asked: AuditFilter, plant: ZoneInfo, before: int | None, limit: int
) -> dict[str, Any]:
    return audit_rows(
        session,
        subject=asked.object or None,
        action=asked.action or None,
        start=_day(asked.first, plant, 0)[0],
        end=_day(asked.last, plant, 1)[0],
        before=before,
        limit=limit,
    )


def _day(text: str, zone: ZoneInfo, days: int) -> tuple[int | None, bool]:
    """Start of a day so many days later, and whether the text is no day."""
    if not text:
        return None, False
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None, True
    return int(datetime.combine(day, time(), zone).timestamp()) * US_PER_S, False


def _line(item: Mapping[str, Any], zone: ZoneInfo) -> AuditLine:
    return AuditLine(
        at=_local(item["at"], zone, "%Y-%m-%d %H:%M:%S"),
        at_us=parse_instant(item["at"]),
        person=str(item["person"] or ""),
        action=str(item["action"]),
        deed=deed(str(item["action"])),
        object=str(item["object"]),
        old=_told(item["old"], zone),
        new=_told(item["new"] if item["new"] is not None else item["details"] or None, zone),
        note=str(item["note"] or ""),
    )


def _local(text: str, zone: ZoneInfo, pattern: str) -> str:
    moment = datetime.fromtimestamp(parse_instant(text) / US_PER_S, zone)
    return moment.strftime(pattern)


def _told(value: Any, zone: ZoneInfo) -> str:
    """Old or new value in one line: stretches of time, or the fields that say something."""
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, list):
        shown = [_stretch(one, zone) for one in value[:STRETCHES_SHOWN]]
        rest = len(value) - STRETCHES_SHOWN
        return " · ".join([*shown, *([f"+{rest}"] if rest > 0 else [])])
    if isinstance(value, Mapping):
        said = ((key, one) for key, one in value.items() if one not in (None, "", [], {}, False))
        return ", ".join(f"{key} {_short(one, zone)}" for key, one in said)
    return str(value)


def _short(value: Any, zone: ZoneInfo) -> str:
    try:
        return _local(value, zone, "%m-%d %H:%M")
    except (ValueError, TypeError, AttributeError):
        return str(value)[:TEXT_MAX]


def _stretch(one: Any, zone: ZoneInfo) -> str:
    if not isinstance(one, Mapping) or "from" not in one:
        return str(one)[:TEXT_MAX]
    end = "" if one.get("to") is None else _local(one["to"], zone, "%H:%M")
    what = " ".join(str(one[key]) for key in ("state", "reason") if one.get(key))
    return f"{_local(one['from'], zone, '%m-%d %H:%M')}–{end} {what}"
