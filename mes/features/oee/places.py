"""What a figure may speak of, from a machine to the plant, and by which work units.

The figure of a line is that of its constraint (key machine) unless the line or the request names
another rule; an area and a plant add the numerators and denominators of their lines (rule R10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mes.core.refusal import Refusal
from mes.features.production.lines import LineRule, key_machine, rule_of, units_of_line
from mes.features.production.masters import Line, Masters, WorkUnit

__all__ = [
    "Level",
    "LineRule",
    "Place",
    "key_machine",
    "lines_of_area",
    "machine_place",
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


def places(known: Masters, level: Level, code: str | None, rule: LineRule | None) -> list[Place]:
    """The places of a level in plant order, or the one of that code.

    Raises:
        Refusal: `place_unknown` (404).
    """
    match level:
        case Level.MACHINE:
            found = [machine_place(unit) for unit in known.active_work_units()]
            if code is not None and code in known.work_unit_ids:
                found = [machine_place(known.work_units[known.work_unit_ids[code]])]
        case Level.LINE:
            found = [_line(known, line, rule) for line in _lines(known)]
        case Level.AREA:
            found = _areas(known, rule)
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


def machine_place(unit: WorkUnit) -> Place:
    """A work unit as a place of its own."""
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


def _areas(known: Masters, rule: LineRule | None) -> list[Place]:
    """Areas with the lines below them."""
    return [
        Place(
            level=Level.AREA,
            code=area.code,
            names=dict(area.names),
            units=tuple(
                unit
                for line in lines_of_area(known, area.id)
                for unit in units_of_line(known, line, rule)
            ),
            rule=rule,
        )
        for area in known.areas
    ]


def lines_of_area(known: Masters, area_id: int) -> list[Line]:
    """The lines of an area that are not retired, in plant order."""
    return [line for line in _lines(known) if line.area_id == area_id]
