"""The plant, its areas, lines and machines as the page of master data shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.equipment import service
from mes.features.equipment.service import AREA, COUNTS, LINE, MANUAL, NO_STATE, SIGNALS
from mes.features.plant.edits import Plant
from mes.features.plant.export import exported
from mes.features.plant.masters import work_unit_value
from mes.models import Equipment


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEquipment:
    """An area, a line or a machine.

    Attributes:
        level: area, work_center or work_unit.
        depth: how deep it stands in the tree, from 0.
        parent: code of the element above.
        details: what the form shows of it: of a line `area`, `oee_rule`, `calendar`; of a machine
            `line`, `minor`, `key_machine`, `default_item`, `state`, `idle`, `sources`.
    """

    code: str
    level: str
    names: Mapping[str, str]
    parent: str | None
    depth: int
    retired: bool
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantTree:
    """The plant as its page shows it.

    Attributes:
        site: as a plant file writes it; None: the plant is not founded yet.
        rows: in plant order, what is retired last.
        marks: by code of what is in use; the plant itself has the empty code.
        orders: marks of the order among its like, by code.
        items: (code, names) to choose from.
    """

    site: Mapping[str, Any] | None
    rows: tuple[ListedEquipment, ...]
    marks: Mapping[str, str]
    orders: Mapping[str, str]
    items: tuple[tuple[str, Mapping[str, str]], ...]

    def row(self, code: str) -> ListedEquipment | None:
        """The element of a code, also a retired one."""
        return next((row for row in self.rows if row.code == code), None)


def plant_tree(session: Session) -> PlantTree:
    """Everything of the plant that people set up in the browser."""
    plant = exported(session)
    rows = [*_in_use(plant), *_retired(session)]
    codes = [row.code for row in rows if not row.retired]
    return PlantTree(
        site=plant.get("site"),
        rows=tuple(rows),
        marks={
            "": service.site_mark(plant),
            **{code: service.mark(plant, code) or "" for code in codes},
        },
        orders={code: service.order_mark(plant, code) for code in codes},
        items=tuple((row["code"], row.get("name") or {}) for row in plant.get("items", [])),
    )


def _in_use(plant: Plant) -> list[ListedEquipment]:
    lines = plant.get("lines", [])
    found: list[ListedEquipment] = []
    for area in plant.get("areas", []):
        found.append(_row(area, AREA, None, 0))
        for line in lines:
            if line.get("area") == area["id"]:
                found += _line(plant, line, area["id"], 1)
    for line in lines:
        if line.get("area") is None:
            found += _line(plant, line, None, 0)
    return found


def _line(plant: Plant, line: Mapping[str, Any], area: str | None, depth: int) -> list[Any]:
    calendars = {row["id"]: row.get("name") or {} for row in plant.get("calendars", [])}
    calendar = line.get("calendar")
    details = {
        "area": area or "",
        "oee_rule": line.get("oee_rule") or "",
        "calendar": calendars.get(calendar, calendar),
    }
    found = [_row(line, LINE, area, depth, details)]
    for unit in line.get("work_units", []):
        found.append(
            _row(unit, service.MACHINE, line["id"], depth + 1, machine_details(unit, line["id"]))
        )
    return found


def machine_details(unit: Mapping[str, Any], line: str) -> dict[str, Any]:
    """What the form shows of a machine."""
    signals = unit.get("signals") or {}
    state = signals.get("state") or {}
    tags = [state.get("tag") or state.get("lamp"), *(part.get("tag") for part in signals.values())]
    from_counts = state.get("from_counts") or {}
    return {
        "line": line,
        "minor": str(unit.get("minor_stop_limit_s", 300)),
        "key_machine": bool(unit.get("key_machine")),
        "default_item": unit.get("default_item") or "",
        "state": _state(state),
        "idle": str(from_counts.get("idle_after_s", "")),
        "sources": sorted({tag.partition("/")[0] for tag in tags if tag}),
        "counted": bool({"total", "good"} & set(signals)),
        "rates": sorted(unit.get("ideal_cycle_s") or {}),
    }


def _state(state: Mapping[str, Any]) -> str:
    if state.get("manual"):
        return MANUAL
    if "from_counts" in state:
        return COUNTS
    return SIGNALS if state else NO_STATE


def _row(
    row: Mapping[str, Any],
    level: str,
    parent: str | None,
    depth: int,
    details: Mapping[str, Any] | None = None,
) -> ListedEquipment:
    names = row.get("name") or {"ko": row["id"], "en": row["id"]}
    return ListedEquipment(
        code=row["id"],
        level=level,
        names=names,
        parent=parent,
        depth=depth,
        retired=False,
        details=details or {},
    )


def _retired(session: Session) -> list[ListedEquipment]:
    rows = session.scalars(
        select(Equipment)
        .where(Equipment.retired_at.is_not(None), Equipment.level != "site")
        .order_by(Equipment.code)
    ).all()
    above = {row.parent_id for row in rows}
    codes = dict(
        session.execute(select(Equipment.id, Equipment.code).where(Equipment.id.in_(above))).all()
    )
    return [
        ListedEquipment(
            code=row.code,
            level=row.level,
            names=row.names,
            parent=codes.get(row.parent_id or 0),
            depth=0,
            retired=True,
            details=_details_of_retired(session, row, codes),
        )
        for row in rows
    ]


def _details_of_retired(
    session: Session, row: Equipment, codes: Mapping[int, str]
) -> Mapping[str, Any]:
    if row.level != service.MACHINE:
        return {}
    return machine_details(work_unit_value(session, row.id), codes.get(row.parent_id or 0, ""))
