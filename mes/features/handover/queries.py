"""A handover as REST and its page read it: facts, entries, signatures, what changed since."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mes.core.handover import Crew, Handover, Signature
from mes.features.calls.queries import call_item
from mes.features.calls.store import calls_of
from mes.features.downtime.queries import stops
from mes.features.handover.figures import (
    UnitShift,
    changes_since,
    crew_seen,
    kpis_json,
    line_result,
    shift_figures,
)
from mes.features.handover.store import author_of, read_handover
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.production.tile import instant
from mes.features.publishing.periods import (
    DAY_SHIFT,
    Period,
    find_line,
    find_period,
    line_units,
)
from mes.features.publishing.store import SIGNOFF, signoffs_of
from mes.features.quantities.queries import people_names
from mes.features.work_orders.queries import job_views
from mes.models import CallEvent, JobOrder

CALLS_MAX = 100
JOBS_MAX = 100


def handover_view(
    session: Session,
    line: str,
    day: str,
    shift: str | None,
    now_us: int,
    reader: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything that is handed over with a shift of a line.

    Args:
        day: production day YYYY-MM-DD.
        shift: code; None: the day's only period.
        now_us: present plant time, UTC microseconds.
        reader: who asks, as stored with facts: their entries are `mine`. None: nobody's.

    Raises:
        Refusal: `unknown_line`, `unknown_shift` (404), `window_malformed` (422).
    """
    known = masters(session)
    found = find_line(known, line)
    period = find_period(found.plan, day, shift)
    span, units = period.span, line_units(known, found)
    figures = shift_figures(session, known, found, period, now_us)
    present = read_handover(session, found.id, period)
    result = line_result(known, found, figures)
    signed = signoffs_of(session, found.id, period.day.isoformat(), period.shift)
    return {
        "line": found.code,
        "name": dict(found.names or {}),
        "production_day": period.day.isoformat(),
        "shift": period.shift or DAY_SHIFT,
        "shift_name": dict(found.shift_names.get(period.shift) or {}),
        "window": [instant(span.start), instant(span.end)],
        "begun": now_us >= span.start,
        "over": now_us >= span.end,
        "state": present.state.value,
        "result": None if result is None else kpis_json(result),
        "work_units": [one.to_json(known, span.start) for one in figures],
        "stops": _stops(session, [unit.code for unit in units], period, now_us),
        "calls": _calls(session, known, {unit.id for unit in units}, period, now_us),
        "jobs": _jobs(session, {unit.id for unit in units}, period),
        **_said(session, present, crew_seen(session, units, span), reader),
        "changes": _changes(present, figures),
        "signoff": None
        if not signed or signed[-1].kind != SIGNOFF
        else {
            "by": signed[-1].actor.get("label"),
            "at": instant(signed[-1].recorded_at),
            "note": signed[-1].note,
        },
    }


def _said(
    session: Session, present: Handover, seen: Sequence[str], reader: dict[str, Any] | None
) -> dict[str, Any]:
    names = people_names(session, set(seen))
    mine = None if reader is None else author_of(reader)

    return {
        "crew_seen": _people(seen, names),
        "crew": crew_item(session, present.crew),
        "entries": [
            {
                "id": one.id,
                "topic": one.topic.value,
                "text": one.text,
                "by": one.who,
                "at": instant(one.at),
                "corrected_at": None if one.corrected_at is None else instant(one.corrected_at),
                "before": list(one.before),
                "addition": one.addition,
                "mine": one.author == mine,
            }
            for one in present.entries
        ],
        "handed_over": _signature(present.handed_over),
        "taken_over": _signature(present.taken_over),
        "reopened": [
            {
                **(_signature(one.by) or {}),
                "handed_over": _signature(one.handed_over),
                "taken_over": _signature(one.taken_over),
            }
            for one in present.reopened
        ],
    }


def crew_item(session: Session, crew: Crew | None) -> dict[str, Any] | None:
    """Who worked, as it was told last; None: nobody has told it."""
    if crew is None:
        return None
    return {
        "command_id": crew.id,
        "people": _people(crew.people, people_names(session, set(crew.people))),
        "others": crew.others,
        "by": crew.who,
        "at": instant(crew.at),
    }


def _people(badges: Sequence[str], names: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"badge": badge, "name": names.get(badge, badge)} for badge in badges]


def _signature(signature: Signature | None) -> dict[str, Any] | None:
    if signature is None:
        return None
    return {"by": signature.who, "at": instant(signature.at), "note": signature.note}


def _changes(present: Handover, figures: Sequence[UnitShift]) -> list[dict[str, Any]]:
    """What differs from the figures that were handed over."""
    handed = present.handed_over
    return [] if handed is None else changes_since(handed.figures, figures)


def _stops(
    session: Session, codes: Sequence[str], period: Period, now_us: int
) -> list[dict[str, Any]]:
    """The stops that need a reason, machine by machine in time order."""
    end = min(period.span.end, now_us)
    if end <= period.span.start:
        return []
    return [
        stop
        for code in codes
        for stop in stops(session, code, period.span.start, end, now_us, needing=True)
    ]


def _calls(
    session: Session, known: Masters, units: Collection[int], period: Period, now_us: int
) -> list[dict[str, Any]]:
    """Calls that were raised in the shift and are not over, or were not over at its end."""
    rows = session.scalars(
        select(CallEvent)
        .where(
            CallEvent.work_unit_id.in_(units),
            CallEvent.action == "raise",
            CallEvent.at >= period.span.start,
            CallEvent.at < period.span.end,
        )
        .order_by(CallEvent.id.desc())
        .limit(CALLS_MAX)
    ).all()
    found = calls_of(session, [row.call_id for row in rows])
    return [
        call_item(found[row.call_id], known.work_units[row.work_unit_id], now_us)
        for row in reversed(rows)
        if _was_open(found[row.call_id].ended, period.span.end)
    ]


def _was_open(ended: Any, end: int) -> bool:
    return ended is None or ended.at >= end


def _jobs(session: Session, units: Collection[int], period: Period) -> list[dict[str, Any]]:
    """Jobs that were loaded at the end of the shift, or still are."""
    jobs = session.scalars(
        select(JobOrder)
        .where(
            JobOrder.work_unit_id.in_(units),
            JobOrder.started_at.is_not(None),
            JobOrder.started_at < period.span.end,
            or_(JobOrder.ended_at.is_(None), JobOrder.ended_at >= period.span.end),
        )
        .limit(JOBS_MAX)
    ).all()
    return job_views(session, jobs)
