"""Starting, pausing, resuming, completing and withdrawing job orders."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json
from mes.core.derive.runs import JobEventKind
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import SKEW_US, Context
from mes.features.commands.subjects import PAUSE, STOP, check_reason, lock_work_unit
from mes.features.production.interpret import Way, way_at
from mes.features.production.master_loading import masters
from mes.features.production.service import facts_changed, job_events_changed
from mes.features.quantities.service import Entry, enter_quantities
from mes.features.work_orders import documents
from mes.features.work_orders.closing import cancel_dispatched, deviation_of
from mes.features.work_orders.dispatch import follow_jobs, remaining_quantity
from mes.features.work_orders.states import IN_WORK, LOADED, JobState
from mes.models import JobEvent, JobOrder, StopStatement, WorkOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A completed job.

    Attributes:
        remaining: number or text: what of its operation can still be dispatched.
        warnings: JSON-able; `under_tolerance` or `over_tolerance` with the amounts.
    """

    job: JobOrder
    remaining: int | float | str
    warnings: list[dict[str, Any]] = field(default_factory=list)


def start_job(
    session: Session, context: Context, number: str, *, together: bool = False
) -> JobOrder:
    """Load a job on its work unit and freeze the rate then in force into it.

    Args:
        together: start it beside the jobs already loaded (family tools); each then gets its pieces.

    Raises:
        Refusal: `job_unknown` (404), `job_already_running`, `job_not_startable`,
            `work_unit_busy`, `time_before_last_event` (409).
    """
    job, order = check_startable(session, number, together=together)
    at = _event_time(session, job, context)
    rate = masters(session).materials[job.material_id].rate(job.work_unit_id, at)
    job.ideal_cycle_s = None if rate is None else rate.ideal_cycle_s
    job.pieces_per_cycle = 1 if rate is None else rate.pieces_per_cycle
    job.started_at = at
    _happened(session, context, job, JobEventKind.START, JobState.RUNNING, at)
    job_events_changed(session, job.work_unit_id, at)
    follow_jobs(session, context, order)
    return job


def check_startable(
    session: Session, number: str, *, together: bool = False
) -> tuple[JobOrder, WorkOrder]:
    """The job and its order, locked, when nothing stands in the way of its start.

    Raises:
        Refusal: `job_unknown` (404), `job_already_running`, `job_not_startable`,
            `work_unit_busy` (409).
    """
    job, order = _locked(session, number)
    if job.state == JobState.RUNNING:
        raise _refused("job_already_running", job, "is running already")
    if job.state != JobState.DISPATCHED:
        wish = "resume it" if job.state == JobState.PAUSED else "dispatch the rest of the order"
        raise _refused("job_not_startable", job, f"is {job.state}; {wish} instead")
    if order.state not in IN_WORK:
        raise _refused("job_not_startable", job, f"belongs to an order that is {order.state}")
    if not together:
        _check_free(session, job)
    return job, order


def pause_job(
    session: Session, context: Context, number: str, *, reason: str | None = None
) -> JobOrder:
    """Interrupt a job; it stays loaded, so that what the machine counts is still its.

    Where the state is known by hand the machine is stopped from now on, for the reason given.

    Args:
        reason: of domain pause or stop; None: not said.

    Raises:
        Refusal: `job_unknown` (404), `job_not_running`, `time_before_last_event` (409),
            `reason_unknown`, `reason_of_other_domain` (422).
    """
    job, _ = _locked(session, number)
    check_reason(session, reason, (PAUSE, STOP))
    if job.state != JobState.RUNNING:
        raise _refused("job_not_running", job, f"is {job.state}, not running")
    at = _event_time(session, job, context)
    _happened(session, context, job, JobEventKind.PAUSE, JobState.PAUSED, at, reason)
    if reason is not None and _state_by_hand(session, job, at):
        session.add(_stop_for_pause(context, job, at, reason))
        facts_changed(session, job.work_unit_id, at)
    else:
        job_events_changed(session, job.work_unit_id, at)
    return job


def resume_job(
    session: Session, context: Context, number: str, *, together: bool = False
) -> JobOrder:
    """Go on with a paused job.

    Raises:
        Refusal: `job_unknown` (404), `job_not_paused`, `work_unit_busy`,
            `time_before_last_event` (409).
    """
    job, _ = _locked(session, number)
    if job.state != JobState.PAUSED:
        raise _refused("job_not_paused", job, f"is {job.state}, not paused")
    if not together:
        _check_free(session, job, (JobState.RUNNING,))
    at = _event_time(session, job, context)
    _happened(session, context, job, JobEventKind.RESUME, JobState.RUNNING, at)
    job_events_changed(session, job.work_unit_id, at)
    return job


def complete_job(
    session: Session,
    context: Context,
    number: str,
    *,
    last: Entry | None = None,
) -> Completion:
    """End a job; what it did not make can be dispatched again.

    Good pieces outside the tolerance warn here; they keep the order from being completed (too few)
    and closed.

    Args:
        last: pieces entered together with the end; None: none.

    Raises:
        Refusal: `job_unknown` (404), `job_not_running`, `time_before_last_event` (409), and what
            entering pieces refuses.
    """
    job, order = _locked(session, number)
    if job.state not in LOADED:
        raise _refused("job_not_running", job, f"is {job.state}; only a started job is completed")
    at = _event_time(session, job, context)
    if last is not None:
        _enter_last(session, context, job, last, at)
    made = documents.made_by_job(session, [job.id]).get(job.id, documents.Made())
    deviation = deviation_of(order, job.quantity, made.good)
    job.ended_at = at
    _happened(session, context, job, JobEventKind.COMPLETE, JobState.COMPLETED, at)
    job_events_changed(session, job.work_unit_id, at)
    follow_jobs(session, context, order)
    jobs = documents.jobs_of(session, order.id)
    remaining = remaining_quantity(session, order, job.segment, jobs)
    return Completion(
        job=job,
        remaining=amount_json(max(remaining, type(remaining)(0))),
        warnings=[] if deviation is None else [deviation],
    )


def withdraw_job(session: Session, context: Context, number: str) -> JobOrder:
    """Take back a dispatch that was not started; its quantity can be dispatched again.

    Raises:
        Refusal: `job_unknown` (404), `job_not_withdrawable` (409).
    """
    job, order = _locked(session, number)
    if job.state != JobState.DISPATCHED:
        raise _refused("job_not_withdrawable", job, f"is {job.state}; complete it instead")
    cancel_dispatched(session, context, job)
    record(session, context.actor, "job.cancel", job.number)
    follow_jobs(session, context, order)
    return job


def _locked(session: Session, number: str) -> tuple[JobOrder, WorkOrder]:
    """The job and its order, kept for this transaction: work unit, then order, then job."""
    found = session.execute(
        select(JobOrder.work_unit_id, WorkOrder.number)
        .join(WorkOrder, WorkOrder.id == JobOrder.order_id)
        .where(JobOrder.number == number)
    ).one_or_none()
    if found is None:
        raise Refusal("job_unknown", f"there is no job {number!r}", status=404)
    lock_work_unit(session, found.work_unit_id)
    order = documents.lock_order(session, found.number)
    job = session.scalars(
        select(JobOrder)
        .where(JobOrder.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return job, order


def _check_free(session: Session, job: JobOrder, states: Collection[JobState] = LOADED) -> None:
    others = session.scalars(
        select(JobOrder.number)
        .where(
            JobOrder.work_unit_id == job.work_unit_id,
            JobOrder.state.in_([state.value for state in states]),
            JobOrder.id != job.id,
        )
        .order_by(JobOrder.started_at)
    ).all()
    if others:
        raise Refusal(
            "work_unit_busy",
            f"{', '.join(others)} is loaded; complete it first (the rest can be dispatched "
            "again), or start both together",
            field="together",
            details={"job_orders": list(others)},
        )


def _event_time(session: Session, job: JobOrder, context: Context) -> int:
    """When it happened, never before what happened to the job last."""
    last = session.scalar(
        select(func.max(JobEvent.at)).where(
            JobEvent.job_order_id == job.id, JobEvent.work_unit_id == job.work_unit_id
        )
    )
    if last is None or context.at >= last:
        return context.at
    if last - context.at > SKEW_US:
        raise Refusal(
            "time_before_last_event",
            f"{job.number} has a later event; check the clock of the device",
            field="device_time",
        )
    return last


def _happened(
    session: Session,
    context: Context,
    job: JobOrder,
    kind: JobEventKind,
    state: JobState,
    at: int,
    reason: str | None = None,
) -> None:
    job.state = state
    job.version += 1
    session.add(
        JobEvent(
            job_order_id=job.id,
            work_unit_id=job.work_unit_id,
            command_id=context.command_id,
            kind=kind.value,
            at=at,
            reason=reason,
            actor=dict(context.actor),
            recorded_at=context.now,
        )
    )
    session.flush()
    record(session, context.actor, f"job.{kind.value}", job.number, {"reason": reason})


def _enter_last(session: Session, context: Context, job: JobOrder, last: Entry, at: int) -> None:
    """The last pieces belong to the run, so they are made just before it ends."""
    code = masters(session).work_units[job.work_unit_id].code
    made_at = max(job.started_at or at, at - 1)
    entry = Entry(
        good=last.good,
        scrap=last.scrap,
        rework=last.rework,
        startup_scrap=last.startup_scrap,
        reason=last.reason,
        adjustment=last.adjustment,
        job_order=job.number,
        note=last.note,
        lot=last.lot,
        serial=last.serial,
    )
    enter_quantities(
        session,
        Context(command_id=context.command_id, actor=context.actor, at=made_at, now=context.now),
        code,
        entry,
        reason_needed=False,
    )


def _state_by_hand(session: Session, job: JobOrder, at: int) -> bool:
    return way_at(masters(session).work_units[job.work_unit_id], at).way is Way.MANUAL


def _stop_for_pause(context: Context, job: JobOrder, at: int, reason: str) -> StopStatement:
    return StopStatement(
        command_id=context.command_id,
        work_unit_id=job.work_unit_id,
        kind="whole",
        seen_start=at,
        seen_end=None,
        start=None,
        end=None,
        state=None,
        reason=reason,
        note=None,
        replaces=None,
        stated_at=at,
        actor=dict(context.actor),
        recorded_at=context.now,
    )


def _refused(code: str, job: JobOrder, what: str) -> Refusal:
    return Refusal(
        code, f"{job.number} {what}", details={"job_order": job.number, "state": job.state}
    )
