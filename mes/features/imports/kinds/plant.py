"""Kinds that are parts of the plant: written as one checked document, one revision an import."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.commands.context import Context
from mes.features.imports.cells import CellMistake
from mes.features.imports.kind import Details, Plan, Row, RowState
from mes.features.imports.table import Mistake
from mes.features.imports.words import PARTS
from mes.features.plant.check import check
from mes.features.plant.document import Mistake as PlantMistake
from mes.features.plant.edits import Plant, edit_plant
from mes.features.plant.export import exported
from mes.models import Calendar, Equipment, MaterialDefinition, Reason

RetiredModel = type[Equipment] | type[MaterialDefinition] | type[Reason] | type[Calendar]


class Desk(ABC):
    """A plant that rows are put into.

    Args:
        plant: changed in place.
        retired: codes that must not be used again.
    """

    def __init__(self, plant: Plant, retired: frozenset[str]) -> None:
        self.plant = plant
        self.retired = retired

    @abstractmethod
    def put(self, row: Row) -> RowState:
        """Bring a row into the plant.

        Raises:
            CellMistake: it does not fit what is there.
        """

    @abstractmethod
    def place(self, row: Row) -> str:
        """Where in the document the row stands, such as `items[3]`."""

    columns: ClassVar[Mapping[str, str]] = {}
    """Columns by the field of the document that they fill, where the names differ."""

    def refuse_retired(self, code: str, column: str) -> None:
        """That a new code is not an old one.

        Raises:
            CellMistake: `retired`.
        """
        if code in self.retired:
            raise CellMistake("retired", column=column)


COLUMN_OF = {"reason_not_planned": "class"}
"""The column behind a mistake that lies elsewhere, where it is not the code."""
_STEP = re.compile(r"[^.\[\]]+")

MakeDesk = Callable[[Plant, frozenset[str]], Desk]
MakePlan = Callable[[Session, int, Sequence[Row]], Plan]


def planned(make: MakeDesk, model: RetiredModel, action: str) -> MakePlan:
    """How a kind plans its rows, see `Kind.plan`.

    Args:
        make: the desk that its rows are put on.
        model: what its new codes must not be retired ones of.
        action: what the audit log calls such an import.
    """

    def plan(session: Session, now_us: int, rows: Sequence[Row]) -> Plan:
        return _plan(session, rows, make, model, action)

    return plan


def _plan(
    session: Session,
    rows: Sequence[Row],
    make: MakeDesk,
    model: RetiredModel,
    action: str,
) -> Plan:
    """What rows would change in the plant, the whole plant checked with them in it."""
    plant = exported(session)
    if "site" not in plant:
        return Plan(states={}, mistakes=[Mistake(row=None, column=None, value="", code="no_plant")])
    retired = frozenset(session.scalars(select(model.code).where(model.retired_at.is_not(None))))
    desk = make(plant, retired)
    states: dict[int, RowState] = {}
    mistakes: list[Mistake] = []
    for row in rows:
        try:
            states[row.number] = desk.put(row)
        except CellMistake as mistake:
            mistakes.append(row.mistake(mistake))
    if any(state is not RowState.UNCHANGED for state in states.values()) and not mistakes:
        mistakes = _of_the_whole(plant, desk, [row for row in rows if row.number in states])
    for one in mistakes:
        states.pop(one.row or 0, None)

    def change(document: Plant) -> None:
        written = make(document, retired)
        for row in rows:
            written.put(row)

    def write(session: Session, context: Context, details: Details) -> None:
        edit_plant(
            session,
            context.actor,
            now_us=context.now,
            action=action,
            subject=str(details["file"]),
            change=change,
            details=details,
        )

    return Plan(states=states, mistakes=mistakes, write=write)


def _of_the_whole(plant: Plant, desk: Desk, rows: Sequence[Row]) -> list[Mistake]:
    """What the whole plant says against the rows."""
    mistakes = check(plant).mistakes
    if not mistakes:
        return []
    places = {desk.place(row): row for row in rows}
    codes = {row.given["code"]: row for row in rows if "code" in row.given}
    return [_told(one, desk, places, codes) for one in mistakes]


def _told(
    found: PlantMistake, desk: Desk, places: Mapping[str, Row], codes: Mapping[str, Row]
) -> Mistake:
    """A mistake of the document at the row that it belongs to; the longest place wins.

    One that lies elsewhere belongs to the row of the code that it is about, if there is one.
    """
    fitting = [place for place in places if _within(found.field, place)]
    if fitting:
        place = max(fitting, key=len)
        field = found.field.removeprefix(place).lstrip(".")
        wrong = CellMistake("plant_invalid", why=found.message, problem=found.code)
        column = desk.columns.get(field, re.split(r"[.\[]", field)[0]) or None
        return places[place].mistake(wrong, column)
    part = part_at(desk.plant, found.field)
    wrong = CellMistake(
        "plant_invalid",
        why=found.message,
        problem=found.code,
        section=part.section,
        name=part.name,
        part=part.rest,
    )
    row = codes.get(part.value)
    if row is None:
        return Mistake(row=None, column=None, value="", code=wrong.code, details=wrong.details)
    return row.mistake(wrong, COLUMN_OF.get(found.code, "code"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a field of the document is about.

    Attributes:
        section: such as `calendars`; of the innermost thing that has a name.
        name: its code.
        rest: the field within it.
        value: the text that stands there; empty: there is none.
    """

    section: str
    name: str
    rest: str
    value: str


def part_at(plant: Plant, field: str) -> Part:
    """The thing that a field such as `calendars[0].shifts[1].start` lies in."""
    node: Any = plant
    section = name = rest = ""
    for step in _STEP.findall(field):
        if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
            node = node[int(step)]
            rest += f"[{step}]"
        else:
            node = node.get(step) if isinstance(node, dict) else None
            rest += f".{step}"
        above = rest.strip(".").partition("[")[0]
        if above in PARTS and isinstance(node, dict):
            section, rest = above, ""
            name = str(node.get("id") or node.get("code") or node.get("place") or "")
    value = node if isinstance(node, str) else ""
    return Part(section=section, name=name, rest=rest.strip("."), value=value)


def _within(field: str, place: str) -> bool:
    return field == place or field.startswith((place + ".", place + "["))


def changed_from(before: Mapping[str, Any], after: Mapping[str, Any]) -> RowState:
    """Whether something differs."""
    return RowState.UNCHANGED if before == after else RowState.CHANGED


def copy_of(part: Mapping[str, Any]) -> dict[str, Any]:
    """A copy to compare with."""
    return deepcopy(dict(part))


def section(plant: Plant, name: str) -> list[dict[str, Any]]:
    """A section of the document, made where there is none."""
    rows: list[dict[str, Any]] = plant.setdefault(name, [])
    return rows
