"""Calls with their times, as REST and pages read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, aliased

from mes.core.calls import Call, CallAction, CallKind
from mes.core.instants import format_instant
from mes.core.refusal import Refusal
from mes.features.calls.store import ENDINGS, calls_of
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.tile_calls import call_view
from mes.models import CallEvent as EventRow

LIMIT = 100
LIMIT_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which calls are asked for; None: whatever.

    Attributes:
        only_open: those that are not over.
        start: raised at or after, UTC microseconds; `end`: before.
        before: `next` of the page before.
    """

    only_open: bool = False
    kind: CallKind | None = None
    line: str | None = None
    work_unit: str | None = None
    start: int | None = None
    end: int | None = None
    before: int | None = None
    limit: int = LIMIT


def calls(session: Session, asked: Asked, now: int) -> dict[str, Any]:
    """Calls, latest first, with response and repair times.

    Args:
        now: present plant time, UTC microseconds.

    Raises:
        Refusal: `place_unknown` (404).
    """
    known = masters(session)
    rows = session.scalars(_raised(known, asked).limit(asked.limit + 1)).all()
    shown = rows[: asked.limit]
    found = calls_of(session, [row.call_id for row in shown])
    return {
        "items": [
            call_item(found[row.call_id], known.work_units[row.work_unit_id], now) for row in shown
        ],
        "next": shown[-1].id if len(rows) > asked.limit else None,
    }


def call_item(call: Call, unit: WorkUnit, now: int) -> dict[str, Any]:
    """A call with its place, its end and its times in seconds; None: not yet."""
    ended = call.ended
    return {
        **call_view(call, now),
        "work_unit": unit.code,
        "work_unit_name": dict(unit.names),
        "line": unit.line_code,
        "ended_at": None if ended is None else format_instant(ended.at).replace("+00:00", "Z"),
        "ended_by": None if ended is None else ended.who,
        "remark": None if ended is None else ended.note,
        "response_s": _seconds(call.response_us),
        "repair_s": _seconds(call.repair_us),
    }


def _raised(known: Masters, asked: Asked) -> Select[EventRow]:
    query = (
        select(EventRow)
        .where(EventRow.action == CallAction.RAISE.value)
        .order_by(EventRow.id.desc())
    )
    if asked.only_open:
        ended = aliased(EventRow)
        query = query.where(
            ~exists().where(ended.call_id == EventRow.call_id, ended.action.in_(ENDINGS))
        )
    if asked.kind is not None:
        query = query.where(EventRow.kind == asked.kind.value)
    if asked.work_unit is not None or asked.line is not None:
        query = query.where(EventRow.work_unit_id.in_(_unit_ids(known, asked)))
    if asked.start is not None:
        query = query.where(EventRow.at >= asked.start)
    if asked.end is not None:
        query = query.where(EventRow.at < asked.end)
    if asked.before is not None:
        query = query.where(EventRow.id < asked.before)
    return query


def _unit_ids(known: Masters, asked: Asked) -> list[int]:
    if asked.work_unit is not None:
        found = known.work_unit_ids.get(asked.work_unit)
        if found is None:
            raise _unknown(asked.work_unit)
        return [found]
    line = known.line_ids.get(asked.line or "")
    if line is None:
        raise _unknown(asked.line or "")
    return list(known.lines[line].work_unit_ids)


def _unknown(code: str) -> Refusal:
    return Refusal("place_unknown", f"there is no place {code[:80]!r}", status=404)


def _seconds(length_us: int | None) -> float | None:
    return None if length_us is None else length_us / 1_000_000
