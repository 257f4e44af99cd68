"""Raising, acknowledging, resolving and cancelling calls; each is a new fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.calls import Call, CallAction, CallKind, CallState, levels_of
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.calls.store import calls_of, derive_calls, open_calls, rows_of
from mes.features.commands.context import ActorJson, Context
from mes.features.commands.subjects import find_work_unit, lock_work_unit
from mes.features.production.master_loading import masters
from mes.features.production.masters import WorkUnit
from mes.features.quantities.queries import actor_name
from mes.live.announce import announce
from mes.models import CallEvent as EventRow

MINUTE_US = 60_000_000


def raise_call(
    session: Session, context: Context, work_unit: str, kind: CallKind, note: str | None = None
) -> tuple[Call, bool]:
    """Call for help at a work unit; one that waits there for the same help is not raised twice.

    Returns:
        The call, and whether it is new.

    Raises:
        Refusal: `unknown_work_unit` (404).
    """
    unit = find_work_unit(session, work_unit)
    lock_work_unit(session, unit.id)
    waiting = next((one for one in open_calls(session, unit.id) if one.kind is kind), None)
    if waiting is not None:
        return waiting, False
    levels = levels_of(kind, unit.site.call_escalation)
    _keep(
        session,
        context,
        unit,
        call_id=context.command_id,
        action=CallAction.RAISE,
        kind=kind,
        at=context.at,
        note=note,
        levels=[list(level) for level in levels],
    )
    return _present(session, context.command_id), True


def acknowledge_call(
    session: Session,
    context: Context,
    call_id: str,
    *,
    expected_min: int | None = None,
    note: str | None = None,
) -> Call:
    """Say that somebody comes.

    Args:
        expected_min: in how many minutes; None: not said.

    Raises:
        Refusal: `call_unknown` (404), `call_over`, `call_acknowledged` (409, with `call`).
    """
    unit, call = _locked(session, call_id)
    _refuse_over(call)
    if call.acknowledged is not None:
        raise Refusal(
            "call_acknowledged",
            f"{call.acknowledged.who} has acknowledged this call already",
            details={"call": call_brief(call)},
        )
    _keep(
        session,
        context,
        unit,
        call_id=call_id,
        action=CallAction.ACKNOWLEDGE,
        kind=call.kind,
        at=max(context.at, call.raised.at),
        note=note,
        expected_at=None if expected_min is None else context.at + expected_min * MINUTE_US,
    )
    return _present(session, call_id)


def resolve_call(
    session: Session, context: Context, call_id: str, *, note: str | None = None
) -> Call:
    """Say that the help was given; of an open call this also says that somebody came.

    Raises:
        Refusal: `call_unknown` (404), `call_over` (409, with `call`).
    """
    unit, call = _locked(session, call_id)
    _refuse_over(call)
    answered = call.raised.at if call.acknowledged is None else call.acknowledged.at
    _keep(
        session,
        context,
        unit,
        call_id=call_id,
        action=CallAction.RESOLVE,
        kind=call.kind,
        at=max(context.at, answered),
        note=note,
    )
    return _present(session, call_id)


def cancel_call(
    session: Session,
    context: Context,
    call_id: str,
    *,
    note: str | None = None,
    leads: bool = False,
) -> Call:
    """Take a call back, as whoever raised it.

    Args:
        leads: whether the person may take back what others raised.

    Raises:
        Refusal: `call_unknown` (404), `call_not_yours` (403), `call_over` (409, with `call`).
    """
    unit, call = _locked(session, call_id)
    _refuse_over(call)
    raiser = next(
        row.actor
        for row in rows_of(session, [call_id])[call_id]
        if row.action == CallAction.RAISE.value
    )
    if not leads and not _same(raiser, context.actor):
        raise Refusal(
            "call_not_yours",
            f"{call.raised.who} raised this call; they or a supervisor may cancel it",
            status=403,
        )
    _keep(
        session,
        context,
        unit,
        call_id=call_id,
        action=CallAction.CANCEL,
        kind=call.kind,
        at=max(context.at, call.raised.at),
        note=note,
    )
    return _present(session, call_id)


def call_brief(call: Call) -> dict[str, Any]:
    """What a conflict tells of the present call."""
    last = call.ended or call.acknowledged or call.raised
    return {"id": call.id, "state": call.state.value, "by": last.who}


def work_unit_of(session: Session, call_id: str) -> WorkUnit:
    """The work unit at which a call was raised.

    Raises:
        Refusal: `call_unknown` (404).
    """
    unit_id = session.scalar(
        select(EventRow.work_unit_id).where(EventRow.call_id == call_id).limit(1)
    )
    if unit_id is None:
        raise _unknown(call_id)
    return masters(session).work_units[unit_id]


def _locked(session: Session, call_id: str) -> tuple[WorkUnit, Call]:
    unit = work_unit_of(session, call_id)
    lock_work_unit(session, unit.id)
    return unit, _present(session, call_id)


def _present(session: Session, call_id: str) -> Call:
    found = calls_of(session, [call_id]).get(call_id)
    if found is None:
        raise _unknown(call_id)
    return found


def _unknown(call_id: str) -> Refusal:
    return Refusal("call_unknown", f"there is no call {call_id[:80]!r}", status=404)


def _refuse_over(call: Call) -> None:
    if not call.state.is_over:
        return
    assert call.ended is not None, "a call that is over has an end"
    done = "resolved" if call.state is CallState.RESOLVED else "cancelled"
    raise Refusal(
        "call_over", f"{call.ended.who} has {done} this call", details={"call": call_brief(call)}
    )


def _same(raiser: Mapping[str, Any], actor: ActorJson) -> bool:
    """Whether the same person acts, or where no person was known the same terminal or account."""
    if raiser.get("person") is not None:
        return bool(raiser["person"] == actor.get("person"))
    if raiser.get("terminal") is not None:
        return bool(raiser["terminal"] == actor.get("terminal"))
    return (raiser.get("kind"), raiser.get("id")) == (actor.get("kind"), actor.get("id"))


def _keep(
    session: Session,
    context: Context,
    unit: WorkUnit,
    *,
    call_id: str,
    action: CallAction,
    kind: CallKind,
    at: int,
    note: str | None,
    levels: list[list[Any]] | None = None,
    expected_at: int | None = None,
) -> None:
    session.add(
        EventRow(
            command_id=context.command_id,
            call_id=call_id,
            work_unit_id=unit.id,
            action=action.value,
            kind=kind.value,
            levels=levels or [],
            expected_at=expected_at,
            note=(note or "").strip() or None,
            at=at,
            who=actor_name(session, context.actor),
            actor=dict(context.actor),
            recorded_at=context.now,
        )
    )
    derive_calls(session, unit.id)
    announce(session, unit.id)
    record(
        session,
        context.actor,
        f"call.{action.value}",
        unit.code,
        {"command_id": context.command_id, "call": call_id, "kind": kind.value},
    )
