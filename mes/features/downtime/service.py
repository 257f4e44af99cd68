"""Stating something about a stop under the lock rule (S3, S8); each statement is a new fact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from mes.core.derive import statements as core
from mes.core.derive.records import StateRecord
from mes.core.derive.restart import statement_dirty_from, statement_dirty_until
from mes.core.derive.statements import StatementKind
from mes.core.instants import format_instant
from mes.features.audit.service import record
from mes.features.commands.context import Context
from mes.features.commands.subjects import (
    PAUSE,
    STOP,
    check_reason,
    find_work_unit,
    lock_work_unit,
)
from mes.features.downtime.checks import (
    Seen,
    StatementDraft,
    check_complete,
    check_lock,
    check_may_declare,
    check_replaced,
    invalid,
    statement_of,
)
from mes.features.downtime.queries import stop_view
from mes.features.production.masters import WorkUnit
from mes.features.production.rows import state_records
from mes.features.production.service import facts_changed
from mes.models import StopStatement

__all__ = ["Seen", "StatementDraft", "state_stop"]

CHAIN_MAX = 1000
"""Most statements that replace one another which are followed back."""
AUDIT_RECORDS_MAX = 40
"""Most old and new stretches that an audit row tells; how many there were is told as well."""


def state_stop(
    session: Session,
    context: Context,
    work_unit: str,
    draft: StatementDraft,
    *,
    may_override: bool = False,
) -> StopStatement:
    """Keep a statement about a stop and derive again what it changes.

    Args:
        may_override: whether the person may declare a state where a signal tells it (supervisor).

    Raises:
        Refusal: `unknown_work_unit`, `statement_unknown` (404), `declare_needs_supervisor` (403),
            `statement_invalid`, `reason_unknown`, `reason_of_other_domain` (422),
            `stop_changed`, `statement_not_in_force` (409).
    """
    unit = find_work_unit(session, work_unit)
    lock_work_unit(session, unit.id)
    check_complete(draft, context)
    check_reason(session, draft.reason, (STOP, PAUSE))
    check_may_declare(session, unit, context, draft, may_override)
    statement = _core(context, draft)
    check_replaced(session, unit, draft)
    check_lock(session, unit, context, draft, stop_view)
    chain = _replaced_by(session, unit, statement)
    window = _window([statement, *chain], context, unit.longest_limit_us)
    before = state_records(session, unit.id, *window)
    row = _kept(session, unit, context, draft, statement)
    since = statement_dirty_from(statement, chain, unit.longest_limit_us)
    facts_changed(
        session,
        unit.id,
        context.now if since is None else min(since, context.now),
        statement_dirty_until(statement, chain, unit.longest_limit_us),
    )
    record(
        session,
        context.actor,
        f"stop.{draft.kind.value}",
        unit.code,
        {
            "command_id": row.command_id,
            "reason": draft.reason,
            "replaces": draft.replaces,
            "note": draft.note,
            **_old_and_new(before, state_records(session, unit.id, *window), window),
        },
    )
    return row


def _kept(
    session: Session,
    unit: WorkUnit,
    context: Context,
    draft: StatementDraft,
    statement: core.StopStatement,
) -> StopStatement:
    row = StopStatement(
        command_id=statement.command_id,
        work_unit_id=unit.id,
        kind=statement.kind.value,
        seen_start=draft.seen_start,
        seen_end=draft.seen_end,
        start=draft.start,
        end=draft.end,
        state=None if draft.state is None else draft.state.value,
        reason=draft.reason,
        note=draft.note,
        replaces=draft.replaces,
        stated_at=context.at,
        actor=dict(context.actor),
        recorded_at=context.now,
    )
    session.add(row)
    session.flush()
    return row


def _core(context: Context, draft: StatementDraft) -> core.StopStatement:
    try:
        return core.StopStatement(
            kind=draft.kind,
            command_id=context.command_id,
            stated_at=context.at,
            seen_start=draft.seen_start,
            seen_end=draft.seen_end,
            start=draft.start,
            end=draft.end,
            reason=draft.reason,
            state=draft.state,
            replaces=draft.replaces,
        )
    except ValueError as mistake:
        raise invalid("kind", str(mistake)) from None


def _replaced_by(
    session: Session, unit: WorkUnit, new: core.StopStatement
) -> list[core.StopStatement]:
    """What a statement replaces, directly and through others."""
    chain: list[core.StopStatement] = []
    target = new.replaces
    while target is not None and len(chain) < CHAIN_MAX:
        found = statement_of(session, unit, target)
        if found is None or found in chain:
            break
        chain.append(found)
        target = found.replaces
    return chain


def _window(said: list[core.StopStatement], context: Context, limit_us: int) -> tuple[int, int]:
    """The time that statements may change, for the audit log; at least one instant."""
    starts: list[int] = []
    ends: list[int] = []
    for one in said:
        if one.kind is StatementKind.REVERT:
            continue
        growth = limit_us if one.kind is StatementKind.WHOLE else 0
        starts.append(one.window_start - growth)
        ends.append(context.now if one.is_open else one.window_end + limit_us)
    start = min(starts, default=context.at)
    return start, max([*ends, start + 1])


def _old_and_new(
    before: list[StateRecord], after: list[StateRecord], window: tuple[int, int]
) -> dict[str, Any]:
    """Old and new state and reason where a statement changed them."""
    held, made = _clipped(before, *window), _clipped(after, *window)
    kept = set(held) & set(made)
    old = [_told(one) for one in held if one not in kept]
    new = [_told(one) for one in made if one not in kept]
    told: dict[str, Any] = {"old": old[:AUDIT_RECORDS_MAX], "new": new[:AUDIT_RECORDS_MAX]}
    if max(len(old), len(new)) > AUDIT_RECORDS_MAX:
        told["stretches"] = [len(old), len(new)]
    return told


def _clipped(records: list[StateRecord], start: int, end: int) -> list[StateRecord]:
    return [
        replace(
            one,
            start=max(start, one.start),
            end=None if one.end is None else min(end, one.end),
        )
        for one in records
    ]


def _told(one: StateRecord) -> dict[str, Any]:
    return {
        "from": format_instant(one.start),
        "to": None if one.end is None else format_instant(one.end),
        "state": one.state.value,
        "reason": one.reason,
    }
