"""Where terminals stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.people.terminals import LEVELS
from mes.models import Equipment


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line or machine; `is_line` tells which."""

    code: str
    names: Mapping[str, str]
    is_line: bool


def places_of_terminals(session: Session) -> list[Place]:
    """Every line, each followed by its machines, in plant order."""
    rows = _in_use(session)
    lines = [row for row in rows if row.level == "work_center"]
    ordered = [one for line in lines for one in (line, *_below(rows, line))]
    return [_place(row) for row in ordered + [row for row in rows if row not in ordered]]


def machines_at(session: Session, code: str) -> list[Place]:
    """The machine of that code, or the machines of the line."""
    rows = _in_use(session)
    own = [row for row in rows if row.code == code]
    units = [
        unit for row in own for unit in ([row] if row.level == "work_unit" else _below(rows, row))
    ]
    return [_place(row) for row in units]


def _in_use(session: Session) -> list[Equipment]:
    return list(
        session.scalars(
            select(Equipment)
            .where(Equipment.level.in_(LEVELS), Equipment.retired_at.is_(None))
            .order_by(Equipment.position, Equipment.id)
        )
    )


def _below(rows: list[Equipment], line: Equipment) -> list[Equipment]:
    return [row for row in rows if row.level == "work_unit" and row.parent_id == line.id]


def _place(row: Equipment) -> Place:
    return Place(code=row.code, names=row.names, is_line=row.level == "work_center")
