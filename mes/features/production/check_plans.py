"""Loading check plans."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.check_due import When
from mes.core.exact import parse_number
from mes.core.quality import characteristic_from
from mes.features.production.masters import CheckPlan
from mes.models import CheckPlan as CheckPlanRow


def load_check_plans(session: Session) -> tuple[CheckPlan, ...]:
    """The newest version of each plan, without those that are retired."""
    rows = session.scalars(select(CheckPlanRow).order_by(CheckPlanRow.code, CheckPlanRow.version))
    newest = {row.code: row for row in rows}
    return tuple(check_plan_of(row) for row in newest.values() if not row.retired)


def check_plan_of(row: CheckPlanRow) -> CheckPlan:
    """A stored version of a plan as everybody reads it."""
    every, grace = row.every_pieces, row.grace_pieces
    return CheckPlan(
        id=row.id,
        code=row.code,
        version=row.version,
        names=row.names,
        material_id=row.material_id,
        work_unit_id=row.work_unit_id,
        segment=row.segment,
        when=When(
            every_pieces=None if every is None else parse_number(every),
            every_us=row.every_us,
            by_running=row.time_base == "running",
            first=row.first_piece,
            middle=row.middle_piece,
            last=row.last_piece,
            grace_pieces=parse_number(grace),
            grace_us=row.grace_us,
        ),
        characteristics=tuple(map(characteristic_from, row.characteristics)),
        valid_from=row.valid_from,
    )
