"""Job orders over REST: list, start, pause, resume, complete, cancel."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.features.commands.context import Context
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.commands.subjects import find_work_unit
from mes.features.execution import service
from mes.features.execution.machine_first import ask_machine_first
from mes.features.execution.schemas import (
    CancelJobIn,
    CompleteIn,
    JobsQuery,
    PauseIn,
    StartIn,
)
from mes.features.handover.waiting import check_taken_over
from mes.features.work_orders.expected import expected_ends, with_ends
from mes.features.work_orders.queries import job_views, list_jobs
from mes.features.work_orders.schemas import split_states
from mes.features.writes.jobs import ask_for_job
from mes.features.writes.routes import look_again, send_for_job
from mes.models import JobOrder
from mes.web.roles import Role, actor, require
from mes.web.wiring import reading

bp = APIBlueprint("execution", __name__, url_prefix="/api/v1", tag="Job orders")

WORKERS = (Role.OPERATOR, Role.SUPERVISOR)
"""Who may run jobs, besides an administrator."""

Answered = tuple[dict[str, Any], int]


@bp.get("/job-orders")
@bp.input(JobsQuery, location="query")
@require()
def jobs(query_data: JobsQuery) -> dict[str, Any]:
    """The job list: what is loaded first, then by priority and due date."""
    with reading() as session:
        found = list_jobs(session, query_data.work_unit, split_states(query_data.state))
        unit = query_data.work_unit
        units = None if unit is None else [find_work_unit(session, unit).id]
        found = with_ends(found, expected_ends(session, plant_now_us(), units))
    look_again(found)
    return {"items": found, "next": None}


@bp.post("/job-orders/<number>/start")
@bp.input(StartIn)
@require(*WORKERS)
def start(number: str, json_data: StartIn) -> Answered:
    """Load a job on its work unit, and hand it to the machine where the plant file says so."""
    was_asked = ask_machine_first(number, json_data)

    def do(session: Session, context: Context) -> Answer:
        check_taken_over(session, actor(), number, context.at)
        job = service.start_job(session, context, number, together=json_data.together)
        if not was_asked:
            ask_for_job(session, context, job)
        return 200, _view(session, job)

    answer = answered("job.start", number, json_data, do)
    send_for_job(number)
    return answer


@bp.post("/job-orders/<number>/pause")
@bp.input(PauseIn)
@require(*WORKERS)
def pause(number: str, json_data: PauseIn) -> Answered:
    """Interrupt a job; it stays loaded."""

    def do(session: Session, context: Context) -> Answer:
        reason = json_data.reason
        return 200, _view(session, service.pause_job(session, context, number, reason=reason))

    return answered("job.pause", number, json_data, do)


@bp.post("/job-orders/<number>/resume")
@bp.input(StartIn)
@require(*WORKERS)
def resume(number: str, json_data: StartIn) -> Answered:
    """Go on with a paused job."""

    def do(session: Session, context: Context) -> Answer:
        check_taken_over(session, actor(), number, context.at)
        together = json_data.together
        return 200, _view(session, service.resume_job(session, context, number, together=together))

    return answered("job.resume", number, json_data, do)


@bp.post("/job-orders/<number>/complete")
@bp.input(CompleteIn)
@require(*WORKERS)
def complete(number: str, json_data: CompleteIn) -> Answered:
    """End a job, also with less than was ordered; what is left can be dispatched again."""

    def do(session: Session, context: Context) -> Answer:
        done = service.complete_job(session, context, number, last=json_data.last())
        view = _view(session, done.job)
        return 200, {**view, "remaining": done.remaining, "warnings": done.warnings}

    return answered("job.complete", number, json_data, do)


@bp.post("/job-orders/<number>/cancel")
@bp.input(CancelJobIn)
@require(Role.SUPERVISOR, Role.MANAGER)
def cancel(number: str, json_data: CancelJobIn) -> Answered:
    """Take back a dispatch that was not started."""

    def do(session: Session, context: Context) -> Answer:
        return 200, _view(session, service.withdraw_job(session, context, number))

    return answered("job.cancel", number, json_data, do)


def _view(session: Session, job: JobOrder) -> dict[str, Any]:
    return job_views(session, [job])[0]
