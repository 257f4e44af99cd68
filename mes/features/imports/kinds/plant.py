"""Kinds that are parts of the plant: written as one checked document, one revision an import."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.commands.context import Context
from mes.features.imports.cells import CellMistake
from mes.features.imports.kind import Details, Plan, Row, RowState
from mes.features.imports.table import Mistake
from mes.features.plant.check import check
from mes.features.plant.document import Mistake as PlantMistake
from mes.features.plant.edits import Plant, edit_plant, plant_document
from mes.models import Equipment, MaterialDefinition, Reason

RetiredModel = type[Equipment] | type[MaterialDefinition] | type[Reason]


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


MakeDesk = Callable[[Plant, frozenset[str]], Desk]


def plan_plant(
    session: Session,
    now_us: int,
    rows: Sequence[Row],
    *,
    make: MakeDesk,
    model: RetiredModel,
    action: str,
) -> Plan:
    """What rows would change in the plant, the whole plant checked with them in it."""
    plant = plant_document(session)
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
    places = {desk.place(row): row for row in rows} if mistakes else {}
    return [_told(one, desk, places) for one in mistakes]


def _told(found: PlantMistake, desk: Desk, places: Mapping[str, Row]) -> Mistake:
    """A mistake of the document at the row that it belongs to; the longest place wins."""
    fitting = [place for place in places if _within(found.field, place)]
    if not fitting:
        why = f"{found.field}: {found.message}"
        return Mistake(row=None, column=None, value="", code="plant_invalid", details={"why": why})
    place = max(fitting, key=len)
    field = found.field.removeprefix(place).lstrip(".")
    wrong = CellMistake("plant_invalid", why=found.message)
    return places[place].mistake(wrong, desk.columns.get(field, field.partition(".")[0]) or None)


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
