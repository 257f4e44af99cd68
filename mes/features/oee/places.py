"""What a figure may speak of, from a machine to the plant, and by which work units.

The figure of a line is that of its constraint (key machine) unless the line or the request names
another rule; an area and a plant add the numerators and denominators of their lines (rule R10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.production.lines import LineRule, key_machine, rule_of, units_of_line
from mes.features.production.masters import Line, Masters, WorkUnit
from mes.models import Equipment

__all__ = [
    "Level",
    "LineRule",
    "Place",
    "key_machine",
    "places",
    "rule_of",
    "units_of_line",
]


class Level(StrEnum):
    """Levels of the equipment hierarchy in plant words."""

    MACHINE = "machine"
    LINE = "line"
    AREA = "area"
    PLANT = "plant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place and the work units whose sums are its figure.

    Attributes:
        rule: of a line; None: every line of the place follows its own.
    """

    level: Level
    code: str
    names: Mapping[str, str]
    units: tuple[WorkUnit, ...]
    rule: LineRule | None = None


def places(
    session: Session, known: Masters, level: Level, code: str | None, rule: LineRule | None
) -> list[Place]:
    """The places of a level in plant order, or the one of that code.

    Raises:
        Refusal: `place_unknown` (404).
    """
    match level:
        case Level.MACHINE:
            found = [_machine(unit) for unit in known.active_work_units()]
            if code is not None and code in known.work_unit_ids:
                found = [_machine(known.work_units[known.work_unit_ids[code]])]
        case Level.LINE:
            found = [_line(known, line, rule) for line in _lines(known)]
        case Level.AREA:
            found = _areas(session, known, rule)
        case Level.PLANT:
            found = [
                Place(
                    level=level,
                    code=site.code,
                    names=dict(site.names),
                    units=tuple(_units_of_site(known, site.id, rule)),
                    rule=rule,
                )
                for site in known.sites
            ]
    if code is None:
        return found
    wanted = [place for place in found if place.code == code]
    if not wanted:
        raise Refusal("place_unknown", f"there is no {level} {code[:80]!r}", status=404, field="id")
    return wanted


def _lines(known: Masters) -> list[Line]:
    lines = sorted(known.lines.values(), key=lambda line: (line.position, line.code))
    return [line for line in lines if not line.retired]


def _machine(unit: WorkUnit) -> Place:
    return Place(level=Level.MACHINE, code=unit.code, names=dict(unit.names), units=(unit,))


def _line(known: Masters, line: Line, rule: LineRule | None) -> Place:
    return Place(
        level=Level.LINE,
        code=line.code,
        names=dict(line.names),
        units=tuple(units_of_line(known, line, rule)),
        rule=rule or rule_of(line),
    )


def _units_of_site(known: Masters, site_id: int, rule: LineRule | None) -> list[WorkUnit]:
    lines = [line for line in _lines(known) if line.site.id == site_id]
    alone = [u for u in known.active_work_units() if u.line_id is None and u.site.id == site_id]
    return [unit for line in lines for unit in units_of_line(known, line, rule)] + alone


def _areas(session: Session, known: Masters, rule: LineRule | None) -> list[Place]:
    """Areas with the lines below them."""
    rows = session.scalars(
        select(Equipment).where(Equipment.level == "area", Equipment.retired_at.is_(None))
    ).all()
    rows_of_lines = session.execute(
        select(Equipment.id, Equipment.parent_id).where(Equipment.level == "work_center")
    )
    parents = {row.id: row.parent_id for row in rows_of_lines}
    return [
        Place(
            level=Level.AREA,
            code=row.code,
            names=dict(row.names),
            units=tuple(
                _of_lines(known, [n for n in _lines(known) if parents[n.id] == row.id], rule)
            ),
            rule=rule,
        )
        for row in sorted(rows, key=lambda row: (row.position, row.code))
    ]


def _of_lines(known: Masters, lines: Sequence[Line], rule: LineRule | None) -> list[WorkUnit]:
    return [unit for line in lines for unit in units_of_line(known, line, rule)]
