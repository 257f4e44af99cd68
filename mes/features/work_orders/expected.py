"""When jobs are expected to end: loaded ones as their tile says, those that wait one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.derive.runs import Item
from mes.core.exact import parse_number
from mes.core.instants import format_instant
from mes.features.production.expected import expected_end, pace_of
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.queries import tile_inputs
from mes.features.production.tile import loaded_ends, present_of
from mes.features.work_orders.documents import Made, made_by_job
from mes.features.work_orders.queries import job_place
from mes.features.work_orders.states import JobState
from mes.models import JobOrder, WorkOrder

Ends = Mapping[str, int]
"""UTC microseconds by number of the job; one that is not there has no expected end."""
WAITING_MAX = 500
"""Most waiting jobs that are looked at."""


def expected_ends(session: Session, now_us: int, work_units: Collection[int] | None = None) -> Ends:
    """When the jobs of work units are expected to end.

    A waiting job begins when the one before it ends, in the order of the job list; behind a job
    whose end is not known nothing is. Setting up between jobs is not in it.

    Args:
        now_us: present plant time.
        work_units: ids; None: all that are not retired.
    """
    known = masters(session)
    wanted = None if work_units is None else list(work_units)
    inputs = tile_inputs(session, known, wanted, now_us)
    waiting = _waiting(session, [one.unit for one in inputs])
    made = made_by_job(session, [job.id for jobs in waiting.values() for job in jobs])
    ends: dict[str, int] = {}
    for given in inputs:
        now = present_of(given, known)
        loaded = loaded_ends(given, now)
        for job, end in loaded.items():
            if end is not None:
                ends[given.jobs[job].job_order] = end
        free: int | None = _free(list(loaded.values()), now.as_of)
        for one in waiting.get(given.unit.id, ()):
            if free is None:
                break
            left = parse_number(one.quantity - made.get(one.id, Made()).good)
            item = _item(known, one, free)
            free = expected_end(given.unit.plan, free, left, item, pace_of(now.result))
            if free is not None:
                ends[one.number] = free
    return ends


def with_ends(jobs: list[dict[str, Any]], ends: Ends) -> list[dict[str, Any]]:
    """Views of jobs with `expected_end`: ISO 8601, or None."""
    return [
        {
            **job,
            "expected_end": format_instant(ends[job["job_order"]])
            if job["job_order"] in ends
            else None,
        }
        for job in jobs
    ]


def _item(known: Masters, job: JobOrder, at: int) -> Item | None:
    """What a waiting job will make, at the rate that would be frozen into it at its start."""
    rate = known.materials[job.material_id].rate(job.work_unit_id, at)
    if rate is None:
        return None
    return Item(
        material=job.material_id,
        ideal_cycle_s=rate.ideal_cycle_s,
        pieces_per_cycle=rate.pieces_per_cycle,
    )


def _free(loaded: list[int | None], as_of: int) -> int | None:
    """When the next job can begin; None: not known."""
    ends = [end for end in loaded if end is not None]
    return None if len(ends) < len(loaded) else max([as_of, *ends])


def _waiting(session: Session, units: Collection[WorkUnit]) -> dict[int, list[JobOrder]]:
    rows = session.execute(
        select(JobOrder, WorkOrder)
        .join(WorkOrder, WorkOrder.id == JobOrder.order_id)
        .where(
            JobOrder.work_unit_id.in_([unit.id for unit in units]),
            JobOrder.state == JobState.DISPATCHED.value,
        )
        .order_by(JobOrder.id)
        .limit(WAITING_MAX)
    ).all()
    found: dict[int, list[JobOrder]] = {}
    for job, _order in sorted(rows, key=lambda row: job_place(row[0], row[1])):
        found.setdefault(job.work_unit_id, []).append(job)
    return found
