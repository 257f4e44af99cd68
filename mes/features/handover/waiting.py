"""Whether work waits until the shift before has been taken over, where the plant wants that."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.handover import HandoverState
from mes.core.refusal import Refusal
from mes.features.handover.store import read_handover
from mes.features.production.master_loading import masters
from mes.features.production.plan import Plan
from mes.features.publishing.periods import Period, find_period
from mes.models import Equipment, JobOrder
from mes.web.roles import Actor, Role

SETTING = "work_waits_for_handover"
"""Of the site: no operator starts or resumes a job before the take-over."""
LEADS = (Role.SUPERVISOR, Role.MANAGER)
"""Who hands and takes over, besides an administrator."""
REACH_US = 14 * 86_400_000_000
"""How far back the shift before is looked for; what is older nobody takes over any more."""


def check_taken_over(session: Session, who: Actor, job_number: str, at: int) -> None:
    """Refuse while the shift that ended last on the line of a job has not been taken over.

    Args:
        who: whoever leads a line is never refused.
        job_number: one that is not known is left to whoever starts it.
        at: when the work would begin; plant time, UTC microseconds.

    Raises:
        Refusal: `handover_pending` (409), `details` name the line, the day and the shift.
    """
    if who.has(*LEADS) or not _is_wanted(session):
        return
    unit_id = session.scalar(select(JobOrder.work_unit_id).where(JobOrder.number == job_number))
    known = masters(session)
    unit = known.work_units.get(unit_id or 0)
    line = None if unit is None or unit.line_id is None else known.lines.get(unit.line_id)
    ended = None if line is None else _ended_last(line.plan, at)
    if line is None or ended is None:
        return
    if read_handover(session, line.id, ended).state is not HandoverState.CLOSED:
        raise Refusal(
            "handover_pending",
            f"shift {ended.key} of {line.code} has not been taken over; its leads sign first",
            details={
                "line": line.code,
                "day": ended.day.isoformat(),
                "shift": ended.shift,
            },
        )


def _is_wanted(session: Session) -> bool:
    site = session.scalar(
        select(Equipment).where(Equipment.level == "site", Equipment.retired_at.is_(None)).limit(1)
    )
    return site is not None and bool((site.settings or {}).get(SETTING))


def _ended_last(plan: Plan, at: int) -> Period | None:
    """The shift that ended last; None: the line has no shifts, or none within two weeks."""
    ended = [one for one in plan.shifts(at - REACH_US, at) if one.end_us <= at]
    if not ended:
        return None
    last = max(ended, key=lambda one: one.end_us)
    return find_period(plan, last.production_day.isoformat(), last.code)
