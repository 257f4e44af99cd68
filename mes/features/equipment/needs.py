"""What still needs an area, a line or a machine, and what was recorded of it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.plant.calendar_rows import line_calendars_in_force
from mes.features.plant.rows import in_use
from mes.features.work_orders.states import OPEN
from mes.models import (
    Equipment,
    JobEvent,
    JobOrder,
    MaterialDefinition,
    OperationsDefinition,
    OperationsSegment,
    QuantityStatement,
    SignalBinding,
    SignalFact,
    StopStatement,
    Terminal,
)

STATEMENTS = (JobEvent, QuantityStatement, StopStatement)


def check_not_needed(session: Session, row: Equipment) -> None:
    """That nothing needs it any more.

    Raises:
        Refusal: `master_in_use` (409).
    """
    for what, names in (
        ("job", _open_jobs(session, row.id)),
        ("terminal", _terminals(session, row.id)),
        ("line" if row.level == "area" else "machine", _below(session, row.id)),
        ("routing", _routings(session, row.id)),
    ):
        if names:
            raise in_use(row.code, "machines_of_line" if what == "machine" else what, names)


def has_recorded(session: Session, machine: str | None = None) -> bool:
    """Whether anything was ever recorded of a machine; None: of the plant."""
    if machine is None:
        everything = (SignalFact.id, *(each.id for each in STATEMENTS))
        return any(session.scalar(select(one).limit(1)) is not None for one in everything)
    unit = select(Equipment.id).where(Equipment.code == machine).scalar_subquery()
    tags = select(SignalBinding.tag_id).where(SignalBinding.work_unit_id == unit)
    queries = (
        select(SignalFact.id).where(SignalFact.tag_id.in_(tags)),
        *(select(each.id).where(each.work_unit_id == unit) for each in STATEMENTS),
    )
    return any(session.scalar(query.limit(1)) is not None for query in queries)


def same_calendars(session: Session, one: str, other: str) -> bool:
    """Whether two lines have always had the same calendars."""
    lines = [
        session.scalars(select(Equipment.id).where(Equipment.code == code)).one()
        for code in (one, other)
    ]
    first, second = (
        [(row.valid_from, row.calendar_id) for row in line_calendars_in_force(session, line)]
        for line in lines
    )
    return first == second


def _open_jobs(session: Session, unit: int) -> list[str]:
    return list(
        session.scalars(
            select(JobOrder.number).where(JobOrder.work_unit_id == unit, JobOrder.state.in_(OPEN))
        )
    )


def _terminals(session: Session, place: int) -> list[str]:
    return list(
        session.scalars(
            select(Terminal.code).where(
                Terminal.equipment_id == place,
                Terminal.retired_at.is_(None),
                Terminal.enrolled_at.is_not(None),
            )
        )
    )


def _below(session: Session, place: int) -> list[str]:
    return list(
        session.scalars(
            select(Equipment.code).where(
                Equipment.parent_id == place, Equipment.retired_at.is_(None)
            )
        )
    )


def _routings(session: Session, line: int) -> list[str]:
    """Items whose routing in use names a line."""
    return list(
        session.scalars(
            select(MaterialDefinition.code)
            .join(OperationsDefinition, OperationsDefinition.material_id == MaterialDefinition.id)
            .join(OperationsSegment, OperationsSegment.definition_id == OperationsDefinition.id)
            .where(
                OperationsSegment.work_center_id == line,
                OperationsDefinition.retired_at.is_(None),
            )
            .distinct()
        )
    )
