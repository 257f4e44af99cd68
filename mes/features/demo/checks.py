"""Quality checks of the demo: two plans, and what the loaded jobs were checked for so far."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from mes.core.check_due import Occasion
from mes.core.quality import FollowUp
from mes.db import Database
from mes.features.commands.context import Context
from mes.features.production.master_loading import masters
from mes.features.quality.drafts import CharacteristicDraft, PlanDraft
from mes.features.quality.plans import add_plan
from mes.features.quality.service import ResultDraft, enter_result
from mes.models import JobOrder

ACTOR = {"kind": "command_line", "id": 0, "label": "demo", "person": "1001"}
"""Whoever has this badge of the demo; without one the label stands."""
MINUTE_US = 60_000_000
EVERY_US = 25 * MINUTE_US
CHECKS_MAX = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """A plan with values that its past checks found, over and over; `bad` is out of range."""

    code: str
    unit: str
    draft: PlanDraft
    sizes: tuple[str, ...]
    bad: str
    occasion: Occasion


PRESS = DemoPlan(
    code="press-size",
    unit="press-1",
    draft=PlanDraft(
        ko="프레스 치수·외관",
        en="Press size and looks",
        work_unit="press-1",
        every_pieces="600",
        grace_pieces="120",
        first=True,
        last=True,
        grace_min="10",
        characteristics=(
            CharacteristicDraft(
                ko="폭", en="Width", unit="mm", target="42.00", lower="41.90", upper="42.10"
            ),
            CharacteristicDraft(ko="외관(버·찍힘)", en="Looks (burrs, dents)", kind="pass_fail"),
            CharacteristicDraft(ko="비고", en="Remark", kind="text", required=False),
        ),
    ),
    sizes=("42.00", "42.02", "41.99", "42.03", "42.01", "42.05", "42.04", "42.06", "42.08"),
    bad="42.12",
    occasion=Occasion.PIECES,
)
SHAFT = DemoPlan(
    code="shaft-diameter",
    unit="cnc-1",
    draft=PlanDraft(
        ko="샤프트 외경",
        en="Shaft diameter",
        work_unit="cnc-1",
        every_min="45",
        grace_min="10",
        first=True,
        characteristics=(
            CharacteristicDraft(
                ko="외경", en="Diameter", unit="mm", target="10.000", lower="9.985", upper="10.000"
            ),
            CharacteristicDraft(ko="표면", en="Surface", kind="pass_fail"),
        ),
    ),
    sizes=("9.994", "9.995", "9.993", "9.996", "9.994", "9.997", "9.996"),
    bad="10.002",
    occasion=Occasion.TIME,
)


def add_checks(database: Database, now_us: int) -> int:
    """Add the plans, and results of the jobs that are loaded now.

    Args:
        now_us: plant time, UTC microseconds.

    Returns:
        How many results were entered.
    """
    with database.transaction() as session:
        for plan in (PRESS, SHAFT):
            add_plan(session, ACTOR, plan.code, plan.draft, now_us=now_us)
    return sum(_check(database, plan, now_us) for plan in (PRESS, SHAFT))


def _check(database: Database, plan: DemoPlan, now_us: int) -> int:
    """Check the loaded job of a machine every so often up to the last check that is not due yet."""
    with database.reading() as session:
        unit = masters(session).work_unit_ids.get(plan.unit)
        job = session.scalar(
            select(JobOrder)
            .where(JobOrder.work_unit_id == unit, JobOrder.state == "running")
            .order_by(JobOrder.started_at)
            .limit(1)
        )
        started = None if job is None else job.started_at
    if started is None:
        return 0
    latest = list(range(started + MINUTE_US, now_us, EVERY_US))[-CHECKS_MAX:]
    for number, at in enumerate(latest):
        bad = number == len(latest) - 3
        draft = ResultDraft(
            plan=plan.code,
            version=1,
            values={"c1": plan.bad if bad else plan.sizes[number % len(plan.sizes)], "c2": "pass"},
            occasion=Occasion.FIRST if number == 0 else plan.occasion,
            follow_up=FollowUp.MACHINE_ADJUSTED if bad else None,
        )
        with database.transaction() as session:
            context = Context(
                command_id=f"demo-check-{plan.code}-{number}", actor=ACTOR, at=at, now=now_us
            )
            enter_result(session, context, plan.unit, draft)
    return len(latest)
