"""What the start of a job writes to its machine, where the plant file says so.

The wishes are noted in the transaction that starts the job; they are sent after it, one after the
other, and the first that does not end well stops the rest: nothing is written in doubt. A start
never waits for a machine, and never fails because of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.messages import Value
from mes.core.amounts import amount_json
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.writes.service import Outcome, Result, Wish, ask, end
from mes.features.writes.targets import check_value, find_target
from mes.models import Equipment, JobOrder, MaterialDefinition, TagWrite


def ask_for_job(session: Session, context: Context, job: JobOrder) -> None:
    """Note what a started job has to write; what the allow-list refuses has ended with it."""
    unit = session.get_one(Equipment, job.work_unit_id)
    item = session.get_one(MaterialDefinition, job.material_id).code
    for number, (tag, value) in enumerate(_wanted(unit.settings, job, item)):
        wish = Wish(
            command_id=f"{context.command_id}.{number}",
            tag=tag,
            value=value,
            reason=f"start of {job.number}",
        )
        try:
            target = find_target(session, tag)
        except Refusal:
            continue  # taken off the allow-list since: it is as if it were not asked for
        row = ask(session, context.actor, wish, target, job_id=job.id)
        try:
            check_value(target, value)
        except Refusal as refusal:
            code, detail = refusal.code, refusal.message
            end(session, row, Result(outcome=Outcome.REFUSED, code=code, detail=detail))


def waiting_writes(session: Session, job_number: str) -> list[int]:
    """Ids of the writes of a job that were not sent yet, in their order."""
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


def _wanted(
    settings: Mapping[str, Any] | None, job: JobOrder, item: str
) -> Iterator[tuple[str, Value]]:
    sent: Mapping[str, Value] = {
        "item": item,
        "quantity": _number(amount_json(job.quantity)),
        "job_order": job.number,
    }
    for write in (settings or {}).get("on_job_start", ()):
        if write["send"] != "by_item":
            yield write["tag"], sent[write["send"]]
        elif item in write["by_item"]:
            yield write["tag"], write["by_item"][item]


def _number(amount: int | float | str) -> int | float:
    """Quantities whose digits a JSON number would lose are no quantities of a machine."""
    return float(amount) if isinstance(amount, str) else amount
