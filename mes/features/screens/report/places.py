"""The places that a report may be of: the plant, its areas, their lines, their machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from mes.core.refusal import Refusal
from mes.features.oee.places import lines_of_area
from mes.features.production.lines import counted_unit_ids
from mes.features.production.masters import Area, Line, Masters, Site, WorkUnit

Named = Callable[[Mapping[str, str]], str]
_INDENT = "\u00a0\u00a0"


def units_at(known: Masters, site: Site, code: str) -> list[WorkUnit]:
    """The work units of a place, in plant order.

    Raises:
        Refusal: `place_unknown` (404).
    """
    active = known.active_work_units()
    if code == site.code:
        return active
    area = area_of(known, code)
    if area is not None:
        lines = {line.id for line in lines_of_area(known, area.id)}
        return [unit for unit in active if unit.line_id in lines]
    found = [unit for unit in active if code in (unit.code, unit.line_code)]
    if not found and code not in known.line_ids:
        raise Refusal("place_unknown", f"there is no place {code!r}", status=404, field="place")
    return found


def counted_at(known: Masters, code: str, units: Sequence[WorkUnit]) -> tuple[str, ...]:
    """The work units whose sums are the figure: above a machine by the rule of each line."""
    if any(unit.code == code for unit in units):
        return tuple(unit.code for unit in units)
    counted = counted_unit_ids(known)
    return tuple(unit.code for unit in units if unit.id in counted)


def area_of(known: Masters, code: str) -> Area | None:
    """The area of that code; None: it is no area."""
    return next((area for area in known.areas if area.code == code), None)


def places_to_choose(known: Masters, site: Site, named: Named) -> list[tuple[str, str]]:
    """Code and indented name of every place, each below the one that holds it."""
    places = [(site.code, named(site.names))]
    for area in known.areas:
        places.append((area.code, f"{_INDENT}{named(area.names)}"))
        for line in lines_of_area(known, area.id):
            places += _line_and_units(known, line, named, 2)
    for line in sorted(known.lines.values(), key=lambda line: (line.position, line.code)):
        if line.area_id is None and not line.retired:
            places += _line_and_units(known, line, named, 1)
    return places


def _line_and_units(
    known: Masters, line: Line, named: Named, depth: int
) -> Iterator[tuple[str, str]]:
    yield line.code, f"{_INDENT * depth}{named(line.names)}"
    for unit in known.active_work_units(line.work_unit_ids):
        yield unit.code, f"{_INDENT * (depth + 1)}{named(unit.names)}"


def place_name(known: Masters, site: Site, code: str, named: Named) -> str:
    """What to call a place."""
    names = dict(places_to_choose(known, site, named))
    return names.get(code, code).strip()


def trail_to(
    known: Masters,
    site: Site,
    code: str,
    single: WorkUnit | None,
    named: Named,
    address: Callable[[str], str],
) -> list[tuple[str, str | None]]:
    """(name, address or None) from the plant down to a place, which has no address.

    Args:
        single: the work unit that the place is; None: it is something above.
    """
    trail: list[tuple[str, str]] = [(named(site.names), site.code)]
    line = known.lines.get(known.line_ids.get(single.line_code or "" if single else code, 0))
    area_id = line.area_id if line is not None else None
    area = next((one for one in known.areas if one.id == area_id), None) or area_of(known, code)
    trail += [(named(one.names), one.code) for one in (area, line, single) if one is not None]
    return [(name, None if held == code else address(held)) for name, held in trail]
