"""Quality checks over REST: plans, what is due, entering results and taking them back."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.features.commands.context import Context
from mes.features.commands.places import check_place
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.commands.subjects import find_work_unit
from mes.features.production.master_loading import masters
from mes.features.quality import service
from mes.features.quality.access import CHECKERS
from mes.features.quality.plans import listed_plans
from mes.features.quality.queries import (
    checks_of,
    due_checks,
    find_plan,
    plan_item,
    recent_values,
    result_item,
    results,
)
from mes.features.quality.schemas import ResultIn, ResultsQuery, VoidIn
from mes.web.roles import actor, require
from mes.web.wiring import reading

bp = APIBlueprint("quality", __name__, url_prefix="/api/v1", tag="Quality")

Answered = tuple[dict[str, Any], int]


@bp.get("/quality/plans")
@bp.doc(summary="Check plans in their newest version")
@require()
def list_plans() -> dict[str, Any]:
    """All check plans, retired ones last and marked."""
    with reading() as session:
        known = masters(session)
        found = [
            {**plan_item(one.plan, known), "retired": one.retired} for one in listed_plans(session)
        ]
    return {"items": found, "next": None}


@bp.get("/quality/plans/<plan>/values")
@bp.doc(summary="The latest values of a plan for a run chart, oldest first")
@require()
def plan_values(plan: str) -> dict[str, Any]:
    """At most 20 values of each numeric characteristic, over all machines."""
    with reading() as session:
        found = find_plan(session, plan)
        return {
            **plan_item(found, masters(session)),
            "recent": recent_values(session, found),
        }


@bp.get("/quality/due")
@bp.doc(summary="Checks that are due or overdue")
@require()
def list_due() -> dict[str, Any]:
    """Checks that wait on any machine, the overdue ones first."""
    with reading() as session:
        return {"items": due_checks(session, plant_now_us()), "next": None}


@bp.get("/quality/results")
@bp.input(ResultsQuery, location="query")
@bp.doc(summary="Results of checks, latest first")
@require()
def list_results(query_data: ResultsQuery) -> dict[str, Any]:
    """Results; those that were taken back are marked."""
    with reading() as session:
        return results(session, query_data.asked())


@bp.get("/work-units/<work_unit>/quality-checks")
@bp.doc(summary="Plans of a work unit with their latest values, and what is due")
@require()
def work_unit_checks(work_unit: str) -> dict[str, Any]:
    """What a terminal keeps to enter results, also without network."""
    with reading() as session:
        return checks_of(session, work_unit, plant_now_us())


@bp.post("/work-units/<work_unit>/quality-checks")
@bp.input(ResultIn)
@bp.doc(
    summary="Enter the result of a check",
    description="A value out of range needs `follow_up`: what was done about it.",
)
@require(*CHECKERS)
def enter(work_unit: str, json_data: ResultIn) -> Answered:
    """Enter what was found in a check."""
    who = actor()

    def do(session: Session, context: Context) -> Answer:
        check_place(session, who, find_work_unit(session, work_unit))
        row = service.enter_result(session, context, work_unit, json_data.draft())
        return 201, result_item(session, row)

    return answered("check.enter", work_unit, json_data, do)


@bp.post("/quality/results/<command_id>/void")
@bp.input(VoidIn)
@bp.doc(summary="Take a result back")
@require(*CHECKERS)
def void(command_id: str, json_data: VoidIn) -> Answered:
    """Take a result back by a new fact; the result stays visible."""
    who = actor()

    def do(session: Session, context: Context) -> Answer:
        found = service.find_result(session, command_id)
        check_place(session, who, masters(session).work_units[found.work_unit_id])
        row = service.void_result(session, context, command_id, note=json_data.note)
        return 201, result_item(session, row)

    return answered("check.void", command_id, json_data, do)
