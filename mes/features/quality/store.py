"""Results as the core takes them; the projection of a work unit for its tile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.check_due import Found, Occasion, done_of
from mes.core.exact import parse_number
from mes.core.quality import Verdict
from mes.models import CheckPlan, CheckResult, WorkUnitChecks

LATEST = 500
"""How many of the latest results of a work unit its tile looks at."""


def voided_ids(session: Session, command_ids: Collection[str]) -> set[str]:
    """Those of the results that were taken back."""
    if not command_ids:
        return set()
    rows = session.scalars(
        select(CheckResult.voids).where(CheckResult.voids.in_(sorted(command_ids)))
    )
    return {row for row in rows if row is not None}


def derive_checks(session: Session, work_unit_id: int) -> dict[str, Any]:
    """Make the projection of a work unit again from its facts; what it now holds."""
    session.flush()
    jobs = _sums(session, work_unit_id)
    row = session.get(WorkUnitChecks, work_unit_id)
    if row is None:
        session.add(WorkUnitChecks(work_unit_id=work_unit_id, jobs=jobs))
    else:
        row.jobs = jobs
    session.flush()
    return jobs


def _sums(session: Session, work_unit_id: int) -> dict[str, Any]:
    rows = session.execute(
        select(CheckResult, CheckPlan.code)
        .join(CheckPlan, CheckPlan.id == CheckResult.plan_id)
        .where(
            CheckResult.work_unit_id == work_unit_id,
            CheckResult.job_order_id.is_not(None),
            CheckResult.voids.is_(None),
        )
        .order_by(CheckResult.at.desc(), CheckResult.command_id.desc())
        .limit(LATEST)
    ).all()
    voided = voided_ids(session, [row.command_id for row, _ in rows])
    found: dict[tuple[int, str], list[Found]] = defaultdict(list)
    for row, code in rows:
        if row.command_id not in voided and row.job_order_id is not None:
            found[row.job_order_id, code].append(found_of(row))
    jobs: dict[str, dict[str, Any]] = defaultdict(dict)
    for (job, code), results in sorted(found.items()):
        done = done_of(results)
        assert done is not None, "there is a result"
        jobs[str(job)][code] = done.to_json()
    return dict(jobs)


def found_of(row: CheckResult) -> Found:
    """A stored result as the core takes it."""
    return Found(
        at=row.at,
        command_id=row.command_id,
        pieces=parse_number(row.pieces),
        occasion=Occasion(row.occasion),
        passed=row.verdict == Verdict.PASS,
    )
