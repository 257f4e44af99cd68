"""Asking the machine before a job starts, where the plant wants its yes.

The machine is asked once for each command of a person. A repeat of the command looks at what came
of it and asks nothing again.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mes.clock import plant_now_us, real_now_us
from mes.core.refusal import Refusal
from mes.features.commands.context import Context, happened_at
from mes.features.commands.typists import check_life
from mes.features.execution.schemas import StartIn
from mes.features.execution.service import check_startable
from mes.features.handover.waiting import check_taken_over
from mes.features.writes.job_sender import JobSender
from mes.features.writes.jobs import ask_for_job
from mes.features.writes.queries import LEFT_BEHIND, LONGEST_US
from mes.features.writes.routes import EXTENSION
from mes.features.writes.service import Outcome
from mes.models import Command, Equipment, JobOrder, TagWrite
from mes.web.roles import actor
from mes.web.wiring import reading, transaction

NEEDED = "start_needs_machine"


def ask_machine_first(number: str, body: StartIn) -> bool:
    """Hand a job to its machine and wait for its yes; False: the plant does not want that.

    Raises:
        Refusal: `machine_refused_job` (409): the machine did not confirm, the job was not started;
            `machine_still_asked` (503): its answer is not there yet; or what forbids the start.
    """
    try:
        with transaction() as session:
            job = session.scalar(select(JobOrder).where(JobOrder.number == number))
            if job is None or not _is_needed(session, job) or _is_done(session, body.command_id):
                return False
            asked = _asked(session, body.command_id, job)
            is_new = not asked
            if is_new:
                context = _context(body)
                check_taken_over(session, actor(), number, context.at)
                check_startable(session, number, together=body.together)
                asked = ask_for_job(session, context, job)
    except IntegrityError as error:  # the same command arrived twice at once
        raise _still_asked(number) from error
    if is_new:
        sender: JobSender = current_app.extensions[EXTENSION]
        sender.send_now(asked)
    with reading() as session:
        _check_confirmed(session, number, asked)
    return True


def _context(body: StartIn) -> Context:
    who, now = actor(), plant_now_us()
    at = happened_at(body.device_time, body.device_now, now)
    check_life(who, now - at)
    return Context(command_id=body.command_id, actor=who.to_json(), at=at, now=now)


def _is_needed(session: Session, job: JobOrder) -> bool:
    return bool(session.get_one(Equipment, job.work_unit_id).settings.get(NEEDED))


def _is_done(session: Session, command_id: str) -> bool:
    return (
        session.scalar(select(Command.command_id).where(Command.command_id == command_id))
        is not None
    )


def _asked(session: Session, command_id: str, job: JobOrder) -> list[int]:
    """What this command has asked for already."""
    query = select(TagWrite.id).where(
        TagWrite.job_order_id == job.id,
        TagWrite.command_id.startswith(f"{command_id}.", autoescape=True),
    )
    return list(session.scalars(query.order_by(TagWrite.id)))


def _check_confirmed(session: Session, number: str, ids: Sequence[int]) -> None:
    query = select(TagWrite).where(TagWrite.id.in_(ids)).order_by(TagWrite.id)
    for row in session.scalars(query):
        if row.outcome is None and real_now_us() - row.asked_at <= LONGEST_US:
            raise _still_asked(number)
        if row.outcome != Outcome.CONFIRMED:
            said = row.detail or row.code or LEFT_BEHIND
            message = f"{number} was not started: its machine did not confirm it ({said})"
            details: dict[str, object] = {
                "job_order": number,
                "outcome": row.outcome,
                "machine_code": row.code or LEFT_BEHIND,
            }
            raise Refusal("machine_refused_job", message, details=details)


def _still_asked(number: str) -> Refusal:
    message = f"the machine was asked for {number}, and has not answered yet"
    details: dict[str, object] = {"retry_after_s": 2}
    return Refusal("machine_still_asked", message, status=503, details=details)
