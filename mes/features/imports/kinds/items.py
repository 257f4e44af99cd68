"""Items and their rates on machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from sqlalchemy.orm import Session

from mes.features.imports.cells import CellMistake, read_code, read_seconds, read_whole
from mes.features.imports.cells import read_words as words
from mes.features.imports.columns import NAME_EN, NAME_KO, Column, Look, Needed, code_column
from mes.features.imports.kind import (
    Kind,
    Row,
    RowState,
    Value,
    chosen,
    names_given,
    needed_new,
)
from mes.features.imports.kinds.plant import (
    Desk,
    changed_from,
    copy_of,
    planned,
    section,
)
from mes.features.imports.words import _
from mes.features.plant.edits import Plant
from mes.features.plant.export import exported
from mes.features.plant.forms import EDITORS
from mes.features.plant.objects import decimal_text
from mes.models import Equipment, MaterialDefinition

ROWS_MAX = 2_000
UNIT_MAX = 20
DEFAULT_UNIT = "pcs"


class ItemDesk(Desk):
    """Items of a plant by their codes."""

    def __init__(self, plant: Plant, retired: frozenset[str]) -> None:
        super().__init__(plant, retired)
        self.rows = section(plant, "items")
        self.places = {row["code"]: place for place, row in enumerate(self.rows)}

    def put(self, row: Row) -> RowState:
        """Add or change an item."""
        code = row.given["code"]
        if code in self.places:
            item = self.rows[self.places[code]]
            before = copy_of(item)
            item["name"] = names_given(row, code, item["name"])
            item["unit"] = row.given.get("unit", item["unit"])
            return changed_from(before, item)
        self.refuse_retired(code, "code")
        self.places[code] = len(self.rows)
        unit = row.given.get("unit", DEFAULT_UNIT)
        self.rows.append({"code": code, "name": names_given(row, code, None), "unit": unit})
        return RowState.NEW

    def place(self, row: Row) -> str:
        """Where the item stands."""
        return f"items[{self.places[row.given['code']]}]"

    columns: ClassVar[Mapping[str, str]] = {"name.ko": "name_ko", "name.en": "name_en"}


def _items(session: Session, now_us: int) -> Iterable[Mapping[str, Value]]:
    for item in exported(session).get("items", []):
        names = item["name"]
        yield {
            "code": item["code"],
            "name_ko": names["ko"],
            "name_en": names["en"],
            "unit": item["unit"],
        }


ITEMS = Kind(
    key="items",
    title=_("Items"),
    about=_("What is made: codes, names and units."),
    columns=(
        code_column(_("Item code"), "BRKT-100"),
        NAME_KO,
        NAME_EN,
        Column(
            key="unit",
            label=_("Unit"),
            about=_("At most 20 characters; a new row without it takes pcs."),
            example="pcs",
            read=words(UNIT_MAX),
            width=8,
        ),
    ),
    identity=("code",),
    editors=EDITORS,
    tokens=True,
    rows_max=ROWS_MAX,
    page="/items",
    current=_items,
    plan=planned(ItemDesk, MaterialDefinition, "items.imported"),
)


class RateDesk(Desk):
    """Rates of items on machines."""

    def __init__(self, plant: Plant, retired: frozenset[str]) -> None:
        super().__init__(plant, retired)
        self.items = {row["code"] for row in plant.get("items", [])}
        self.machines = {
            unit["id"]: (f"lines[{number}].work_units[{place}]", unit)
            for number, line in enumerate(plant.get("lines", []))
            for place, unit in enumerate(line.get("work_units", []))
        }

    def put(self, row: Row) -> RowState:
        """Set or change a rate; `-` as cycle takes it away."""
        code, item = row.given["machine"], row.given["item"]
        if code not in self.machines:
            raise CellMistake("machine_unknown", column="machine")
        if item not in self.items:
            raise CellMistake("item_unknown", column="item")
        unit = self.machines[code][1]
        cycles = unit.setdefault("ideal_cycle_s", {})
        pieces = unit.setdefault("pieces_per_cycle", {})
        before = (cycles.get(item), pieces.get(item, 1))
        if before[0] is None:
            needed_new(row, "ideal_cycle_s")
        cycle = chosen(row, "ideal_cycle_s", before[0])
        after = (
            cycle if cycle is None or isinstance(cycle, str) else decimal_text(cycle),
            row.given.get("pieces_per_cycle", before[1]),
        )
        _set(cycles, item, after[0])
        _set(pieces, item, None if after[0] is None or after[1] == 1 else after[1])
        if before == after:
            return RowState.UNCHANGED
        return RowState.NEW if before[0] is None else RowState.CHANGED

    def place(self, row: Row) -> str:
        """Where the machine stands."""
        return self.machines[row.given["machine"]][0]


def _set(values: dict[str, object], key: str, value: object) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value


def _rates(session: Session, now_us: int) -> Iterable[Mapping[str, Value]]:
    for line in exported(session).get("lines", []):
        for unit in line.get("work_units", []):
            pieces = unit.get("pieces_per_cycle", {})
            for item, cycle in unit.get("ideal_cycle_s", {}).items():
                yield {
                    "machine": unit["id"],
                    "item": item,
                    "ideal_cycle_s": str(cycle),
                    "pieces_per_cycle": pieces.get(item, 1),
                }


RATES = Kind(
    key="rates",
    title=_("Ideal cycles"),
    about=_("How fast a machine makes an item at best; a change holds from now on."),
    columns=(
        Column(
            key="machine",
            label=_("Machine code"),
            about=_("Code of a machine."),
            example="press-1",
            read=read_code,
            needed=Needed.ALWAYS,
            refers_to="machine",
        ),
        Column(
            key="item",
            label=_("Item code"),
            about=_("Code of an item."),
            example="BRKT-100",
            read=read_code,
            needed=Needed.ALWAYS,
            refers_to="item",
        ),
        Column(
            key="ideal_cycle_s",
            label=_("Ideal cycle (s)"),
            about=_("Seconds of one machine cycle; '-' takes the rate away."),
            example="2.4",
            read=read_seconds(zero=False),
            needed=Needed.NEW,
            look=Look.NUMBER,
            clearable=True,
        ),
        Column(
            key="pieces_per_cycle",
            label=_("Pieces per cycle"),
            about=_("1 to 1000; a new row without it takes 1."),
            example="1",
            read=read_whole(1, 1000),
            look=Look.NUMBER,
        ),
    ),
    identity=("machine", "item"),
    editors=EDITORS,
    tokens=True,
    rows_max=ROWS_MAX,
    page="/items",
    current=_rates,
    plan=planned(RateDesk, Equipment, "rates.imported"),
)
