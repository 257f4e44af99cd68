"""Where each work unit stands in the plant, as the hub needs it to choose rooms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.models import Equipment

LEVEL_OF_WATCH = {"site": "site", "line": "work_center", "work_unit": "work_unit"}
"""What a client may watch, and the level of the hierarchy it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A work unit with the row ids of itself and of everything above it."""

    id: int
    code: str
    line_id: int
    above: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The work units in force by row id, and the row ids of watchable places by (level, code)."""

    units: Mapping[int, Place] = field(default_factory=dict)
    watchable: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def units_in(self, place_id: int) -> list[int]:
        """Row ids of the work units at or below a place."""
        return [unit.id for unit in self.units.values() if place_id in unit.above]


def read_layout(session: Session) -> Layout:
    """The hierarchy that is not retired."""
    rows = session.execute(
        select(Equipment.id, Equipment.code, Equipment.level, Equipment.parent_id)
        .where(Equipment.retired_at.is_(None))
        .order_by(Equipment.position, Equipment.id)
    ).all()
    parents = {row.id: row.parent_id for row in rows}
    levels = {row.id: row.level for row in rows}
    units = {}
    for row in rows:
        if row.level != "work_unit":
            continue
        chain = _chain(row.id, parents)
        line = next((place for place in chain if levels.get(place) == "work_center"), row.id)
        units[row.id] = Place(id=row.id, code=row.code, line_id=line, above=frozenset(chain))
    return Layout(
        units=units,
        watchable={(row.level, row.code): row.id for row in rows},
    )


def _chain(start: int, parents: Mapping[int, int | None]) -> list[int]:
    chain: list[int] = []
    here: int | None = start
    while here is not None and here in parents and here not in chain:
        chain.append(here)
        here = parents[here]
    return chain
