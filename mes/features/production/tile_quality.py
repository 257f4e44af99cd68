"""The quality checks of a work unit on its tile: what is due, by the plans and results. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mes.core.check_due import Done, Due, DueState, JobSoFar, due
from mes.core.derive.records import StateRecord
from mes.core.derive.signals import State
from mes.core.exact import number_to_json
from mes.core.instants import US_PER_S, format_instant
from mes.features.production.live_state import LiveState
from mes.features.production.masters import CheckPlan, Masters
from mes.features.production.tile_jobs import JobInfo, made_so_far


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the checks of a work unit depend on.

    Attributes:
        jobs: loaded ones and those that ended lately, by id.
        results: what they were checked for, by job id (text) and code of the plan.
        ran: closed stretches in which it ran; `records` tell the rest.
        records: the tail of its state records, up to `as_of`.
        now: present plant time; an ended job has no other clock.
        live: where pieces of jobs are; None: nothing has been derived yet.
    """

    unit_id: int
    jobs: Mapping[int, JobInfo]
    results: Mapping[str, Mapping[str, Any]]
    ran: Sequence[tuple[int, int]]
    records: Sequence[StateRecord]
    as_of: int
    now: int
    live: LiveState | None


def quality_checks(given: Checked, known: Masters) -> list[dict[str, Any]]:
    """One row for each plan and job; instants are ISO 8601 in UTC, lengths seconds."""
    items = known.materials
    return [
        _row(job, items[job.material_id].code if job.material_id in items else None, plan, found)
        for job, plan, found in _found(given, known)
    ]


def changes_of(rows: Iterable[Mapping[str, Any]], now: int) -> list[str]:
    """When checks fall due or become overdue by time alone."""
    at = [row[name] for row in rows for name in ("at", "overdue_at")]
    present = _instant(now)
    return [one for one in at if one is not None and present is not None and one > present]


def _found(given: Checked, known: Masters) -> Iterator[tuple[JobInfo, CheckPlan, Due]]:
    if not known.check_plans:
        return
    running = _running(given)
    for job_id, job in given.jobs.items():
        results = given.results.get(str(job_id), {})
        so_far = _so_far(given, job_id, job, running)
        now = given.as_of if job.ended_at is None else given.now
        for plan in known.check_plans:
            if not plan.is_for(given.unit_id, job.material_id, job.segment):
                continue
            done = results.get(plan.code)
            found = due(plan.when, so_far, None if done is None else Done.from_json(done), now)
            if found is not None:
                yield job, plan, found


def _so_far(
    given: Checked, job_id: int, job: JobInfo, running: Sequence[tuple[int, int]]
) -> JobSoFar:
    live = given.live
    in_tail = live is not None and any(run.job == job_id for run in live.runs)
    made = made_so_far(live, job_id, given.as_of) if live is not None and in_tail else None
    return JobSoFar(
        started_at=job.started_at,
        ended_at=job.ended_at,
        good=None if made is None else made[0],
        scrap=None if made is None else made[1],
        ordered=job.ordered,
        running=running,
        runs=given.records[-1].state is State.RUNNING,
    )


def _running(given: Checked) -> list[tuple[int, int]]:
    """Stretches in which it ran: the closed ones up to the tail, then those of the tail."""
    tail = given.records[0].start
    closed = [(start, min(end, tail)) for start, end in given.ran if start < tail]
    return sorted(closed) + [
        (one.start, given.as_of if one.end is None else one.end)
        for one in given.records
        if one.state is State.RUNNING
    ]


def _row(job: JobInfo, item: str | None, plan: CheckPlan, found: Due) -> dict[str, Any]:
    ahead = found.state is DueState.AHEAD
    left, us_left = found.pieces_left, found.us_left
    return {
        "plan": plan.code,
        "version": plan.version,
        "name": dict(plan.names),
        "job_order": job.job_order,
        "item": item,
        "occasion": found.occasion.value,
        "state": found.state.value,
        "pieces_left": number_to_json(left) if ahead and left is not None else None,
        "left_s": us_left / US_PER_S if ahead and us_left is not None else None,
        "at": _instant(found.at),
        "overdue_at": _instant(found.overdue_at),
    }


def _instant(at: int | None) -> str | None:
    return None if at is None else format_instant(at).replace("+00:00", "Z")
