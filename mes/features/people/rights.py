"""What each role may do, read from the declarations of the routes (`mes.web.roles.require`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask import Flask

from mes.web.roles import NEEDS, SAFE_METHODS, Needs, Role


class Level(StrEnum):
    """What somebody does in an area."""

    VIEW = "view"
    ENTER = "enter"
    CORRECT = "correct"
    CONFIGURE = "configure"


class Held(StrEnum):
    """How much of what an area offers at a level a role may do."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of the system; `writes`: what it means to send something to it."""

    key: str
    writes: Level
    blueprints: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRights:
    """An area with what each role may do there; levels that it does not have are absent."""

    key: str
    rights: Mapping[Role, Mapping[Level, Held]]


AREAS = (
    Area(
        key="floor",
        writes=Level.ENTER,
        blueprints=("execution", "quantities", "downtime", "line_hours", "lots", "lot_pages"),
    ),
    Area(key="calls", writes=Level.ENTER, blueprints=("calls",)),
    Area(key="quality", writes=Level.ENTER, blueprints=("quality", "quality_pages")),
    Area(
        key="instructions",
        writes=Level.ENTER,
        blueprints=("instructions", "floor_instructions", "instruction_pages"),
    ),
    Area(key="handover", writes=Level.ENTER, blueprints=("handover",)),
    Area(key="labels", writes=Level.ENTER, blueprints=("labels", "label_pages")),
    Area(key="orders", writes=Level.ENTER, blueprints=("work_orders",)),
    Area(
        key="reports",
        writes=Level.CONFIGURE,
        blueprints=(
            "oee",
            "explain",
            "reports",
            "lists",
            "list_files",
            "report_files",
            "cases",
            "rollups",
            "screens",
        ),
    ),
    Area(key="checks", writes=Level.CORRECT, blueprints=("checks",)),
    Area(key="publishing", writes=Level.CORRECT, blueprints=("publishing",)),
    Area(
        key="masters",
        writes=Level.CONFIGURE,
        blueprints=(
            "materials",
            "item_pages",
            "plant_pages",
            "routing_pages",
            "reasons",
            "reason_pages",
            "imports",
            "import_pages",
            "quality_plan_pages",
            "first_run",
        ),
    ),
    Area(key="calendars", writes=Level.CONFIGURE, blueprints=("calendars",)),
    Area(
        key="sources",
        writes=Level.CONFIGURE,
        blueprints=("plant", "sources", "policies", "edge_requests", "ingest"),
    ),
    Area(key="writes", writes=Level.ENTER, blueprints=("writes",)),
    Area(key="people", writes=Level.CONFIGURE, blueprints=("people", "people_pages", "role_pages")),
    Area(key="displays", writes=Level.CONFIGURE, blueprints=("displays", "display_pages")),
    Area(key="audit", writes=Level.CORRECT, blueprints=("audit",)),
)
"""In the order in which the page shows them; a blueprint that none names stands under `other`."""

OTHER = Area(key="other", writes=Level.CONFIGURE, blueprints=())
CORRECTIONS = ("correct", "void", "declare", "split", "merge", "revert", "move", "reopen", "decide")
"""Words of an endpoint that changes what was already recorded."""


def rights(app: Flask) -> list[AreaRights]:
    """What each role may do in each area that has routes."""
    found: dict[str, dict[Level, list[Needs]]] = {}
    for area, level, needs in _declared(app):
        found.setdefault(area.key, {}).setdefault(level, []).append(needs)
    return [
        AreaRights(key=area.key, rights={role: _of(role, found[area.key]) for role in Role})
        for area in (*AREAS, OTHER)
        if area.key in found
    ]


def area_of(blueprint: str) -> Area:
    """The area of a blueprint."""
    return next((area for area in AREAS if blueprint in area.blueprints), OTHER)


def _declared(app: Flask) -> Iterable[tuple[Area, Level, Needs]]:
    for rule in app.url_map.iter_rules():
        needs: Needs | None = getattr(app.view_functions[rule.endpoint], NEEDS, None)
        if needs is None:
            continue
        blueprint, _, name = rule.endpoint.rpartition(".")
        area = area_of(blueprint)
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if methods & SAFE_METHODS:
            yield area, Level.VIEW, needs
        if methods - SAFE_METHODS:
            is_correction = any(word in name for word in CORRECTIONS)
            yield area, Level.CORRECT if is_correction else area.writes, needs


def _of(role: Role, declared: Mapping[Level, list[Needs]]) -> dict[Level, Held]:
    found = {}
    for level in Level:
        if level in declared:
            allowed = [needs.allows(role) for needs in declared[level]]
            found[level] = Held.ALL if all(allowed) else Held.SOME if any(allowed) else Held.NONE
    return found
