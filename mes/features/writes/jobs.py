"""What the start of a job writes and calls on its machine, where the plant file says so.

The wishes are noted in the transaction that starts the job; they are sent after it, one after the
other, and the first that does not end well stops the rest: nothing is sent in doubt. A start
never waits for a machine, and never fails because of one, unless `start_needs_machine` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.call_rules import ArgumentType, CallRule
from connectors.sdk.messages import Value
from mes.core.amounts import amount_json
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.writes.service import Outcome, Result, Wish, ask, end
from mes.features.writes.targets import Kind, Target, Wanted, check_value, find_target
from mes.models import Equipment, JobOrder, MaterialDefinition, TagWrite

BY_ITEM = "by_item"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One thing that a start does: a value for a tag, or arguments for a method."""

    kind: Kind
    name: str
    wanted: Wanted


def ask_for_job(session: Session, context: Context, job: JobOrder) -> list[int]:
    """Note what a started job has to write and call; what the allow-list refuses has ended with it.

    Returns:
        ids of the rows, in the order in which they are to be sent.
    """
    unit = session.get_one(Equipment, job.work_unit_id)
    item = session.get_one(MaterialDefinition, job.material_id).code
    ids = []
    for number, step in enumerate(_steps(unit.settings, job, item)):
        try:
            target = find_target(session, step.name, step.kind)
        except Refusal:
            continue  # taken off the allow-list since: it is as if it were not asked for
        wish = Wish(
            command_id=f"{context.command_id}.{number}",
            name=step.name,
            value=_in_types(target, step.wanted),
            reason=f"start of {job.number}",
            kind=step.kind,
        )
        row = ask(session, context.actor, wish, target, job_id=job.id)
        ids.append(row.id)
        try:
            check_value(target, wish.value)
        except Refusal as refusal:
            code, detail = refusal.code, refusal.message
            end(session, row, Result(outcome=Outcome.REFUSED, code=code, detail=detail))
    return ids


def waiting_writes(session: Session, job_number: str) -> list[int]:
    """Ids of what a job has to send and was not sent yet, in their order."""
    return list(
        session.scalars(
            select(TagWrite.id)
            .join(JobOrder, JobOrder.id == TagWrite.job_order_id)
            .where(
                JobOrder.number == job_number,
                TagWrite.sent_at.is_(None),
                TagWrite.ended_at.is_(None),
            )
            .order_by(TagWrite.id)
        )
    )


def _steps(settings: Mapping[str, Any] | None, job: JobOrder, item: str) -> Iterator[_Step]:
    sent: Mapping[str, Value] = {
        "item": item,
        "quantity": _number(amount_json(job.quantity)),
        "job_order": job.number,
    }
    for step in (settings or {}).get("on_job_start", ()):
        if "call" in step:
            values = {name: _of_job(wish, sent, item) for name, wish in step["send"].items()}
            if None not in values.values():
                yield _Step(kind=Kind.CALL, name=step["call"], wanted=values)
        else:
            wish = {BY_ITEM: step[BY_ITEM]} if step["send"] == BY_ITEM else step["send"]
            value = _of_job(wish, sent, item)
            if value is not None:
                yield _Step(kind=Kind.WRITE, name=step["tag"], wanted=value)


def _of_job(wish: str | Mapping[str, Any], sent: Mapping[str, Value], item: str) -> Value:
    """What is sent for a wish of the plant file; None: nothing for this item."""
    if isinstance(wish, str):
        return sent[wish]
    value: Value = wish[BY_ITEM].get(item)
    return value


def _in_types(target: Target, wanted: Wanted) -> Wanted:
    """Numbers of a job as text, where an argument is a text."""
    if not isinstance(wanted, Mapping) or not isinstance(target.rule, CallRule):
        return wanted
    texts = {each.name for each in target.rule.arguments if each.type is ArgumentType.STRING}
    return {name: str(value) if name in texts else value for name, value in wanted.items()}


def _number(amount: int | float | str) -> int | float:
    """Quantities whose digits a JSON number would lose are no quantities of a machine."""
    return float(amount) if isinstance(amount, str) else amount
