"""Entering what was found in a check, and taking it back; each is a new fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.calls import CallKind
from mes.core.check_due import Occasion
from mes.core.instants import US_PER_S
from mes.core.quality import FollowUp, Judged, Verdict, judged, verdict_of
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.calls.service import raise_call
from mes.features.commands.context import Context
from mes.features.commands.subjects import find_work_unit, lock_work_unit
from mes.features.production.check_plans import check_plan_of
from mes.features.production.master_loading import masters
from mes.features.production.masters import CheckPlan, WorkUnit
from mes.features.quality.store import derive_checks, voided_ids
from mes.features.quantities.jobs import loaded_job
from mes.features.quantities.queries import actor_name
from mes.live.announce import announce
from mes.models import CheckPlan as PlanRow
from mes.models import CheckResult, JobOrder, QuantityRecord

MINUTE_US = 60 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDraft:
    """What somebody found.

    Attributes:
        plan, version: what they looked at; the result is judged by this version.
        values: by key of the characteristic.
        job_order: None: the job then loaded.
        follow_up: what was done about a value out of range; None: nothing was said.
        call_quality: whether somebody of quality is called at the same time.
    """

    plan: str
    version: int
    values: Mapping[str, object]
    occasion: Occasion = Occasion.EXTRA
    job_order: str | None = None
    follow_up: FollowUp | None = None
    note: str | None = None
    call_quality: bool = False


def enter_result(
    session: Session, context: Context, work_unit: str, draft: ResultDraft
) -> CheckResult:
    """Keep a result; a value out of range is kept only with what was done about it.

    Raises:
        Refusal: `unknown_work_unit`, `check_plan_unknown`, `job_unknown` (404),
            `check_plan_not_here`, `check_values_invalid`, `check_follow_up_required` (422).
    """
    unit = find_work_unit(session, work_unit)
    lock_work_unit(session, unit.id)
    plan = _plan(session, draft.plan, draft.version)
    job = _job(session, unit, draft.job_order, context.at)
    _check_place(plan, unit, job)
    values, verdict = _judge(plan, draft)
    note = (draft.note or "").strip() or None
    if verdict is Verdict.FAIL:
        _check_follow_up(draft.follow_up, note, values)
    row = CheckResult(
        command_id=context.command_id,
        work_unit_id=unit.id,
        job_order_id=None if job is None else job.id,
        material_id=None if job is None else job.material_id,
        plan_id=plan.id,
        occasion=draft.occasion.value,
        at=context.at,
        pieces=_pieces(session, job, context.at),
        values=[one.to_json() for one in values],
        verdict=verdict.value,
        follow_up=None if draft.follow_up is None else draft.follow_up.value,
        note=note,
        voids=None,
        who=actor_name(session, context.actor),
        actor=dict(context.actor),
        recorded_at=context.now,
    )
    _keep(session, unit, row)
    record(
        session,
        context.actor,
        "check.enter",
        unit.code,
        {
            "command_id": context.command_id,
            "plan": plan.code,
            "version": plan.version,
            "verdict": row.verdict,
            "follow_up": row.follow_up,
            "note": note,
        },
    )
    if draft.call_quality:
        raise_call(session, context, unit.code, CallKind.QUALITY, plan.names.get("ko"))
    return row


def void_result(
    session: Session, context: Context, command_id: str, *, note: str | None = None
) -> CheckResult:
    """Take a result back by a new fact that names it; the result stays visible.

    Raises:
        Refusal: `check_result_unknown` (404), `check_result_voided` (409).
    """
    found = find_result(session, command_id)
    unit = masters(session).work_units[found.work_unit_id]
    lock_work_unit(session, unit.id)
    if found.voids is not None or voided_ids(session, [command_id]):
        raise Refusal("check_result_voided", "this result was taken back already")
    row = CheckResult(
        command_id=context.command_id,
        work_unit_id=unit.id,
        job_order_id=found.job_order_id,
        material_id=found.material_id,
        plan_id=found.plan_id,
        occasion=found.occasion,
        at=found.at,
        pieces=found.pieces,
        values=[],
        verdict=None,
        follow_up=None,
        note=(note or "").strip() or None,
        voids=command_id,
        who=actor_name(session, context.actor),
        actor=dict(context.actor),
        recorded_at=context.now,
    )
    _keep(session, unit, row)
    record(
        session,
        context.actor,
        "check.void",
        unit.code,
        {"command_id": context.command_id, "replaces": command_id, "note": row.note},
    )
    return row


def find_result(session: Session, command_id: str) -> CheckResult:
    """A result by the command that made it.

    Raises:
        Refusal: `check_result_unknown` (404).
    """
    found = session.scalar(select(CheckResult).where(CheckResult.command_id == command_id))
    if found is None:
        message = f"there is no check result {command_id[:80]!r}"
        raise Refusal("check_result_unknown", message, status=404)
    return found


def _plan(session: Session, code: str, version: int) -> CheckPlan:
    row = session.scalar(select(PlanRow).where(PlanRow.code == code, PlanRow.version == version))
    if row is None:
        message = f"there is no version {version} of a check plan {code[:80]!r}"
        raise Refusal("check_plan_unknown", message, status=404, field="plan")
    return check_plan_of(row)


def _job(session: Session, unit: WorkUnit, number: str | None, at: int) -> JobOrder | None:
    if number is None:
        return loaded_job(session, unit.id, at)
    job = session.scalar(select(JobOrder).where(JobOrder.number == number))
    if job is None or job.work_unit_id != unit.id:
        message = f"there is no job {number!r} on {unit.code}"
        raise Refusal("job_unknown", message, status=404, field="job_order")
    return job


def _check_place(plan: CheckPlan, unit: WorkUnit, job: JobOrder | None) -> None:
    material = plan.material_id if job is None else job.material_id
    segment = plan.segment if job is None else job.segment
    if not plan.is_for(unit.id, material, segment):
        raise Refusal(
            "check_plan_not_here",
            f"the check plan {plan.code} is not for this machine, item or operation",
            status=422,
            field="plan",
        )


def _judge(plan: CheckPlan, draft: ResultDraft) -> tuple[list[Judged], Verdict]:
    values, mistakes = judged(plan.characteristics, draft.values)
    if mistakes:
        key, message = next(iter(mistakes.items()))
        raise Refusal(
            "check_values_invalid",
            f"{key}: {message}",
            status=422,
            field="values",
            details={"values": mistakes},
        )
    return values, verdict_of(values)


def _check_follow_up(follow_up: FollowUp | None, note: str | None, values: list[Judged]) -> None:
    if follow_up is None or (follow_up is FollowUp.OTHER and note is None):
        failed = [one.key for one in values if one.verdict is Verdict.FAIL]
        raise Refusal(
            "check_follow_up_required",
            "a value is out of range; correct it, or say what was done about it",
            status=422,
            field="follow_up" if follow_up is None else "note",
            details={"out_of_range": failed},
        )


def _pieces(session: Session, job: JobOrder | None, at: int) -> Decimal:
    """Good and scrap of the job in the minutes that had begun, as far as is known."""
    if job is None:
        return Decimal(0)
    found = session.execute(
        select(func.sum(QuantityRecord.good), func.sum(QuantityRecord.scrap)).where(
            QuantityRecord.job_order_id == job.id, QuantityRecord.minute <= at
        )
    ).one()
    return sum((amount for amount in found if amount is not None), Decimal(0))


def _keep(session: Session, unit: WorkUnit, row: CheckResult) -> None:
    session.add(row)
    derive_checks(session, unit.id)
    announce(session, unit.id)
