"""Noting that facts speak of time that was signed off, in the transaction of these facts.

A shift that was signed off has published figures. Whoever derives a work unit again from before the
last of them notes it here; at the commit one row a work unit is written to `publication_mark`, with
the facts that caused it. The publishing feature compares later, so that nothing is lost when the
program ends in between. Open shifts cost one comparison of two numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.features.audit.service import WAITING
from mes.features.production.dirty import Touched
from mes.features.production.statements import run, run_many, table
from mes.models import (
    CalendarException,
    ConfigRevision,
    CountDecision,
    JobEvent,
    LineCalendar,
    MaterialRate,
    PublicationMark,
    PublishedFigure,
    QuantityMove,
    QuantityStatement,
    ReasonClass,
    ShiftPattern,
    SignalBinding,
    StopStatement,
    WorkUnitSetting,
)

LATE = "late_facts"
"""Key in `Session.info`: work unit id -> `Late`."""
NEWS = "news_of_people"
"""Key in `Session.info`: causes of facts and master data that this transaction has written."""
NEWS_MAX = 1000
"""Most causes that one transaction remembers."""
CAUSES_MAX = 50
"""Most causes of one mark."""

Cause = dict[str, Any]
"""What arrived: kind, count, from (us), and where known source, to, actor, note, command_id."""


@dataclass(slots=True)
class Late:
    """What of a work unit is touched: [start, end), end None: to the present."""

    start: int
    end: int | None
    readings: dict[int, list[int]] = field(default_factory=dict)
    gaps: list[int] = field(default_factory=list)


def published_until(session: Session) -> Mapping[int, int]:
    """By work unit: the end of its last published period, UTC microseconds."""
    rows = session.execute(
        select(PublishedFigure.equipment_id, func.max(PublishedFigure.end))
        .where(PublishedFigure.level == "work_unit")
        .group_by(PublishedFigure.equipment_id)
    )
    return {row[0]: row[1] for row in rows}


def note_late(session: Session, unit_id: int, touched: Touched, until: int, reach: int) -> None:
    """Note what touches time before `until`, the end of the last published period.

    Args:
        reach: how far (us) a change of states may change the class of time before it.
    """
    starts = [at for at in (touched.pieces, touched.runs) if at is not None]
    if touched.states is not None:
        starts.append(touched.states - reach)
    start = min(starts, default=until)
    if start >= until:
        return
    late: dict[int, Late] = session.info.setdefault(LATE, {})
    end = touched.derived_until
    held = late.setdefault(unit_id, Late(start=start, end=end))
    held.start = min(held.start, start)
    held.end = None if held.end is None or end is None else max(held.end, end)
    for row in touched.readings:
        if row.event_time < until:
            held.readings.setdefault(row.source_id, []).append(row.event_time)
    held.gaps += [at for at in touched.gaps if at < until]


def _write_marks(session: Session) -> None:
    """At the commit: the marks of this transaction."""
    late: dict[int, Late] | None = session.info.pop(LATE, None)
    if not late:
        return
    news: list[tuple[int | None, Cause]] = session.info.get(NEWS, [])
    who, why = _who_and_why(session)
    now = real_now_us()
    run_many(
        session,
        insert(table(PublicationMark)),
        [
            {
                "work_unit_id": unit_id,
                "start": held.start,
                "end": held.end,
                "causes": list(_causes(unit_id, held, news, who, why)),
                "watch": False,
                "marked_at": now,
            }
            for unit_id, held in sorted(late.items())
        ],
    )


def _causes(
    unit_id: int,
    held: Late,
    news: Iterable[tuple[int | None, Cause]],
    who: Mapping[str, Any] | None,
    why: str | None,
) -> Iterable[Cause]:
    for source_id, times in sorted(held.readings.items()):
        yield {
            "kind": "readings",
            "source_id": source_id,
            "count": len(times),
            "from": min(times),
            "to": max(times),
        }
    if held.gaps:
        yield {"kind": "gaps", "count": len(held.gaps), "from": min(held.gaps)}
    told = [cause for of, cause in news if of in (None, unit_id)][:CAUSES_MAX]
    for cause in told:
        yield (
            cause
            if cause.get("actor") or who is None
            else {
                **cause,
                "actor": dict(who),
                "note": cause.get("note") or why,
            }
        )
    if not held.readings and not held.gaps and not told:
        yield {"kind": "derived_again", "count": 1, "from": held.start, "actor": who}


def _who_and_why(session: Session) -> tuple[Mapping[str, Any] | None, str | None]:
    """Who acts in this transaction and why, by what waits for the audit log; None: not known."""
    waiting = session.info.get(WAITING) or []
    if not waiting:
        return None, None
    row = waiting[0][1]
    return row.actor, row.details.get("past_reason") or row.details.get("note")


def _remember(session: Session, _context: object) -> None:
    """Facts of people and changes of master data, as they are flushed."""
    for row in (*session.new, *session.dirty):
        cause = _cause_of(row)
        if cause is None:
            continue
        news: list[tuple[int | None, Cause]] = session.info.setdefault(NEWS, [])
        if len(news) < NEWS_MAX and cause not in news:
            news.append(cause)


def _cause_of(row: object) -> tuple[int | None, Cause] | None:
    if isinstance(row, StopStatement):
        at = min((t for t in (row.seen_start, row.start) if t is not None), default=row.stated_at)
        return row.work_unit_id, _stated(row, "stop_statement", at, row.reason, row.note)
    if isinstance(row, QuantityStatement):
        return row.work_unit_id, _stated(row, "quantity", row.at, row.reason, row.note)
    if isinstance(row, QuantityMove):
        return row.work_unit_id, _stated(row, "quantity", row.start, None, row.note)
    if isinstance(row, JobEvent):
        return row.work_unit_id, _stated(row, f"job_{row.kind}", row.at, row.reason, None)
    if isinstance(row, CountDecision):
        return row.work_unit_id, _stated(row, f"count_{row.decision}", row.reading_at, None, None)
    return _master_cause(row)


def _stated(row: Any, kind: str, at: int, reason: str | None, note: str | None) -> Cause:
    return {
        "kind": kind,
        "count": 1,
        "from": at,
        "reason": reason,
        "note": note,
        "command_id": row.command_id,
        "actor": dict(row.actor),
    }


def _master_cause(row: object) -> tuple[int | None, Cause] | None:
    if isinstance(row, MaterialRate):
        return row.work_unit_id, {"kind": "rate", "count": 1, "from": row.valid_from}
    if isinstance(row, WorkUnitSetting):
        return row.work_unit_id, {"kind": "setting", "count": 1, "from": row.valid_from}
    if isinstance(row, SignalBinding):
        return row.work_unit_id, {"kind": "signal", "count": 1, "from": row.valid_from}
    if isinstance(row, ReasonClass):
        return None, {"kind": "reason_class", "count": 1, "from": row.valid_from}
    if isinstance(row, ShiftPattern):
        return None, {"kind": "calendar", "count": 1, "from": _midnight_us(row.valid_from)}
    if isinstance(row, LineCalendar):
        return None, {"kind": "calendar", "count": 1, "from": _midnight_us(row.valid_from)}
    if isinstance(row, CalendarException):
        return None, {"kind": "calendar", "count": 1, "from": _midnight_us(row.date)}
    if isinstance(row, ConfigRevision):
        return None, {
            "kind": "plant_file",
            "count": 1,
            "actor": {"kind": "account", "label": row.actor},
        }
    return None


def _midnight_us(day: str) -> int:
    """Start of a date in UTC, about when a dated calendar row begins to hold."""
    found = date.fromisoformat(day)
    at = datetime(found.year, found.month, found.day, tzinfo=UTC)
    return int(at.timestamp()) * 1_000_000


event.listen(Session, "before_commit", _write_marks)
event.listen(Session, "after_flush", _remember)


def marks_wait(session: Session, unit_ids: Iterable[int] | None = None) -> bool:
    """Whether something of these work units (None: of any) waits to be compared."""
    marks = table(PublicationMark)
    query = select(marks.c.id).where(marks.c.watch.is_(False)).limit(1)
    if unit_ids is not None:
        query = query.where(marks.c.work_unit_id.in_(sorted(unit_ids)))
    return run(session, query, {}).first() is not None
