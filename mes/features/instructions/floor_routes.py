"""Work instructions on the floor: which applies, acknowledged, values typed, changes proposed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.instants import format_instant
from mes.features.commands.context import Context
from mes.features.commands.places import check_place
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.commands.subjects import find_work_unit
from mes.features.instructions import statements
from mes.features.instructions.access import PEOPLE
from mes.features.instructions.queries import present_instruction
from mes.features.instructions.schemas import (
    AtMachineIn,
    PresentQuery,
    ProposalIn,
    ValuesIn,
)
from mes.features.instructions.statements import At
from mes.web.roles import actor, require
from mes.web.wiring import reading

bp = APIBlueprint(
    "floor_instructions",
    __name__,
    url_prefix="/api/v1/work-units/<work_unit>/instruction",
    tag="Work instructions",
)

Answered = tuple[dict[str, Any], int]
Say = Callable[[Session, Context, At], dict[str, Any]]


@bp.get("")
@bp.input(PresentQuery, location="query")
@bp.doc(
    summary="The work instruction that applies on a machine, None: none",
    description="Item and machine before item before machine; `seen` says whether the person who "
    "asks has acknowledged it (`read`), an earlier revision (`changed`) or none (`new`).",
)
@require()
def present(work_unit: str, query_data: PresentQuery) -> dict[str, Any]:
    """What applies for a job."""
    badge = actor().person
    with reading() as session:
        found = present_instruction(session, work_unit, query_data.job_order, badge, plant_now_us())
    return {"instruction": found}


@bp.post("/acknowledge")
@bp.input(AtMachineIn)
@bp.doc(summary="Say that one has read a revision and works by it")
@require(*PEOPLE)
def acknowledge(work_unit: str, json_data: AtMachineIn) -> Answered:
    """Read and confirmed."""

    def say(session: Session, context: Context, at: At) -> dict[str, Any]:
        row = statements.acknowledge(session, context, at)
        return {"who": row.who, "at": _z(row.at)}

    return _said("instruction.acknowledge", work_unit, json_data, say)


@bp.post("/values")
@bp.input(ValuesIn)
@bp.doc(
    summary="Enter the values of a step",
    description="A number beyond its limits is kept and marked (`outside`). Entering again "
    "corrects: the later one counts, both are kept.",
)
@require(*PEOPLE)
def enter_values(work_unit: str, json_data: ValuesIn) -> Answered:
    """Typed captures."""

    def say(session: Session, context: Context, at: At) -> dict[str, Any]:
        rows = statements.enter_values(
            session, context, at, step=json_data.step, values=json_data.values
        )
        return {"outside": [row.field for row in rows if row.outside]}

    return _said("instruction.values", work_unit, json_data, say)


@bp.post("/proposals")
@bp.input(ProposalIn)
@bp.doc(summary="Propose a change of the work instruction")
@require(*PEOPLE)
def propose(work_unit: str, json_data: ProposalIn) -> Answered:
    """A note from the floor."""

    def say(session: Session, context: Context, at: At) -> dict[str, Any]:
        row = statements.propose(session, context, at, text=json_data.text, step=json_data.step)
        return {"proposal": row.command_id}

    return _said("instruction.propose", work_unit, json_data, say)


def _said(kind: str, work_unit: str, body: AtMachineIn, say: Say) -> Answered:
    who = actor()
    at = At(
        work_unit=work_unit,
        instruction=body.instruction,
        revision=body.revision,
        job_order=body.job_order,
    )

    def do(session: Session, context: Context) -> Answer:
        check_place(session, who, find_work_unit(session, work_unit))
        told = say(session, context, at)
        return 201, {"instruction": at.instruction, "revision": at.revision, **told}

    return answered(kind, work_unit, body, do)


def _z(at: int) -> str:
    return format_instant(at).replace("+00:00", "Z")
