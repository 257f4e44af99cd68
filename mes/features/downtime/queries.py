"""Stops and orphaned statements of a work unit as the API gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.derive.records import StateRecord, family_of
from mes.core.instants import format_instant
from mes.features.commands.subjects import find_work_unit
from mes.features.downtime.stops import Board, SeenStop, orphans_in
from mes.features.production.master_loading import masters
from mes.features.production.masters import Reason, WorkUnit
from mes.features.quantities.queries import people_names, reason_view
from mes.models import StopStatement


class Said(NamedTuple):
    """Who made a statement, by name, and its kind."""

    person: str
    kind: str


NOBODY = Said("", "")


def stops(
    session: Session, work_unit: str, start: int, end: int, now: int, *, needing: bool = False
) -> list[dict[str, Any]]:
    """The stops of a work unit that overlap [start, end), in time order.

    Args:
        now: plant time, UTC microseconds; an open stop lasts until then.
        needing: only those that still need a reason.

    Raises:
        Refusal: `unknown_work_unit` (404).
    """
    unit = find_work_unit(session, work_unit)
    board = Board(session, unit, start, end, as_of=now)
    found = [one for one in board.stops() if one.unexplained_us or not needing]
    return _views(session, unit, found)


def orphans(session: Session, work_unit: str, start: int, end: int) -> list[dict[str, Any]]:
    """Statements about [start, end) that meet no stop at present (S7); they attach by themselves.

    Raises:
        Refusal: `unknown_work_unit` (404).
    """
    unit = find_work_unit(session, work_unit)
    reasons = masters(session).reasons
    found = orphans_in(session, unit, start, end)
    people = _people(session, {one.command_id for one in found})
    return [
        {
            "command_id": one.command_id,
            "kind": one.kind.value,
            "start": format_instant(one.window_start),
            "end": None if one.is_open else format_instant(one.window_end),
            "reason": reason_view(one.reason, reasons),
            "stated_at": format_instant(one.stated_at),
            "person": people.get(one.command_id, NOBODY).person,
        }
        for one in found
    ]


def statement_answer(
    session: Session, work_unit: str, row: StopStatement, now: int
) -> dict[str, Any]:
    """What a statement has become: its identity and the stop as it stands now (None: none)."""
    unit = find_work_unit(session, work_unit)
    at = row.seen_start if row.start is None else row.start
    seen = None
    if at is not None:
        until = row.seen_end if row.start is None else row.end
        board = Board(session, unit, at, now if until is None else until, as_of=now)
        seen = board.meant(at, until)
    return {
        "command_id": row.command_id,
        "kind": row.kind,
        "stated_at": format_instant(row.stated_at),
        "reason": reason_view(row.reason, masters(session).reasons),
        "stop": None if seen is None else stop_view(session, unit, seen),
    }


def stop_view(session: Session, unit: WorkUnit, seen: SeenStop) -> dict[str, Any]:
    """One stop with all a person needs to state something about it."""
    return _views(session, unit, [seen])[0]


def _views(session: Session, unit: WorkUnit, found: list[SeenStop]) -> list[dict[str, Any]]:
    reasons = masters(session).reasons
    named = {record.command_id for one in found for record in one.stop.records}
    people = _people(session, {command_id for command_id in named if command_id is not None})
    return [_view(unit, one, reasons, people) for one in found]


def _view(
    unit: WorkUnit, one: SeenStop, reasons: Mapping[str, Reason], people: Mapping[str, Said]
) -> dict[str, Any]:
    stop = one.stop
    said = [r for r in stop.records if family_of(r.state) is not None]
    codes = {record.reason for record in said}
    return {
        "work_unit": unit.code,
        "start": format_instant(stop.start),
        "end": None if stop.end is None else format_instant(stop.end),
        "state": said[-1].state.value,
        "minor": one.minor,
        "reason": reason_view(said[0].reason, reasons) if len(codes) == 1 else None,
        "needs_reason": one.unexplained_us > 0,
        "unexplained_us": one.unexplained_us,
        "statement": one.statement,
        "parts": [_part(record, reasons, people) for record in stop.records],
        "same_reason_offers": [
            {
                "start": format_instant(start),
                "end": None if end is None else format_instant(end),
                "reason": reason_view(reason, reasons),
                "command_id": command_id,
            }
            for start, end, reason, command_id in one.offers
        ],
    }


def _part(
    record: StateRecord, reasons: Mapping[str, Reason], people: Mapping[str, Said]
) -> dict[str, Any]:
    said = people.get(record.command_id or "", NOBODY)
    return {
        "start": format_instant(record.start),
        "end": None if record.end is None else format_instant(record.end),
        "state": record.state.value,
        "reason": reason_view(record.reason, reasons),
        "reason_source": None if record.reason_source is None else record.reason_source.value,
        "command_id": record.command_id,
        "statement_kind": said.kind or None,
        "person": None if record.command_id is None else said.person,
    }


def _people(session: Session, command_ids: set[str]) -> dict[str, Said]:
    """Who made each statement, by name, and of which kind it is."""
    if not command_ids:
        return {}
    rows = session.execute(
        select(StopStatement.command_id, StopStatement.actor, StopStatement.kind).where(
            StopStatement.command_id.in_(command_ids)
        )
    ).all()
    badges = {command_id: (actor or {}).get("person") for command_id, actor, _ in rows}
    names = people_names(session, {badge for badge in badges.values() if badge})
    return {
        command_id: Said(
            names.get(badges[command_id] or "") or str((actor or {}).get("label") or ""), kind
        )
        for command_id, actor, kind in rows
    }
